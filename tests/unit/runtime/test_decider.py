"""One writer: many jobs in one commit, each with its own fate, and nothing told before the rows stand."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from pcloud.ambient.fixed import FixedClock, SeededEntropy
from pcloud.ambient.port import WorkersClosedError
from pcloud.ambient.system import ThreadWorkers
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code, UsageError
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.deciding.decider import JOBS_MAX, Decider
from pcloud.store.port import Changes, FullError, StoreError
from pcloud.store.sqlite import SqliteStore

KEY = bytes(range(32))


class CountedStore(SqliteStore):
    """The real store, which counts its commits and can be made to refuse them."""

    commits = 0
    releases = 0
    refuse: StoreError | None = None

    def commit(self, changes: Changes) -> None:
        if self.refuse is not None:
            raise self.refuse
        super().commit(changes)
        self.commits += 1

    def release(self) -> None:
        super().release()
        self.releases += 1


class Desk:
    """A decider over a real store."""

    def __init__(self, folder: Path) -> None:
        self.store = CountedStore.create(folder / "store.db", KEY)
        self.workers = ThreadWorkers()
        self.told: list[Committed] = []
        self.decider = Decider(
            self.store, FixedClock(), SeededEntropy("desk"), self.workers, STANDARD, self.told.append
        )

    def close(self) -> None:
        self.workers.close()
        self.store.close()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    made = Desk(tmp_path)
    yield made
    await made.decider.idle()
    made.close()


def write(name: str, value: bytes = b"here") -> Callable[[Batch], str]:
    def job(batch: Batch) -> str:
        batch.steps += 1
        batch.changes.facts[name] = value
        batch.tell(name, None)
        return name

    return job


def fail(batch: Batch) -> None:
    """Raise before anything was changed."""
    raise UsageError(Code.NOT_IN_STATE)


def fail_late(batch: Batch) -> None:
    """Raise after something was changed."""
    write("half")(batch)
    raise UsageError(Code.NOT_IN_STATE)


def facts(desk: Desk, *names: str) -> list[bytes | None]:
    return [desk.store.fact(name) for name in names]


def told(desk: Desk) -> list[str]:
    return [each.what for committed in desk.told for each in committed.happenings]


async def test_jobs_that_wait_together_are_one_commit(desk: Desk) -> None:
    results = await asyncio.gather(*(desk.decider.do(write(f"n{number}")) for number in range(20)))
    assert results == [f"n{number}" for number in range(20)]
    assert desk.store.commits == 1
    assert told(desk) == results


async def test_a_commit_takes_no_more_jobs_than_its_bound(desk: Desk) -> None:
    jobs = [desk.decider.do(write(f"n{number}")) for number in range(JOBS_MAX + 1)]
    await asyncio.gather(*jobs)
    assert desk.store.commits == 2


async def test_a_job_that_only_reads_makes_no_commit_and_what_it_read_is_let_go(desk: Desk) -> None:
    assert await desk.decider.do(lambda batch: batch.store.fact("none")) is None
    assert (desk.store.commits, desk.store.releases) == (0, 1)
    await desk.decider.do(write("name"))
    assert (desk.store.commits, desk.store.releases) == (1, 1)


async def test_later_jobs_of_a_commit_see_what_earlier_ones_have_written(desk: Desk) -> None:
    seen = await asyncio.gather(
        desk.decider.do(write("first")), desk.decider.do(lambda batch: dict(batch.changes.facts))
    )
    assert seen[1] == {"first": b"here"}


async def test_one_that_fails_before_it_changed_anything_leaves_the_others_in_their_commit(
    desk: Desk,
) -> None:
    jobs = (desk.decider.do(job) for job in (write("a"), fail, write("b")))
    first, refused, second = await asyncio.gather(*jobs, return_exceptions=True)
    assert (first, second) == ("a", "b")
    assert isinstance(refused, UsageError)
    assert desk.store.commits == 1
    assert facts(desk, "a", "b") == [b"here", b"here"]


async def test_one_that_fails_after_it_began_leaves_nothing_and_the_others_stand(desk: Desk) -> None:
    jobs = (desk.decider.do(job) for job in (write("a"), fail_late, write("b")))
    first, refused, second = await asyncio.gather(*jobs, return_exceptions=True)
    assert (first, second) == ("a", "b")
    assert isinstance(refused, UsageError)
    assert facts(desk, "a", "half", "b") == [b"here", None, b"here"]
    assert desk.store.commits == 2, "each of the others in a commit of its own"
    assert told(desk) == ["a", "b"], "nobody hears of what does not stand"


@pytest.mark.parametrize("refusal", [FullError("full"), StoreError("failed")])
async def test_a_commit_that_fails_gives_every_caller_the_error_and_nobody_hears_of_it(
    desk: Desk, refusal: StoreError
) -> None:
    desk.store.refuse = refusal
    jobs = (desk.decider.do(write(name)) for name in "abc")
    results = await asyncio.gather(*jobs, return_exceptions=True)
    assert results == [refusal] * 3
    assert facts(desk, *"abc") == [None] * 3
    assert desk.told == []


async def test_what_did_not_fit_can_be_done_again_once_there_is_room(desk: Desk) -> None:
    desk.store.refuse = FullError("full")
    with pytest.raises(FullError):
        await desk.decider.do(write("a"))
    desk.store.refuse = None
    assert await desk.decider.do(write("a")) == "a"
    assert facts(desk, "a") == [b"here"]


async def test_a_disk_that_is_really_full_takes_nothing_and_goes_on_when_there_is_room(desk: Desk) -> None:
    await desk.decider.do(write("before"))
    connection = desk.store._database._connection
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages)
    big = bytes(64 * 1024)
    jobs = (desk.decider.do(job) for job in (write("small"), write("big", big)))
    small, refused = await asyncio.gather(*jobs, return_exceptions=True)
    assert isinstance(refused, FullError)
    assert small == "small", "the one that fits is kept"
    assert facts(desk, "before", "small", "big") == [b"here", b"here", None]
    connection.pragma("max_page_count", pages * 100)
    await desk.decider.do(write("big", big))
    assert facts(desk, "big") == [big]
    assert told(desk) == ["before", "small", "big"]


async def test_a_fault_in_what_follows_a_commit_keeps_no_caller_waiting(desk: Desk) -> None:
    seen: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: seen.append(context["exception"]))

    def broken(committed: Committed) -> None:
        raise RuntimeError("a fault of ours")

    desk.decider = Decider(desk.store, FixedClock(), SeededEntropy("x"), desk.workers, STANDARD, broken)
    assert await desk.decider.do(write("a")) == "a", "its rows stand, whatever comes after"
    assert await desk.decider.do(write("b")) == "b"
    assert facts(desk, "a", "b") == [b"here", b"here"]
    assert [type(error) for error in seen] == [RuntimeError] * 2


async def test_who_asks_after_the_end_is_told_so_and_does_not_wait_for_ever(desk: Desk) -> None:
    desk.workers.close()
    with pytest.raises(WorkersClosedError):
        await desk.decider.do(write("late"))
    assert facts(desk, "late") == [None]


async def test_a_caller_that_stops_waiting_undoes_nothing_and_holds_nobody_up(desk: Desk) -> None:
    task = asyncio.ensure_future(desk.decider.do(write("gone")))
    await asyncio.sleep(0)
    task.cancel()
    assert await desk.decider.do(write("next")) == "next"
    await asyncio.gather(task, return_exceptions=True)
    assert task.cancelled()
    assert facts(desk, "gone", "next") == [b"here", b"here"]


async def test_jobs_are_done_in_the_order_of_asking(desk: Desk) -> None:
    order: list[int] = []

    def note(number: int) -> Callable[[Batch], None]:
        return lambda batch: order.append(number)

    await asyncio.gather(*(desk.decider.do(note(number)) for number in range(3 * JOBS_MAX)))
    assert order == list(range(3 * JOBS_MAX))
