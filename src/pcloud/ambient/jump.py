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


class Believed(NamedTuple):
    """The time of what cannot be undone. Where the wall clock is believed, both are what it says."""

    ends: int
    """By which something may end: while the clock is doubted, the time that was believed before."""
    begins: int
    """From which days are counted that begin now: the later one, since either may be the right one."""


class Doubt(NamedTuple):
    """That the wall clock is doubted, as a node writes it down for its next start."""

    at: int
    """What the clock said then."""
    spent_s: int
    """For how long it had been doubted."""


class ClockTrust:
    """Whether the wall clock is believed where something cannot be undone, such as to delete what is over.

    Not for a while after it was set, nor after a start at a time that does not follow on the last known one.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._sets = clock, SetWatch(clock)
        self._doubted_until = 0.0
        """By the clock that counts sleep."""
        self._ahead_s = 0
        """How far the clock is beyond what it was before it was doubted."""

    def begin(self, last: int | None, doubt: Doubt | None = None) -> None:
        """A node starts that last believed its clock at that time; None where it never did.

        What was spent on a `doubt` since counts: a machine that is used for an hour a day would never believe
        its clock again otherwise.
        """
        self._sets.shift()
        now = self._clock.now()
        if last is not None and not _follows(last, now):
            spent_s = doubt.spent_s if doubt is not None and _follows(doubt.at, now) else 0
            self._doubt(now - last, spent_s)

    def holds(self) -> bool:
        """Whether it is believed now."""
        shift = self._sets.shift()
        if shift is not None:
            self._doubt(self._ahead_s + shift.by, 0)
        if self._clock.since_boot() < self._doubted_until:
            return False
        self._ahead_s = 0
        return True

    def believed(self) -> Believed:
        """The time of what cannot be undone."""
        ends = self.now()
        return Believed(ends, max(ends, self._clock.now()))

    def now(self) -> int:
        """The time by which something may end."""
        return self._clock.now() - (0 if self.holds() else self._ahead_s)

    @property
    def doubt(self) -> Doubt:
        """For how long the clock has been doubted by now."""
        left_s = max(self._doubted_until - self._clock.since_boot(), 0)
        return Doubt(self._clock.now(), DOUBTED_S - int(left_s))

    def _doubt(self, ahead_s: int, spent_s: int) -> None:
        self._doubted_until = self._clock.since_boot() + DOUBTED_S - spent_s
        self._ahead_s = ahead_s


def _follows(before: int, now: int) -> bool:
    """Whether a start at this time can be believed after the one before: the node was off in between."""
    return -STEP_S <= now - before <= AWAY_S_MAX
