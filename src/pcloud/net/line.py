"""A WebSocket as a service line, whichever side opened it (spec 13 §10)."""

from collections.abc import Awaitable, Callable

from aiohttp import WSCloseCode

from pcloud.errors import Code, UsageError
from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.net.channel import Channel


class WebSocketLine:
    """One connection, from when it is made until `close`."""

    def __init__(
        self,
        channel: Channel,
        source: str,
        *,
        shown: Callable[[], None] | None = None,
        let_go: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`shown` is called when the first message has come; `let_go` frees what is below at the end."""
        self._channel = channel
        self._source = source
        self._shown = shown
        self._let_go = let_go
        channel.begin()

    @property
    def source(self) -> str:
        """Where it comes from, or the endpoint that was called."""
        return self._source

    async def send(self, message: bytes) -> None:
        """Give a message over; waits while the other end does not read. Raises UnreachableError."""
        await self._channel.send((checked(message),))

    async def receive(self) -> bytes | None:
        """The next message; None once the line has ended."""
        message = await self._channel.receive()
        if message == b"":
            await self._channel.close(WSCloseCode.POLICY_VIOLATION)
            return None
        if message is not None and self._shown is not None:
            self._shown()
            self._shown = None
        return message

    async def close(self) -> None:
        """End it: a goodbye, and what it takes where nobody answers."""
        self._channel.end()
        try:
            await self._channel.close()
        finally:
            if self._let_go is not None:
                await self._let_go()


def checked(message: bytes) -> bytes:
    """The message, where a service line takes it. Raises UsageError for another length."""
    if not 0 < len(message) <= SERVICE_BYTES_MAX:
        raise UsageError(Code.FRAME_TOO_LARGE, "a message of a service line has 1 to 66,560 bytes")
    return message
