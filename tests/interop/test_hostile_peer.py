"""The hostile peer: at least a hundred attacks on either role, each with its rules and its refusal."""

import csv
import html.parser
import re
from collections import Counter
from pathlib import Path

import pytest

from pcloud_interop.cli import main
from pcloud_interop.hostile import attacks
from pcloud_interop.hostile.attack import ATTACKS, ROLES, After, Attack, Scene, Shows
from pcloud_interop.hostile.wire import frames, personas, secrets, signing
from pcloud_interop.hostile.wire.cbor import Raw, dec, enc

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "interop/suite"
PYTHON_DRIVER = ROOT / "interop/drivers/python"
ATTACKS_MIN = 100
OWN_CODES = {"applied", "repeat", "refused", "ends"}
"""What an attack may come to that is no refusal of the protocol: nothing new, or the carrier's own way."""


def codes() -> dict[str, str]:
    with (ROOT / "spec/registry/errors.csv").open(newline="") as lines:
        return {row["code"]: row["stage"] for row in csv.DictReader(lines)}


def anchors() -> set[str]:
    return {
        found
        for path in (ROOT / "spec").glob("[0-9]*.md")
        for found in re.findall(r"^\* \[([A-Z]+-\d+)\]", path.read_text(), re.MULTILINE)
    }


# What there is


def test_there_are_at_least_a_hundred_attacks_on_either_role_and_every_module_has_some() -> None:
    for role in ROLES:
        assert sum(role in each.roles for each in ATTACKS) >= ATTACKS_MIN
    parts = Counter(each.part for each in ATTACKS)
    assert set(parts) == {f"hostile-{name}" for name in attacks.__all__}
    assert min(parts.values()) >= 5


def test_no_two_attacks_have_one_name() -> None:
    assert [name for name, count in Counter(each.name for each in ATTACKS).items() if count > 1] == []


@pytest.mark.parametrize("each", ATTACKS, ids=lambda each: each.name)
def test_an_attack_says_what_is_sent_which_rules_it_breaks_and_how_it_is_refused(each: Attack) -> None:
    assert each.sent.endswith("."), "its docstring is a sentence"
    assert each.rules
    assert set(each.rules) <= anchors()
    assert (ROOT / f"spec/{each.chapter}.md").is_file()
    known = codes()
    if each.stage == "carrier":
        assert each.shows in (Shows.CARRIER, Shows.COMMAND)
        assert each.code.isdecimal() or each.code in OWN_CODES
    elif each.code not in OWN_CODES:
        assert known[each.code] == each.stage, "the registry has this code at this stage"
    if each.shows is Shows.VERDICT:
        assert each.stage in {"gate", "content"}, "only these consume a number, and are told by a receipt"
    if each.stage in {"size", "form", "authentic"}:
        assert each.shows in (Shows.SILENCE, Shows.COMMAND), "strangers learn nothing"
    if each.scene is Scene.STRANGERS:
        assert each.after in (After.SPEAKS, After.OTHERS)


def test_every_chapter_that_is_spoken_over_the_wire_is_attacked() -> None:
    assert {each.chapter[:2] for each in ATTACKS} >= {
        "02",
        "03",
        "04",
        "05",
        "06",
        "07",
        "08",
        "09",
        "13",
        "18",
    }


# Its own bytes are those of the specification


def test_its_encoding_is_the_deterministic_one_and_it_can_break_it() -> None:
    values: tuple[object, ...] = (
        0,
        23,
        24,
        255,
        256,
        2**32,
        -1,
        -25,
        b"",
        b"x" * 300,
        "ü",
        [],
        {1: 2, -1: "a"},
        None,
        True,
    )
    for value in values:
        assert dec(enc(value)) == value
    assert enc({2: 0, 1: 0}) == bytes.fromhex("a201000200")
    assert enc([Raw(b"\x18\x00")]) == b"\x81\x18\x00"
    for wrong in (b"", b"\x82\x01", b"\x01\x01", b"\x44abc"):
        with pytest.raises(ValueError, match=r"cut short|bytes after the end"):
            dec(wrong)


def test_padding_is_that_of_the_chapter() -> None:
    worked = {0: 256, 252: 256, 253: 272, 300: 304, 508: 512, 509: 544, 1_000: 1_024, 57_344: 59_392}
    assert {size: frames.padded_length(size) for size in worked} == worked
    assert frames.unpad(frames.pad(b"content")) == b"content"


def test_what_it_seals_opens_and_under_another_context_does_not() -> None:
    box = secrets.Box()
    for seal in (secrets.seal, secrets.seal_without_secret):
        sealed = seal(box.public, b"context", b"text")
        assert len(sealed) == 1_120 + 4 + 16
    assert box.open(secrets.seal(box.public, b"context", b"text"), b"context") == b"text"
    for wrong in (b"other", b""):
        with pytest.raises(secrets.InvalidTag):
            box.open(secrets.seal(box.public, b"context", b"text"), wrong)


def test_bent_signatures_keep_the_id_and_change_the_bytes() -> None:
    signed = signing.sign1(secrets.Signer(), "pcloud-header", [1])
    for bent in (signing.spoiled(signed), signing.malleated(signed), signing.under(signed, bytes(64))):
        assert bent.id == signed.id == signing.read1(bent.data).id
        assert bent.data != signed.data


def test_a_log_that_a_thief_has_grown_differs_from_the_owners_by_its_signer() -> None:
    persona = personas.Persona()
    right, wrong = (signing.read1(log[1]) for log in (persona.grown(), persona.grown(by=persona.key)))
    assert personas.commitment(right.kid) == signing.read1(persona.log[0]).payload[5]
    assert personas.commitment(wrong.kid) != signing.read1(persona.log[0]).payload[5]


# The suite stands without it


def test_the_suite_without_the_libraries_says_what_it_leaves_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pcloud_interop.hostile.run", None)
    status = main(["run", str(PYTHON_DRIVER), "--only", "1/manners/*", "--only", "3/hostile-*", "--quiet"])
    told = capsys.readouterr().out
    assert status == 0
    assert "attacks were left out: their peer needs pip install 'pcloud-interop[hostile]'" in told


def test_one_attack_is_played_by_its_name_and_the_page_shows_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report.html"
    name = "another-message-under-a-number-that-was-judged"
    status = main(["run", str(PYTHON_DRIVER), "--attack", name, "--quiet", "--report", str(report)])
    told = capsys.readouterr().out
    assert (status, "hostile-order  1/1" in told) == (0, True), told
    text = report.read_text()
    html.parser.HTMLParser().feed(text)
    assert f"3/hostile-order/{name}" in text
    assert "order fork" in text
