"""A jump of the clock is noticed once, whatever its direction (spec 06 §10, T19)."""

import pytest

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.jump import (
    AWAY_S_MAX,
    DOUBTED_S,
    JUMP_S,
    STEP_S,
    ClockTrust,
    Doubt,
    JumpWatch,
    SetWatch,
    Shift,
)

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


async def test_a_clock_that_is_set_is_believed_after_a_while(clock: FixedClock) -> None:
    trust = ClockTrust(clock)
    assert trust.holds()
    for jump in (400 * DAY_S, -400 * DAY_S):
        before = clock.now()
        clock.jump(jump)
        assert not trust.holds()
        await clock.advance(DOUBTED_S - 1)
        assert not trust.holds()
        assert trust.now() == before + DOUBTED_S - 1, "what was believed goes on"
        await clock.advance(1)
        assert trust.holds()
        assert trust.now() == clock.now()
    clock.jump(STEP_S)
    assert trust.holds()


async def test_a_clock_that_is_set_right_in_time_was_never_believed_to_be_wrong(clock: FixedClock) -> None:
    trust = ClockTrust(clock)
    for jump in (400 * DAY_S, -400 * DAY_S):
        before = clock.now() if jump > 0 else clock.now() + jump
        clock.jump(jump)
        await clock.advance(100)
        assert trust.now() == before + 100
    await clock.advance(DOUBTED_S)
    assert trust.now() == clock.now()


async def test_a_clock_that_is_set_again_goes_on_from_what_was_believed_last(clock: FixedClock) -> None:
    trust = ClockTrust(clock)
    clock.jump(400 * DAY_S)
    assert not trust.holds()
    await clock.advance(DOUBTED_S + 100)
    assert trust.holds()
    before = clock.now()
    clock.jump(DAY_S)
    assert trust.now() == before


async def test_a_clock_that_is_set_right_while_nobody_looks_is_never_thought_to_be_behind(
    clock: FixedClock,
) -> None:
    trust = ClockTrust(clock)
    clock.jump(400 * DAY_S)
    assert not trust.holds()
    await clock.advance(DOUBTED_S - 100)
    clock.jump(-400 * DAY_S)
    await clock.advance(200)
    assert trust.now() == clock.now()


async def test_what_begins_while_a_clock_is_doubted_begins_at_the_later_time(clock: FixedClock) -> None:
    trust, right = ClockTrust(clock), clock.now()
    assert trust.believed() == (right, right)
    clock.jump(400 * DAY_S)
    assert trust.believed() == (right, right + 400 * DAY_S)
    clock.jump(-800 * DAY_S)
    assert trust.believed() == (right, right)
    await clock.advance(DOUBTED_S)
    assert trust.believed() == (clock.now(), clock.now())


async def test_a_start_goes_on_with_the_doubt_of_the_run_before(clock: FixedClock) -> None:
    last = clock.now()
    clock.slumber(40 * DAY_S)
    trust = ClockTrust(clock)
    trust.begin(last)
    await clock.advance(DOUBTED_S - 100)
    assert not trust.holds()
    assert trust.now() == last + DOUBTED_S - 100
    written = trust.doubt
    assert written == (clock.now(), DOUBTED_S - 100)
    clock.slumber(DAY_S)
    again = ClockTrust(clock)
    again.begin(last, written)
    assert not again.holds()
    assert again.now() == last, "nothing has ended meanwhile"
    await clock.advance(100)
    assert again.holds()


@pytest.mark.parametrize("away_s", [400 * DAY_S, 40 * DAY_S, -STEP_S - 1, -400 * DAY_S])
def test_a_doubt_of_another_time_shortens_none(clock: FixedClock, away_s: int) -> None:
    last = clock.now()
    clock.jump(40 * DAY_S)
    trust = ClockTrust(clock)
    trust.begin(last, Doubt(clock.now() - away_s, DOUBTED_S))
    assert not trust.holds()
    assert trust.doubt.spent_s == 0
    assert trust.now() == last


@pytest.mark.parametrize("wrong_s", [-6 * DAY_S, 6 * DAY_S, 400 * DAY_S])
def test_a_start_that_follows_on_what_was_believed_goes_on_with_no_doubt(
    clock: FixedClock, wrong_s: int
) -> None:
    """The clock was wrong, and was set right while the node was off: nothing may end at a time to come."""
    last = clock.now()
    clock.slumber(3_600)
    trust = ClockTrust(clock)
    trust.begin(last, Doubt(last + wrong_s, 100))
    assert trust.holds()
    assert trust.believed() == (clock.now(), clock.now())


@pytest.mark.parametrize("off_by_s", [7_200, -7_200, 20 * 3_600])
async def test_a_clock_that_is_wrong_at_each_start_and_set_right_lets_nothing_add_up(
    clock: FixedClock, off_by_s: int
) -> None:
    """A hardware clock in local time, or a machine without a battery that starts at its last time."""
    last, written = clock.now(), None
    for _ in range(20):
        clock.slumber(20 * 3_600)
        clock.jump(off_by_s)
        trust = ClockTrust(clock)
        trust.begin(last, written)
        last = clock.now() if trust.holds() else last
        clock.jump(-off_by_s)
        assert not trust.holds()
        await clock.advance(3_600)
        written = trust.doubt
        assert trust.now() - clock.now() == off_by_s


def test_a_clock_that_was_set_before_the_start_is_doubted_once(clock: FixedClock) -> None:
    trust, right = ClockTrust(clock), clock.now()
    clock.jump(400 * DAY_S)
    for _ in range(2):
        trust.begin(right)
        assert trust.now() == right


@pytest.mark.parametrize(
    ("away_s", "believed"),
    [
        (None, True),
        (0, True),
        (-STEP_S, True),
        (AWAY_S_MAX, True),
        (-STEP_S - 1, False),
        (AWAY_S_MAX + 1, False),
    ],
)
def test_a_start_that_follows_on_the_last_known_time_is_believed_at_once(
    clock: FixedClock, away_s: int | None, *, believed: bool
) -> None:
    trust = ClockTrust(clock)
    trust.begin(None if away_s is None else clock.now() - away_s)
    assert trust.holds() is believed
    assert trust.now() == clock.now() - (0 if believed else away_s or 0)


def test_a_machine_that_slept_has_a_clock_that_is_believed(clock: FixedClock) -> None:
    trust, sets, jumps = ClockTrust(clock), SetWatch(clock), JumpWatch(clock)
    clock.slumber(40 * DAY_S)
    assert trust.holds()
    assert sets.shift() is None
    assert jumps.jumped(), "its peers are greeted all the same"


async def test_what_a_clock_said_before_it_was_set_is_told_once(clock: FixedClock) -> None:
    sets, began = SetWatch(clock), clock.now()
    await clock.advance(100)
    clock.jump(-400 * DAY_S)
    await clock.advance(50)
    assert sets.shift() == Shift(began, began + 150, -400 * DAY_S)
    assert sets.shift() is None
    await clock.advance(7)
    clock.jump(400 * DAY_S)
    assert sets.shift() == Shift(began + 150 - 400 * DAY_S, began + 157 - 400 * DAY_S, 400 * DAY_S)
