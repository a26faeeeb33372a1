"""What peers ask for, answers, the ledger and taking back on the command line."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.scripted import Scripted, typed
from tests.unit.cli.test_text import STEERING

from pcloud.cli.commands import asks
from pcloud.cli.exits import Exit
from pcloud.runtime.giving.owning import OF_ONE_MAX
from pcloud.runtime.giving.views import Answered, Ask, Ledger, LedgerRow, RefusedAsk, WantedField
from pcloud.runtime.owning.answering import PAGE_MAX
from pcloud.runtime.surface import OwnerError

NAME, HOME, RECEIPTS = "profile.name", "profile.address.home", "receipts/*"
WANTED = [
    WantedField(NAME, "name", required=True, have=True, held=True, known=True, value="Anna"),
    WantedField(HOME, "home address", required=False, have=False, held=False, known=True),
    WantedField(
        RECEIPTS,
        "all receipts",
        required=False,
        have=True,
        held=False,
        known=False,
        records=["receipts/a", "receipts/b"],
    ),
]
ASK = Ask(
    "ab12" * 16,
    "cc33" * 8,
    "Flora",
    "organisation",
    None,
    "SD-BASE",
    "You may use my data to deliver.",
    "dpv:Use",
    ["dpv:DeliveryOfGoods"],
    "to use it for delivery of goods",
    1_800_000_000,
    1_800_100_000,
    1_802_592_000,
    standing=True,
    onward=None,
    over_asked=7,
    wanted=WANTED,
    circumstances={"near": "Bremen"},
)
ANSWERED = Answered("ab12" * 16, "cc33" * 8, [NAME], {HOME: "not-held"}, 1_802_592_000, standing=True)
ROW = LedgerRow(
    HOME,
    "home address",
    "cc33" * 8,
    "Flora",
    "ab12" * 16,
    1,
    1,
    2,
    lagging=True,
    state="sent",
    since=1_800_000_000,
    until=1_802_592_000,
    ending=True,
    standing=True,
    purposes=["dpv:DeliveryOfGoods"],
    terms="SD-BASE",
    onward=None,
    backups=None,
)
REFUSED = RefusedAsk(
    "dd44" * 16, "cc33" * 8, "Flora", 1_800_000_000, "disclosure.request", "no-marketing", "SD-BASE"
)
ANSWERS: dict[str, Any] = {
    "asks": [ASK],
    "show_ask": ASK,
    "refused_asks": [REFUSED],
    "answer": ANSWERED,
    "share": ANSWERED,
    "ledger": Ledger([ROW]),
    "revoke": Ledger([ROW]),
    "erase": Ledger([]),
}


def node(**answers: Any) -> Scripted:
    return Scripted(**(ANSWERS | answers))


def test_questions_are_listed_with_who_what_and_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = node()
    assert typed(asked, tmp_path, "asks", "--peer", "Flora") == Exit.DONE
    assert asked.asked == [("asks", (), {"peer": "Flora"})]
    shown = capsys.readouterr()
    for part in ("ab12ab12ab", "Flora", "name, home address", "delivery of goods"):
        assert part in shown.out
    assert typed(node(asks=[]), tmp_path, "asks") == Exit.DONE
    assert "Nobody asks you" in capsys.readouterr().out


def test_where_a_list_of_questions_may_be_short_it_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (asks.OF_ONE, asks.MANY) == (OF_ONE_MAX, PAGE_MAX)
    others = [dataclasses.replace(ASK, peer=f"{number:032x}") for number in range(asks.MANY)]
    for found, short in (
        ([ASK] * asks.OF_ONE, True),
        ([ASK] * (asks.OF_ONE - 1), False),
        (others, True),
        (others[1:], False),
    ):
        assert typed(node(asks=found), tmp_path, "asks") == Exit.DONE
        assert ("There may be more" in capsys.readouterr().err) is short
    assert typed(node(asks=[ASK] * asks.OF_ONE), tmp_path, "asks", "--peer", "Flora") == Exit.DONE
    assert "There may be more" not in capsys.readouterr().err


def test_one_question_shows_all_that_an_answer_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(node(), tmp_path, "asks", "ab12") == Exit.DONE
    shown = capsys.readouterr()
    for part in (
        "Flora (organisation)",
        "SD-BASE: You may",
        "7 times",
        "Bremen",
        "Anna (they have it)",
        "you have none",
        "receipts/a, receipts/b",
        "nobody",
    ):
        assert part in shown.out
    assert f"{RECEIPTS} is no path that everybody knows" in shown.err
    typed(node(show_ask=dataclasses.replace(ASK, over_asked=1)), tmp_path, "asks", "ab12")
    assert "asked beyond terms  once" in capsys.readouterr().out
    typed(node(show_ask=dataclasses.replace(ASK, over_asked=0)), tmp_path, "asks", "ab12")
    assert "beyond terms" not in capsys.readouterr().out


def test_what_terms_forbade_is_listed_with_the_clause(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(node(), tmp_path, "asks", "--refused") == Exit.DONE
    shown = capsys.readouterr().out
    assert "asked for data" in shown
    assert "no marketing" in shown


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("--all", {}),
        (f"--only {NAME} --only {HOME}", {"only": [NAME, HOME]}),
        (f"--decline {HOME}", {"decline": {HOME: "not-now"}}),
        (f"--decline {HOME} --reason not-you", {"decline": {HOME: "not-you"}, "reason": "not-you"}),
        ("--none --reason not-needed", {"only": [], "reason": "not-needed"}),
        ("--all --once --onward", {"once": True, "onward": True}),
    ],
)
def test_an_answer_by_words_on_the_line(line: str, named: dict[str, Any], tmp_path: Path) -> None:
    asked = node()
    assert typed(asked, tmp_path, "answer", "ab12", *line.split()) == Exit.DONE
    whole: dict[str, Any] = {
        "only": None,
        "decline": {},
        "reason": None,
        "until": None,
        "once": False,
        "onward": False,
    }
    assert asked.asked == [("answer", ("ab12",), whole | named)]


@pytest.mark.parametrize(
    "line",
    [
        "answer ab12",
        "answer ab12 --all --none",
        f"answer ab12 --all --only {NAME}",
        f"answer ab12 --none --decline {NAME}",
        "answer ab12 --all --until tomorrow",
        "asks ab12 --refused",
        "asks ab12 --peer Flora",
        "share Flora",
        "erase Flora",
        "revoke",
    ],
)
def test_what_is_not_understood_gives_nothing(line: str, tmp_path: Path) -> None:
    asked = node()
    assert typed(asked, tmp_path, *line.split()) == Exit.USAGE
    assert asked.asked == []


def test_at_a_terminal_each_item_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(asks, "at_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\nlater\n"))
    asked = node()
    assert typed(asked, tmp_path, "answer", "ab12") == Exit.DONE
    assert asked.names == ["show_ask", "answer"]
    assert asked.asked[-1][2]["decline"] == {NAME: "not-for-this", RECEIPTS: "not-now"}
    assert "home address?" not in capsys.readouterr().err, "what is not there is no question"

    monkeypatch.setattr("sys.stdin", io.StringIO("y\nY\n"))
    asked = node()
    typed(asked, tmp_path, "answer", "ab12")
    assert (asked.asked[-1][2]["only"], asked.asked[-1][2]["decline"]) == (None, {})


def test_who_goes_away_at_the_terminal_has_answered_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asks, "at_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    asked = node()
    assert typed(asked, tmp_path, "answer", "ab12") == Exit.REFUSED
    assert asked.names == ["show_ask"]


def test_what_was_given_and_what_not_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(node(), tmp_path, "answer", "ab12", "--all")
    shown = capsys.readouterr().out
    assert f"Given: {NAME}" in shown
    assert f"Not given: {HOME} (you have none)" in shown
    typed(node(answer=dataclasses.replace(ANSWERED, given=[])), tmp_path, "answer", "ab12", "--none")
    assert "Nothing was given." in capsys.readouterr().out


def test_sharing_says_what_and_until_when(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = node()
    line = ["share", "Flora", NAME, HOME, "--for", "CustomerCare", "--once", "--terms", "SD-BASE"]
    assert typed(asked, tmp_path, *line) == Exit.DONE
    named = {"purposes": ["CustomerCare"], "until": None, "once": True, "terms": "SD-BASE"}
    assert asked.asked == [("share", ("Flora", [NAME, HOME]), named)]
    assert f"Given until 2027-02-14: {NAME}" in capsys.readouterr().out


def test_the_ledger_fits_a_terminal_and_says_how_each_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = {None: Ledger([ROW], "x"), "x": Ledger([dataclasses.replace(ROW, state="erased", lagging=False)])}
    asked = node(ledger=lambda **named: pages[named.get("after")])
    assert typed(asked, tmp_path, "ledger", "--peer", "Flora", "--field", HOME, "--lagging") == Exit.DONE
    wanted = {"peer": "Flora", "path": HOME, "lagging": True}
    assert [named for _, _, named in asked.asked] == [wanted, wanted | {"after": "x"}]
    shown = capsys.readouterr().out
    assert "on its way: they may have it, lags" in shown
    assert "1 of 2" in shown
    assert "(soon)" in shown
    assert max(map(len, shown.splitlines())) <= 110
    typed(node(ledger=Ledger([])), tmp_path, "ledger", "--lagging")
    assert "Everybody has your newest." in capsys.readouterr().out
    typed(asked, tmp_path, "ledger", "--json")
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["sent", "erased"]


@pytest.mark.parametrize(("order", "more"), [("revoke", []), ("erase", ["--yes"])])
def test_taking_back_names_what_or_takes_all(order: str, more: list[str], tmp_path: Path) -> None:
    asked = node()
    assert typed(asked, tmp_path, order, "Flora", *more) == Exit.DONE
    assert typed(asked, tmp_path, order, "Flora", NAME, HOME, *more) == Exit.DONE
    assert asked.asked == [
        (order, ("Flora",), {"paths": None}),
        (order, ("Flora",), {"paths": [NAME, HOME]}),
    ]


def test_a_refusal_is_told_with_its_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refusing = node(share=OwnerError("terms-forbid", "Your terms with this peer forbid that (no-marketing)"))
    assert typed(refusing, tmp_path, "share", "Flora", NAME) == Exit.REFUSED
    assert "no-marketing" in capsys.readouterr().err


@pytest.mark.parametrize("text", STEERING)
def test_nothing_of_a_peer_steers_the_terminal(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = dataclasses.replace(ASK, name=text, onward=text, circumstances={text: text}, why=text)
    for line in (["asks"], ["asks", "ab12"]):
        typed(node(asks=[hostile], show_ask=hostile), tmp_path, *line)
        shown = capsys.readouterr()
        assert not {"\x1b", "\u202e", "\x07"} & set(shown.out + shown.err)
