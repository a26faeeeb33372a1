"""The clock that a test moves, and what repeats."""

import asyncio
import threading

import pytest

from pcloud.ambient.fixed import FixedClock, InlineWorkers, SeededEntropy
from pcloud.ambient.port import Lane
from pcloud.testing.node import seeded


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_000)


def test_it_stands_still_until_it_is_moved(clock: FixedClock) -> None:
    assert [(clock.now(), clock.elapsed()) for _ in range(3)] == [(1_000, 0)] * 3


async def test_advancing_moves_both_clocks(clock: FixedClock) -> None:
    await clock.advance(90.5)
    assert (clock.now(), clock.elapsed()) == (1_090, 90.5)


async def test_ten_tenths_are_a_second(clock: FixedClock) -> None:
    for _ in range(10):
        await clock.advance(0.1)
    assert clock.now() == 1_001


async def test_each_sleeper_sees_its_own_moment(clock: FixedClock) -> None:
    seen: list[tuple[int, float]] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        seen.append((clock.now(), clock.elapsed()))

    sleepers = asyncio.gather(sleep(30), sleep(0.5), sleep(10))
    await clock.advance(100)
    await sleepers
    assert seen == [(1_000, 0.5), (1_010, 10), (1_030, 30)]
    assert clock.elapsed() == 100


async def test_one_that_sleeps_again_and_again_keeps_its_rhythm(clock: FixedClock) -> None:
    beats: list[float] = []

    async def beat() -> None:
        while True:
            await clock.sleep(30)
            beats.append(clock.elapsed())

    beating = asyncio.create_task(beat())
    await clock.advance(100)
    assert beats == [30, 60, 90]
    beating.cancel()


async def test_of_one_moment_the_first_to_sleep_wakes_first(clock: FixedClock) -> None:
    woken: list[int] = []

    async def sleep(number: int) -> None:
        await clock.sleep(5)
        woken.append(number)

    sleepers = asyncio.gather(*(sleep(number) for number in range(9)))
    await clock.advance(5)
    await sleepers
    assert woken == list(range(9))


async def test_nobody_wakes_a_moment_too_early(clock: FixedClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.advance(9.999)
    assert not sleeper.done()
    await clock.advance(0.001)
    assert sleeper.done()


async def test_a_jump_moves_the_wall_clock_alone_and_wakes_nobody(clock: FixedClock) -> None:
    sleeper = asyncio.create_task(clock.sleep(10))
    await clock.advance(1)
    clock.jump(-500)
    assert (clock.now(), clock.elapsed()) == (501, 1)
    clock.jump(86_400)
    assert not sleeper.done()
    await clock.advance(9)
    assert sleeper.done()


async def test_time_does_not_pass_backwards(clock: FixedClock) -> None:
    await clock.advance(5)
    with pytest.raises(ValueError, match="backwards"):
        await clock.advance(-1)
    assert clock.elapsed() == 5


def test_one_seed_gives_the_same_bytes_again_and_another_seed_others() -> None:
    first, again, other = SeededEntropy("a"), SeededEntropy("a"), SeededEntropy("b")
    drawn = [first(8) for _ in range(5)]
    assert [again(8) for _ in range(5)] == drawn
    assert not set(drawn) & {other(8) for _ in range(5)}


def test_it_gives_the_bytes_that_the_nodes_in_memory_draw() -> None:
    draw, known = SeededEntropy("anna"), seeded("anna")
    assert [draw(size) for size in (1, 32, 16)] == [known(size) for size in (1, 32, 16)]


async def test_inline_work_runs_on_the_thread_of_the_loop_before_anything_else() -> None:
    order: list[str] = []
    asyncio.get_running_loop().call_soon(order.append, "later")
    thread = await InlineWorkers().run(Lane.OPEN, threading.current_thread)
    order.append("work")
    assert thread is threading.current_thread()
    assert order == ["work"]
