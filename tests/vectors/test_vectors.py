"""Every published case of the specification, run against this implementation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pcloud.testing.vectors import OPERATIONS, UNSUPPORTED, main, matches, run_case
from pcloud.testing.vectors_input import written_out

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "spec/vectors").glob("*.json"))
CASES = [(path.stem, case) for path in FILES for case in json.loads(path.read_text())["cases"]]
ACCEPTED = [(stem, case) for stem, case in CASES if case["expect"]["ok"]]

READS = {
    **dict.fromkeys(["sign1.read", "sign2.read", "header.read", "answer.read", "position.read"], "bytes"),
    **dict.fromkeys(["invitation.read", "card.read", "succession.read", "cbor.check"], "bytes"),
    **dict.fromkeys(["agreement.read", "machine.read", "roster.read"], "bytes"),
    **dict.fromkeys(["frame.open", "contact.open"], "frame"),
    **dict.fromkeys(["manifest.open", "blob.open"], "blob"),
    "start.open": "block",
    "content.read": "content",
    "body.read": "body",
    "said.read": "item",
    "token.read": "item",
    "value.read": "item",
    "example.read": "item",
    "claims.read": "body",
    "custody.read": "message",
    "vouchers.read": "item",
    "relay.read": "message",
    "relay.back": "message",
    "export.verify": "bytes",
    "unpad": "padded",
}
"""Which argument of an operation holds the bytes that are read as a whole."""

LATER_STAGE = {
    "body.read": "content",
    "said.read": "content",
    "token.read": "content",
    "value.read": "content",
    "example.read": "content",
    "claims.read": "content",
    "vouchers.read": "content",
    "blob.open": "authentic",
}
"""Operations that tell bytes cut short or too long at another stage than size or form, and why they do.

A malformed body or text has a number to consume (MSG-10, TALK-2); a blob is a ciphertext from its first byte
to its last.
"""


def named(value: Any) -> str:
    return value["name"] if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(("stem", "case"), CASES, ids=named)
def test_a_case_gives_what_it_says(stem: str, case: dict[str, Any]) -> None:
    got = run_case(case)
    expected = {name: written_out(value) for name, value in case["expect"].items()}
    assert {name: got.get(name) for name in expected} == expected, f"{stem}: {case['why']} ({case['rules']})"


def spoiled(data: bytes) -> Iterator[bytes]:
    """The bytes with something behind them, and cut short at some places."""
    yield from (data + junk for junk in (b"\0", b"\xf6", b"\xff" * 40, data[:1] or b"\0"))
    yield from (data[:at] for at in sorted({0, 1, len(data) // 2, len(data) - 1}) if at < len(data))


READABLE = [(stem, case) for stem, case in ACCEPTED if case["op"] in READS]


@pytest.mark.parametrize(("stem", "case"), READABLE, ids=named)
def test_what_is_accepted_is_refused_with_junk_behind_it_or_cut_short(
    stem: str, case: dict[str, Any]
) -> None:
    op, name = case["op"], READS[case["op"]]
    stages = {LATER_STAGE[op]} if op in LATER_STAGE else {"size", "form"}
    for data in spoiled(bytes.fromhex(written_out(case["input"][name]))):
        got = run_case({"op": op, "input": {**case["input"], name: data.hex()}})
        assert got["ok"] is False, f"{stem}: {len(data)} bytes"
        assert got["stage"] in stages, f"{stem}: {len(data)} bytes: {got}"


REFUSED = [(stem, case) for stem, case in CASES if not case["expect"]["ok"] and case["op"] in READS]


@pytest.mark.parametrize("op", sorted(READS))
def test_what_is_refused_stays_an_answer_when_it_is_spoiled_further(op: str) -> None:
    ran = 0
    for stem, case in REFUSED:
        if case["op"] == op:
            name = READS[op]
            for data in spoiled(bytes.fromhex(written_out(case["input"][name]))):
                got = run_case({"op": op, "input": {**case["input"], name: data.hex()}})
                assert got["ok"] or {"stage", "code"} < got.keys(), stem
                ran += 1
    assert ran or not any(case["op"] == op for _, case in CASES)


@pytest.mark.parametrize("op", sorted(OPERATIONS))
def test_an_operation_answers_whatever_it_is_given(op: str) -> None:
    wrong = [{}, {"bytes": "0"}, {"bytes": "A0"}, {"bytes": 7}, {"key": None}, {"events": "00"}, {"text": 1}]
    wrong += [{"floats": 1, "bytes": "00"}, {"events": ["zz"]}, {"keys": ["00"], "bytes": "00", "typ": "x"}]
    wrong += [{"bytes": {"prefix": "", "fill": "00", "count": 10**18, "suffix": ""}}]
    wrong += [{"bytes": {"prefix": "", "fill": "00", "count": -1, "suffix": ""}}]
    wrong += [{"seed": "00", "block": "80", "frame": "80", "blob": "80", "recipient": ""}]
    for given in wrong:
        got = run_case({"op": op, "input": given})
        assert got["ok"] or {"stage", "code"} < got.keys()
    assert run_case({"op": op})["ok"] is False
    assert run_case({"op": op, "input": 1})["ok"] is False


def test_an_operation_that_is_not_known_is_told_so() -> None:
    assert run_case({"op": "tea.make", "input": {}}) == UNSUPPORTED
    assert run_case({}) == UNSUPPORTED
    assert run_case({"op": 1}) == UNSUPPORTED


def test_every_operation_has_a_case_and_every_case_an_operation() -> None:
    assert {case["op"] for _, case in CASES} == OPERATIONS.keys()


def test_only_what_is_expected_is_compared() -> None:
    assert matches({"ok": True}, {"ok": True, "more": 1})
    assert not matches({"ok": True, "id": None}, {"ok": True})
    assert not matches({"ok": False, "stage": "form", "code": "shape"}, {"ok": True})


def test_what_differs_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = {"name": "one", "op": "cbor.check", "input": {"bytes": "00"}, "expect": {"ok": True, "value": "1"}}
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"cases": [case, {**case, "name": "two", "expect": {"ok": True}}]}))
    assert main([path]) == 1
    told = capsys.readouterr().out
    assert "x.json: one: expected" in told
    assert "2 cases, 1 differ" in told
