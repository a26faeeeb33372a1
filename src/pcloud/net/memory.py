"""A net without sockets: nets of one process find each other on a switchboard. For tests and simulations."""

import asyncio
import errno
from collections import deque
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from pcloud.net.endpoint import read_target
from pcloud.net.line import checked
from pcloud.net.packet import BLOB_BYTES_MAX, read_packet, write_packet
from pcloud.net.port import NO_PORT, Line, Link, Packet, Receiver, UnreachableError
from pcloud.net.reasons import DEAF, GONE, NO_ANSWER, NOTHING, SERVES_NOT

AnyNet = TypeVar("AnyNet")

PIPE_PACKETS_MAX: Final = 64
"""Packets or messages under way in one direction; whoever sends more waits."""

POSTS_MAX: Final = 64
"""Posted packets that wait for one node; beyond it posts are refused."""


class Directory(Generic[AnyNet]):
    """Who listens at which endpoint."""

    def __init__(self) -> None:
        self.nets: dict[str, AnyNet] = {}

    def find(self, endpoint: str) -> AnyNet:
        """The net that listens there. Raises UnreachableError."""
        net = self.nets.get(endpoint)
        if net is None:
            raise UnreachableError(NO_ANSWER)
        return net

    def find_origin(self, origin: str) -> AnyNet:
        """A net whose endpoint is at this origin. Raises UnreachableError."""
        wanted = read_target(origin).origin
        for endpoint, net in self.nets.items():
            if read_target(endpoint).origin == wanted:
                return net
        raise UnreachableError(NO_ANSWER)


class Switchboard(Directory["MemoryNet"]):
    """The nets of one process."""


class MemoryNet:
    """One node's end of a switchboard."""

    def __init__(self, switchboard: Switchboard, endpoint: str, source: str) -> None:
        """`source` is what others count it by, as they would an address; no endpoint, no open port."""
        self._switchboard = switchboard
        self._endpoint = endpoint
        self._source = source
        self._receiver: Receiver | None = None
        self._links: dict[asyncio.Task[None], MemoryLink] = {}
        self._posts: set[asyncio.Task[None]] = set()
        self._lines: dict[asyncio.Task[None], MemoryLine] = {}
        self._called: set[MemoryLine] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its endpoint."""
        if not self._endpoint:
            return NO_PORT
        endpoint = read_target(self._endpoint)
        return endpoint.host, endpoint.port

    async def listen(self, receiver: Receiver) -> None:
        """Begin to take packets. Raises OSError where another net has the endpoint."""
        if self._endpoint in self._switchboard.nets:
            raise OSError(errno.EADDRINUSE, "another net listens there")
        self._receiver = receiver
        if self._endpoint:
            self._switchboard.nets[self._endpoint] = self

    async def dial(self, endpoint: str) -> Link:
        """Open a link. Raises UnreachableError."""
        if self._receiver is None:
            raise RuntimeError(DEAF)
        there = self._switchboard.find(endpoint)
        if there.receiver.refused_often(self._source):
            raise UnreachableError(NO_ANSWER)
        out, back = _Pipe(), _Pipe()
        there.attach(MemoryLink(self._source, out, back))
        link = MemoryLink(endpoint, back, out)
        self.attach(link)
        return link

    async def call(self, endpoint: str) -> Line:
        """Open a service line. Raises UnreachableError."""
        there = self._switchboard.find(endpoint)
        if there.receiver.refused_often(self._source):
            raise UnreachableError(NO_ANSWER)
        if not there.receiver.serves:
            raise UnreachableError(SERVES_NOT)
        out, back = _Pipe(), _Pipe()
        there.attend(MemoryLine(self._source, out, back))
        line = MemoryLine(endpoint, back, out, self._called.discard)
        self._called.add(line)
        return line

    async def post(self, endpoint: str, packet: Packet) -> None:
        """Give one packet over. Raises UnreachableError."""
        self._switchboard.find(endpoint).take(write_packet(packet), self._source)

    async def fetch(self, endpoint: str, mailbox: bytes) -> bytes:
        """Get the sealed invitation kept under a mailbox. Raises UnreachableError."""
        return _published(await self._switchboard.find(endpoint).receiver.blob(mailbox))

    async def fetch_card(self, origin: str) -> bytes:
        """Get the node card that an origin publishes. Raises UnreachableError."""
        return _published(await self._switchboard.find_origin(origin).receiver.card())

    async def close(self) -> None:
        """Stop taking packets, and end every link."""
        if self._switchboard.nets.get(self._endpoint) is self:
            del self._switchboard.nets[self._endpoint]
        for link in self._links.values():
            await link.close()
        for line in [*self._lines.values(), *self._called]:
            await line.close()
        tasks = [*self._links, *self._posts, *self._lines]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---------------------------------------------------------------- what the other net calls

    @property
    def receiver(self) -> Receiver:
        """Who takes what arrives."""
        if self._receiver is None:
            raise RuntimeError(DEAF)
        return self._receiver

    def take(self, data: bytes, source: str) -> None:
        """Take a posted packet, delivered later. Raises UnreachableError."""
        packet = read_packet(data)
        if packet is None or self.receiver.refused_often(source) or len(self._posts) >= POSTS_MAX:
            raise UnreachableError(NO_ANSWER)
        delivery = asyncio.create_task(self._deliver(packet, source))
        self._posts.add(delivery)
        delivery.add_done_callback(self._posts.discard)

    def attach(self, link: "MemoryLink") -> None:
        """Read a link until it ends."""
        reading = asyncio.create_task(link.run(self.receiver))
        self._links[reading] = link
        reading.add_done_callback(self._links.pop)

    def attend(self, line: "MemoryLine") -> None:
        """Serve a line until it is done with."""
        serving = asyncio.create_task(self._serve(line))
        self._lines[serving] = line
        serving.add_done_callback(self._lines.pop)

    async def _serve(self, line: "MemoryLine") -> None:
        try:
            await self.receiver.serve(line)
        finally:
            await line.close()

    async def _deliver(self, packet: Packet, source: str) -> None:
        await self.receiver.receive(packet, None, source)


class MemoryLink:
    """One end of a link."""

    def __init__(self, source: str, incoming: "_Pipe", outgoing: "_Pipe") -> None:
        self._source = source
        self._incoming = incoming
        self._outgoing = outgoing

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was dialled."""
        return self._source

    @property
    def open(self) -> bool:
        """Whether packets can still be given to it."""
        return not self._outgoing.ended

    async def send(self, packets: tuple[Packet, ...]) -> None:
        """Give packets over; waits while the other end does not read. Raises UnreachableError."""
        for packet in packets:
            await self._outgoing.put(write_packet(packet))

    async def close(self) -> None:
        """End it. What was sent before still arrives; what was not read here is gone."""
        self._outgoing.end()
        self._incoming.end()
        self._incoming.waiting.clear()

    async def run(self, receiver: Receiver) -> None:
        """Hand what comes to the receiver until one side ends it."""
        try:
            while (data := await self._incoming.get()) is not None:
                packet = read_packet(data)
                if packet is None or receiver.refused_often(self._source):
                    break
                await receiver.receive(packet, self, self._source)
        finally:
            await self.close()
            receiver.closed(self)


