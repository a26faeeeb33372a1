"""Data of others on the command line: what is typed is asked as meant, and what comes back can be read."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.scripted import ID, Scripted, typed
from tests.unit.cli.test_text import STEERING

from pcloud.cli.exits import Exit
from pcloud.runtime.taking.views import (
    Asked,
    AskedPage,
    HeldField,
    HeldPage,
    Kept,
    Returned,
    RightAsked,
    Said,
    WantedField,
)

NOW = 1_800_000_000
NAME = "profile.name"
ASKED = Asked(
    ID,
    ID,
    "Rose",
    "C-17",
    NOW,
    [
        WantedField(NAME, required=True, outcome="given"),
        WantedField("profile.email", required=False, outcome="declined", reason="not-now"),
    ],
    "dpv:Use",
    ["dpv:ServiceProvision"],
    NOW + 86_400,
    standing=True,
    terms="SD-BASE",
    state="given",
    given=[NAME],
)
HELD = HeldField(
    peer=ID,
    name=f"Ro{STEERING}se",
    reference=None,
    thread=ID,
    path=NAME,
    version=3,
    value={"givenName": f"A{STEERING}nna"},
    since=NOW,
    until=NOW + 86_400,
    standing=True,
    action="dpv:Use",
    purposes=[],
    terms="SD-BASE",
    agreement=ID,
    state="kept",
    reason="legal-duty",
)
RIGHT = RightAsked(
    ID, ID, "Rose", None, "correction", [NAME], [{"a": 1}], NOW, NOW + 9, late=True, outcome="open"
)
SAID = Said(ID, ID, [NAME])
ANSWERS: dict[str, Any] = {
    "ask": ASKED,
    "questions": AskedPage([ASKED], None),
    "held": HeldPage([HELD], None),
    "confirm": SAID,
    "give_up": SAID,
    "delete_held": [SAID],
    "keep": [Kept(ID, NAME, "legal-duty")],
    "handback": SAID,
    "returned": [Returned(ID, "Rose", ID, NAME, 1, {"a": 1})],
    "take_returned": SAID,
    "rights_asked": [RIGHT],
    "right_answer": RIGHT,
}
LINES = [
    f"ask Rose {NAME} profile.email --for ServiceProvision --until 30d --standing --need {NAME}",
    "asked",
    "asked Rose",
    "held",
    f"held Rose --path {NAME}",
    f"confirm Rose {ID} {NAME}=3 profile.email=1:need-more",
    f"give-up Rose {ID} --yes",
    f"delete-held Rose {NAME} --yes",
    f"keep Rose {NAME}",
    f"keep Rose {NAME} --end",
    "returned",
    f"returned Rose --take {NAME} --drop profile.email",
    "rights asked --answered",
    f"rights answer {ID} --done",
    f"rights answer {ID} --extend 30d",
    f"rights answer {ID} --refuse excessive",
]


def node() -> Scripted:
    return Scripted(**ANSWERS)


@pytest.mark.parametrize("line", LINES)
def test_each_command_tells_a_person_and_a_program(
    line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(node(), tmp_path, *line.split()) == Exit.DONE
    shown = capsys.readouterr()
    assert shown.out.strip()
    assert not set(STEERING) & set(shown.out) - {"\n"}
    assert typed(node(), tmp_path, *line.split(), "--json") == Exit.DONE
    json.loads(capsys.readouterr().out)


def test_what_is_typed_is_what_is_asked(tmp_path: Path) -> None:
    scripted = node()
    line = (
        f"ask Rose {NAME} --for Care --example receipts/*={{}} --equal a={{}} --circumstances {{}} --terms X"
    )
    assert typed(scripted, tmp_path, *line.split()) == Exit.DONE
    ((name, arguments, named),) = [(each[0], each[1], each[2]) for each in scripted.asked]
    assert (name, arguments) == ("ask", ("Rose", [NAME], ["Care"]))
    assert named["example"] == {"receipts/*": {}}
    assert (named["equal"], named["circumstances"], named["terms"]) == ({"a": {}}, {}, "X")


def test_records_are_given_back_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    file.write_text('[{"path": "receipts/1", "value": {"price": "1"}}]')
    assert typed(node(), tmp_path, "handback", "Rose", str(file)) == Exit.DONE
    for wrong in ("{}", "[1]", "x"):
        file.write_text(wrong)
        scripted = node()
        assert typed(scripted, tmp_path, "handback", "Rose", str(file)) == Exit.USAGE
        assert scripted.asked == []


@pytest.mark.parametrize(
    "line",
    [
        "ask Rose",
        f"ask Rose {NAME}",
        f"ask Rose {NAME} --for Care --until soon",
        f"ask Rose {NAME} --for Care --example x",
        f"ask Rose {NAME} --for Care --equal x=y",
        f"ask Rose {NAME} --for Care --circumstances y",
        f"confirm Rose {ID}",
        f"confirm Rose {ID} {NAME}",
        f"confirm Rose {ID} {NAME}=x",
        f"returned --take {NAME}",
        f"rights answer {ID}",
        f"rights answer {ID} --done --refuse excessive",
        f"rights answer {ID} --extend soon",
    ],
)
def test_what_is_not_understood_asks_nothing(line: str, tmp_path: Path) -> None:
    scripted = node()
    assert typed(scripted, tmp_path, *line.split()) == Exit.USAGE
    assert scripted.asked == []


@pytest.mark.parametrize("line", [f"give-up Rose {ID}", f"delete-held Rose {NAME}"])
def test_nothing_is_deleted_that_was_not_confirmed(line: str, tmp_path: Path) -> None:
    scripted = node()
    assert typed(scripted, tmp_path, *line.split()) != Exit.DONE
    assert scripted.asked == []
