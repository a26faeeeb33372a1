"""A WebSocket as a link, whichever side opened it (spec 13 §4)."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from aiohttp import WSCloseCode, WSMessage, WSMsgType

from pcloud.limits import MAILBOX_BYTES
from pcloud.net.packet import PACKET_BYTES_MIN, write_packet
from pcloud.net.port import Packet, Receiver, UnreachableError
from pcloud.net.reasons import GONE
from pcloud.net.settings import PINGS_MAX, PINGS_MISSED_MAX, Deadlines


class Socket(Protocol):
    """What the library's WebSockets of both sides have in common."""

    @property
    def closed(self) -> bool:
        """Whether nothing can be written any more."""

    async def receive(self) -> WSMessage:
        """The next message, or one that says that there is no more."""

    async def send_bytes(self, data: bytes) -> None:
        """Write a message; waits while too much is unsent. Raises ConnectionError."""

    async def ping(self, message: bytes = b"") -> None:
        """Write a ping. Raises ConnectionError."""

    async def pong(self, message: bytes = b"") -> None:
        """Write a pong. Raises ConnectionError."""

    async def close(self, *, code: int = WSCloseCode.OK) -> bool:
        """Say goodbye and wait for the answer."""


class WebSocketLink:
    """One connection; `run` reads it until it ends."""

    def __init__(
        self,
        socket: Socket,
        source: str,
        receiver: Receiver,
        deadlines: Deadlines,
        drop: Callable[[], None],
        shown: Callable[[], None] | None = None,
    ) -> None:
        """`drop` ends the connection below at once; `shown` is called when the first packet has come."""
        self._socket = socket
        self._source = source
        self._receiver = receiver
        self._deadlines = deadlines
        self._drop = drop
        self._shown = shown
        self._open = True
        self._writing = asyncio.Lock()
        self._written = 0
        self._written_at_beat = 0
        self._heard = False
        self._delivering = False
        self._missed = 0
        self._pings = 0
        self._beat: asyncio.TimerHandle | None = None
        self._ping: asyncio.Task[None] | None = None

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was dialled."""
        return self._source

    @property
    def open(self) -> bool:
        """Whether packets can still be given to it."""
        return self._open and not self._socket.closed

    async def send(self, packets: tuple[Packet, ...]) -> None:
        """Give packets over. Waits while the other end does not read, which holds up this link only.

        Raises UnreachableError, after which some of them may have arrived.
        """
        async with self._writing:
            for packet in packets:
                if not self.open:
                    raise UnreachableError(GONE)
                try:
                    await self._socket.send_bytes(write_packet(packet))
                except ConnectionError:
                    raise UnreachableError(GONE) from None
                self._written += 1

    async def close(self) -> None:
        """End it: a goodbye, and what it takes where nobody answers."""
        await self._close(WSCloseCode.GOING_AWAY)

    async def run(self) -> None:
        """Hand what comes to the receiver, one after the other, until the connection ends."""
        self._schedule()
        try:
            await self._read()
        finally:
            self._open = False
            if self._beat is not None:
                self._beat.cancel()
            if self._ping is not None:
                self._ping.cancel()
            self._receiver.closed(self)

    async def _read(self) -> None:
        receive, receiver, source = self._socket.receive, self._receiver, self._source
        shown = self._shown
        while True:
            message = await receive()
            self._heard = True
            if message.type is not WSMsgType.BINARY:
                if await self._control(message):
                    continue
                return
            data: bytes = message.data
            if len(data) < PACKET_BYTES_MIN:
                await self._close(WSCloseCode.POLICY_VIOLATION)
                return
            if receiver.refused_often(source):
                self._drop()
                return
            if shown is not None:
                shown()
                shown = None
            self._delivering = True
            await receiver.receive(Packet(data[:MAILBOX_BYTES], data[MAILBOX_BYTES:]), self, source)
            self._delivering = False

    async def _control(self, message: WSMessage) -> bool:
        """Answer what is no packet; False where the connection ends with it."""
        if message.type in {WSMsgType.PING, WSMsgType.PONG}:
            self._pings += 1
            if self._pings > PINGS_MAX:
                self._drop()
                return False
            if message.type is WSMsgType.PING:
                try:
                    await self._socket.pong(message.data)
                except ConnectionError:
                    return False
            return True
        if message.type is WSMsgType.TEXT:
            await self._close(WSCloseCode.UNSUPPORTED_DATA)
        return False

    async def _close(self, code: WSCloseCode) -> None:
        self._open = False
        try:
            async with asyncio.timeout(self._deadlines.closing_s):
                await self._socket.close(code=code)
        except TimeoutError:
            self._drop()

    def _schedule(self) -> None:
        self._beat = asyncio.get_running_loop().call_later(self._deadlines.ping_s, self._look)

    def _look(self) -> None:
        """Ping what is silent; end what stays silent, and what takes nothing of what we write.

        While the receiver holds us we do not read, so silence says nothing about the other end.
        """
        stuck = self._writing.locked() and self._written == self._written_at_beat
        alive = (self._heard or self._delivering) and not stuck
        self._missed = 0 if alive else self._missed + 1
        if self._missed > PINGS_MISSED_MAX:
            self._drop()
            return
        if not self._heard and (self._ping is None or self._ping.done()):
            self._ping = asyncio.create_task(self._send_ping())
        self._heard, self._pings, self._written_at_beat = False, 0, self._written
        self._schedule()

    async def _send_ping(self) -> None:
        with suppress(ConnectionError):  # it has ended, and `run` sees that too
            await self._socket.ping()
