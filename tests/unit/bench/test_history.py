"""Two runs of the benchmark are compared by what their rounds allow to say."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
MACHINE = {"processor": "one", "cores": 2, "python": "CPython 3.11.7"}


def figure(name: str, ratio: float, spread: tuple[float, float] | None) -> dict[str, Any]:
    return {
        "name": name,
        "ours": 2.0 * ratio,
        "unit": "us",
        "least": 2.0,
        "ratio": ratio,
        "goal": "",
        "met": True,
        "spread": spread,
        "growth": None,
    }


def kept(path: Path, *figures: dict[str, Any], form: int = 1, **machine: object) -> Path:
    run = {"format": form, "machine": {**MACHINE, **machine}, "figures": list(figures)}
    path.write_text(json.dumps(run))
    return path


def compared(before: Path, now: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench.history", str(before), str(now)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_moved_by_more_than_its_rounds_differ_is_told_and_nothing_else(tmp_path: Path) -> None:
    before = kept(tmp_path / "a.json", figure("far", 2.0, (1.9, 2.1)), figure("near", 2.0, (1.8, 2.2)))
    now = kept(tmp_path / "b.json", figure("far", 3.0, (2.9, 3.1)), figure("near", 2.1, (1.9, 2.3)))
    told = compared(before, now)
    assert told.returncode == 0
    assert "far" in told.stdout
    assert "+50 %" in told.stdout
    assert "near" not in told.stdout


@pytest.mark.parametrize(("ratio", "is_told"), [(2.1, False), (2.3, True), (1.7, True)])
def test_a_single_round_is_told_where_it_differs_by_more_than_a_tenth(
    tmp_path: Path, ratio: float, *, is_told: bool
) -> None:
    told = compared(
        kept(tmp_path / "a.json", figure("alone", 2.0, None)),
        kept(tmp_path / "b.json", figure("alone", ratio, None)),
    )
    assert ("alone" in told.stdout) is is_told


def test_another_machine_and_what_was_left_out_are_told(tmp_path: Path) -> None:
    told = compared(
        kept(tmp_path / "a.json", figure("gone", 2.0, None)), kept(tmp_path / "b.json", processor="another")
    )
    assert "another machine: processor was one, is another" in told.stdout
    assert "not measured this time: gone" in told.stdout


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    told = compared(kept(tmp_path / "a.json", form=2), kept(tmp_path / "b.json"))
    assert told.returncode != 0
    assert "a.json is no run of this benchmark" in told.stderr
