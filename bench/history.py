"""What was measured before: one JSON file for each run, and what has moved since the last one.

`python -m bench.history OLD NEW` compares two files.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.machine import Machine
from bench.report import Figure

RESULTS = Path(__file__).parent / "results"
FORMAT = 1


def write(figures: Sequence[Figure], machine: Machine, folder: Path = RESULTS) -> Path:
    """Keep a run; its name is when it ended."""
    folder.mkdir(exist_ok=True)
    file = folder / time.strftime("%Y-%m-%d-%H%M%S.json", time.gmtime())
    run = {
        "format": FORMAT,
        "ended": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine._asdict(),
        "figures": [figure._asdict() for figure in figures],
    }
    file.write_text(json.dumps(run, indent=1, ensure_ascii=False) + "\n")
    return file


def runs(folder: Path = RESULTS) -> list[Path]:
    """Kept runs, oldest first."""
    return sorted(folder.glob("*.json"))


def read(file: Path) -> tuple[Mapping[str, Any], dict[str, Figure]]:
    """The machine of a run, and its figures by name. Raises ValueError for a file of another form."""
    run = json.loads(file.read_text())
    if run.get("format") != FORMAT:
        raise ValueError(f"{file.name} is no run of this benchmark")
    return run["machine"], {each["name"]: _figure(each) for each in run["figures"]}


def _figure(found: Mapping[str, Any]) -> Figure:
    pairs = {key: None if found[key] is None else tuple(found[key]) for key in ("spread", "growth")}
    return Figure(**{**found, **pairs})


def moved(before: Mapping[str, Figure], now: Mapping[str, Figure]) -> Iterator[str]:
    """One line for each figure whose middle half lies wholly beside that of the run before.

    A figure of a single round has no spread: it is told where it differs by more than a tenth.
    """
    for name, new in now.items():
        old = before.get(name)
        if old is None or not _apart(old, new):
            continue
        what = "ratio" if new.ratio is not None else new.unit
        change = (new.telling / old.telling - 1) * 100 if old.telling else 0.0
        yield f"{name:<58} {old.telling:10,.2f} -> {new.telling:10,.2f} {what:<6} {change:+.0f} %"


ALONE_TIMES = 1.1
"""A single round that differs by less says nothing."""


def _apart(old: Figure, new: Figure) -> bool:
    if old.spread is None or new.spread is None:
        low, high = sorted((old.telling, new.telling))
        return high > low * ALONE_TIMES
    return old.spread[1] < new.spread[0] or new.spread[1] < old.spread[0]


def tell(before: Path, now: Path) -> None:
    """Print what has moved."""
    (machine, old), (here, new) = read(before), read(now)
    print(f"\n== since {before.stem}, what moved by more than the rounds differ")
    for key in ("processor", "cores", "python"):
        if machine[key] != here[key]:
            print(f"another machine: {key} was {machine[key]}, is {here[key]}")
    lines = list(moved(old, new))
    print("\n".join(lines) if lines else "nothing")
    missing = sorted(old.keys() - new.keys())
    if missing:
        print(f"not measured this time: {', '.join(missing)}")


if __name__ == "__main__":
    tell(Path(sys.argv[1]), Path(sys.argv[2]))
