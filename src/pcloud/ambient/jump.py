"""Notices that the clock jumped, which may mean that the machine was set back (spec 06 §10)."""

from typing import Final

from pcloud.ambient.port import Clock

JUMP_S: Final = 3_600
"""A difference above this between what the wall and the monotonic clock say has passed is a jump (T19)."""


class JumpWatch:
    """Compares the two clocks of a node.

    A machine that slept longer than an hour counts as a jump too, which does no harm: what follows is a new
    session with each peer. One that was set back by less than an hour is not noticed here.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._apart = self._measure()

    def jumped(self) -> bool:
        """Whether the wall clock jumped since this was last asked, in either direction."""
        apart = self._measure()
        if abs(apart - self._apart) <= JUMP_S:
            return False
        self._apart = apart
        return True

    def _measure(self) -> float:
        return self._clock.now() - self._clock.elapsed()
