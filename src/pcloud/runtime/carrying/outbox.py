"""Frames on their way to peers: one lane for each relationship, so that a slow peer delays only itself.

A carrier may lose what it is given: only a receipt lets a message go (spec 05 §5), and what is lost here is
sent again by its timer, or as soon as the peer's connection comes up.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from pcloud.ambient.port import Clock, Entropy
from pcloud.net.port import Link, Net, Packet, UnreachableError
from pcloud.runtime.deciding.batch import Parcel

FRAMES_QUEUED_MAX = 1_024
"""Frames that wait for one peer's connection; what comes beyond is left to the retry."""
DIALS_MAX = 32
"""Connections that are being opened at once."""
REDIAL_SOON_S = 0.2
"""Wait before a connection that had stood for a while is opened again: the peer, or a network, restarts."""
REDIAL_FIRST_S = 5
"""The wait after that, and the first one where the connection had not stood as long; it doubles."""
REDIAL_S_MAX = 900
"""Beyond this wait a connection is opened again only when there is something to send."""


class _Given(NamedTuple):
    packet: Packet
    own: bool


class _Lane:
    """What goes to one relationship."""

    __slots__ = ("failures", "frames", "link", "not_before", "opened", "parcel", "task", "used", "whole")

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.frames: deque[_Given] = deque()
        self.link: Link | None = None
        self.task: asyncio.Task[None] | None = None
        self.failures = 0
        self.not_before = 0.0
        self.opened = 0.0
        self.used = 0.0
        self.whole = True


class Outbox:
    """Gives frames to connections, and opens and keeps those."""

    def __init__(
        self,
        net: Net,
        clock: Clock,
        entropy: Entropy,
        came_up: Callable[[bytes], None],
        links_max: int,
    ) -> None:
        self._net, self._clock, self._entropy = net, clock, entropy
        self._came_up, self._links_max = came_up, links_max
        self._lanes: dict[bytes, _Lane] = {}
        self._by_link: dict[Link, bytes] = {}
        self._dialled: set[Link] = set()
        self._dials = asyncio.Semaphore(DIALS_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    @property
    def links(self) -> int:
        """Connections that are known to lead to a peer."""
        return len(self._by_link)

    def is_up(self, scope: bytes) -> bool:
        """Whether the peer of a relationship is connected now."""
        lane = self._lanes.get(scope)
        return lane is not None and lane.link is not None and lane.link.open

    def give(self, parcel: Parcel) -> None:
        """Let frames go, in order after those given before."""
        lane = self._lanes.get(parcel.scope)
        if lane is None:
            lane = self._lanes[parcel.scope] = _Lane(parcel)
        if lane.parcel.mailbox != parcel.mailbox or lane.parcel.endpoints != parcel.endpoints:
            self._leave(lane)
        lane.parcel = parcel
        lane.whole = lane.whole and parcel.whole
        for frame in parcel.frames[: FRAMES_QUEUED_MAX - len(lane.frames)]:
            lane.frames.append(_Given(Packet(parcel.mailbox, frame), parcel.own))
        if lane.task is None or lane.task.done():
            lane.task = self._spawn(self._drain(lane))

    def _leave(self, lane: _Lane) -> None:
        """The peer has moved: what is queued was for its old mailbox, and is sent again by its timer."""
        lane.frames.clear()
        lane.link, lane.failures, lane.not_before = None, 0, 0.0

    def attach(self, scope: bytes, link: Link) -> None:
        """The peer was heard over this connection: what goes to it goes back over it."""
        lane = self._lanes.get(scope)
        if lane is None:
            lane = self._lanes[scope] = _Lane(Parcel(scope, (), b"", (), own=False, whole=True))
        if lane.link is None or not lane.link.open:
            lane.link, lane.failures, lane.not_before = link, 0, 0.0
            self._by_link[link] = scope

    def closed(self, link: Link) -> None:
        """A connection ended; one that this node had opened is opened again after a while."""
        scope = self._by_link.pop(link, None)
        dialled = link in self._dialled
        self._dialled.discard(link)
        lane = None if scope is None else self._lanes.get(scope)
        if lane is None or lane.link is not link:
            return
        lane.link = None
        if dialled and not self._stopping:
            self._spawn(self._redial(lane))
        elif not lane.frames:
            del self._lanes[lane.parcel.scope]

    async def stop(self) -> None:
        """Give what waits a moment on connections that are open, then end all."""
        self._stopping = True
        busy = [lane.task for lane in self._lanes.values() if lane.link is not None and lane.task is not None]
        if busy:
            await asyncio.wait(busy, timeout=2)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _drain(self, lane: _Lane) -> None:
        while lane.frames and not self._stopping:
            link = lane.link if lane.link is not None and lane.link.open else None
            if link is None:
                await self._without_link(lane)
                continue
            packets = tuple(given.packet for given in lane.frames)
            lane.frames.clear()
            lane.used = self._clock.elapsed()
            try:
                await link.send(packets)
            except UnreachableError:
                self.closed(link)

    async def _without_link(self, lane: _Lane) -> None:
        """Open a connection where there is more than an answer; else give single answers over by request."""
        own = any(given.own for given in lane.frames)
        if not own:
            await self._post(lane)
            return
        if self._clock.elapsed() < lane.not_before or not await self._dial(lane):
            lane.frames.clear()  # nothing is lost: each has its row, and its timer
            return
        if not lane.whole:
            # Older ones wait too, and are to come first: all in flight are sent again, these among them.
            answers = [given for given in lane.frames if not given.own]
            lane.frames.clear()
            lane.frames.extend(answers)
            self._came_up(lane.parcel.scope)
        lane.whole = True

    async def _post(self, lane: _Lane) -> None:
        while lane.frames:
            given = lane.frames.popleft()
            for endpoint in lane.parcel.endpoints:
                try:
                    await self._net.post(endpoint, given.packet)
                    break
                except UnreachableError:
                    continue

    async def _dial(self, lane: _Lane) -> bool:
        for endpoint in lane.parcel.endpoints:
            try:
                async with self._dials:
                    link = await self._net.dial(endpoint)
            except UnreachableError:
                continue
            lane.link, lane.failures = link, 0
            lane.opened = lane.used = self._clock.elapsed()
            self._by_link[link] = lane.parcel.scope
            self._dialled.add(link)
            await self._bound_links()
            return True
        lane.failures += 1
        lane.not_before = self._clock.elapsed() + min(2**lane.failures, REDIAL_FIRST_S)
        return False

    async def _bound_links(self) -> None:
        """Beyond the bound, the connection that was used least recently ends."""
        if len(self._dialled) <= self._links_max:
            return
        lanes = [lane for lane in self._lanes.values() if lane.link in self._dialled]
        oldest = min(lanes, key=lambda lane: lane.used)
        link, oldest.link = oldest.link, None
        if link is not None:
            self._dialled.discard(link)
            self._by_link.pop(link, None)
            await link.close()

    async def _redial(self, lane: _Lane) -> None:
        """Open it again: the peer may have something to say, and this node may not be reachable itself."""
        stood = self._clock.elapsed() - lane.opened >= REDIAL_FIRST_S
        wait_s = REDIAL_SOON_S if stood else REDIAL_FIRST_S
        while wait_s <= REDIAL_S_MAX:
            jitter = int.from_bytes(self._entropy(2), "big") / 0xFFFF
            await self._clock.sleep(wait_s * (0.5 + jitter))
            if lane.link is not None:
                return
            if await self._dial(lane):
                self._came_up(lane.parcel.scope)
                return
            wait_s = max(REDIAL_FIRST_S, 2 * wait_s)
