"""A whole run: what each driver is, what came of each check, and which profiles it earned."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.live.run import Actor, Told, run_live
from pcloud_interop.result import Chosen, Expected, Outcome, Result
from pcloud_interop.spec import PROFILES, TRACES, WITH_TRACES, Spec
from pcloud_interop.traces import run_traces
from pcloud_interop.vectors import run_vectors

Progress = Callable[[str], None]
Counts = dict[str, Counter[Outcome]]


class Implementation(NamedTuple):
    """A driver's own word on itself."""

    name: str
    version: str
    levels: tuple[int, ...]
    claimed: tuple[str, ...]


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


class Run(NamedTuple):
    """All of it."""

    subjects: tuple[Subject, ...]
    told: tuple[Told, ...]

    @property
    def results(self) -> tuple[Result, ...]:
        """Every result."""
        return (
            *(result for one in self.subjects for result in one.results),
            *(each.result for each in self.told),
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


def run(drivers: Sequence[Driver], spec: Spec, chosen: Chosen, progress: Progress, wait_s_max: float) -> Run:
    """Run everything that was chosen. Raises DriverError for a driver that is none, ExpectedError."""
    expected = [Expected(driver.folder) for driver in drivers]
    known = [introduce(driver) for driver in drivers]
    progress("levels 1 and 2: vectors and traces")
    with ThreadPoolExecutor(max(1, len(drivers))) as threads:
        jobs = [threads.submit(_alone, *each, spec, chosen) for each in zip(drivers, expected, strict=True)]
        subjects = tuple(Subject(one, job.result()) for one, job in zip(known, jobs, strict=True))
    told = []
    lives = [3 in one.levels for one in known]
    actors = [Actor(*each) for each in zip(drivers, expected, lives, strict=True)]
    for each in run_live(actors, chosen, wait_s_max):
        told.append(each)
        guest, host = known[each.guest].name, known[each.host].name
        progress(f"{each.result.check.id}, {guest} with {host}: {each.result.outcome}")
    return Run(subjects, tuple(told))


def _alone(driver: Driver, expected: Expected, spec: Spec, chosen: Chosen) -> tuple[Result, ...]:
    found = (*run_vectors(driver, spec, chosen), *run_traces(driver, spec, chosen))
    return tuple(expected.judge(result) for result in found)


def introduce(driver: Driver) -> Implementation:
    """Ask a driver what it is. Raises DriverError."""
    hello = driver.ask("hello")
    name, version, levels = hello.get("implementation"), hello.get("version"), hello.get("levels", [1])
    profiles = hello.get("profiles", [])
    lists = isinstance(levels, list) and isinstance(profiles, list)
    if not (hello["ok"] and isinstance(name, str) and isinstance(version, str) and lists):
        raise DriverError(f"{driver.path}: hello does not say what it is")
    return Implementation(name, version, tuple(levels), tuple(map(str, profiles)))
