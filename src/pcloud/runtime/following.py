"""What happens, for whoever follows along: the node's log in order, and what is not part of it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable

from pcloud.ambient.port import WorkersClosedError
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.views import Happening
from pcloud.store.port import Fed

WAITING_MAX = 1_000
"""Happenings outside the log that one follower may leave unread; then the oldest goes."""
PAGE = 100
"""Entries of the log that are read at once."""


class _Follower:
    __slots__ = ("news", "wake")

    def __init__(self) -> None:
        self.news: deque[Happening] = deque(maxlen=WAITING_MAX)
        self.wake = asyncio.Event()


class Following:
    """Who follows along."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._followers: set[_Follower] = set()
        self._ended = False

    def tell(self, happenings: Iterable[Happening], *, logged: bool) -> None:
        """Something happened; `logged`: the log has grown."""
        for follower in self._followers:
            follower.news.extend(happenings)
            if logged or follower.news:
                follower.wake.set()

    def end(self) -> None:
        """The node stops."""
        self._ended = True
        for follower in self._followers:
            follower.wake.set()

    async def follow(self, after: int | None) -> AsyncIterator[Happening]:
        """All from now on, or first the log from a number on."""
        follower = _Follower()
        self._followers.add(follower)
        try:
            number = after
            if number is None:
                number = await self._decider.do(lambda batch: batch.store.feed_end())
            while not self._ended:
                follower.wake.clear()
                try:
                    rows = await self._read(number)
                except WorkersClosedError:
                    return  # it ends with the node
                for fed in rows:
                    yield _of(fed)
                    number = fed.number
                while follower.news:
                    yield follower.news.popleft()
                if len(rows) < PAGE:
                    await follower.wake.wait()
        finally:
            self._followers.discard(follower)

    async def _read(self, number: int) -> list[Fed]:
        return await self._decider.do(lambda batch: list(batch.store.feed(number, PAGE)))


def _of(fed: Fed) -> Happening:
    header = fed.entry.signed.header
    return Happening(fed.number, header.name, fed.scope.hex(), fed.entry.first_id.hex(), fed.entry.verdict)
