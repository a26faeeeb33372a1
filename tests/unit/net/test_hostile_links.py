"""WebSocket frames that are none, by raw bytes: each ends the link, and nothing is delivered of it."""

import asyncio
import struct
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from tests.unit.net.raw import BODY, PACKET, Node, Told, frame, listening, read_all

from pcloud.net.packet import LINK_PATH, PACKET_BYTES_MAX
from pcloud.net.settings import PINGS_MAX

GOOD = frame(BODY)
PONG, PING, CLOSE, TEXT, MORE = 10, 9, 8, 1, 0


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with listening() as made:
        yield made


async def linked(node: Node, data: bytes) -> Told:
    """Open a link, send this, and read until it ends."""
    told = await node.ask(node.upgrade() + data)
    assert told.statuses[:1] == [101]
    return told


def close_code(told: Told) -> int | None:
    """The code of the close frame at the end; None where the connection just ended."""
    rest = told.data.partition(b"\r\n\r\n")[2]
    return struct.unpack("!H", rest[2:4])[0] if rest[:1] == b"\x88" else None


async def test_good_frames_are_packets_and_a_goodbye_ends_them(node: Node) -> None:
    """[TRANSPORT-14]"""
    told = await linked(node, GOOD * 3 + frame(b"\x03\xe8", operation=CLOSE))
    assert told.statuses == [101]
    assert b"sec-websocket-protocol: pcloud.1\r\n" in told.data.lower()
    assert close_code(told) == 1000
    assert node.took == [PACKET] * 3
    assert len(node.taker.ended) == 1


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(frame(BODY, masked=False), id="no mask"),
        pytest.param(frame(bytes(300), masked=False), id="no mask, 16-bit length"),
        pytest.param(frame(bytes(PACKET_BYTES_MAX), masked=False), id="no mask, 64-bit length"),
        pytest.param(frame(b"", operation=PING, masked=False), id="ping without mask"),
        pytest.param(frame(BODY, first=0xC0), id="RSV1"),
        pytest.param(frame(BODY, first=0xA0), id="RSV2"),
        pytest.param(frame(BODY, first=0x90), id="RSV3"),
        pytest.param(frame(b"", operation=PING, first=0xC0), id="ping with RSV1"),
        pytest.param(frame(BODY, operation=3), id="unknown operation"),
        pytest.param(frame(BODY, operation=11), id="unknown control operation"),
        pytest.param(frame(b"", operation=PING, first=0x00), id="fragmented ping"),
        pytest.param(frame(b"", operation=CLOSE, first=0x00), id="fragmented close"),
        pytest.param(frame(bytes(126), operation=PING), id="long ping"),
        pytest.param(frame(BODY, operation=MORE), id="continuation of nothing"),
        pytest.param(frame(BODY, first=0) + frame(BODY), id="new message inside another"),
        pytest.param(frame(b"", length=b"\xff" + b"\x80" + bytes(7)), id="2^63 bytes"),
        pytest.param(frame(b"", length=b"\xff" + b"\xff" * 8), id="2^64 - 1 bytes"),
        pytest.param(frame(b"", length=b"\xff" + b"\x7f" + b"\xff" * 7), id="2^63 - 1 bytes"),
        pytest.param(frame(bytes(PACKET_BYTES_MAX + 1)), id="too long by one"),
        pytest.param(
            frame(bytes(PACKET_BYTES_MAX), first=0) + frame(b"x", operation=MORE), id="too long in parts"
        ),
        pytest.param(frame(b"text", operation=TEXT), id="text"),
        pytest.param(frame(b"\xff\xfe", operation=TEXT), id="text that is no UTF-8"),
        pytest.param(frame(b""), id="empty"),
        pytest.param(frame(BODY[:16]), id="no frame in it"),
        pytest.param(frame(struct.pack("!H", 1005), operation=CLOSE), id="close with 1005"),
        pytest.param(frame(b"\x03", operation=CLOSE), id="close with one byte"),
    ],
)
async def test_a_bad_frame_ends_the_link_and_what_follows_is_not_read(node: Node, bad: bytes) -> None:
    """[TRANSPORT-18]"""
    told = await linked(node, bad + GOOD)
    assert told.statuses == [101]
    assert not node.took
    assert len(node.taker.ended) == 1
    assert not node.taker.ended[0].open


async def test_what_came_before_a_bad_frame_has_come(node: Node) -> None:
    """[TRANSPORT-18]"""
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(node.upgrade() + GOOD)
    await node.taker.packets(1)
    writer.write(frame(b"text", operation=TEXT) + GOOD)
    told = await read_all(reader)
    writer.transport.abort()
    assert close_code(told) == 1003
    assert node.took == [PACKET]


