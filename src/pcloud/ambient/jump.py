"""Notices that the clock jumped, which may mean that the machine was set back (spec 06 §10)."""

from typing import Final

from pcloud.ambient.port import Clock

JUMP_S: Final = 3_000
"""A difference above this between what the wall and the monotonic clock say has passed is a jump (T19).

It is less than an hour, the commonest of wrong steps, in whichever part of a second the clocks are read.
"""
STEP_S: Final = 60
"""A smaller one above this is a step: it says nothing about the machine, but what waits may wait too long."""

DOUBTED_S: Final = 21_600
"""How long the wall clock is doubted after a start or a jump: so long there is to set a wrong one right."""


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


class ClockTrust:
    """Whether the wall clock is believed where something cannot be undone, such as to delete what is over.

    Not for a while after it jumped, nor after a start: nobody knows what it was before.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._jumps = clock, JumpWatch(clock)
        self._doubted_until = clock.elapsed() + DOUBTED_S

    def holds(self) -> bool:
        """Whether it is believed now."""
        if self._jumps.jumped():
            self._doubted_until = self._clock.elapsed() + DOUBTED_S
        return self._clock.elapsed() >= self._doubted_until
