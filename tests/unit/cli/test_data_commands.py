"""One's own data on the command line: what is typed becomes a value, and what comes back can be read."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.scripted import Scripted, typed
from tests.unit.cli.test_text import STEERING

from pcloud.cli import values
from pcloud.cli.exits import CommandError, Exit
from pcloud.runtime.recording.views import Kind, Property, Record
from pcloud.runtime.surface import OwnerError

HOME = "profile.address.home"
BREMEN = {"addressLocality": "Bremen", "@type": "PostalAddress", "tags": ["a", True, 3]}
RECORD = Record(HOME, "Address", 2, BREMEN, 1_800_000_000, "peer:" + "ab12" * 8, 3, 2, ["odd"], changed=True)
KINDS = [
    Kind("finance", "Finances", many=False, takes="anything", properties=[]),
    Kind(
        "receipts",
        "Receipt",
        many=True,
        takes="some of seller",
        properties=[Property("seller", "a text", needed=True)],
    ),
]
ANSWERS: dict[str, Any] = {
    "data_set": RECORD,
    "data_get": RECORD,
    "data_list": [RECORD],
    "data_history": [RECORD, dataclasses.replace(RECORD, version=1, value=None)],
    "data_search": [RECORD],
    "data_delete": dataclasses.replace(RECORD, value=None),
    "vocabulary": KINDS,
}


def node(**answers: Any) -> Scripted:
    return Scripted(**(ANSWERS | answers))


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["Anna Berg"], "Anna Berg"),
        (["28195"], "28195"),
        (["https://example.org/?a=b"], "https://example.org/?a=b"),
        (
            ["postalCode=28195", "streetAddress=Am Wall 1"],
            {"postalCode": "28195", "streetAddress": "Am Wall 1"},
        ),
        (["a=b=c"], {"a": "b=c"}),
        (["allowed:=true", "n:=[1,2]", "x="], {"allowed": True, "n": [1, 2], "x": ""}),
        (["total:=12.50"], {"total": "12.50"}),
        (
            ["seller.name=Flora", "seller.url=u", "@type=Order"],
            {"seller": {"name": "Flora", "url": "u"}, "@type": "Order"},
        ),
    ],
)
def test_what_is_typed_becomes_a_value(words: list[str], value: Any) -> None:
    assert values.read(words) == value


@pytest.mark.parametrize(
    "words",
    [
        ["Anna", "Berg"],
        ["a=b", "c"],
        ["a=b", "a=c"],
        ["a=b", "a.b=c"],
        ["a:=x"],
        ["a:=NaN"],
        ["a:=" + "[" * 100_000],
    ],
)
def test_what_is_no_value_is_refused_and_not_repeated(words: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        values.read(words)
    assert "Berg" not in str(refused.value)


def test_a_value_is_set_and_it_is_said_who_gets_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = node()
    assert typed(asked, tmp_path, "data", "set", HOME, "addressLocality=Bremen") == Exit.DONE
    assert asked.asked == [("data_set", (HOME, {"addressLocality": "Bremen"}), {})]
    shown = capsys.readouterr()
    assert f"{HOME} is set, version 2. This change goes to 2 of your peers. 1 got it once" in shown.out
    assert "odd" in shown.err
    same = node(data_set=dataclasses.replace(RECORD, changed=False))
    typed(same, tmp_path, "data", "set", HOME, "x")
    assert "already" in capsys.readouterr().out


def test_a_value_is_read_from_a_file_or_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "value.json"
    file.write_text('{"a": 1.50}')
    asked = node()
    assert typed(asked, tmp_path, "data", "set", HOME, "--file", str(file)) == Exit.DONE
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b'"Anna"')))
    assert typed(asked, tmp_path, "data", "set", "profile.name", "--file", "-") == Exit.DONE
    assert [given for _, given, _ in asked.asked] == [(HOME, {"a": "1.50"}), ("profile.name", "Anna")]


@pytest.mark.parametrize(
    "line",
    [
        f"data set {HOME}",
        f"data set {HOME} x --file y",
        f"data set {HOME} x y",
        f"data get {HOME} --version 0",
        "data search",
        "data kinds nobody.knows",
        "data list --limit 0",
    ],
)
def test_what_is_not_understood_changes_nothing(line: str, tmp_path: Path) -> None:
    asked = node()
    assert typed(asked, tmp_path, *line.split()) == Exit.USAGE
    assert set(asked.names) <= {"vocabulary"}


def test_a_file_that_is_too_long_or_no_json_is_refused(tmp_path: Path) -> None:
    asked = node()
    for content in (b" " * (1 << 20) + b"1", b"Anna", b"\xff"):
        (tmp_path / "value.json").write_bytes(content)
        assert (
            typed(asked, tmp_path, "data", "set", HOME, "--file", str(tmp_path / "value.json")) == Exit.USAGE
        )
    assert asked.asked == []


def test_a_value_is_shown_part_by_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = node()
    assert typed(asked, tmp_path, "data", "get", HOME, "--version", "2") == Exit.DONE
    assert asked.asked == [("data_get", (HOME,), {"version": 2})]
    shown = capsys.readouterr().out
    for part in ("Address", "Bremen", "a peer (ab12ab12ab)", "3 of your peers", '["a", true, 3]'):
        assert part in shown
    typed(node(data_get=dataclasses.replace(RECORD, value=None, holders=0)), tmp_path, "data", "get", HOME)
    shown = capsys.readouterr().out
    assert "nobody else" in shown
    assert "no value any more" in shown


def test_a_list_says_how_many_peers_have_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed(node(), tmp_path, "data", "list", "profile") == Exit.DONE
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split()[-2:] == ["HELD", "BY"]
    assert row.split()[0] == HOME
    assert "Bremen, a, yes, 3" in row
    assert row.split()[-1] == "3"
    assert typed(node(data_list=[]), tmp_path, "data", "list") == Exit.DONE
    assert "nothing here yet" in capsys.readouterr().out


def test_a_long_list_is_asked_for_in_pages_and_says_where_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [dataclasses.replace(RECORD, path=f"receipts/{number:04}") for number in range(260)]

    def page(*, prefix: str, after: str | None, limit: int) -> list[Record]:
        assert prefix == "receipts"
        return [one for one in known if after is None or one.path > after][:limit]

    asked = node(data_list=page)
    typed(asked, tmp_path, "data", "list", "receipts", "--limit", "250", "--json")
    assert [one["path"] for one in json.loads(capsys.readouterr().out)] == [one.path for one in known[:250]]
    assert [named["limit"] for _, _, named in asked.asked] == [100, 100, 50]
    typed(asked, tmp_path, "data", "list", "receipts", "--limit", "250")
    assert "--after receipts/0249" in capsys.readouterr().err
    typed(asked, tmp_path, "data", "list", "receipts", "--after", "receipts/0249")
    assert len(capsys.readouterr().out.splitlines()) == 11


def test_words_are_searched_for_and_history_is_listed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = node()
    assert typed(asked, tmp_path, "data", "search", "flora", "tulips", "--limit", "5") == Exit.DONE
    assert typed(asked, tmp_path, "data", "history", HOME, "--before", "3") == Exit.DONE
    assert asked.asked == [
        ("data_search", ("flora tulips",), {"limit": 5}),
        ("data_history", (HOME,), {"before": 3, "limit": 100}),
    ]
    assert "(no value any more)" in capsys.readouterr().out


def test_a_deletion_asks_first_and_says_who_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = node()
    assert typed(asked, tmp_path, "data", "delete", HOME) == Exit.USAGE
    assert asked.names == ["data_get"]
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("pcloud.cli.prompts.at_terminal", lambda: True)
    said = []

    def answer(question: str = "") -> str:
        said.append(question)
        return "no"

    monkeypatch.setattr("pcloud.cli.prompts.ask", answer)
    assert typed(asked, tmp_path, "data", "delete", HOME) == Exit.REFUSED
    assert "data_delete" not in asked.names
    told = "".join((*capsys.readouterr(), *said))
    assert "all of its 2 versions" in told
    assert "3 of your peers keep what you gave them" in told


def test_a_deletion_that_was_agreed_to_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = node()
    assert (
        typed(asked, tmp_path, "data", "delete", HOME, "--yes", "--at-holders", "--keep-history") == Exit.DONE
    )
    assert asked.asked == [("data_delete", (HOME,), {"keep_history": True, "at_holders": True})]
    assert "3 of your peers are told" in capsys.readouterr().out


def test_kinds_are_listed_and_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(node(), tmp_path, "data", "kinds")
    assert "receipts/…" in capsys.readouterr().out
    typed(node(), tmp_path, "data", "kinds", "receipts/x")
    shown = capsys.readouterr().out
    assert "receipts/NAME: Receipt" in shown
    assert "seller" in shown
    typed(node(), tmp_path, "data", "kinds", "finance.account")
    assert capsys.readouterr().out == "finance: Finances. It takes anything.\n"


@pytest.mark.parametrize(
    "line", ["set a x", "get a", "list", "history a", "search a", "delete a --yes", "kinds"]
)
def test_each_answer_is_one_json_document_where_that_is_asked(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(node(), tmp_path, "data", *line.split(), "--json") == Exit.DONE
    shown = capsys.readouterr()
    assert json.loads(shown.out)
    assert shown.err == ""


@pytest.mark.parametrize("mark", STEERING, ids=ascii)
def test_no_value_steers_the_terminal(mark: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a file or a peer brought is a stranger's text."""
    hostile = dataclasses.replace(RECORD, value={f"a{mark}b": f"c{mark}d"}, source=f"import:{mark}")
    rows = {name: [hostile] for name in ("data_list", "data_search", "data_history")}
    answers = dict.fromkeys(("data_set", "data_get"), hostile)
    for line in ("list", "search a", "history a", "get a", "set a b"):
        assert typed(node(**rows, **answers), tmp_path, "data", *line.split()) == Exit.DONE
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert not [one for one in text.replace("\n", "") if one < " " or "\x7f" <= one <= "\x9f"]
        assert "\u202e" not in text


def test_a_refusal_of_the_node_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refusing = node(data_set=OwnerError("invalid", "profile.birthDate takes a day."))
    assert typed(refusing, tmp_path, "data", "set", "profile.birthDate", "soon") == Exit.REFUSED
    assert "takes a day" in capsys.readouterr().err