async def test_the_mask_is_looked_for_wherever_a_frame_is_cut(node: Node) -> None:
    """[TRANSPORT-18]: the frames arrive byte by byte; the third has no mask."""
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(node.upgrade())
    await reader.readuntil(b"\r\n\r\n")
    long = frame(b"m" * 16 + bytes(300))
    for byte in GOOD + long:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0)
    assert [len(packet.frame) for packet in await node.taker.packets(2)] == [5, 300]
    for byte in frame(BODY, masked=False) + GOOD:
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    await read_all(reader)
    writer.transport.abort()
    assert len(node.took) == 2


async def test_a_message_may_come_in_parts(node: Node) -> None:
    """[TRANSPORT-14]: parts are the carrier's business (RFC 6455 §5.4)."""
    parts = (
        frame(BODY[:5], first=0)
        + frame(b"", operation=PING)
        + frame(BODY[5:9], operation=MORE, first=0)
        + frame(BODY[9:], operation=MORE)
    )
    await linked(node, parts + frame(b"\x03\xe8", operation=CLOSE))
    assert node.took == [PACKET]


async def test_a_request_behind_an_upgrade_is_no_request(node: Node) -> None:
    """[TRANSPORT-25]: its bytes are frames, and these are not masked."""
    told = await node.ask(node.upgrade() + node.post() + node.last())
    assert told.statuses == [101]
    assert not node.took
    assert len(node.taker.ended) == 1


async def test_a_request_behind_a_refused_upgrade_is_not_answered(node: Node) -> None:
    """[TRANSPORT-25]"""
    told = await node.ask(node.upgrade("Sec-WebSocket-Protocol: other") + node.post() + node.last())
    assert told.statuses == [400]
    assert not node.took


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ((), 426),
        (("Upgrade: websocket",), 426),
        (("Connection: Upgrade", "Upgrade: h2c", "Sec-WebSocket-Version: 13"), 426),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 8"), 426),
        (("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"), 400),
        (
            (
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: pcloud.1",
            ),
            400,
        ),
        (
            (
                "Connection: Upgrade",
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: pcloud.1",
                "Sec-WebSocket-Key: short",
            ),
            400,
        ),
        (
            (
                "Upgrade: websocket",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: pcloud.1",
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
            ),
            400,
        ),
    ],
)
async def test_an_upgrade_that_is_none_is_refused(node: Node, fields: tuple[str, ...], status: int) -> None:
    """[TRANSPORT-14]"""
    told = await node.ask(node.head(f"GET {LINK_PATH} HTTP/1.1", *fields))
    assert told.statuses == [status]
    assert not node.taker.ended


async def test_the_right_subprotocol_is_chosen_among_several_and_no_extension(node: Node) -> None:
    """[TRANSPORT-14]"""
    data = node.upgrade(
        "Sec-WebSocket-Protocol: chat, pcloud.2,pcloud.1",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    )
    told = await node.ask(data + frame(b"\x03\xe8", operation=CLOSE))
    assert told.statuses == [101]
    assert b"sec-websocket-protocol: pcloud.1\r\n" in told.data.lower()
    assert b"extensions" not in told.data.lower()


async def test_pings_are_answered_until_they_are_a_flood(node: Node) -> None:
    """[TRANSPORT-18]"""
    told = await linked(node, frame(b"a", operation=PING) * 3 + frame(b"\x03\xe8", operation=CLOSE))
    assert told.data.count(b"\x8a\x01a") == 3
    told = await linked(node, frame(b"a", operation=PING) * (PINGS_MAX + 1) + GOOD)
    assert told.data.count(b"\x8a\x01a") <= PINGS_MAX
    assert not node.took
    told = await linked(node, frame(b"a", operation=PONG) * (PINGS_MAX + 1) + GOOD)
    assert not node.took


async def test_a_flood_of_pings_whose_answers_are_never_read_costs_no_memory(node: Node) -> None:
    """[TRANSPORT-18]"""
    _, writer = await asyncio.open_connection(node.host, node.port, limit=1)
    flood = frame(bytes(125), operation=PING) * 500
    writer.write(node.upgrade())

    async def pour() -> None:
        while True:
            writer.write(flood)
            await writer.drain()
            await asyncio.sleep(0)

    tracemalloc.start()
    try:
        async with asyncio.timeout(5):
            with pytest.raises(ConnectionError):
                await pour()
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
        writer.transport.abort()
    await node.taker.until(lambda: len(node.taker.ended) == 1)


async def test_a_long_message_that_is_announced_only_takes_no_memory(node: Node) -> None:
    """[TRANSPORT-18]"""
    tracemalloc.start()
    try:
        await linked(node, frame(b"", length=b"\xff" + (2**40).to_bytes(8, "big")) + bytes(2**16))
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
