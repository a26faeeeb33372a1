"""The machine's own clock, randomness and threads, in detail."""

import ast
import asyncio
import ctypes
import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

import pcloud.ambient
from pcloud.ambient import system
from pcloud.ambient.port import Lane
from pcloud.ambient.system import (
    OPEN_THREADS,
    ThreadWorkers,
    give_back_memory,
    settle_memory,
    system_entropy,
)

AMBIENT = Path(pcloud.ambient.__file__).parent


def test_where_the_system_gives_no_randomness_nothing_else_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """T20: it raises each time; it never falls back on a generator that could be seeded."""

    def none_left(size: int) -> bytes:
        raise OSError("no entropy")

    monkeypatch.setattr("os.urandom", none_left)
    for _ in range(10_000):
        with pytest.raises(OSError, match="no entropy"):
            system_entropy(32)


def test_no_generator_that_can_be_seeded_is_in_reach() -> None:
    """T20: `random` is imported nowhere in this package."""
    for path in AMBIENT.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                assert "random" not in named, path


@pytest.fixture
def workers() -> ThreadWorkers:
    return ThreadWorkers()


async def test_frames_are_opened_beside_each_other_and_beside_a_decision(workers: ThreadWorkers) -> None:
    """Each waits for all the others: with fewer threads nobody would come through."""
    meeting = threading.Barrier(OPEN_THREADS + 1, timeout=30)
    lanes = [Lane.OPEN] * OPEN_THREADS + [Lane.DECIDE]
    places = await asyncio.gather(*(workers.run(lane, meeting.wait) for lane in lanes))
    assert sorted(places) == list(range(OPEN_THREADS + 1))
    workers.close()


async def test_no_work_runs_on_the_thread_of_the_loop_and_threads_say_what_they_are_for(
    workers: ThreadWorkers,
) -> None:
    names = {
        lane: await workers.run(lane, lambda: threading.current_thread().name)
        for lane in (Lane.OPEN, Lane.DECIDE)
    }
    assert names[Lane.OPEN].startswith("pcloud-open")
    assert names[Lane.DECIDE].startswith("pcloud-decide")
    workers.close()


async def test_closing_waits_for_what_runs_and_for_what_was_taken(workers: ThreadWorkers) -> None:
    began, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def first() -> None:
        began.set()
        assert may_end.wait(30)
        done.append("first")

    running = asyncio.create_task(workers.run(Lane.DECIDE, first))
    waiting = asyncio.create_task(workers.run(Lane.DECIDE, lambda: done.append("second")))
    assert await asyncio.to_thread(began.wait, 30)
    closing = asyncio.create_task(asyncio.to_thread(workers.close))
    may_end.set()
    await closing
    assert done == ["first", "second"]
    await asyncio.gather(running, waiting)


async def test_who_stops_waiting_does_not_stop_the_work(workers: ThreadWorkers) -> None:
    began, may_end = threading.Event(), threading.Event()
    done: list[str] = []

    def work() -> None:
        began.set()
        assert may_end.wait(30)
        done.append("work")

    waiting = asyncio.create_task(workers.run(Lane.DECIDE, work))
    assert await asyncio.to_thread(began.wait, 30)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    may_end.set()
    assert await workers.run(Lane.DECIDE, lambda: list(done)) == ["work"]
    workers.close()


class Knot:
    """Holds itself, so that only a collection lets it go."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def settled() -> Iterator[weakref.ref[Knot]]:
    """Memory settled with one knot in it, and afterwards as it was."""
    before = gc.get_threshold()
    knot = Knot()
    settle_memory()
    yield weakref.ref(knot)
    gc.unfreeze()
    gc.set_threshold(*before)


def test_garbage_made_after_the_start_is_still_found(settled: weakref.ref[Knot]) -> None:
    later = weakref.ref(Knot())
    gc.collect()
    assert later() is None
    assert settled() is not None


def test_what_stood_at_the_start_is_looked_through_no_more(settled: weakref.ref[Knot]) -> None:
    assert settled() is not None
    assert not any(each is settled() for each in gc.get_objects())
    assert gc.isenabled()


FREED_IN_PIECES = """
from pathlib import Path
from pcloud.ambient.system import give_back_memory

def resident_mib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

made = [bytes(2_000) for _ in range(30_000)]
kept = made[::100]  # so that what is freed lies between what is not
del made
before = resident_mib()
give_back_memory()
print(before - resident_mib(), len(kept))
"""


def test_memory_that_was_freed_in_pieces_is_given_back() -> None:
    told = subprocess.run(
        [sys.executable, "-c", FREED_IN_PIECES], capture_output=True, text=True, check=True
    ).stdout.split()
    assert float(told[0]) > 15
    assert told[1] == "300"


def test_where_the_system_cannot_take_memory_back_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_TRIM", None)
    give_back_memory()


@pytest.mark.parametrize("error", [None, OSError])
def test_a_system_that_cannot_is_told_by_nothing(
    monkeypatch: pytest.MonkeyPatch, error: type[OSError] | None
) -> None:
    def library(_name: None) -> object:
        if error is not None:
            raise error
        return object()

    monkeypatch.setattr(ctypes, "CDLL", library)
    assert system._trim() is None
