"""Notices that the clock jumped, which may mean that the machine was set back (spec 06 §10)."""

from typing import Final

from pcloud.ambient.port import Clock

JUMP_S: Final = 3_000
"""A difference above this between what the wall and the monotonic clock say has passed is a jump (T19).

It is less than an hour, the commonest of wrong steps, in whichever part of a second the clocks are read.
"""
STEP_S: Final = 60
"""A smaller one above this is a step: it says nothing about the machine, but what waits may wait too long."""


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
        apart = self._measure()
        if abs(apart - self._apart) <= self._above_s:
            return False
        self._apart = apart
        return True

    def _measure(self) -> float:
        return self._clock.now() - self._clock.elapsed()
