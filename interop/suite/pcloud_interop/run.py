"""A whole run: vectors and traces with each driver, stories with each pair, attacks on each in both roles."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain, product

from pcloud_interop.driver import Driver, DriverError
from pcloud_interop.found import Alone, Attacked, Found, Implementation, Run, Subject, Told
from pcloud_interop.jobs import AT_ONCE, Job, results
from pcloud_interop.live.run import Actor, checks, run_live
from pcloud_interop.result import Chosen, Expected, Result
from pcloud_interop.sieges import sieges
from pcloud_interop.spec import Spec
from pcloud_interop.traces import run_traces
from pcloud_interop.vectors import run_vectors

Progress = Callable[[str], None]


def run(
    drivers: Sequence[Driver],
    spec: Spec,
    chosen: Chosen,
    progress: Progress,
    wait_s_max: float,
    at_once: int = AT_ONCE,
) -> Run:
    """Run everything that was chosen. Raises DriverError for a driver that is none, ExpectedError."""
    expected = [Expected(driver.folder) for driver in drivers]
    known = [introduce(driver) for driver in drivers]
    actors = [
        Actor(driver.path, each, 3 in one.levels)
        for driver, each, one in zip(drivers, expected, known, strict=True)
    ]
    names = [one.name for one in known]
    jobs: list[Job[Found]] = list(_pairs(actors, names, chosen, wait_s_max))
    attacks, left_out = sieges(actors, names, chosen, wait_s_max)
    jobs += [
        partial(_alone, place, driver, expected[place], spec, chosen) for place, driver in enumerate(drivers)
    ]
    jobs += attacks
    alone: list[list[Result]] = [[] for _ in drivers]
    told, attacked = [], []
    for each in results(jobs, at_once):
        match each:
            case Alone():
                alone[each.subject].append(each.result)
            case Told():
                told.append(each)
                who = f"{names[each.guest]} with {names[each.host]}"
                progress(f"{each.result.check.id}, {who}: {each.result.outcome}")
            case Attacked():
                attacked.append(each)
                who = f"{names[each.subject]} as {each.role}"
                progress(f"{each.result.check.id}, {who}: {each.result.outcome}")
    subjects = tuple(Subject(one, tuple(found)) for one, found in zip(known, alone, strict=True))
    return Run(subjects, tuple(sorted(told)), tuple(sorted(attacked)), left_out)


def _alone(place: int, driver: Driver, expected: Expected, spec: Spec, chosen: Chosen) -> Iterator[Found]:
    for result in chain(run_vectors(driver, spec, chosen), run_traces(driver, spec, chosen)):
        yield Alone(place, expected.judge(result))


def _pairs(
    actors: Sequence[Actor], names: Sequence[str], chosen: Chosen, wait_s_max: float
) -> Iterator[Job[Found]]:
    for guest, host in product(range(len(actors)), repeat=2):
        drawn = frozenset(each for each in checks() if chosen.drawn(each, f"{names[guest]} {names[host]}"))
        if drawn:
            yield partial(_told, guest, host, run_live(actors[guest], actors[host], drawn, wait_s_max))


def _told(guest: int, host: int, results: Iterator[Result]) -> Iterator[Found]:
    return (Told(guest, host, result) for result in results)


def introduce(driver: Driver) -> Implementation:
    """Ask a driver what it is. Raises DriverError."""
    hello = driver.ask("hello")
    name, version, levels = hello.get("implementation"), hello.get("version"), hello.get("levels", [1])
    profiles, commands = hello.get("profiles", []), hello.get("commands", [])
    lists = all(isinstance(each, list) for each in (levels, profiles, commands))
    if not (hello["ok"] and isinstance(name, str) and isinstance(version, str) and lists):
        raise DriverError(f"{driver.path}: hello does not say what it is")
    return Implementation(name, version, tuple(levels), tuple(map(str, profiles)), tuple(map(str, commands)))
