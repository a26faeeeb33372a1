"""What strangers and clumsy programs send to the doors of a node: bytes with canaries in every part."""

import asyncio
import base64
import os
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from pcloud.limits import MAILBOX_BYTES
from pcloud.net.packet import PACKET_TYPE, SUBPROTOCOL

ANSWER_S_MAX = 3.0
LONG = 2_000
"""Canaries in a row that no door takes."""

Text = Callable[[], str]


def request(line: str, host: str, *headers: str, body: bytes = b"") -> bytes:
    """A request that is one, with headers of any kind."""
    head = [line, f"Host: {host}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(head).encode("utf-8", "surrogatepass") + body


async def deliver(place: Path | int, data: bytes) -> bytes:
    """Send bytes to a Unix socket or a port; gives what is answered, if anything is."""
    if isinstance(place, Path):
        reader, writer = await asyncio.open_unix_connection(place)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", place)
    answer = b""
    with suppress(OSError, TimeoutError):
        writer.write(data)
        async with asyncio.timeout(ANSWER_S_MAX):
            answer = await reader.read(65_536)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return answer


def no_http(text: Text, host: str) -> Iterator[bytes]:
    """What no server can take for a request, or only with pain."""
    yield f"{text()}\r\n\r\n".encode()
    yield f"GET /{text()} HTTP/9.{text()}\r\n\r\n".encode()
    yield f"{text()} / HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    yield f"GET /{text()} HTTP/1.1\r\nHost: {host}\r\n X-Folded: {text()}\r\n\r\n".encode()
    yield f"GET / HTTP/1.1\r\nHost: {host}\r\n{text()}\r\n\r\n".encode()
    yield f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Control: \x01{text()}\r\n\r\n".encode()
    yield f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: {text()}\r\n\r\n".encode()
    chunked = f"POST /v1/connect HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield f"{chunked}{text()}\r\n".encode()
    yield f"GET / HTTP/1.1\r\nHost: {host}\r\nX-Long: {text() * LONG}\r\n\r\n".encode()
    yield request(f"GET /%00%ff{text()}?{text()}={text()}#{text()} HTTP/1.1", host)
    yield request(f"GET http://{text()}/ HTTP/1.1", host)
    yield request("GET / HTTP/1.1", text())
    yield request("GET / HTTP/1.1", host, f"Host: {text()}")
    yield request("GET / HTTP/1.1", host, f"Cookie: {text()}", f"{text()}: {text()}", f"User-Agent: {text()}")


def to_the_owners_door(text: Text) -> Iterator[bytes]:
    """Questions that the owner API refuses."""
    yield from no_http(text, "localhost")
    as_json = "Content-Type: application/json"
    bodies = [
        f'{{"text": "{text()}"}}',
        f'{{"text": "{text()}"',
        f'{{"{text()}": 1}}',
        f'{{"text": ["{text()}"]}}',
        f'{{"text": "{text()}", "text": "{text()}"}}',
        f'{{"text": "\\ud800{text()}"}}',
        "[" * LONG + f'"{text()}"',
        text(),
    ]
    for body in bodies:
        for path in (f"/v1/peers/{text()}/say", "/v1/contacts", "/v1/invitations", "/v1/terms"):
            yield request(f"POST {path} HTTP/1.1", "localhost", as_json, body=body.encode())
    yield request("POST /v1/contacts HTTP/1.1", "localhost", as_json, body=b"\xff\xfe" + text().encode())
    yield request("POST /v1/contacts HTTP/1.1", "localhost", as_json, body=text().encode() * LONG)
    yield request("POST /v1/contacts HTTP/1.1", "localhost", f"Content-Type: {text()}", body=b"{}")
    yield request(f"GET /v1/{text()} HTTP/1.1", "localhost")
    yield request(f"GET /v1/peers/{text()}/log?before={text()} HTTP/1.1", "localhost")
    yield request(f"GET /v1/events?after={text()} HTTP/1.1", "localhost", f"Last-Event-ID: {text()}")
    yield request("GET /v1/status HTTP/1.1", "localhost", f"Authorization: Bearer {text()}")
    yield request("GET /v1/status HTTP/1.1", "localhost", f"Origin: http://{text()}", f"Referer: {text()}")


def to_the_public_door(text: Text, port: int) -> Iterator[bytes]:
    """Requests and links of somebody who is nobody's peer."""
    host = f"127.0.0.1:{port}"
    yield from no_http(text, host)
    packet = f"Content-Type: {PACKET_TYPE}"
    for body in (os.urandom(MAILBOX_BYTES) + text().encode(), text().encode(), text().encode() * LONG):
        yield request("POST /pcloud/1/packets HTTP/1.1", host, packet, body=body)
    yield request("POST /pcloud/1/packets HTTP/1.1", host, f"Content-Type: {text()}", body=text().encode())
    yield request("POST /pcloud/1/packets HTTP/1.1", host, packet, f"X-Forwarded-For: {text()}", body=b"1")
    yield request("POST /pcloud/1/packets HTTP/1.1", host, packet, f"Expect: {text()}", body=b"1")
    yield request(f"GET /pcloud/1/invitations/{text()[:22]} HTTP/1.1", host)
    yield request(f"GET /.well-known/pcloud?{text()} HTTP/1.1", host)
    for frame in (
        masked(1, text().encode()),
        masked(2, os.urandom(MAILBOX_BYTES) + text().encode()),
        masked(2, text().encode() * LONG),
        masked(8, struct.pack(">H", 1000) + text().encode()),
        masked(9, text().encode()) + masked(10, text().encode()) + masked(3, text().encode()),
        b"\x82\x25" + text().encode(),
        b"\xff" + text().encode(),
    ):
        yield upgrade(host, SUBPROTOCOL) + frame
    yield upgrade(host, text())


def upgrade(host: str, protocol: str) -> bytes:
    """The beginning of a link (RFC 6455 §4.1)."""
    key = base64.b64encode(os.urandom(16)).decode()
    return request(
        "GET /pcloud/1/link HTTP/1.1", host, "Connection: Upgrade", "Upgrade: websocket",
        "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", f"Sec-WebSocket-Protocol: {protocol}",
    )  # fmt: skip


def masked(opcode: int, payload: bytes) -> bytes:
    """A WebSocket frame under a mask of zeros (RFC 6455 §5.2)."""
    size = len(payload)
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 65_536:
        length = b"\xfe" + struct.pack(">H", size)
    else:
        length = b"\xff" + struct.pack(">Q", size)
    return bytes([0x80 | opcode]) + length + bytes(4) + payload
