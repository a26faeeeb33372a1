"""What is typed reaches the node as asked, and what comes back is one JSON document or something to read."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.scripted import (
    ANSWERS,
    CONTACT,
    ENTRY,
    HAPPENING,
    ID,
    INVITATION,
    LINK,
    NEGOTIATION,
    PEER,
    STATUS,
    TERMS,
    UNAFFIRMED,
    Scripted,
    typed,
)
from tests.unit.cli.test_text import STEERING

from pcloud.cli.commands.relationships import PAGE
from pcloud.cli.exits import Exit
from pcloud.runtime.surface import OwnerError

INVITE = {"role": None, "uses": 1, "expires_s": 86_400, "title": None, "terms": None}
EACH = {"bytes_max": 2**30, "days": 90}
PROFFER = {"expires_s": 604_800, "until": None, "replaces": None}

ASKED: list[tuple[str, list[tuple[str, tuple[Any, ...], dict[str, Any]]]]] = [
    ("status", [("status", (), {})]),
    ("invite --purpose flowers", [("invite", ("flowers",), INVITE)]),
    (
        "invite --purpose f --role r --uses 3 --expires 7d --title t --terms A --terms B",
        [
            (
                "invite",
                ("f",),
                {"role": "r", "uses": 3, "expires_s": 604_800, "title": "t", "terms": ["A", "B"]},
            )
        ],
    ),
    ("invite --purpose f --expires never", [("invite", ("f",), INVITE | {"expires_s": None})]),
    ("invitations", [("invitations", (), {})]),
    ("withdraw ab12", [("withdraw", ("ab12",), {})]),
    (f"connect {LINK}", [("connect", (LINK,), {})]),
    (
        f"connect {LINK} --yes --name Anna",
        [("connect", (LINK,), {}), ("accept", (ID,), {"name": "Anna"})],
    ),
    ("contacts", [("contacts", (), {})]),
    ("accept ab12", [("accept", ("ab12",), {"name": None})]),
    ("accept ab12 --name Anna", [("accept", ("ab12",), {"name": "Anna"})]),
    ("decline ab12 --reason no", [("decline", ("ab12",), {"reason": "no"})]),
    ("peers", [("peers", (), {"after": None, "limit": PAGE})]),
    ("pause Rose", [("pause", ("Rose",), {"until": None})]),
    ("pause Rose --until 1970-01-01", [("pause", ("Rose",), {"until": 86_399})]),
    ("resume Rose", [("resume", ("Rose",), {})]),
    ("close Rose --yes", [("close", ("Rose",), {"held": "none", "until": None})]),
    (
        "close Rose --yes --held kept --until 1970-01-01",
        [("close", ("Rose",), {"held": "kept", "until": 86_399})],
    ),
    ("rotate Rose", [("rotate", ("Rose",), {})]),
    ("say Rose hello", [("say", ("Rose", "hello"), {"thread": None})]),
    ("say Rose hello --thread ab", [("say", ("Rose", "hello"), {"thread": "ab"})]),
    ("say Rose -- --json", [("say", ("Rose", "--json"), {"thread": None})]),
    ("log Rose", [("log", ("Rose",), {"before": None, "limit": 50})]),
    ("log Rose --before 9 --limit 2", [("log", ("Rose",), {"before": 9, "limit": 2})]),
    ("terms list", [("rosters", (), {}), ("terms", (None,), {})]),
    ("terms list Rose", [("rosters", (), {}), ("terms", ("Rose",), {})]),
    ("terms show ab12", [("show_terms", ("ab12",), {})]),
    ("terms proffer Rose SD-BASE", [("proffer", ("Rose", "SD-BASE"), PROFFER)]),
    (
        "terms proffer Rose SD-BASE --expires 1h --until 1970-01-01 --replaces ab",
        [("proffer", ("Rose", "SD-BASE"), {"expires_s": 3_600, "until": 86_399, "replaces": "ab"})],
    ),
    ("terms accept ab12", [("accept_terms", ("ab12",), {})]),
    ("terms counter ab12 SD-BASE-A", [("counter_terms", ("ab12", "SD-BASE-A"), {})]),
    ("terms decline ab12", [("decline_terms", ("ab12",), {"reason": None})]),
    ("terms terminate ab12 --yes --reason r", [("terminate_terms", ("ab12",), {"reason": "r"})]),
    ("devices", [("recovery", (), {}), ("peers", (), {"after": None, "limit": 100})]),
    ("review list", [("review", (None,), {"limit": 100})]),
    ("review list Rose --limit 7", [("review", ("Rose",), {"limit": 7})]),
    ("review affirm Rose ab12 cd34", [("affirm", ("Rose",), {"entries": ["ab12", "cd34"]})]),
    (
        "review affirm Rose --all",
        [("review", ("Rose",), {"limit": 100}), ("affirm", ("Rose",), {"entries": [UNAFFIRMED.id]})],
    ),
    ("review reject Rose ab12 --yes", [("reject", ("Rose",), {"entries": ["ab12"]})]),
    ("holders ask Rose", [("holder_ask", ("Rose",), {"bytes_max": 2**30, "days": 90})]),
    ("holders ask Rose --room 5M --days 7", [("holder_ask", ("Rose",), {"bytes_max": 5 * 2**20, "days": 7})]),
    ("holders list", [("holders", (), {})]),
    ("holders remove Rose --yes", [("holder_remove", ("Rose",), {"theirs": False})]),
    ("holders remove Rose --theirs --yes", [("holder_remove", ("Rose",), {"theirs": True})]),
    ("holders check", [("holder_check", (None,), {})]),
    ("holders check Rose", [("holder_check", ("Rose",), {})]),
    ("holders serve", [("holder_serve", (), {"on": True, **EACH, "anyone": False})]),
    (
        "holders serve --for-anyone --room 2g --days 30",
        [("holder_serve", (), {"on": True, "anyone": True, "bytes_max": 2**31, "days": 30})],
    ),
    ("holders serve --off", [("holder_serve", (), {"on": False, **EACH, "anyone": False})]),
    ("holders grant Rose", [("holder_grant", ("Rose",), {"bytes_max": None, "days": None})]),
    ("holders grant Rose --room 1k --days 2", [("holder_grant", ("Rose",), {"bytes_max": 1_024, "days": 2})]),
    ("relay serve", [("relay_serve", (), {"on": True, "anyone": False})]),
    ("relay serve --for-anyone", [("relay_serve", (), {"on": True, "anyone": True})]),
    ("relay serve --off", [("relay_serve", (), {"on": False, "anyone": False})]),
    ("relay invite", [("relay_invite", (), {"uses": 1, "expires_s": 86_400})]),
    ("relay invite --uses 9 --expires never", [("relay_invite", (), {"uses": 9, "expires_s": None})]),
    ("relay grant Rose", [("relay_grant", ("Rose",), {})]),
    ("relay stats", [("relay_stats", (), {})]),
    (f"relay use {LINK}", [("relay_use", (LINK,), {"move": False})]),
    ("relay use Rose --move", [("relay_use", ("Rose",), {"move": True})]),
    ("relay list", [("relays", (), {})]),
    ("move here", [("move", (), {"relay": None})]),
    ("move relay Rose", [("move", (), {"relay": "Rose"})]),
    ("move status", [("moving", (), {})]),
    ("discover --seconds 2", [("discover", (), {"seconds": 2.0})]),
    ("announce on", [("announce", (), {"on": True})]),
    ("announce off", [("announce", (), {"on": False})]),
]
TYPED = [line for line, _ in ASKED]


@pytest.mark.parametrize(("line", "asked"), ASKED, ids=TYPED)
def test_what_is_typed_is_asked_of_the_node_and_no_more(
    line: str, asked: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted()

    assert typed(node, tmp_path, *line.split()) == Exit.DONE
    assert node.asked == asked
    assert capsys.readouterr().out


@pytest.mark.parametrize("line", [line for line in TYPED if "--json" not in line])
def test_with_json_every_command_answers_with_one_document(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = capsys.readouterr()
    assert typed(Scripted(), tmp_path, *line.split(), "--json") == Exit.DONE
    behind = capsys.readouterr().out
    assert typed(Scripted(), tmp_path, "--json", *line.split()) == Exit.DONE
    before = capsys.readouterr().out

    assert first.out == ""
    assert behind == before
    assert behind.isascii()
    json.loads(behind)


@pytest.mark.parametrize(
    ("line", "view"),
    [
        ("status", STATUS),
        ("invite --purpose f", INVITATION),
        ("invitations", [INVITATION]),
        (f"connect {LINK}", CONTACT),
        ("contacts", [CONTACT]),
        ("peers", [PEER]),
        ("log Rose", [ENTRY]),
        ("say Rose hi", ENTRY),
        ("terms show ab12", NEGOTIATION),
        ("terms list", {"roster": [TERMS], "negotiations": [NEGOTIATION]}),
    ],
)
def test_the_document_is_what_the_node_says(
    line: str, view: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(Scripted(), tmp_path, *line.split(), "--json")

    assert json.loads(capsys.readouterr().out) == _plain(view)


def _plain(view: Any) -> Any:
    if isinstance(view, list):
        return [_plain(one) for one in view]
    if isinstance(view, dict):
        return {key: _plain(one) for key, one in view.items()}
    return dataclasses.asdict(view)


def test_what_scripts_rely_on_has_these_names(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wanted = {
        "invite --purpose f": {"link", "id", "expires"},
        "contacts": {"id", "direction", "name", "purpose", "state"},
        "peers": {"id", "name", "state", "terms", "mine", "theirs", "last_contact"},
    }
    for line, names in wanted.items():
        typed(Scripted(), tmp_path, *line.split(), "--json")
        document = json.loads(capsys.readouterr().out)
        first = document[0] if isinstance(document, list) else document
        assert names <= set(first)


def test_watch_gives_one_document_for_each_happening(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted()

    assert typed(node, tmp_path, "watch", "--after", "2", "--json") == Exit.DONE
    lines = capsys.readouterr().out.splitlines()

    assert node.asked == [("happenings", (), {"after": 2})]
    assert json.loads(lines[0]) == dataclasses.asdict(HAPPENING)
    assert json.loads(lines[1])["number"] is None
    assert len(lines) == 2


def test_watch_is_readable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(Scripted(), tmp_path, "watch")

    assert capsys.readouterr().out.splitlines()[0] == "conversation.say  ab12ab12ab  ab12ab12ab  applied"


def test_the_table_of_peers_shows_both_sides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(Scripted(), tmp_path, "peers")
    shown = capsys.readouterr()

    heading, row = shown.out.splitlines()
    assert " ⊂ " in heading
    assert " ⊃ " in heading
    assert row.split() == ["ab12ab12ab", "Rose", "active", "active", "paused", "SD-BASE", "never", "1234"]


def test_advice_of_a_peer_is_told_beside_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    advised = dataclasses.replace(PEER, state="stopped", advice="restore your words")

    typed(Scripted(peers=[advised]), tmp_path, "peers")

    assert capsys.readouterr().err == "Rose: restore your words\n"


def test_a_long_list_is_asked_for_in_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = [dataclasses.replace(PEER, id=f"{number:064x}") for number in range(2 * PAGE + 1)]

    def page(*, after: str | None, limit: int) -> list[Any]:
        return [one for one in known if after is None or one.id > after][:limit]

    node = Scripted(peers=page)
    typed(node, tmp_path, "peers", "--json")

    assert [one["id"] for one in json.loads(capsys.readouterr().out)] == [one.id for one in known]
    assert len(node.asked) == 3


def test_a_long_log_is_asked_for_in_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def page(_peer: str, *, before: int | None, limit: int) -> list[Any]:
        newest = 1_000 if before is None else before - 1
        return [dataclasses.replace(ENTRY, number=one) for one in range(newest, newest - limit, -1)]

    node = Scripted(log=page)
    typed(node, tmp_path, "log", "Rose", "--limit", "250", "--json")

    assert [one["number"] for one in json.loads(capsys.readouterr().out)] == list(range(1_000, 750, -1))
    assert [named["limit"] for _, _, named in node.asked] == [100, 100, 50]


def test_the_log_is_read_from_top_to_bottom(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    older = dataclasses.replace(ENTRY, number=6, text="earlier", verdict="applied", mine=False)

    typed(Scripted(log=[ENTRY, older]), tmp_path, "log", "Rose")
    lines = capsys.readouterr().out.splitlines()

    assert lines[1].startswith("6")
    assert lines[2].startswith("7")
    assert "waiting" in lines[2]


def test_a_text_is_read_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    node = Scripted()
    monkeypatch.setattr("sys.stdin", io.StringIO("two\nlines\n"))

    assert typed(node, tmp_path, "say", "Rose", "-") == Exit.DONE
    assert node.asked == [("say", ("Rose", "two\nlines"), {"thread": None})]
    assert "kept until" in capsys.readouterr().out


@pytest.mark.parametrize("said", ["", "   ", "\n"])
def test_nothing_is_not_said(said: str, tmp_path: Path) -> None:
    node = Scripted()

    assert typed(node, tmp_path, "say", "Rose", said) == Exit.USAGE
    assert node.asked == []


def test_a_link_is_read_from_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    node = Scripted()
    monkeypatch.setattr("sys.stdin", io.StringIO(f"  {LINK}\n"))

    assert typed(node, tmp_path, "connect", "-") == Exit.DONE
    assert node.asked == [("connect", (LINK,), {})]


def test_connect_tells_first_what_the_fetch_reveals_and_to_whom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted(connect=OwnerError("unreachable", "a.example does not answer."))

    assert typed(node, tmp_path, "connect", LINK) == Exit.REFUSED
    told = capsys.readouterr().err.splitlines()

    assert told[0].startswith("Fetching the invitation shows a.example your network address and the time")
    assert told[1] == "pcloud: a.example does not answer."


def test_connect_alone_sends_nothing_and_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted()

    typed(node, tmp_path, "connect", LINK)
    shown = capsys.readouterr().out

    assert node.names == ["connect"]
    assert "Rose" in shown
    assert "two words" in shown
    assert "Nothing was sent. To ask to be let in: pcloud accept ab12ab12ab" in shown


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://a.example",
        "pcloud:contact/1/",
        "pcloud:contact/2/" + LINK.removeprefix("pcloud:contact/1/"),
        "pcloud:device/1/" + LINK.removeprefix("pcloud:contact/1/"),
        LINK[:-1],
        LINK + "A",
        LINK.upper(),
        "javascript:alert(1)",
        "../../etc/passwd",
        "\x1b[2J",
    ],
)
def test_what_is_no_link_is_not_even_asked_of_the_node(
    link: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted()

    assert typed(node, tmp_path, "connect", "--yes", "--", link) == Exit.REFUSED
    assert node.asked == []
    assert "no link of an invitation" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["close Rose", "terms terminate ab12", "close Rose --json", "terms terminate ab12 --json"]
)
def test_what_cannot_be_undone_wants_yes_where_nobody_can_be_asked(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    node = Scripted()

    assert typed(node, tmp_path, *line.split()) == Exit.USAGE
    assert "--yes" in capsys.readouterr().err
    assert not {"close", "terminate_terms"} & set(node.names)


@pytest.mark.parametrize("mark", STEERING, ids=ascii)
def test_no_text_of_a_peer_steers_the_terminal(
    mark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def hostile(view: Any) -> Any:
        texts = {
            one.name: f"a{mark}b"
            for one in dataclasses.fields(view)
            if isinstance(getattr(view, one.name), str)
        }
        texts.pop("turn", None)
        return dataclasses.replace(view, **texts)

    answers = {
        name: [hostile(one) for one in found] if isinstance(found, list) else hostile(found)
        for name, found in ANSWERS.items()
        if found is not None and not isinstance(found, bytes)
    }
    for line in ("contacts", "peers", "log Rose", "terms list", "terms show a", "invitations", "status"):
        assert typed(Scripted(**answers), tmp_path, *line.split()) == Exit.DONE
    refused = Scripted(peers=OwnerError("invalid", f"a{mark}b is no peer."))
    assert typed(refused, tmp_path, "peers") == Exit.REFUSED
    shown = capsys.readouterr()

    for text in (shown.out, shown.err):
        assert not [one for one in text.replace("\n", "") if one < " " or "\x7f" <= one <= "\x9f"]
        assert "\u202e" not in text


def test_markup_in_a_text_is_no_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = dataclasses.replace(PEER, name="[red]Rose[/red] :smile:")

    typed(Scripted(peers=[named]), tmp_path, "peers")

    assert "[red]Rose[/red] :smile:" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ({"contacts": []}, "contacts"),
        ({"peers": []}, "peers"),
        ({"invitations": []}, "invitations"),
        ({"log": []}, "log Rose"),
        ({"discover": []}, "discover"),
        ({"rosters": [], "terms": []}, "terms list"),
    ],
)
def test_an_empty_list_says_so_and_json_gives_an_empty_one(
    answers: dict[str, Any], line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    typed(Scripted(**answers), tmp_path, *line.split())
    assert capsys.readouterr().out.strip().endswith((".", "TERMS", "...", "`."))
    typed(Scripted(**answers), tmp_path, *line.split(), "--json")
    found = json.loads(capsys.readouterr().out)

    assert found in ([], {"roster": [], "negotiations": []})


def test_an_export_is_a_new_file_for_its_owner_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.pcloud"

    assert typed(Scripted(), tmp_path, "export", "Rose", str(target), "--json") == Exit.DONE
    assert target.read_bytes() == b"the file"
    assert target.stat().st_mode & 0o777 == 0o600
    assert json.loads(capsys.readouterr().out) == {"file": str(target), "bytes": 8}


@pytest.mark.parametrize(
    ("line", "show"),
    [
        ("", None),
        ("--bare", []),
        ("--only profile.name --only profile.email", ["profile.name", "profile.email"]),
    ],
)
def test_an_export_shows_all_values_or_none_or_those_that_are_named(
    tmp_path: Path, line: str, show: list[str] | None
) -> None:
    node = Scripted()

    assert typed(node, tmp_path, "export", "Rose", str(tmp_path / "out"), *line.split()) == Exit.DONE
    assert node.asked == [("export", ("Rose",), {"show": show})]


def test_an_export_of_some_values_and_of_none_is_a_contradiction(tmp_path: Path) -> None:
    node = Scripted()

    line = ["export", "Rose", str(tmp_path / "out"), "--bare", "--only", "profile.name"]
    assert typed(node, tmp_path, *line) == Exit.USAGE
    assert node.asked == []
    assert not (tmp_path / "out").exists()


def test_an_export_never_writes_over_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "out.pcloud"
    target.write_text("precious")

    assert typed(Scripted(), tmp_path, "export", "Rose", str(target)) == Exit.REFUSED
    assert target.read_text() == "precious"
    assert "exists" in capsys.readouterr().err


def test_an_export_follows_no_link(tmp_path: Path) -> None:
    aim = tmp_path / "aim"
    target = tmp_path / "out.pcloud"
    target.symlink_to(aim)

    assert typed(Scripted(), tmp_path, "export", "Rose", str(target)) == Exit.REFUSED
    assert not aim.exists()
    assert target.is_symlink()


def test_all_is_what_one_list_shows_and_a_full_one_says_that_more_may_wait(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A thief hides nothing behind a hundred harmless entries."""
    shown = [dataclasses.replace(UNAFFIRMED, id=f"{number:064x}") for number in range(100)]
    shown[0] = dataclasses.replace(shown[0], rejectable=False)
    node = Scripted(review=shown)
    for words, taken in (("affirm Rose --all", shown), ("reject Rose --all --yes", shown[1:])):
        assert typed(node, tmp_path, "review", *words.split()) == Exit.DONE
        name, arguments, named = node.asked[-1]
        assert (name, arguments) == (words.split()[0], ("Rose",))
        assert named == {"entries": [one.id for one in taken]}
        assert "More may wait" in capsys.readouterr().err
    assert typed(node, tmp_path, "review", "list") == Exit.DONE
    assert "More may wait" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["affirm Rose --all", "reject Rose --all --yes"])
def test_where_nothing_waits_nothing_is_asked_of_the_node(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: str
) -> None:
    node = Scripted(review=[])
    assert typed(node, tmp_path, "review", *words.split()) == Exit.DONE
    assert capsys.readouterr().out == "Nothing waits for your word.\n"
    assert [name for name, _, _ in node.asked] == ["review"]
    assert typed(node, tmp_path, "review", *words.split(), "--json") == Exit.DONE
    assert json.loads(capsys.readouterr().out) == {"entries": 0}
