"""The kit that makes the vectors is a second reading of the specification, and the vectors are its work."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KIT = sorted((ROOT / "spec/kit").rglob("*.py"))
FILES = sorted((ROOT / "spec/vectors").glob("*.json"))
REFUSALS_PER_ACCEPTANCE = 4


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "pcloud." in node.value:
            found.add(node.value)
    return found


def test_the_kit_imports_nothing_of_what_it_is_to_judge() -> None:
    faults = [
        f"{path.relative_to(ROOT)} names {name}"
        for path in KIT
        for name in sorted(imported(path))
        if name == "pcloud" or name.startswith("pcloud.")
    ]
    assert KIT
    assert not faults, "\n".join(faults)


def test_making_the_vectors_again_changes_nothing() -> None:
    made = subprocess.run(
        [sys.executable, str(ROOT / "spec/kit/make.py"), "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, f"run `make vectors` and commit:\n{made.stdout}{made.stderr}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_has_at_least_four_refusals_for_each_acceptance(path: Path) -> None:
    results = [case["expect"]["ok"] for case in json.loads(path.read_text())["cases"]]
    good, bad = results.count(True), results.count(False)
    assert good, "a file that accepts nothing shows nothing"
    assert bad >= REFUSALS_PER_ACCEPTANCE * good, f"{bad} refusals for {good} acceptances"


def test_every_case_names_rules_and_codes_that_exist() -> None:
    checked = subprocess.run(
        [sys.executable, str(ROOT / "spec/kit/check.py")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
