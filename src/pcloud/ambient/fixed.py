"""Time that a test moves, randomness that repeats, and no threads. For tests and simulations only."""

import asyncio
import hashlib
import heapq
from collections.abc import Callable, Sequence
from typing import Final

from pcloud.ambient.port import Lane, T, WorkersClosedError
from pcloud.ambient.verifying import holds
from pcloud.wire.keys import Check

LOOP_TURNS: Final = 50
"""Turns of the loop between two moments: so deep may the callbacks nest of one who was woken."""


class FixedClock:
    """Stands still until it is moved."""

    def __init__(self, now: int = 1_800_000_000) -> None:
        self._zero = now
        self._elapsed = 0.0
        self._slept = 0
        self._begun = 0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> int:
        """Seconds since 1970-01-01 UTC, by the wall."""
        return int(self._zero + self._slept + self._elapsed)

    def elapsed(self) -> float:
        """Seconds that were let pass."""
        return self._elapsed

    def since_boot(self) -> float:
        """The same, with those in which the machine slept."""
        return self._elapsed + self._slept

    async def sleep(self, seconds: float) -> None:
        """Wait until time was let pass; of several with one moment the first to sleep wakes first."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        self._begun += 1
        heapq.heappush(self._sleepers, (self._elapsed + seconds, self._begun, woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let time pass. Every sleeper wakes at its own moment, the earliest first.

        Between two moments the loop turns, so that who was woken does its work, sleeps again and is woken
        again. Raises ValueError for less than nothing: only `jump` goes back.
        """
        if seconds < 0:
            raise ValueError("time does not pass backwards")
        end = self._elapsed + seconds
        await self._turn()
        while self._sleepers and self._sleepers[0][0] <= end:
            moment, _, woken = heapq.heappop(self._sleepers)
            if woken.cancelled():
                continue
            self._elapsed = moment
            woken.set_result(None)
            await self._turn()
        self._elapsed = end

    def jump(self, seconds: int) -> None:
        """Set the wall clock alone, as an owner, a time server or a restored machine does. Nobody wakes."""
        self._zero += seconds

    def slumber(self, seconds: int) -> None:
        """Let the machine sleep: the wall clock goes on, nothing else does. Nobody wakes."""
        self._slept += seconds

    async def _turn(self) -> None:
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)


class SeededEntropy:
    """Bytes that can be repeated: SHAKE256 of a seed and a counter."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._count = 0

    def __call__(self, size: int) -> bytes:
        """The next bytes; the same for the same seed and the same number of calls before."""
        if size < 0:
            raise ValueError("negative size")
        self._count += 1
        return hashlib.shake_256(f"{self._seed}/{self._count}".encode()).digest(size)


class InlineWorkers:
    """No threads: what is to be run runs at once, on the loop."""

    def __init__(self) -> None:
        self._closed = False

    async def run(self, lane: Lane, work: Callable[[], T]) -> T:  # noqa: ARG002 - there is one lane
        """Run it now and give its result. Raises what it raises, or WorkersClosedError."""
        if self._closed:
            raise WorkersClosedError
        return work()

    def verified(self, checks: Sequence[Check]) -> Sequence[bool]:
        """Whether each holds, checked here."""
        return [holds(check) for check in checks]

    def close(self) -> None:
        """Take nothing more."""
        self._closed = True
