"""Frames on their way to peers: one lane for each relationship, so that a slow peer delays only itself.

A carrier may lose what it is given: only a receipt lets a message go (spec 05 §5), and what is lost here is
sent again by its timer, or as soon as the peer's connection comes up.
"""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from pcloud.ambient.port import Clock, Entropy
from pcloud.net.port import Link, Net, Packet, UnreachableError
from pcloud.runtime.deciding.committed import Parcel, Way

FRAMES_QUEUED_MAX = 1_024
"""Frames that wait for one peer's connection; what comes beyond is left to the retry."""
BYTES_QUEUED_MAX = 8_388_608
"""The same in bytes, so that a peer that does not read costs no more than this."""
DIALS_MAX = 32
"""Connections that are being opened at once."""
REDIAL_SOON_S = 0.2
"""Wait before a connection that had stood for a while is opened again: the peer, or a network, restarts."""
REDIAL_FIRST_S = 5
"""The wait after that, and the first one where the connection had not stood as long; it doubles."""
REDIAL_S_MAX = 900
"""Beyond this wait a connection is opened again only when there is something to send."""
REDIALS_MAX = 10
"""Connections that ended soon after they were opened, of which more make no wait longer."""
HIDDEN_S_MAX = 540
"""The longest wait of a side without an address, for which its peer waits: it is tried for ever, with jitter
and with what a try takes within 15 minutes (TRANSPORT-39).
"""
QUIET_S = 30
"""A connection that was opened to a peer and brought nothing for so long gives way to one that does."""
HEARD_MAX = 256
"""Relationships that one connection leads to, the last that were heard over it: strangers may share one."""


class _Given(NamedTuple):
    packet: Packet
    own: bool


