"""Many worlds, on all processors: one line for each that fails."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pcloud.testing.simulation.plan import Plan
from pcloud.testing.simulation.running import Case, run

CHUNK: Final = 4
"""Worlds that a process is given at once."""
COMMAND: Final = "python -m pcloud.testing.simulation"


class Failure(NamedTuple):
    """A world in which something did not hold."""

    case: Case
    violations: tuple[str, ...]

    def line(self) -> str:
        """What did not hold, and the command that replays it."""
        return f"seed {self.case.seed}: {self.violations[0]}   replay: {COMMAND} {options(self.case)}"


def options(case: Case) -> str:
    """How a case is asked for on the command line."""
    told = [case.file or str(case.seed)]
    if case.without:
        told += ["--without", ",".join(map(str, case.without))]
    if case.calm:
        told += ["--calm", ",".join(case.calm)]
    return " ".join(told)


class Kept(msgspec.Struct):
    """A world that failed once, in a file: whole, for what a seed stands for changes with the simulator."""

    found: str
    """What was wrong, in one sentence."""
    plan: Plan


def kept(path: Path) -> Kept:
    """Read such a file. Raises OSError, ValueError."""
    return msgspec.json.decode(path.read_bytes(), type=Kept)


def keep(path: Path, found: str, case: Case) -> None:
    """Write such a file, with as much of a world as its failure needs. Raises OSError."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(Kept(found, case.plan()))) + b"\n")


def all_kept(folder: Path) -> list[Case]:
    """The worlds of a folder. Raises OSError, ValueError."""
    plans = {str(path): kept(path).plan for path in sorted(folder.glob("*.json"))}
    return [Case(plan.seed, whole=plan, file=path) for path, plan in plans.items()]


def run_many(cases: list[Case], workers: int) -> list[Failure]:
    """Run them; gives those that fail, in the order in which they were found."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("worlds"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=console
    )
    failures = []
    with bar:
        task = bar.add_task("worlds", total=len(cases))
        for failure in _results(cases, workers):
            bar.advance(task)
            if failure is not None:
                failures.append(failure)
                bar.console.print(failure.line(), soft_wrap=True, highlight=False, markup=False)
    return failures


def _results(cases: list[Case], workers: int) -> Iterator[Failure | None]:
    if workers == 1:
        yield from map(judge, cases)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(judge, cases, chunksize=CHUNK)


def judge(case: Case) -> Failure | None:
    """Run one; None where all of it holds."""
    result = run(case)
    return Failure(case, result.violations) if result.violations else None


def seeds(start: int, count: int) -> Iterable[Case]:
    """So many seeds, from one on."""
    return (Case(seed) for seed in range(start, start + count))
