"""How much one source may hold, and how often one host is asked. All of it bounded in memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final, Protocol

from pcloud.net.settings import Caps

NAMES_MAX: Final = 4_096
"""Sources or hosts that are counted at once; beyond it the one asked longest ago is forgotten."""


class Guest(Protocol):
    """A connection as far as places know it."""

    def abort(self) -> None:
        """End it at once."""


class Places:
    """Who is connected: so many from one source, so many in all, and few who have not shown anything yet."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._sources: Counter[str] = Counter()
        self._guests: dict[Guest, str | None] = {}
        self._strangers: dict[Guest, None] = {}  # in the order in which they came

    def __len__(self) -> int:
        return len(self._guests)

    def enter(self, guest: Guest, source: str | None) -> bool:
        """Give it a place, if there is one. Where `source` is None, only the sum counts (a trusted proxy)."""
        if len(self._guests) >= self._caps.connections:
            return False
        if source is not None:
            if self._sources[source] >= self._caps.connections_per_source:
                return False
            self._sources[source] += 1
            self._strangers[guest] = None
        self._guests[guest] = source
        if len(self._strangers) > self._caps.strangers:
            oldest = next(iter(self._strangers))
            self.leave(oldest)
            oldest.abort()
        return True

    def shown(self, guest: Guest) -> None:
        """It has brought something: it is no stranger any more."""
        self._strangers.pop(guest, None)

    def leave(self, guest: Guest) -> None:
        """Free its place; a second time does nothing."""
        if guest not in self._guests:
            return
        source = self._guests.pop(guest)
        self._strangers.pop(guest, None)
        if source is not None:
            self._sources[source] -= 1
            if not self._sources[source]:
                del self._sources[source]

    def clear(self) -> None:
        """End them all."""
        for guest in list(self._guests):
            guest.abort()


class Allowance:
    """So many at once for each name, and as many again in a period: a token bucket for each."""

    def __init__(self, count: int, period_s: float, elapsed: Callable[[], float]) -> None:
        self._count = count
        self._per_second = count / period_s
        self._elapsed = elapsed
        self._left: dict[str, tuple[float, float]] = {}  # name: tokens left, when

    def take(self, name: str) -> bool:
        """Use one up, if there is one."""
        now = self._elapsed()
        tokens, then = self._left.pop(name, (float(self._count), now))
        tokens = min(self._count, tokens + (now - then) * self._per_second)
        granted = tokens >= 1
        self._left[name] = (tokens - granted, now)
        if len(self._left) > NAMES_MAX:
            del self._left[next(iter(self._left))]
        return granted


class _Gate:
    """The places of one host."""

    def __init__(self, places: int) -> None:
        self.free = asyncio.Semaphore(places)
        self.held = 0


class Turns:
    """How often one host is dialled. Who is answered gives the place back at once, who is not after a pause.

    So a host that is a node is never slowed, and one that is none, and was named by somebody who wished it
    ill, is dialled about once a second by this node (spec 13 §8).
    """

    def __init__(self, places: int, pause_s: float) -> None:
        self._places = places
        self._pause_s = pause_s
        self._gates: dict[str, _Gate] = {}

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[None]:
        """Wait for a place, and hold it."""
        gate = self._gates.setdefault(host, _Gate(self._places))
        gate.held += 1
        try:
            await gate.free.acquire()
        except BaseException:
            self._drop(host, gate)
            raise
        try:
            yield
        except BaseException:
            asyncio.get_running_loop().call_later(self._pause_s, self._release, host, gate)
            raise
        self._release(host, gate)

    def _release(self, host: str, gate: _Gate) -> None:
        gate.free.release()
        self._drop(host, gate)

    def _drop(self, host: str, gate: _Gate) -> None:
        gate.held -= 1
        if not gate.held:
            self._gates.pop(host, None)
