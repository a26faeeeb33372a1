"""The table in the spec and the table in the code are the same rows in the same order.

The double bookkeeping is meant: a second implementation reads `spec/tables/*.csv`, never our Python.
"""

import csv
import importlib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COLUMNS = ["state", "message", "by", "next", "crossing", "why"]
PARTIES = {"opener", "other", "either", "engine"}
YES_AND_NO = {"": False, "no": False, "false": False, "yes": True, "true": True}

FEATURES = sorted(path.parent.name for path in (ROOT / "src/pcloud/features").glob("*/machine.py"))

Row = tuple[str, str, str, str, bool]


def word(value: Any) -> str:
    return str(getattr(value, "value", value))


def rows_in_code(feature: str) -> list[Row]:
    machine = importlib.import_module(f"pcloud.features.{feature}.machine").MACHINE
    assert machine.name == feature
    return [
        (word(row.state), row.message.NAME, word(row.by), word(row.next), bool(row.crossing))
        for row in machine.rows
    ]


def rows_in_spec(path: Path) -> list[Row]:
    assert path.exists(), f"missing: {path.relative_to(ROOT)}"
    with path.open(newline="") as file:
        table = csv.DictReader(file)
        assert table.fieldnames == COLUMNS, f"{path}: the columns are {COLUMNS}"
        rows = []
        for line in table:
            assert line["by"] in PARTIES, f"{path}:{table.line_num}: `by` is one of {sorted(PARTIES)}"
            assert line["crossing"] in YES_AND_NO, f"{path}:{table.line_num}: `crossing` is `yes` or empty"
            assert line["why"].strip(), f"{path}:{table.line_num}: say why this row exists"
            crossing = YES_AND_NO[line["crossing"]]
            rows.append((line["state"], line["message"], line["by"], line["next"], crossing))
    return rows


@pytest.mark.parametrize("feature", FEATURES)
def test_the_spec_has_the_rows_of_the_code_in_the_same_order(feature: str) -> None:
    path = ROOT / f"spec/tables/{feature}.csv"
    code, spec = rows_in_code(feature), rows_in_spec(path)

    faults = [f"in the code, not in {path.name}: {row}" for row in code if row not in spec]
    faults += [f"in {path.name}, not in the code: {row}" for row in spec if row not in code]
    assert not faults, "\n".join(faults)
    assert spec == code, f"{path.name} has the rows in another order than the code, or a row twice"


def test_every_table_in_the_spec_belongs_to_a_feature() -> None:
    tables = {path.stem for path in (ROOT / "spec/tables").glob("*.csv")}
    assert tables == set(FEATURES), f"tables and features differ: {sorted(tables ^ set(FEATURES))}"


@pytest.mark.parametrize("feature", FEATURES)
def test_no_two_rows_answer_the_same_message_in_the_same_state_from_the_same_party(feature: str) -> None:
    seen: set[tuple[str, str, str]] = set()
    for state, message, by, _, _ in rows_in_code(feature):
        for party in ("opener", "other") if by == "either" else (by,):
            key = (state, message, party)
            assert key not in seen, f"two rows answer {key}: which one counts?"
            seen.add(key)
