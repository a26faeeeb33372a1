"""What every clock promises, the machine's own and the one that a test moves."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple

import pytest

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.port import Clock
from pcloud.ambient.system import SystemClock

STEP_S = 0.01
YEAR_2024 = 1_704_067_200
YEAR_2200 = 7_258_118_400


class Body(NamedTuple):
    """A clock, and how a test lets the time pass that its sleepers wait for."""

    clock: Clock
    let_pass: Callable[[float], Awaitable[None]]


def system() -> Body:
    return Body(SystemClock(), asyncio.sleep)


def fixed() -> Body:
    clock = FixedClock()
    return Body(clock, clock.advance)


@pytest.fixture(params=[system, fixed], ids=["system", "fixed"])
def body(request: pytest.FixtureRequest) -> Body:
    made: Body = request.param()
    return made


def test_the_wall_clock_gives_whole_seconds_of_this_age(body: Body) -> None:
    now = body.clock.now()
    assert type(now) is int
    assert YEAR_2024 < now < YEAR_2200


def test_the_monotonic_clock_never_goes_back(body: Body) -> None:
    read = [body.clock.elapsed() for _ in range(1_000)]
    assert read == sorted(read)


async def test_a_sleeper_sleeps_as_long_as_it_asked(body: Body) -> None:
    before = body.clock.elapsed()
    sleeper = asyncio.create_task(body.clock.sleep(STEP_S))
    await body.let_pass(STEP_S)
    await sleeper
    assert body.clock.elapsed() - before >= STEP_S


async def test_a_sleeper_sleeps_while_no_time_passes(body: Body) -> None:
    sleeper = asyncio.create_task(body.clock.sleep(3_600))
    await body.let_pass(0)
    assert not sleeper.done()
    sleeper.cancel()
    assert isinstance((await asyncio.gather(sleeper, return_exceptions=True))[0], asyncio.CancelledError)


async def test_sleepers_wake_in_the_order_of_their_moments_and_not_of_going_to_sleep(body: Body) -> None:
    woken: list[int] = []

    async def sleep(steps: int) -> None:
        await body.clock.sleep(steps * STEP_S)
        woken.append(steps)

    sleepers = asyncio.gather(*(sleep(steps) for steps in (5, 1, 7, 3)))
    await body.let_pass(7 * STEP_S)
    await sleepers
    assert woken == [1, 3, 5, 7]


async def test_a_sleeper_that_is_cancelled_wakes_nobody_else_and_holds_nobody_up(body: Body) -> None:
    first, second, third = (asyncio.create_task(body.clock.sleep(steps * STEP_S)) for steps in (1, 2, 3))
    await body.let_pass(0)
    second.cancel()
    await body.let_pass(3 * STEP_S)
    ends = await asyncio.gather(first, second, third, return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), asyncio.CancelledError, type(None)]


@pytest.mark.parametrize("seconds", [0, -1, -1e9])
async def test_sleeping_for_nothing_or_less_only_lets_the_others_run(body: Body, seconds: float) -> None:
    ran: list[str] = []
    asyncio.get_running_loop().call_soon(ran.append, "other")
    before = body.clock.elapsed()
    await body.clock.sleep(seconds)
    assert ran == ["other"]
    assert body.clock.elapsed() >= before
