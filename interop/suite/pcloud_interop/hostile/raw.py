"""Requests and frames as bytes, over a connection of their own: what no library would send (chapter 13)."""

import base64
import os
import re
import socket
import struct
from contextlib import closing
from typing import Final

from pcloud_interop.hostile.ground import Ground
from pcloud_interop.live.node import MismatchError

PACKETS, LINK, SERVICE = "/pcloud/1/packets", "/pcloud/1/link", "/pcloud/1/service"
TYPE: Final = "application/vnd.pcloud.packet"
PACKET_BYTES_MAX: Final = 65_552
ANSWER_BYTES_MAX: Final = 65_536


class Answer:
    """What came back: a status, or 0 where the connection ended without a word."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        first = data.split(b"\r\n", 1)[0].split(b" ")
        self.status = int(first[1]) if len(first) > 1 and first[1].isdigit() else 0

    @property
    def body(self) -> bytes:
        """What came behind the head."""
        return self.data.partition(b"\r\n\r\n")[2]

    @property
    def whole(self) -> bool:
        """Whether head and body are there."""
        head, end, body = self.data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        return bool(end) and len(body) >= (int(length[1]) if length else 0)


def connected(ground: Ground) -> "closing[socket.socket]":
    """A connection to the port of the node."""
    host, _, port = ground.node.listen.rpartition(":")
    return closing(socket.create_connection((host.strip("[]"), int(port)), timeout=ground.peer.wait_s_max))


def sent(ground: Ground, data: bytes) -> Answer:
    """Send these bytes over a connection of their own; the answer, or what came before it ended."""
    got = bytearray()
    with connected(ground) as connection:
        try:
            connection.sendall(data)
            while not Answer(bytes(got)).whole and (more := connection.recv(ANSWER_BYTES_MAX)):
                got += more
        except ConnectionError:
            return Answer(bytes(got))
        except TimeoutError:
            raise MismatchError("the connection stays open, and nothing comes") from None
    return Answer(bytes(got))


def reset(ground: Ground, data: bytes) -> None:
    """Send these bytes over a connection of their own, and reset it without a look at the answer."""
    with connected(ground) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(data)


def head(ground: Ground, line: str, *more: str, host: str | None = "") -> bytes:
    """The head of a request; without a host where that is None."""
    named = () if host is None else (f"Host: {host or ground.node.listen}",)
    return "\r\n".join((line, *named, *more, "", "")).encode("latin-1")


def post(
    ground: Ground, *more: str, body: bytes = bytes(20), length: str | None = "20", typ: str = TYPE
) -> bytes:
    """A packet with more or other lines in its head."""
    sizes = () if length is None else (f"Content-Length: {length}",)
    return head(ground, f"POST {PACKETS} HTTP/1.1", f"Content-Type: {typ}", *sizes, *more) + body


def get(ground: Ground, path: str, *more: str, host: str | None = "") -> bytes:
    """A request for a path."""
    return head(ground, f"GET {path} HTTP/1.1", *more, host=host)


def upgrade(ground: Ground, *more: str, path: str = LINK, version: int = 13) -> bytes:
    """A request to go on as a WebSocket."""
    key = base64.b64encode(os.urandom(16)).decode()
    lines = ("Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Key: {key}")
    return get(ground, path, *lines, f"Sec-WebSocket-Version: {version}", *more)


def frame(head: int, payload: bytes, *, masked: bool = True) -> bytes:
    """A frame of RFC 6455, masked with zeros."""
    size = len(payload)
    short = size if size < 126 else 126 if size < 65_536 else 127
    wide = b"" if size < 126 else size.to_bytes(2 if short == 126 else 8, "big")
    return bytes([head, short | (0x80 if masked else 0)]) + wide + (bytes(4) if masked else b"") + payload


def ended(ground: Ground, frames: bytes, path: str = LINK, protocol: str = "pcloud.1") -> None:
    """Require that a link is opened, and ended by what is sent over it."""
    with connected(ground) as connection:
        connection.sendall(upgrade(ground, f"Sec-WebSocket-Protocol: {protocol}", path=path))
        got = b""
        while b"\r\n\r\n" not in got:
            if not (more := connection.recv(4_096)):
                break
            got += more
        if Answer(got).status != 101:
            raise MismatchError(f"a link is answered {Answer(got).status}")
        try:
            connection.sendall(frames)
            while more := connection.recv(4_096):
                if more[:1] == b"\x82":
                    raise MismatchError("a packet came over a link that has to end")
        except ConnectionError:
            return
        except TimeoutError:
            raise MismatchError("the link does not end") from None
