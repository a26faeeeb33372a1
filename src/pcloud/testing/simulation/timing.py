"""Time as a simulated machine has it, and work that takes some of it."""

import asyncio
import random
from collections.abc import Callable
from typing import Final

from pcloud.ambient.fixed import InlineWorkers
from pcloud.ambient.port import Lane, T, WorkersClosedError
from pcloud.testing.simulation.loop import VirtualLoop

BEGIN: Final = 1_800_000_000
"""When every world begins, in seconds since 1970-01-01 UTC."""
WORK_S: Final = 0.004
"""The longest that a piece of work takes: of the processor, or of a disk."""


class MachineClock:
    """A wall clock that may be wrong and may jump, and a monotonic one."""

    def __init__(self, loop: VirtualLoop) -> None:
        self.wrong_s = 0
        """By how much the wall clock is wrong."""
        self._loop = loop

    def now(self) -> int:
        """Seconds since 1970-01-01 UTC, as this machine believes."""
        return int(BEGIN + self._loop.moment) + self.wrong_s

    def elapsed(self) -> float:
        """Seconds since the world began."""
        return self._loop.moment

    def since_boot(self) -> float:
        """The same: it never sleeps."""
        return self.elapsed()

    async def sleep(self, seconds: float) -> None:
        """Let time pass; not at all for nothing or less."""
        await asyncio.sleep(max(0.0, seconds))


class SlowWorkers(InlineWorkers):
    """Lanes without threads: each piece of work takes a while, before and after it is done.

    What is done is done, whether or not its caller lives to hear of it.
    """

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self._roll = dice.random
        self._lanes = {Lane.DECIDE: asyncio.Lock(), Lane.KEEP: asyncio.Lock()}

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:
        """Run it in its lane and give its result. Raises what it raises, or WorkersClosedError."""
        if self._closed:
            raise WorkersClosedError
        order = self._lanes.get(lane)
        if order is None:
            return await self._slowly(work)
        async with order:
            return await self._slowly(work)

    async def _slowly(self, work: Callable[[], T]) -> T:
        await asyncio.sleep(self._roll() * WORK_S)
        try:
            return work()
        finally:
            await asyncio.sleep(self._roll() * WORK_S)
