"""Notices that the clock jumped, which may mean that the machine was set back (spec 06 §10)."""

from typing import Final, NamedTuple

from pcloud.ambient.port import Clock

JUMP_S: Final = 3_000
"""A difference above this between what the wall and the monotonic clock say has passed is a jump (T19).

It is less than an hour, the commonest of wrong steps, in whichever part of a second the clocks are read.
"""
STEP_S: Final = 60
"""A smaller one above this is a step: it says nothing about the machine, but what waits may wait too long."""

DOUBTED_S: Final = 21_600
"""How long the wall clock is doubted after it was set: so long there is to set a wrong one right."""
AWAY_S_MAX: Final = 604_800
"""After a longer time off a node doubts its clock, too: nobody knows whether it was off so long."""


class JumpWatch:
    """Compares the two clocks of a node.

    A machine that slept so long counts as a jump too, which does no harm: what follows is a new session
    with each peer. One that was set back by less is not noticed here.
    """

    def __init__(self, clock: Clock, above_s: int = JUMP_S) -> None:
        """Notice differences above this."""
        self._clock, self._above_s = clock, above_s
        self._apart = self._measure()

    def jumped(self) -> bool:
        """Whether the wall clock jumped since this was last asked, in either direction."""
        jumped = self.differs
        if jumped:
            self._apart = self._measure()
        return jumped

    @property
    def differs(self) -> bool:
        """The same, without taking note of it."""
        return abs(self._measure() - self._apart) > self._above_s

    def _measure(self) -> float:
        return self._clock.now() - self._clock.elapsed()


class Shift(NamedTuple):
    """That the wall clock was set: which times it had given since it was last set, and by how much."""

    since: int
    until: int
    by: int


class SetWatch:
    """Notices that the wall clock was set while a node ran. A machine that slept has not set it."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._apart, self._since = clock, clock.now() - clock.since_boot(), clock.now()

    def shift(self) -> Shift | None:
        """By how much it was set since this was last asked; None for so little that nobody minds."""
        now = self._clock.now()
        by = now - self._clock.since_boot() - self._apart
        if abs(by) <= JUMP_S:
            return None
        shift = Shift(self._since, int(now - by), int(by))
        self._apart, self._since = self._apart + by, now
        return shift


class ClockTrust:
    """Whether the wall clock is believed where something cannot be undone, such as to delete what is over.

    Not for a while after it was set, nor after a start at a time that does not follow on the last known one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._sets = clock, SetWatch(clock)
        self._doubted_until, self._ahead_s = 0.0, 0
        """How far the clock is beyond what it was before it was doubted."""

    def begin(self, last: int | None) -> None:
        """A node starts that last believed its clock at that time; None where it never did."""
        away_s = 0 if last is None else self._clock.now() - last
        if not -STEP_S <= away_s <= AWAY_S_MAX:
            self._doubt(away_s)

    def holds(self) -> bool:
        """Whether it is believed now."""
        believed = self._clock.since_boot() >= self._doubted_until
        if believed:
            self._ahead_s = 0
        shift = self._sets.shift()
        if shift is not None:
            self._doubt(shift.by)
        return believed and shift is None

    def now(self) -> int:
        """The time by which something may end: while the clock is doubted, as it was before."""
        return self._clock.now() - (0 if self.holds() else self._ahead_s)

    def _doubt(self, by_s: int) -> None:
        self._doubted_until = self._clock.since_boot() + DOUBTED_S
        self._ahead_s += by_s
