"""Rules, receipts, rights and letters on the command line."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.scripted import ID, Scripted
from tests.unit.cli.scripted import typed as typed_at
from tests.unit.cli.test_text import STEERING

from pcloud.cli.exits import Exit
from pcloud.home.receipts import Event, Receipt
from pcloud.home.sheets.letter import LINES_MAX, draw, missing
from pcloud.runtime.consenting.views import (
    Brought,
    Claim,
    Claimed,
    Claims,
    ClaimShown,
    Letter,
    Letters,
    LetterText,
    PaperHolder,
    Receipts,
    Rule,
    RuledItem,
    RuleTest,
)
from pcloud.runtime.giving.views import Ledger

AT = 1_800_000_000
RULE = Rule("ab12cd34ef", "yes", "unconfirmed", ID, "Rose", paths=["profile.name"], yearly_max=2, ends=AT)
NO = Rule("cd34ef5678", "no", "active", kind="person", reason="not-you", note="mine")
BAD = Rule("bad", None, "unreadable")
TEST = RuleTest(
    "give",
    [RuledItem("profile.name", "name", True, "yes", "rule", "ab12cd34ef", "", have=True)],  # noqa: FBT003 - a view
    AT,
    standing=False,
    onward=None,
    text="It is given by rule.",
)
RECEIPT = Receipt(
    ID,
    ID,
    "Rose",
    mine=True,
    giver="11" * 32,
    taker="22" * 32,
    terms="SD-BASE",
    agreement="33" * 32,
    state="given",
    action="dpv:Use",
    purposes=["dpv:DeliveryOfGoods"],
    wanted={"profile.name": True, "profile.email": False},
    given=["profile.name"],
    declined={"profile.email": "not-needed"},
    until=AT,
    standing=True,
    onward="ex:Post",
    rules=["ab12cd34ef"],
    events=[
        Event(AT, "asked", "taker", ID, ["profile.name", "profile.email"]),
        Event(AT, "given", "giver", ID, ["profile.name"]),
        Event(AT, "erased", "taker", ID, ["profile.name"], backups=AT),
    ],
)
REFUSED = dataclasses.replace(
    RECEIPT, state="refused", clause="no-marketing", wanted={}, until=None, purposes=[]
)
CLAIM = Claim(ID, ID, "Rose", "access", [], AT, AT, "refused", True, "excessive", None, 1)  # noqa: FBT003 - a view
BROUGHT = Brought("profile.email", "email", 3, "anna@example.org")
HOLDER = PaperHolder("a1b2c3d4", "Old Bank", "Main Street 1", "", ["profile.address"], AT, AT, True, "due")  # noqa: FBT003
LETTER = Letter(
    "a1b2c3d4-000001",
    "a1b2c3d4",
    "Old Bank",
    "correction",
    "due",
    AT,
    None,
    None,
    None,
    overdue=True,
    changes=["profile.address.home"],
)
ANSWERS: dict[str, Any] = {
    "rules": [RULE, NO, BAD],
    "rule_add": RULE,
    "rule_remove": None,
    "rules_confirm": [RULE],
    "rule_test": TEST,
    "receipts": Receipts([RECEIPT, REFUSED]),
    "rights": Claims([CLAIM], 2),
    "rights_claim": Claimed([ID], 0),
    "rights_show": ClaimShown(CLAIM, [BROUGHT]),
    "letters": Letters([HOLDER], [LETTER]),
    "letter_add": HOLDER,
    "letter_remove": None,
    "letter_write": LETTER,
    "letter_print": LetterText(LETTER.id, "Anna\n\nTo whom it may concern"),
    "letter_sent": LETTER,
    "letter_answered": LETTER,
}


def node(**answers: Any) -> Scripted:
    return Scripted(**(ANSWERS | answers))


def typed(words: list[str], asked: Scripted, folder: Path) -> int:
    return typed_at(asked, folder, *words)


EVERY = [
    "rules list",
    "rules add yes profile.name --for DeliveryOfGoods --days 3 --yearly 2 --ends 9d --kind person",
    "rules remove ab12",
    "rules confirm",
    "rules test --peer Rose profile.name",
    "rules test --ask ab12",
    "receipts",
    "receipts Rose",
    "rights claim access --peer Rose --path profile.name",
    "rights claim erasure --all --yes",
    "rights claim erasure --peer Rose --yes",
    "rights claim correction --peer Rose --path profile.name --yes",
    "rights list",
    "rights show ab12",
    "letters list",
    "letters add Bank --holds profile.address --address Street --until 9d",
    "letters remove Bank --yes",
    "letters write Bank access",
    "letters print Bank",
    "letters sent Bank --on 2030-01-31",
    "letters answered Bank",
]


@pytest.mark.parametrize("line", EVERY)
def test_each_answers_for_people_and_for_programs(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(line.split(), node(), tmp_path) == Exit.DONE
    shown = capsys.readouterr().out
    assert shown.strip()
    assert not shown.startswith("{")
    assert typed([*line.split(), "--json"], node(), tmp_path) == Exit.DONE
    json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    "line",
    [
        "rules add maybe",
        "rules test profile.name",
        "rules test --peer Rose",
        "rules test --peer Rose --ask ab12 profile.name",
        "rules add yes --ends tomorrow",
        "rights claim access",
        "rights claim access --peer Rose --all",
        "rights claim rectify --all",
        "rights claim erasure --all",
        "rights claim erasure --peer Rose",
        "letters add Bank",
        "letters print Bank --out letter.doc",
        "letters sent Bank --on yesterday",
    ],
)
def test_what_is_not_right_is_a_usage_error_and_nothing_is_asked(line: str, tmp_path: Path) -> None:
    asked = node()
    assert typed(line.split(), asked, tmp_path) == Exit.USAGE
    assert asked.names == []


def test_a_purpose_is_a_word_of_the_vocabulary_unless_it_names_another(tmp_path: Path) -> None:
    asked = node()
    typed("rules add no --for Marketing --for ex:Other".split(), asked, tmp_path)
    assert asked.asked[0][2]["purposes"] == ["dpv:Marketing", "ex:Other"]


def test_receipts_of_all_pages_are_written_to_one_new_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pages = iter([Receipts([RECEIPT], "next"), Receipts([REFUSED])])
    out = tmp_path / "receipts.json"
    asked = node(receipts=lambda **_: next(pages))
    assert typed(["receipts", "--out", str(out)], asked, tmp_path) == Exit.DONE
    made = json.loads(out.read_text())
    assert len(made["dpv:hasRecordOfActivity"]) == 2
    assert out.stat().st_mode & 0o077 == 0
    assert [named for _, _, named in asked.asked] == [{"peer": None}, {"after": "next"}]
    assert "2 receipts" in capsys.readouterr().out
    assert typed(["receipts", "--out", str(out)], node(), tmp_path) == Exit.REFUSED


def test_a_receipt_says_who_did_what_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    typed(["receipts"], node(), tmp_path)
    shown = capsys.readouterr().out
    assert "Rose asked for: profile.name, profile.email" in shown
    assert "you gave: profile.name" in shown
    assert "profile.email: not given (not-needed), they can do without it" in shown
    assert "may be passed on to ex:Post" in shown
    assert "clause no-marketing of SD-BASE" in shown


def test_what_a_claim_brought_is_saved_as_values(tmp_path: Path) -> None:
    out = tmp_path / "brought.json"
    assert typed(["rights", "show", "ab12", "--out", str(out)], node(), tmp_path) == Exit.DONE
    assert json.loads(out.read_text()) == {"profile.email": "anna@example.org"}


def test_a_letter_is_written_as_pdf_or_as_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, start in (("a.pdf", b"%PDF"), ("a.txt", b"Anna\n")):
        out = tmp_path / name
        assert typed(["letters", "print", "Bank", "--out", str(out)], node(), tmp_path) == Exit.DONE
        assert out.read_bytes().startswith(start)
    assert capsys.readouterr().err == ""


def test_a_letter_whose_letters_a_pdf_would_lose_is_written_as_text_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    greek = node(letter_print=LetterText(LETTER.id, "Άννα\n"))
    assert typed(["letters", "print", "Bank", "--out", str(tmp_path / "a.pdf")], greek, tmp_path) == Exit.DONE
    assert not (tmp_path / "a.pdf").exists()
    assert (tmp_path / "a.txt").read_text() == "Άννα\n"
    assert "written as text" in capsys.readouterr().err


def test_a_long_letter_has_pages_and_every_line_of_it() -> None:
    text = "\n".join(f"line {number} (x) \\ é" for number in range(LINES_MAX * 2 + 1))
    made = draw(text + "\n" + "w" * 200)
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") + made.count(b"/Type /Page/") >= 3
    assert missing(text) == ""
    assert missing("a\tñ→\x07") == "\t→\x07"


def test_what_others_wrote_steers_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = "".join(STEERING)
    steered = node(
        rules=[dataclasses.replace(RULE, name=hidden, note=hidden)],
        receipts=Receipts([dataclasses.replace(RECEIPT, name=hidden, onward=hidden)]),
        rights_show=ClaimShown(CLAIM, [dataclasses.replace(BROUGHT, value=hidden)]),
        letter_print=LetterText(LETTER.id, hidden.replace("\n", "")),
    )
    for line in ("rules list", "receipts", "rights show ab12", "letters print Bank"):
        typed(line.split(), steered, tmp_path)
        shown = capsys.readouterr().out
        assert not [letter for letter in STEERING if letter in shown]


def test_a_correction_that_would_tell_something_new_wants_the_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = "rights claim correction --peer Rose --path profile.name"
    asked = node(ledger=Ledger([]))
    assert typed(line.split(), asked, tmp_path) == Exit.USAGE
    assert asked.names == ["ledger"], "nothing was claimed"
    assert "profile.name" in capsys.readouterr().err
    assert typed([*line.split(), "--yes"], node(), tmp_path) == Exit.DONE


def test_erasure_of_everybody_wants_the_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("pcloud.cli.prompts.at_terminal", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO("no\n"))
    asked = node()
    assert typed("rights claim erasure --all".split(), asked, tmp_path) == Exit.REFUSED
    assert asked.names == []
    assert "erase" in capsys.readouterr().err