class MemoryLine:
    """One end of a service line."""

    def __init__(
        self,
        source: str,
        incoming: "_Pipe",
        outgoing: "_Pipe",
        closed: "Callable[[MemoryLine], None] | None" = None,
    ) -> None:
        """`closed` is told when this end is closed."""
        self._source = source
        self._incoming = incoming
        self._outgoing = outgoing
        self._closed = closed

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was called."""
        return self._source

    async def send(self, message: bytes) -> None:
        """Give a message over; waits while the other end does not read. Raises UnreachableError."""
        await self._outgoing.put(checked(message))

    async def receive(self) -> bytes | None:
        """The next message; None once the line has ended."""
        return await self._incoming.get()

    async def close(self) -> None:
        """End it. What was sent before still arrives; what was not read here is gone."""
        self._outgoing.end()
        self._incoming.end()
        self._incoming.waiting.clear()
        if self._closed is not None:
            self._closed(self)


class _Pipe:
    """One direction of a link."""

    def __init__(self) -> None:
        self.waiting: deque[bytes] = deque()
        self.ended = False
        self._room = asyncio.Event()
        self._some = asyncio.Event()

    async def put(self, data: bytes) -> None:
        """Add, once there is room. Raises UnreachableError when it has ended."""
        while len(self.waiting) >= PIPE_PACKETS_MAX and not self.ended:
            self._room.clear()
            await self._room.wait()
        if self.ended:
            raise UnreachableError(GONE)
        self.waiting.append(data)
        self._some.set()

    async def get(self) -> bytes | None:
        """The oldest, once there is one; None at the end."""
        while not self.waiting and not self.ended:
            self._some.clear()
            await self._some.wait()
        if not self.waiting:
            return None
        self._room.set()
        return self.waiting.popleft()

    def end(self) -> None:
        """Nothing more goes in; what is inside may still come out."""
        self.ended = True
        self._room.set()
        self._some.set()


def _published(data: bytes | None) -> bytes:
    if data is None or not 0 < len(data) <= BLOB_BYTES_MAX:
        raise UnreachableError(NOTHING)
    return data
