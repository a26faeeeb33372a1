"""The tables of the features, as the specification lists them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from spec.kit.refusal import RefusedError

FOLDER = Path(__file__).resolve().parents[1] / "tables"
PARTIES = ("opener", "other")


@dataclass(frozen=True)
class Row:
    """One allowed step."""

    state: str
    message: str
    by: str
    next: str
    crossing: bool

    def takes(self, party: str) -> bool:
        """Whether this party may take the row."""
        return self.by in {party, "either"}


def table(feature: str) -> list[Row]:
    """The rows of a feature."""
    with (FOLDER / f"{feature}.csv").open(newline="") as file:
        return [
            Row(line["state"], line["message"], line["by"], line["next"], line["crossing"] in {"yes", "true"})
            for line in csv.DictReader(file)
        ]


def states(rows: list[Row]) -> list[str]:
    """Every state, in the order in which the table names them."""
    return list(dict.fromkeys(state for row in rows for state in (row.state, row.next)))


def step(rows: list[Row], state: str, message: str, party: str, *, crossing: bool) -> str:
    """The next state, or the refusal."""
    here = [row for row in rows if row.state == state and row.message == message and row.by != "engine"]
    if not any(row.takes(party) for row in here):
        raise RefusedError("not-your-turn" if here else "not-in-state")
    row = next(row for row in here if row.takes(party))
    if row.crossing and not crossing:
        raise RefusedError("not-in-state")
    return row.next
