"""A machine's end of the air: the port `Net`, with a context of its own for whatever comes in."""

import asyncio
import errno
from collections.abc import Coroutine
from contextvars import Context
from functools import partial
from typing import Any, Final

from pcloud.net.endpoint import read_target
from pcloud.net.line import checked
from pcloud.net.memory import Directory
from pcloud.net.packet import BLOB_BYTES_MAX
from pcloud.net.port import NO_PORT, Line, Link, Packet, Receiver, UnreachableError
from pcloud.net.reasons import DEAF, NO_ANSWER, NOTHING, SERVES_NOT
from pcloud.testing.simulation.air import Air, Connection, End, packet_of

POSTS_MAX: Final = 64
"""Packets that came by themselves and wait for the node; beyond it they are refused."""


class Town(Directory["TownNet"]):
    """Who listens at which endpoint, and the air between them."""

    def __init__(self, air: Air) -> None:
        super().__init__()
        self.air = air


class TownNet:
    """One node's net, from its start to its end."""

    def __init__(self, town: Town, endpoint: str, name: str, context: Context) -> None:
        """`name` is what others count it by; no endpoint, no open port. Tasks run in `context`."""
        self.name = name
        self._town, self._air, self._endpoint, self._context = town, town.air, endpoint, context
        self._receiver: Receiver | None = None
        self._tasks: dict[asyncio.Task[None], None] = {}
        self._ends: dict[End, None] = {}
        self._posts = 0

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of its endpoint."""
        if not self._endpoint:
            return NO_PORT
        endpoint = read_target(self._endpoint)
        return endpoint.host, endpoint.port

    @property
    def receiver(self) -> Receiver:
        """Who takes what arrives."""
        if self._receiver is None:
            raise RuntimeError(DEAF)
        return self._receiver

    async def listen(self, receiver: Receiver) -> None:
        """Begin to take packets. Raises OSError where another net has the endpoint."""
        if self._endpoint in self._town.nets:
            raise OSError(errno.EADDRINUSE, "another net listens there")
        self._receiver = receiver
        if self._endpoint:
            self._town.nets[self._endpoint] = self
            self._air.doors[self.name] = self.take

    async def dial(self, endpoint: str) -> Link:
        """Open a link. Raises UnreachableError."""
        there = await self._reach(endpoint)
        mine, other = self._connect(there)
        there.attach(TownLink(other, there, self.name))
        link = TownLink(mine, self, endpoint)
        self.attach(link)
        return link

    async def call(self, endpoint: str) -> Line:
        """Open a service line. Raises UnreachableError."""
        there = await self._reach(endpoint)
        if not there.receiver.serves:
            raise UnreachableError(SERVES_NOT)
        mine, other = self._connect(there)
        there.attend(TownLine(other, self.name))
        return TownLine(mine, endpoint)

    async def _reach(self, endpoint: str) -> "TownNet":
        there = self._town.find(endpoint)
        await self._air.round_trip((self.name, there.name))
        there = self._town.find(endpoint)
        if there.receiver.refused_often(self.name):
            raise UnreachableError(NO_ANSWER)
        return there

    def _connect(self, there: "TownNet") -> tuple[End, End]:
        mine, other = Connection(self._air, self.name, there.name).ends
        self.keep(mine)
        there.keep(other)
        return mine, other

    def keep(self, end: End) -> None:
        """Know an end of a connection, until it has ended."""
        for known in [known for known in self._ends if known.ended]:
            del self._ends[known]
        self._ends[end] = None

    async def post(self, endpoint: str, packet: Packet) -> None:
        """Give one packet over. Raises UnreachableError, also where only the answer is lost."""
        there = self._town.find(endpoint)
        path = self.name, there.name
        for delay_s, data in self._air.carry(path, packet):
            self._air.later(delay_s, partial(self._drop_in, there.name, data))
        await self._air.round_trip(path)

    def _drop_in(self, name: str, data: bytes) -> None:
        """Give a packet to whoever stands at that door by now."""
        take = self._air.doors.get(name)
        if take is not None:
            take(data, self.name)

    async def fetch(self, endpoint: str, mailbox: bytes) -> bytes:
        """Get the sealed invitation kept under a mailbox. Raises UnreachableError."""
        there = await self._reach(endpoint)
        return await there.publish(there.receiver.blob(mailbox))

    async def fetch_card(self, origin: str) -> bytes:
        """Get the node card that an origin publishes. Raises UnreachableError."""
        there = self._town.find_origin(origin)
        await self._air.round_trip((self.name, there.name))
        return await there.publish(there.receiver.card())

    async def close(self) -> None:
        """Stop taking packets, and end every connection."""
        self.vanish()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))

    def vanish(self) -> None:
        """Be heard of no more, as after the end of the process."""
        if self._town.nets.get(self._endpoint) is self:
            del self._town.nets[self._endpoint]
            del self._air.doors[self.name]
        for end in self._ends:
            end.close()
        self._ends.clear()

    # ---------------------------------------------------------------- what comes in

    def take(self, data: bytes, source: str) -> None:
        """Take a packet that comes beside any link; dropped where there are too many."""
        if self._posts >= POSTS_MAX or self.receiver.refused_often(source):
            return
        self._posts += 1
        self._begin(self._deliver(data, source))

    async def _deliver(self, data: bytes, source: str) -> None:
        try:
            await self.receiver.receive(packet_of(data), None, source)
        finally:
            self._posts -= 1

    def attach(self, link: "TownLink") -> None:
        """Read a link until it ends."""
        self._begin(link.run(self.receiver))

    def attend(self, line: "TownLine") -> None:
        """Serve a line until it is done with."""
        self._begin(self._serve(line))

    async def _serve(self, line: "TownLine") -> None:
        try:
            await self.receiver.serve(line)
        finally:
            await line.close()

    async def publish(self, looked: Coroutine[Any, Any, bytes | None]) -> bytes:
        """What this node finds that it publishes. Raises UnreachableError where there is nothing."""
        data = await asyncio.get_running_loop().create_task(looked, context=self._context)
        if data is None or not 0 < len(data) <= BLOB_BYTES_MAX:
            raise UnreachableError(NOTHING)
        return data

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, context=self._context)
        self._tasks[task] = None
        task.add_done_callback(self._ended, context=self._context)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)


class TownLink:
    """One end of a link."""

    def __init__(self, end: End, net: TownNet, source: str) -> None:
        self._end, self._net, self._source = end, net, source

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was dialled."""
        return self._source

    @property
    def open(self) -> bool:
        """Whether packets can still be given to it."""
        return not self._end.ended

    async def send(self, packets: tuple[Packet, ...]) -> None:
        """Give packets over. Raises UnreachableError."""
        for packet in packets:
            await self._end.send_packet(packet)

    async def close(self) -> None:
        """End it. What was sent before still arrives; what was not read here is gone."""
        self._end.close()

    async def run(self, receiver: Receiver) -> None:
        """Hand what comes to the receiver until one side ends it."""
        try:
            while (data := await self._end.receive()) is not None:
                if receiver.refused_often(self._source):
                    break
                await receiver.receive(packet_of(data), self, self._source)
        finally:
            self._end.close()
            receiver.closed(self)


class TownLine:
    """One end of a service line."""

    def __init__(self, end: End, source: str) -> None:
        self._end, self._source = end, source

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was called."""
        return self._source

    async def send(self, message: bytes) -> None:
        """Give a message over. Raises UnreachableError."""
        await self._end.send_message(checked(message))

    async def receive(self) -> bytes | None:
        """The next message; None once the line has ended."""
        return await self._end.receive()

    async def close(self) -> None:
        """End it. What was sent before still arrives; what was not read here is gone."""
        self._end.close()
