"""How every part of `make bench` reports: figures beside their floors of the same run, and goals."""

import importlib
import json
import statistics
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Figure(NamedTuple):
    """One figure; without a floor where the goal is absolute, without a goal where it only informs."""

    name: str
    ours: float
    unit: str
    least: float | None = None
    ratio: float | None = None
    goal: str = ""
    met: bool = True
    spread: tuple[float, float] | None = None
    """Lower and upper quartile of the rounds: of the ratio where there is one, else of the figure."""
    growth: tuple[str, int] | None = None
    """What was measured among how many relationships or records, where it is measured among several."""

    @property
    def telling(self) -> float:
        """What is compared from run to run: the ratio where there is one, else the figure."""
        return self.ours if self.ratio is None else self.ratio

    def line(self) -> str:
        """One row of the report."""
        least = "" if self.least is None else f"{self.least:,.2f}"
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        spread = "" if self.spread is None else f"{self.spread[0]:,.2f}-{self.spread[1]:,.2f}"
        verdict = ("met" if self.met else "MISSED") if self.goal else ""
        measured = f"{self.name:<58} {self.ours:10,.2f} {least:>10} {self.unit:<4} {ratio:>6} {spread:>15}"
        return f"{measured}  {self.goal:<16} {verdict}".rstrip()


HEAD = f"{'':<58} {'ours':>10} {'floor':>10} {'':4} {'ratio':>6} {'quartiles':>15}  goal"


def quartiles(rounds: Sequence[float]) -> tuple[float, float] | None:
    """Between which the middle half of the rounds lies; None where one round says nothing of it."""
    if len(rounds) < 2:
        return None
    low, _, high = statistics.quantiles(rounds, n=4, method="inclusive")
    return low, high


def ratios(ours: Sequence[float], least: Sequence[float]) -> list[float]:
    """Round by round, so that a drifting machine hits both alike."""
    return [a / b for a, b in zip(ours, least, strict=True)]


def beside(
    name: str, ours: Sequence[float], least: Sequence[float], unit: str, times: float | None = None
) -> Figure:
    """A cost, round by round, that may be so many times its floor."""
    rounds = ratios(ours, least)
    cost = statistics.median(rounds)
    middle = statistics.median(ours), statistics.median(least)
    figure = Figure(name, middle[0], unit, middle[1], cost, spread=quartiles(rounds))
    return figure if times is None else figure._replace(goal=f"at most {times}", met=cost <= times)


def share(name: str, ours: Sequence[float], least: Sequence[float], unit: str, part: float) -> Figure:
    """A rate, round by round, that has to be such a part of its floor."""
    rounds = ratios(ours, least)
    reached = statistics.median(rounds)
    middle = statistics.median(ours), statistics.median(least)
    figure = Figure(name, middle[0], unit, middle[1], reached, spread=quartiles(rounds))
    return figure._replace(goal=f"at least {part}", met=reached >= part)


def under(name: str, ours: float, unit: str, most: float, rounds: Sequence[float] = ()) -> Figure:
    """A figure with a bound of its own."""
    return Figure(
        name, ours, unit, goal=f"at most {most:g} {unit}", met=ours <= most, spread=quartiles(rounds)
    )


def measured(part: str) -> list[Figure]:
    """The figures of one part, by its name; what else it prints comes as it goes."""
    print(f"\n== {part}", flush=True)
    found: list[Figure] = importlib.import_module(f"bench.{part}").figures()
    sys.stdout.flush()
    return found


def run(figures: Callable[[], list[Figure]]) -> int:
    """Measure one part and print it; 1 where a goal is missed."""
    return tell(figures())


def tell(figures: Sequence[Figure]) -> int:
    """Print a summary, with `--json` also for a program; 1 where a goal is missed."""
    print(HEAD)
    for figure in figures:
        print(figure.line())
    if "--json" in sys.argv:
        print(json.dumps([figure._asdict() for figure in figures]))
    return 0 if all(figure.met for figure in figures) else 1
