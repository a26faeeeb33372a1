"""What happens, for whoever follows along: the node's log in order, and what is not part of it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

from pcloud.ambient.port import WorkersClosedError
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.views import Happening
from pcloud.store.port import Fed

WAITING_MAX = 1_000
"""Happenings outside the log that one follower may leave unread; then the oldest goes. As many entries."""
PAGE = 100
"""Entries of the log that are read at once."""


class _Follower:
    __slots__ = ("fed", "more", "news", "number", "reading", "told", "wake")

    def __init__(self) -> None:
        self.number = self.told = 0
        """The last entry that it has, or that waits for it here; and the last that was committed."""
        self.more = True
        """Whether the log may have more than it has read."""
        self.reading = False
        self.fed: deque[Fed] = deque()
        self.news: deque[Happening] = deque(maxlen=WAITING_MAX)
        self.wake = asyncio.Event()

    @property
    def behind(self) -> bool:
        """Whether it has to read the log."""
        return self.more or self.number < self.told

    def take(self, fed: Sequence[Fed]) -> None:
        """Entries of a commit. Where it has not what comes before them it reads them in the log."""
        room = len(self.fed) + len(fed) <= WAITING_MAX
        if room and not self.reading and not self.more and fed[0].number == self.number + 1:
            self.fed.extend(fed)
            self.number = fed[-1].number
        self.told = fed[-1].number


class Following:
    """Who follows along."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._followers: set[_Follower] = set()
        self._ended = False

    def tell(self, committed: Committed) -> None:
        """Something was committed."""
        if not self._followers:
            return
        first = committed.feed_end - len(committed.entries) + 1
        fed = [
            Fed(number, scope, entry)
            for number, ((scope, _), entry) in enumerate(committed.entries.items(), first)
        ]
        for follower in self._followers:
            follower.news.extend(committed.happenings)
            if fed:
                follower.take(fed)
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
            if after is None:
                after = await self._decider.do(lambda batch: batch.store.feed_end())
            follower.number = after
            while not self._ended:
                follower.wake.clear()
                if follower.behind and not follower.fed:
                    try:
                        await self._catch_up(follower)
                    except WorkersClosedError:
                        return  # it ends with the node
                while follower.fed:
                    yield _of(follower.fed.popleft())
                while follower.news:
                    yield follower.news.popleft()
                if not follower.behind and not follower.fed:
                    await follower.wake.wait()
        finally:
            self._followers.discard(follower)

    async def _catch_up(self, follower: _Follower) -> None:
        """Read what the log has more; of what was told some may have been replaced since."""
        follower.reading, told = True, follower.told
        rows = await self._read(follower.number)
        follower.reading, follower.more = False, len(rows) == PAGE
        follower.fed.extend(rows)
        if rows:
            follower.number = rows[-1].number
        if not follower.more:
            follower.number = max(follower.number, told)

    async def _read(self, number: int) -> list[Fed]:
        return await self._decider.do(lambda batch: list(batch.store.feed(number, PAGE)))


def _of(fed: Fed) -> Happening:
    header = fed.entry.signed.header
    return Happening(fed.number, header.name, fed.scope.hex(), fed.entry.first_id.hex(), fed.entry.verdict)
