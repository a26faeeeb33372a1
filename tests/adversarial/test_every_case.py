"""The list of inputs that are known to break such programs: each has a test, and the test is still there.

`cases.csv` names them: CBOR (X-CB), COSE (X-CO), signatures and keys (C-ED, C-X, C-AEAD), the order of the
protocol (X-PR), HTTP (X-HTTP), and where a stranger may send us (X-SSRF). Capabilities come with agents.
"""

import ast
import csv
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).parents[1]
X_CB = """
    1 2 4 5 7 8 10 11 13 14 16 17 19 20 22 23 25 26 28 29 31 32 34 35 37 38 40 41 43 44 46 47 49 50 52 53 55
    61 62 70 71 73 74 76 77 79 80 82 83 85 86 88 89 91 92
"""
X_CO = "1 2 4 5 7 8 10 11 13 14 16 17 19 20 22 23 25 26"
FAMILIES = {
    "X-CB": [int(number) for number in X_CB.split()],
    "X-CO": [int(number) for number in X_CO.split()],
    "C-ED": [1, 15, 20, 21, 23],
    "C-X": [1, 2],
    "C-AEAD": [1, 2],
    "X-PR": list(range(1, 21)),
    "X-HTTP": list(range(1, 21)),
    "X-SSRF": list(range(1, 14)),
}
STAGES = {"size", "form", "authentic", "order", "gate", "content"}


class Case(NamedTuple):
    """One input, what must come of it, and the test that shows it; `names` stands in that test's file."""

    case: str
    what: str
    must: str
    test: str
    names: str


def cases() -> Iterator[Case]:
    with (Path(__file__).parent / "cases.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["case", "what comes", "what must happen", "test", "names"]
    return (Case(*row) for row in rows)


@cache
def functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_no_case_is_without_a_test() -> None:
    wanted = {f"{family}-{number:02}" for family, numbers in FAMILIES.items() for number in numbers}
    assert {case.case for case in cases()} == wanted


@pytest.mark.parametrize("case", list(cases()), ids=lambda case: f"{case.case} {case.what}")
def test_the_test_of_a_case_is_there(case: Case) -> None:
    file, _, name = case.test.partition("::")
    path = TESTS / file
    assert path.is_file(), f"{case.case}: there is no tests/{file}"
    assert name in functions(path), f"{case.case}: tests/{file} has no {name}"
    assert case.names in path.read_text(), (
        f"{case.case}: {case.names!r} does not stand in tests/{file} any more"
    )


def test_what_nodes_sign_is_refused_at_a_named_stage() -> None:
    signed = [case for case in cases() if case.case.startswith(("X-CO", "C-X"))]
    assert signed
    assert {case.must.partition(":")[0].partition(";")[0] for case in signed} <= STAGES


def test_a_case_is_named_once_for_each_test() -> None:
    named = [(case.case, case.test, case.names) for case in cases()]
    assert len(named) == len(set(named))
