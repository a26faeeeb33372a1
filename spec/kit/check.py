"""Checks the vectors as they stand in the files: `python spec/kit/check.py` prints every fault."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

REFUSALS_PER_ACCEPTANCE = 4
MEMBERS = {"name", "why", "rules", "op", "input", "intermediates", "expect"}


def file_faults(name: str, content: dict[str, Any], codes: dict[str, str], rules: set[str]) -> list[str]:
    """What is wrong with one file."""
    cases = content["cases"]
    good = sum(case["expect"]["ok"] for case in cases)
    bad = len(cases) - good
    faults = []
    if bad < REFUSALS_PER_ACCEPTANCE * good:
        faults.append(
            f"{name}: {bad} refusals for {good} acceptances, at least {REFUSALS_PER_ACCEPTANCE} for one"
        )
    names = [case["name"] for case in cases]
    faults += [
        f"{name}: {twice} stands twice" for twice in sorted({one for one in names if names.count(one) > 1})
    ]
    for case in cases:
        faults += [f"{name}: {case['name']}: {fault}" for fault in case_faults(case, codes, rules)]
    return faults


def case_faults(case: dict[str, Any], codes: dict[str, str], rules: set[str]) -> list[str]:
    """What is wrong with one case."""
    faults = []
    if set(case) != MEMBERS:
        faults.append(f"the members are {sorted(MEMBERS)}")
    faults += [f"no chapter has the rule {rule}" for rule in case["rules"] if rule not in rules]
    if not case["rules"]:
        faults.append("names no rule")
    expect = case["expect"]
    if expect["ok"] is False:
        stage = codes.get(expect["code"])
        if set(expect) != {"ok", "stage", "code"}:
            faults.append("a refusal has a stage and a code and nothing else")
        if stage is None:
            faults.append(f"the code {expect['code']} is not registered")
        elif stage != expect["stage"]:
            faults.append(f"the code {expect['code']} belongs to the stage {stage}")
    return faults


def main() -> int:
    """Print the faults of all files."""
    root = Path(__file__).resolve().parents[2]
    sys.path[0] = str(root)
    codes = importlib.import_module("spec.kit.refusal").registered()
    rules = importlib.import_module("spec.kit.anchors").written()
    faults = []
    for path in sorted((root / "spec/vectors").glob("*.json")):
        faults += file_faults(path.name, json.loads(path.read_text()), codes, rules)
    print("\n".join(faults) or "the vectors are in order")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
