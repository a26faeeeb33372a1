"""Bytes as a stranger sends them, and a node that listens for them."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from tests.contract.net.worlds import LOOPBACK, Taker

from pcloud.net.http import HttpNet
from pcloud.net.packet import (
    LINK_PATH,
    PACKET_TYPE,
    PACKETS_PATH,
    SERVICE_PATH,
    SERVICE_SUBPROTOCOL,
    SUBPROTOCOL,
)
from pcloud.net.port import Packet
from pcloud.net.settings import Caps, Deadlines, NetSettings

QUICK = Deadlines(
    header_s=0.25,
    body_s=0.5,
    body_grace_s=0.2,
    handshake_s=0.25,
    idle_s=0.25,
    ping_s=0.1,
    outgoing_s=1.0,
    closing_s=0.1,
)
"""For tests of deadlines: who does not go on is ended soon. A busy machine may meet them by accident."""

USUAL = Deadlines(closing_s=0.1)
"""For all others: the real deadlines, but a quick goodbye."""

PACKET = Packet(b"m" * 16, b"frame")
BODY = PACKET.mailbox + PACKET.frame


class Told(NamedTuple):
    """All that a connection said until it ended."""

    statuses: list[int]
    data: bytes


class Node:
    """A net that listens, and what it took."""

    def __init__(self, net: HttpNet, taker: Taker) -> None:
        self.net = net
        self.taker = taker
        self.host, self.port = net.address

    @property
    def endpoint(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def took(self) -> list[Packet]:
        return [packet for packet, _, _ in self.taker.came]

    async def ask(self, data: bytes, *, source: str = "127.0.0.1", end: bool = False) -> Told:
        """Send bytes, and read until the node ends the connection; `end` half-closes our side first."""
        reader, writer = await asyncio.open_connection(self.host, self.port, local_addr=(source, 0))
        try:
            writer.write(data)
            if end:
                writer.write_eof()
            return await read_all(reader, writer)
        finally:
            writer.transport.abort()

    def head(self, start: str, *fields: str | bytes, host: str | None = None) -> bytes:
        """A request's head, with a `Host` that is right unless another is given; "" for none."""
        shown = f"localhost:{self.port}" if host is None else host
        lines = [start.encode("latin-1")]
        lines += [f"Host: {shown}".encode("latin-1")] if shown else []
        lines += [field if isinstance(field, bytes) else field.encode("latin-1") for field in fields]
        return b"\r\n".join(lines) + b"\r\n\r\n"

    def post(self, *fields: str | bytes, body: bytes = BODY, **other: str) -> bytes:
        """A post; with a right length unless fields say otherwise."""
        start = other.pop("start", f"POST {PACKETS_PATH} HTTP/1.1")
        kind = other.pop("kind", f"Content-Type: {PACKET_TYPE}")
        given = fields or (f"Content-Length: {len(body)}",)
        return self.head(start, kind, *given, **other) + body

    def call(self) -> bytes:
        """The head that opens a service line."""
        return self.upgrade(f"Sec-WebSocket-Protocol: {SERVICE_SUBPROTOCOL}", path=SERVICE_PATH)

    def last(self) -> bytes:
        """A request of which we know the answer, 404, and after which the connection ends."""
        return self.head("GET /nothing HTTP/1.1", "Connection: close")

    def upgrade(self, *fields: str, path: str = LINK_PATH) -> bytes:
        """The head that opens a link, or what is on another path."""
        return self.head(
            f"GET {path} HTTP/1.1",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            *(fields or (f"Sec-WebSocket-Protocol: {SUBPROTOCOL}",)),
        )


@asynccontextmanager
async def listening(**settings: object) -> AsyncIterator[Node]:
    """A node on loopback."""
    taker = Taker()
    given = {"deadlines": USUAL, "allow_private": LOOPBACK, "caps": Caps(lookups_per_min=10**6), **settings}
    net = HttpNet(NetSettings(**given))  # type: ignore[arg-type] # what a test says it is
    await net.listen(taker)
    try:
        yield Node(net, taker)
    finally:
        taker.let_go.set()
        await net.close()


async def read_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter | None = None) -> Told:
    """Everything until the other end has closed. A connection that stays open fails the test."""
    data = b""
    async with asyncio.timeout(5):
        try:
            if writer is not None:
                await writer.drain()
            while chunk := await reader.read(65_536):
                data += chunk
        except ConnectionError:  # closed while we were still sending
            data += b""
    return Told([int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", data)], data)


def frame(
    payload: bytes, *, operation: int = 2, first: int = 0x80, masked: bool = True, length: bytes = b""
) -> bytes:
    """A WebSocket frame, as wrong as asked for; the mask is zero, which changes nothing."""
    flag = 0x80 if masked else 0
    if not length:
        size = len(payload)
        if size < 126:
            length = bytes([flag | size])
        elif size < 65_536:
            length = bytes([flag | 126]) + size.to_bytes(2, "big")
        else:
            length = bytes([flag | 127]) + size.to_bytes(8, "big")
    return bytes([first | operation]) + length + (bytes(4) if masked else b"") + payload
