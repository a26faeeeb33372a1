"""The clock of a node under test: it goes on with real time, and is set forward (interop/DRIVER.md)."""

import asyncio
import time


class ShiftedClock:
    """Begins at a given time. What is set forward counts as time that has passed."""

    def __init__(self, now: int) -> None:
        self._zero = now
        self._began = time.monotonic()
        self._shift_s = 0
        self._sleepers: set[asyncio.Future[None]] = set()

    def now(self) -> int:
        """Seconds since 1970-01-01 UTC."""
        return self._zero + int(self.elapsed())

    def elapsed(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began + self._shift_s

    def since_boot(self) -> float:
        """The same: it does not sleep."""
        return self.elapsed()

    async def sleep(self, seconds: float) -> None:
        """Wait until that much time has passed, or was let pass."""
        end = self.elapsed() + seconds
        loop = asyncio.get_running_loop()
        while (left_s := end - self.elapsed()) > 0:
            woken: asyncio.Future[None] = loop.create_future()
            timer = loop.call_later(left_s, _wake, woken)
            self._sleepers.add(woken)
            try:
                await woken
            finally:
                timer.cancel()
                self._sleepers.discard(woken)

    def advance(self, seconds: int) -> None:
        """Let time pass at once. Whoever sleeps looks again whether it was long enough."""
        self._shift_s += seconds
        for woken in list(self._sleepers):
            _wake(woken)


def _wake(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)
