"""The simulator itself: one seed is one world, in every process, and what fails gets smaller."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pcloud.testing.simulation import many, shrinking
from pcloud.testing.simulation.checkers.port import Checker, Commit, Healed
from pcloud.testing.simulation.running import CHECKERS, Case, Result, run

SEEDS = (7, 11, 32)
KEPT = Path(__file__).parent / "seeds"
TRACES = """
import sys
from pcloud.testing.simulation.running import Case, run
for seed in map(int, sys.argv[1:]):
    print(run(Case(seed)).digest)
"""


def traces(hash_seed: str) -> list[str]:
    """The traces of some worlds, in a process with its own order of sets."""
    command = [sys.executable, "-c", TRACES, *map(str, SEEDS)]
    ran = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True
    )
    return ran.stdout.split()


def test_a_world_is_the_same_in_every_process_and_under_every_order_of_sets() -> None:
    here = [run(Case(seed)).digest for seed in SEEDS]
    assert traces("0") == here
    assert traces("1") == here
    assert len(set(here)) == len(SEEDS)


def test_the_journal_of_a_world_tells_what_was_signed_and_what_befell_it() -> None:
    journal = "\n".join(run(Case(32)).journal)
    for word in ("relationship.request", "applied", "#", "healing", "quiet after"):
        assert word in journal


class Grudge(Checker):
    """Minds that anybody says anything: the smallest world in which that fails is one with a text."""

    def committed(self, commit: Commit) -> None:
        if any(entry.signed.header.name == "conversation.say" for entry in commit.changes.entries.values()):
            self.violated(f"{commit.machine} spoke")


def minding(case: Case) -> Result:
    return run(case, [Grudge])


def test_what_a_failure_does_not_need_is_left_out() -> None:
    quiet = (Case(seed) for seed in range(40) if Case(seed).plan().relay == "none")
    failed = next(ran for case in quiet if (ran := minding(case)).violations)
    assert shrinking.kind_of(failed) == "Grudge"
    told: list[str] = []
    small = shrinking.shrink(failed, told.append, minding)
    left = [event.what for event in small.case.plan().events]
    assert left == ["meet", "say"]
    assert shrinking.kind_of(small) == "Grudge"
    assert told[-1] == "2 events are left"
    assert set(small.case.plan().rates.values()) == {0.0}
    assert minding(small.case).digest == small.digest, "the line that is printed replays it"


def test_a_failure_is_told_in_one_line_that_replays_it() -> None:
    failure = many.Failure(Case(7, (1, 2), ("loss",)), ("Grudge: Anna spoke",))
    assert failure.line() == (
        "seed 7: Grudge: Anna spoke   replay: python -m pcloud.testing.simulation 7 --without 1,2 --calm loss"
    )


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_a_world_that_failed_once_fails_no_more(path: Path) -> None:
    world = many.kept(path)
    assert world.found.endswith("."), "what was wrong, in a sentence"
    assert run(Case(world.plan.seed, whole=world.plan), CHECKERS).violations == ()


def test_a_world_that_is_kept_is_the_same_world(tmp_path: Path) -> None:
    case = Case(7, (1,), ("loss",))
    many.keep(tmp_path / "7.json", "It fell over.", case)
    (again,) = many.all_kept(tmp_path)
    assert again.plan() == case.plan()
    assert many.kept(tmp_path / "7.json").found == "It fell over."
    assert run(again).digest == run(case).digest
    line = many.Failure(again, ("Grudge: Anna spoke",)).line()
    assert line.endswith(f"replay: {many.COMMAND} {tmp_path / '7.json'}"), "its seed is another world by now"


def test_a_world_that_falls_over_is_told_as_one_that_fails_and_the_others_are_run() -> None:
    class Broken(Checker):
        def healed(self, world: Healed) -> None:
            raise LookupError("no such machine")

    assert "LookupError" in " ".join(run(Case(4), [Broken]).violations)


def test_many_worlds_are_run_one_after_another_and_all_hold() -> None:
    assert many.run_many([Case(4), Case(9)], 1) == []
