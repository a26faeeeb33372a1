"""What a run found: what each driver is, what came of each check, and which profiles it earned."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from pcloud_interop.result import Outcome, Result
from pcloud_interop.spec import PROFILES, TRACES, WITH_TRACES

Counts = dict[str, Counter[Outcome]]


class Implementation(NamedTuple):
    """A driver's own word on itself."""

    name: str
    version: str
    levels: tuple[int, ...]
    claimed: tuple[str, ...]
    commands: tuple[str, ...] = ()
    """Of level 3, those that it knows."""


class Subject(NamedTuple):
    """One driver, and what came of levels 1 and 2 with it."""

    implementation: Implementation
    results: tuple[Result, ...]

    def chapters(self) -> Counts:
        """How its checks ended, by chapter."""
        return by_chapter(self.results)

    def earned(self) -> tuple[str, ...]:
        """The profiles that the implementation names, and conforms to as far as this run shows."""
        passed = self.passed()
        return tuple(profile for profile in self.implementation.claimed if profile in passed)

    def passed(self) -> tuple[str, ...]:
        """The profiles of which every vector and trace was run and passed (chapter 16 §1)."""
        counts = self.chapters()

        def whole(chapters: Iterable[str]) -> bool:
            return all(
                set(count) <= {Outcome.PASSED} for name, count in counts.items() if name[:2] in chapters
            )

        found = []
        for profile, numbers in PROFILES.items():
            ran = set(numbers) <= {name[:2] for name in counts}
            traces = set(counts.get(TRACES, ())) == {Outcome.PASSED}
            if ran and whole(numbers) and (traces or profile not in WITH_TRACES):
                found.append(profile)
        return tuple(found)


class Told(NamedTuple):
    """What came of a story with these two: places in the list of drivers."""

    guest: int
    host: int
    result: Result


class Attacked(NamedTuple):
    """What came of an attack on a node of this driver, in this role."""

    subject: int
    role: str
    result: Result
    sent: str = ""
    """What was sent, in a sentence."""
    refused: str = ""
    """Stage and code of the refusal."""
    shows: str = ""
    """What the node shows of it."""


class Alone(NamedTuple):
    """What came of a check of levels 1 and 2 with a driver."""

    subject: int
    result: Result


Found = Alone | Told | Attacked


class Run(NamedTuple):
    """All of it."""

    subjects: tuple[Subject, ...]
    told: tuple[Told, ...]
    attacked: tuple[Attacked, ...] = ()
    left_out: tuple[str, ...] = ()
    """What could not be run here, and why."""

    @property
    def results(self) -> tuple[Result, ...]:
        """Every result."""
        return (
            *(result for one in self.subjects for result in one.results),
            *(each.result for each in self.told),
            *(each.result for each in self.attacked),
        )

    @property
    def good(self) -> bool:
        """Whether nothing failed that was not known to fail."""
        return not any(result.outcome.bad for result in self.results)


def by_chapter(results: Iterable[Result]) -> Counts:
    """How checks ended, by chapter."""
    counts: Counts = {}
    for check, outcome, _ in results:
        counts.setdefault(check.chapter, Counter())[outcome] += 1
    return counts
