"""A jump of the clock is noticed once, whatever its direction (spec 06 §10, T19)."""

import pytest

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.jump import DOUBTED_S, JUMP_S, STEP_S, ClockTrust, JumpWatch

DAY_S = 86_400
# 2038-01-19T03:14:07Z, where a signed 32-bit counter of seconds ends
LAST_32_BIT = 2**31 - 1


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.mark.parametrize(
    "seconds", [JUMP_S + 1, -JUMP_S - 1, 3_600, -3_600, DAY_S, -DAY_S, 400 * DAY_S, -400 * DAY_S]
)
def test_a_jump_of_an_hour_or_more_is_noticed_once(clock: FixedClock, seconds: int) -> None:
    watch = JumpWatch(clock)
    clock.jump(seconds)
    assert watch.jumped()
    assert not watch.jumped()


@pytest.mark.parametrize("seconds", [0, 1, -1, 300, -300, JUMP_S, -JUMP_S])
def test_a_step_of_less_is_none(clock: FixedClock, seconds: int) -> None:
    watch = JumpWatch(clock)
    clock.jump(seconds)
    assert not watch.jumped()


async def test_time_that_passes_is_no_jump(clock: FixedClock) -> None:
    watch = JumpWatch(clock)
    for _ in range(50):
        await clock.advance(DAY_S + 0.9)
        assert not watch.jumped()


async def test_passing_2038_is_no_jump() -> None:
    clock = FixedClock(LAST_32_BIT - 1)
    watch = JumpWatch(clock)
    await clock.advance(5)
    assert clock.now() == LAST_32_BIT + 4
    assert not watch.jumped()


def test_small_steps_add_up_to_a_jump(clock: FixedClock) -> None:
    watch = JumpWatch(clock)
    noticed = []
    for _ in range(13):
        clock.jump(300)
        noticed.append(watch.jumped())
    assert noticed == [False] * 10 + [True] + [False] * 2


@pytest.mark.parametrize("seconds", [STEP_S + 1, -STEP_S - 1, 600, -600])
def test_a_step_is_noticed_by_who_looks_for_steps(clock: FixedClock, seconds: int) -> None:
    jumps, steps = JumpWatch(clock), JumpWatch(clock, STEP_S)
    clock.jump(seconds)
    assert steps.jumped()
    assert not steps.jumped()
    assert not jumps.jumped()


def test_a_jump_and_back_are_two(clock: FixedClock) -> None:
    watch = JumpWatch(clock)
    clock.jump(DAY_S)
    assert watch.jumped()
    clock.jump(-DAY_S)
    assert watch.jumped()
    assert not watch.jumped()


async def test_a_clock_is_believed_only_a_while_after_a_start_and_after_each_jump(clock: FixedClock) -> None:
    trust = ClockTrust(clock)
    for jump in (0, 400 * DAY_S, -400 * DAY_S):
        clock.jump(jump)
        assert not trust.holds()
        await clock.advance(DOUBTED_S - 1)
        assert not trust.holds()
        await clock.advance(1)
        assert trust.holds()
    clock.jump(STEP_S)
    assert trust.holds()