class _Lane:
    """What goes to one relationship."""

    __slots__ = (
        "failures",
        "frames",
        "heard",
        "link",
        "not_before",
        "opened",
        "parcel",
        "redial",
        "redials",
        "size",
        "task",
        "used",
        "whole",
    )

    def __init__(self, parcel: Parcel) -> None:
        self.parcel = parcel
        self.frames: list[_Given] = []
        self.size = 0
        """Bytes of the frames that wait."""
        self.link: Link | None = None
        self.heard = 0.0
        """When the connection last brought something new, or was opened."""
        self.redial: asyncio.Task[None] | None = None
        self.redials = 0
        """Connections in a row that ended soon after they were opened."""
        self.task: asyncio.Task[None] | None = None
        self.failures = 0
        self.not_before = 0.0
        self.opened: float | None = None
        """When a connection was last opened for it."""
        self.used = 0.0
        self.whole = True

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to be known of it: no frame, no connection, and none was ever tried for."""
        return not (self.frames or self.link or self.failures) and self.opened is None and self.whole

    @property
    def is_up(self) -> bool:
        """Whether there is a connection."""
        return self.link is not None and self.link.open

    def put(self, given: _Given) -> None:
        """Let a frame wait, where there is room; what is dropped is sent again by its timer."""
        size = len(given.packet.frame)
        if len(self.frames) < FRAMES_QUEUED_MAX and self.size + size <= BYTES_QUEUED_MAX:
            self.frames.append(given)
            self.size += size

    def take(self) -> _Given:
        """The next frame."""
        given = self.frames.pop(0)
        self.size -= len(given.packet.frame)
        return given

    def take_all(self) -> list[_Given]:
        """All that waits."""
        taken, self.frames = self.frames, []
        self.size = 0
        return taken


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
        self._by_link: dict[Link, dict[bytes, None]] = {}
        """To which relationships a connection leads, the one that was heard last as the last."""
        self._dialled: dict[Link, bytes] = {}
        """For which relationship this node opened a connection."""
        self._dials = asyncio.Semaphore(DIALS_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self.wrote: dict[bytes, int] = {}
        """When an own message was last given to a connection, by relationship; since the node was started."""

    @property
    def links(self) -> int:
        """Connections that are known to lead to a peer."""
        return len(self._by_link)

    def is_up(self, scope: bytes) -> bool:
        """Whether the peer of a relationship is connected now."""
        lane = self._lanes.get(scope)
        return lane is not None and lane.is_up

    def give(self, parcel: Parcel) -> None:
        """Let frames go, in order after those given before."""
        lane = self._lanes.get(parcel.scope)
        if lane is None:
            lane = self._lanes[parcel.scope] = _Lane(parcel)
        if lane.parcel.endpoints not in (parcel.endpoints, ()):
            self._leave(lane)
        lane.parcel = parcel._replace(frames=())
        lane.whole = lane.whole and parcel.whole
        for frame in parcel.frames:
            lane.put(_Given(Packet(parcel.mailbox, frame), parcel.own))
        if lane.task is None or lane.task.done():
            lane.task = self._spawn(self._drain(lane))

    def _leave(self, lane: _Lane) -> None:
        """The peer has moved: what is queued was for its old place, and is sent again by its timer.

        A connection that it has opened itself still leads to it, and so does one to another mailbox of the
        same endpoints.
        """
        lane.take_all()
        lane.failures, lane.not_before = 0, 0.0
        if lane.link is not None and lane.link in self._dialled:
            self._spawn(lane.link.close())
            lane.link = None

    def part(self, scope: bytes) -> None:
        """The peer has recovered: no connection of an older copy of it leads to it any more."""
        for link in [link for link, heard in self._by_link.items() if scope in heard]:
            del self._by_link[link][scope]
            if not self._by_link[link]:
                del self._by_link[link]
            if self._dialled.get(link) == scope:
                del self._dialled[link]
                self._spawn(link.close())
        lane = self._lanes.get(scope)
        if lane is not None:
            lane.take_all()
            lane.link, lane.failures, lane.not_before = None, 0, 0.0

    def give_aside(self, way: Way, packets: tuple[Packet, ...]) -> None:
        """Let packets go to these endpoints, or over this connection, which lead to no peer (spec 06 §13)."""
        self._spawn(self._give_aside(way, packets))

    async def _give_aside(self, way: Way, packets: tuple[Packet, ...]) -> None:
        """Try once: what is told at most once an hour is not kept."""
        if isinstance(way, tuple):
            for packet in packets:
                async with self._dials:
                    await self._post_one(way, packet)
            return
        try:
            await way.send(packets)
        except UnreachableError:
            return  # it has ended

    def attach(self, scope: bytes, link: Link) -> None:
        """The peer was heard over this connection: what goes to it goes back over it.

        The newest counts, so that nobody who kept a frame back and then lets it through holds what is sent.
        """
        if not link.open:
            return  # it has ended meanwhile, and nobody will say so again
        lane = self._lanes.get(scope)
        if lane is None:
            lane = self._lanes[scope] = _Lane(Parcel(scope, (), b"", (), own=False, whole=True))
        self._hear(scope, link)
        now, before = self._clock.elapsed(), lane.link
        if before is not link and lane.is_up and before in self._dialled and now - lane.heard < QUIET_S:
            return
        other = before is not link and lane.is_up
        lane.link, lane.heard, lane.failures, lane.not_before = link, now, 0, 0.0
        if other:
            self._came_up(scope)  # what went over the other one may have gone nowhere

    def _hear(self, scope: bytes, link: Link) -> None:
        heard = self._by_link.setdefault(link, {})
        heard.pop(scope, None)
        heard[scope] = None
        if len(heard) > HEARD_MAX:
            first = next(iter(heard))
            del heard[first]
            self._lose(first, link)

    def closed(self, link: Link) -> None:
        """A connection ended; one that this node had opened is opened again after a while."""
        dialled = self._dialled.pop(link, None)
        for scope in self._by_link.pop(link, {}):
            lane = self._lanes.get(scope)
            self._lose(scope, link, redial=scope == dialled or (lane is not None and lane.parcel.hidden))

    def _lose(self, scope: bytes, link: Link, *, redial: bool = False) -> None:
        """This connection leads to a relationship no more, which goes on over another, or without one."""
        lane = self._lanes.get(scope)
        if lane is None or lane.link is not link:
            return
        lane.link = next((each for each, of in self._by_link.items() if scope in of and each.open), None)
        if lane.link is not None:
            return
        if redial and not self._stopping:
            self._dial_again(lane)
        elif lane.is_idle and (lane.task is None or lane.task.done()):
            del self._lanes[scope]

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
        while lane.frames:
            link = lane.link
            if link is None or not link.open:
                if self._stopping:
                    return
                await self._without_link(lane)
                continue
            taken = lane.take_all()
            lane.used = self._clock.elapsed()
            if any(given.own for given in taken):
                self.wrote[lane.parcel.scope] = self._clock.now()
            try:
                await link.send(tuple(given.packet for given in taken))
            except UnreachableError:
                self.closed(link)
        if self._lanes.get(lane.parcel.scope) is not lane:
            return
        if lane.parcel.hidden and not lane.is_up and not self._stopping:
            if lane.redial is None or lane.redial.done():
                self._dial_again(lane)
        elif lane.is_idle:
            del self._lanes[lane.parcel.scope]

    async def _without_link(self, lane: _Lane) -> None:
        """Open a connection where there is more than an answer; else give single answers over by request."""
        own = any(given.own for given in lane.frames)
        if not own:
            await self._post(lane)
            return
        if self._clock.elapsed() < lane.not_before or not await self._dial(lane):
            lane.take_all()  # nothing is lost: each has its row, and its timer
            return
        if not lane.whole:
            # Older ones wait too, and are to come first: all in flight are sent again, these among them.
            for given in lane.take_all():
                if not given.own:
                    lane.put(given)
            self._came_up(lane.parcel.scope)
        lane.whole = True

    async def _post(self, lane: _Lane) -> None:
        while lane.frames and not lane.frames[0].own and not lane.is_up:
            if not await self._post_one(lane.parcel.endpoints, lane.take().packet):
                lane.take_all()  # answers to what comes again
                return

    async def _post_one(self, endpoints: tuple[str, ...], packet: Packet) -> bool:
        for endpoint in endpoints:
            try:
                await self._net.post(endpoint, packet)
            except UnreachableError:
                continue
            return True
        return False

    async def _dial(self, lane: _Lane) -> bool:
        for endpoint in lane.parcel.endpoints:
            try:
                async with self._dials:
                    link = await self._net.dial(endpoint)
            except UnreachableError:
                continue
            if lane.is_up:  # it has come by itself meanwhile
                await link.close()
                return True
            lane.link, lane.failures = link, 0
            lane.opened = lane.used = lane.heard = self._clock.elapsed()
            self._hear(lane.parcel.scope, link)
            self._dialled[link] = lane.parcel.scope
            await self._bound_links(lane)
            return True
        lane.failures += 1
        lane.not_before = self._clock.elapsed() + min(2**lane.failures, REDIAL_FIRST_S)
        return False

    async def _bound_links(self, newest: _Lane) -> None:
        """Beyond the bound, the connection that was used least recently ends; the newest is used first."""
        if len(self._dialled) <= self._links_max:
            return
        used: dict[Link, float] = {}
        for lane in self._lanes.values():
            if lane.link is not None and lane.link in self._dialled:
                used[lane.link] = max(used.get(lane.link, 0.0), lane.used)
        others = [link for link in self._dialled if link is not newest.link]
        others.sort(key=lambda link: used.get(link, 0.0))
        for link in others[: max(0, len(self._dialled) - self._links_max)]:
            del self._dialled[link]
            for scope in self._by_link.pop(link, {}):
                self._lose(scope, link)
            await link.close()

    def _dial_again(self, lane: _Lane) -> None:
        """Open a connection after a while: the peer may have something to say, and may not reach this node.

        Soon where the last one had stood: the peer, or a network, restarts.
        """
        now = self._clock.elapsed()
        stood = lane.opened is not None and now - lane.opened >= REDIAL_FIRST_S
        lane.redials = 0 if stood else min(lane.redials + 1, REDIALS_MAX)
        if lane.parcel.hidden and not stood:  # who ends each connection is not dialled for every word
            lane.not_before = now + REDIAL_FIRST_S
        if lane.redial is not None:
            lane.redial.cancel()
        wait_s = REDIAL_SOON_S if stood else REDIAL_FIRST_S * 2 ** (lane.redials - 1)
        lane.redial = self._spawn(self._redial(lane, wait_s))

    async def _redial(self, lane: _Lane, wait_s: float) -> None:
        while wait_s <= REDIAL_S_MAX or lane.parcel.hidden:
            if lane.parcel.hidden:
                wait_s = min(wait_s, HIDDEN_S_MAX)
            jitter = int.from_bytes(self._entropy(2), "big") / 0xFFFF
            await self._clock.sleep(wait_s * (0.5 + jitter))
            if lane.is_up or self._lanes.get(lane.parcel.scope) is not lane:
                return
            if await self._dial(lane):
                self._came_up(lane.parcel.scope)
                return
            wait_s = max(REDIAL_FIRST_S, 2 * wait_s)
