"""Runs the cases of `spec/vectors` against this implementation (spec 16 §2).

`python -m pcloud.testing.vectors [file ...]` runs all, or those of some files, and names what differs.
"""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from pcloud.errors import UsageError, Violation
from pcloud.testing.vectors_archive import ARCHIVE
from pcloud.testing.vectors_input import Input, plain, written_out
from pcloud.testing.vectors_ledger import LEDGER
from pcloud.testing.vectors_messages import MESSAGES
from pcloud.testing.vectors_wire import WIRE, Operation

OPERATIONS: Final[Mapping[str, Operation]] = {**WIRE, **MESSAGES, **LEDGER, **ARCHIVE}
"""Every operation by its name."""

UNSUPPORTED: Final[Mapping[str, Any]] = {"ok": False, "unsupported": True}
"""What an operation gives that is not known here; the case counts as not run."""


class Difference(NamedTuple):
    """A case that gave something else than it says: what was expected, what came."""

    name: str
    expected: Mapping[str, Any]
    got: Mapping[str, Any]


def run_case(case: Mapping[str, Any]) -> dict[str, Any]:
    """Execute a case's operation on its input: `ok` and results, or `ok` false with stage and code."""
    op, given = case.get("op"), case.get("input")
    operation = OPERATIONS.get(op) if isinstance(op, str) else None
    if operation is None:
        return dict(UNSUPPORTED)
    try:
        found = operation(Input(given if isinstance(given, Mapping) else {}))
    except (Violation, UsageError) as refusal:
        return {"ok": False, "stage": str(refusal.stage), "code": str(refusal.code)}
    return {"ok": True, **plain(found)}


def matches(expected: Mapping[str, Any], got: Mapping[str, Any]) -> bool:
    """Whether a result has all that is expected; what it has beside that is not compared."""
    return all(name in got and got[name] == written_out(value) for name, value in expected.items())


def differences(content: Mapping[str, Any]) -> Iterator[Difference]:
    """Run every case of a file; give those that differ."""
    for case in content["cases"]:
        got = run_case(case)
        if not matches(case["expect"], got):
            yield Difference(case["name"], case["expect"], got)


def main(paths: Sequence[Path]) -> int:
    """Run the files and print what differs."""
    run = failed = 0
    for path in paths:
        content = json.loads(path.read_text())
        run += len(content["cases"])
        for name, expected, got in differences(content):
            failed += 1
            shown = {field: got.get(field) for field in expected if got.get(field) != expected[field]}
            print(f"{path.name}: {name}: expected {dict(expected)}, got {shown or got}"[:300])
    print(f"{run} cases, {failed} differ")
    return 1 if failed else 0


if __name__ == "__main__":
    known = Path(__file__).resolve().parents[3] / "spec" / "vectors"
    sys.exit(main([Path(name) for name in sys.argv[1:]] or sorted(known.glob("*.json"))))
