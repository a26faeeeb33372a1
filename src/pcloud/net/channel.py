"""A WebSocket as links and service lines use it, whichever side opened it (spec 13 §4, §10).

Binary messages only, a beat that ends what is silent or takes nothing, and a bound on pings.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Protocol

from aiohttp import WSCloseCode, WSMessage, WSMsgType

from pcloud.net.port import UnreachableError
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


class Channel:
    """One connection. `begin` starts its beat; whoever began it calls `end`."""

    def __init__(self, socket: Socket, deadlines: Deadlines, drop: Callable[[], None]) -> None:
        """`drop` ends the connection below at once."""
        self._socket = socket
        self._deadlines = deadlines
        self.drop = drop
        self._open = True
        self._writing = asyncio.Lock()
        self._written = 0
        self._written_at_beat = 0
        self._heard = False
        self._reading = False
        self._missed = 0
        self._pings = 0
        self._beat: asyncio.TimerHandle | None = None
        self._ping: asyncio.Task[None] | None = None

    @property
    def open(self) -> bool:
        """Whether something can still be sent."""
        return self._open and not self._socket.closed

    def begin(self) -> None:
        """Start the beat."""
        self._beat = asyncio.get_running_loop().call_later(self._deadlines.ping_s, self._look)

    def end(self) -> None:
        """Stop the beat: there is nobody any more who reads. A second time does nothing."""
        self._open = False
        if self._beat is not None:
            self._beat.cancel()
        if self._ping is not None:
            self._ping.cancel()

    async def send(self, messages: Iterable[bytes]) -> None:
        """Write messages. Waits while the other end does not read, which holds up this connection only.

        Raises UnreachableError, after which some of them may have arrived.
        """
        async with self._writing:
            for message in messages:
                if not self.open:
                    raise UnreachableError(GONE)
                try:
                    await self._socket.send_bytes(message)
                except ConnectionError:
                    raise UnreachableError(GONE) from None
                self._written += 1

    async def receive(self) -> bytes | None:
        """The next message; None once the connection has ended, or has to end."""
        receive = self._socket.receive
        self._reading = True
        try:
            while True:
                message = await receive()
                self._heard = True
                if message.type is WSMsgType.BINARY:
                    data: bytes = message.data
                    return data
                if not await self._control(message):
                    return None
        finally:
            self._reading = False

    async def close(self, code: WSCloseCode = WSCloseCode.GOING_AWAY) -> None:
        """A goodbye, and what it takes where nobody answers."""
        self._open = False
        try:
            async with asyncio.timeout(self._deadlines.closing_s):
                await self._socket.close(code=code)
        except TimeoutError:
            self.drop()

    async def _control(self, message: WSMessage) -> bool:
        """Answer what is no binary message; False where the connection ends with it."""
        if message.type in {WSMsgType.PING, WSMsgType.PONG}:
            self._pings += 1
            if self._pings > PINGS_MAX:
                self.drop()
                return False
            if message.type is WSMsgType.PING:
                try:
                    await self._socket.pong(message.data)
                except ConnectionError:
                    return False
            return True
        if message.type is WSMsgType.TEXT:
            await self.close(WSCloseCode.UNSUPPORTED_DATA)
        return False

    def _look(self) -> None:
        """Ping what is silent; end what stays silent, and what takes nothing of what we write.

        While nobody asks for the next message we do not read, so silence says nothing about the other end.
        """
        stuck = self._writing.locked() and self._written == self._written_at_beat
        alive = (self._heard or not self._reading) and not stuck
        self._missed = 0 if alive else self._missed + 1
        if self._missed > PINGS_MISSED_MAX:
            self.drop()
            return
        if not self._heard and (self._ping is None or self._ping.done()):
            self._ping = asyncio.create_task(self._send_ping())
        self._heard, self._pings, self._written_at_beat = False, 0, self._written
        self.begin()

    async def _send_ping(self) -> None:
        with suppress(ConnectionError):  # it has ended, and whoever reads sees that too
            await self._socket.ping()
