"""The net of a node that runs: HTTP and WebSocket, with TLS or behind a proxy that does it (spec 13)."""

import asyncio
import time
from collections.abc import Callable

import aiohttp

from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.net.answers import FOUND, NOT_FOUND, TAKEN
from pcloud.net.channel import Channel
from pcloud.net.line import WebSocketLine
from pcloud.net.link import WebSocketLink
from pcloud.net.outbound import Lookup, Outbound, Way, system_lookup
from pcloud.net.packet import (
    BLOB_BYTES_MAX,
    CARD_PATH,
    INVITATIONS_PATH,
    LINK_PATH,
    PACKET_BYTES_MAX,
    PACKET_TYPE,
    PACKETS_PATH,
    SERVICE_PATH,
    SERVICE_SUBPROTOCOL,
    SUBPROTOCOL,
    write_mailbox,
    write_packet,
)
from pcloud.net.port import NO_PORT, Line, Link, Packet, Receiver, UnreachableError
from pcloud.net.reasons import DEAF, NOTHING, SERVES_NOT, WRONG_ANSWER
from pcloud.net.server import Server
from pcloud.net.settings import NetSettings


class HttpNet:
    """One node's sockets: what comes in goes to its receiver, what goes out passes `Outbound`."""

    def __init__(
        self,
        settings: NetSettings | None = None,
        lookup: Lookup = system_lookup,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings or NetSettings()
        self._elapsed = elapsed
        self._outbound = Outbound(self._settings, lookup, elapsed)
        self._receiver: Receiver | None = None
        self._server: Server | None = None
        self._address = NO_PORT
        self._links: dict[asyncio.Task[None], WebSocketLink] = {}
        self._lines: set[WebSocketLine] = set()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port on which it listens; for port 0 the one that was taken, without a port none."""
        return self._address

    async def listen(self, receiver: Receiver) -> None:
        """Begin to take packets. Raises OSError where the port is in use or a certificate cannot be read."""
        if not self._settings.listens:
            self._receiver = receiver
            return
        server = Server(self._settings, receiver, self._elapsed)
        self._address = await server.start()
        self._server, self._receiver = server, receiver

    async def dial(self, endpoint: str) -> Link:
        """Open a link of its own connection. Raises UnreachableError."""
        if self._receiver is None:
            raise RuntimeError(DEAF)
        way, channel = await self._connect(endpoint, LINK_PATH, SUBPROTOCOL, PACKET_BYTES_MAX)
        link = WebSocketLink(channel, endpoint, self._receiver)
        task = asyncio.create_task(self._run(link, way))
        self._links[task] = link
        task.add_done_callback(self._ended)
        return link

    async def call(self, endpoint: str) -> Line:
        """Open a service line on a connection of its own. Raises UnreachableError."""
        way, channel = await self._connect(endpoint, SERVICE_PATH, SERVICE_SUBPROTOCOL, SERVICE_BYTES_MAX)

        async def let_go() -> None:
            self._lines.discard(line)
            await way.close(self._settings.deadlines.closing_s)

        line = WebSocketLine(channel, endpoint, let_go=let_go)
        self._lines.add(line)
        return line

    async def _connect(
        self, endpoint: str, path: str, subprotocol: str, bytes_max: int
    ) -> tuple[Way, Channel]:
        """A WebSocket, and the way below it, which the caller closes. Raises UnreachableError."""
        deadlines = self._settings.deadlines
        async with self._outbound.attempt(endpoint) as way:
            try:
                opened = await way.session.ws_connect(
                    way.url(path),
                    protocols=(subprotocol,),
                    timeout=aiohttp.ClientWSTimeout(ws_close=deadlines.closing_s),
                    autoping=False,
                    max_msg_size=bytes_max + 1,  # the library refuses what reaches it
                )
            except aiohttp.WSServerHandshakeError as refused:
                serves_not = path == SERVICE_PATH and refused.status == NOT_FOUND
                raise UnreachableError(SERVES_NOT if serves_not else WRONG_ANSWER) from None
            if opened.protocol != subprotocol:
                await opened.close()
                raise UnreachableError(WRONG_ANSWER)
            way.kept = True
        return way, Channel(opened, deadlines, way.cut)

    async def post(self, endpoint: str, packet: Packet) -> None:
        """Give one packet over, on a connection of its own. Raises UnreachableError."""
        body, headers = write_packet(packet), {"Content-Type": PACKET_TYPE}
        async with (
            self._outbound.attempt(endpoint) as way,
            way.session.post(way.url(PACKETS_PATH), data=body, headers=headers) as answer,
        ):
            if answer.status != TAKEN:
                raise UnreachableError(f"this endpoint takes no packet now (status {answer.status})")

    async def fetch(self, endpoint: str, mailbox: bytes) -> bytes:
        """Get the sealed invitation kept under a mailbox. Raises UnreachableError."""
        async with self._outbound.attempt(endpoint, unasked=True) as way:
            return await _get(way, way.url(f"{INVITATIONS_PATH}/{write_mailbox(mailbox)}"))

    async def fetch_card(self, origin: str) -> bytes:
        """Get the node card that an origin publishes. Raises UnreachableError."""
        async with self._outbound.attempt(origin, unasked=True) as way:
            return await _get(way, way.endpoint.origin + CARD_PATH)

    async def close(self) -> None:
        """Stop taking packets, end every connection, let the port go."""
        if self._server is not None:
            await self._server.stop()
            self._server, self._address = None, NO_PORT
        endings = [link.close() for link in self._links.values()] + [line.close() for line in self._lines]
        await asyncio.gather(*endings)
        if self._links:
            _, held = await asyncio.wait(self._links, timeout=self._settings.deadlines.closing_s)
            for task in held:
                task.cancel()  # what the receiver does not let go
            await asyncio.gather(*held, return_exceptions=True)

    async def _run(self, link: WebSocketLink, way: Way) -> None:
        try:
            await link.run()
        finally:
            try:
                await link.close()  # also where it was cut: the library holds on to what nobody closed
            finally:
                await way.close(self._settings.deadlines.closing_s)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._links[task]
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler({"message": "a link failed", "exception": error})


async def _get(way: Way, url: str) -> bytes:
    """What is published there, never more than the longest blob. Raises UnreachableError, ClientError."""
    async with way.session.get(url) as answer:
        if answer.status == NOT_FOUND:
            raise UnreachableError(NOTHING)
        if answer.status != FOUND or "Content-Encoding" in answer.headers:
            raise UnreachableError(WRONG_ANSWER)
        data = bytearray()
        async for chunk in answer.content.iter_any():
            data += chunk
            if len(data) > BLOB_BYTES_MAX:
                raise UnreachableError(WRONG_ANSWER)
        return bytes(data)
