"""Strangers on the path of service lines, by raw bytes: nothing is served that is no message."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.unit.net.raw import QUICK, Node, Told, frame, listening, read_all

from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.net.packet import SERVICE_PATH
from pcloud.net.port import Line
from pcloud.net.settings import PINGS_MAX, Caps

GOOD = frame(b"\x82\x01\x01")
CLOSE, PING, TEXT = 8, 9, 1


class Desk:
    """Serves every line by noting what comes."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def serve(self, line: Line) -> None:
        while (message := await line.receive()) is not None:
            self.heard.append(message)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def node(desk: Desk) -> AsyncIterator[Node]:
    async with listening() as made:
        made.taker.service = desk.serve
        yield made


async def called(node: Node, data: bytes) -> Told:
    """Open a line, send this, and read until it ends."""
    told = await node.ask(node.call() + data)
    assert told.statuses[:1] == [101]
    await node.taker.until(lambda: node.taker.served == len(node.taker.lines) > 0)
    return told


async def test_good_messages_are_heard_and_a_goodbye_ends_the_line(node: Node, desk: Desk) -> None:
    """[TRANSPORT-34]"""
    longest = bytes(SERVICE_BYTES_MAX)
    told = await called(node, GOOD + frame(longest) + frame(b"\x03\xe8", operation=CLOSE))
    assert told.statuses == [101]
    assert b"sec-websocket-protocol: pcloud.service.1\r\n" in told.data.lower()
    assert b"extensions" not in told.data.lower()
    assert desk.heard == [b"\x82\x01\x01", longest]
    assert not node.took
    assert not node.taker.ended, "a line is no link"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(frame(b""), id="empty"),
        pytest.param(frame(b"text", operation=TEXT), id="text"),
        pytest.param(frame(b"x", masked=False), id="no mask"),
        pytest.param(frame(b"x", first=0xC0), id="RSV1"),
        pytest.param(frame(b"x", operation=3), id="unknown operation"),
        pytest.param(frame(b"", length=b"\xff" + b"\xff" * 8), id="2^64 - 1 bytes"),
        pytest.param(frame(bytes(SERVICE_BYTES_MAX + 1)), id="too long by one"),
        pytest.param(
            frame(bytes(SERVICE_BYTES_MAX), first=0) + frame(b"x", operation=0), id="too long in parts"
        ),
        pytest.param(frame(b"", operation=PING, first=0), id="fragmented ping"),
        pytest.param(frame(b"a", operation=PING) * (PINGS_MAX + 1), id="flood of pings"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="a request behind the upgrade"),
    ],
)
async def test_a_bad_frame_ends_the_line_and_what_follows_is_not_heard(
    node: Node, desk: Desk, bad: bytes
) -> None:
    """[TRANSPORT-34] [TRANSPORT-35]"""
    told = await called(node, bad + GOOD)
    assert told.statuses == [101]
    assert desk.heard == []
    assert not node.took


async def test_where_nothing_is_served_the_path_is_as_one_that_nobody_defined(node: Node) -> None:
    """[TRANSPORT-20] [TRANSPORT-34]"""
    node.taker.service = None
    asked = node.call() + node.last()
    other = node.call().replace(SERVICE_PATH.encode(), b"/pcloud/1/nothing") + node.last()
    told, undefined = await node.ask(asked), await node.ask(other)
    assert told.statuses == [404, 404]
    assert without_date(told) == without_date(undefined)
    assert not node.taker.lines


def without_date(told: Told) -> list[bytes]:
    return [line for line in told.data.split(b"\r\n") if not line.lower().startswith(b"date:")]


async def test_a_call_that_is_none_is_refused(node: Node) -> None:
    """[TRANSPORT-34] [TRANSPORT-23]"""
    link = node.upgrade(path=SERVICE_PATH)
    assert (await node.ask(link)).statuses == [400], "the subprotocol of links opens no line"
    assert (await node.ask(node.upgrade("Sec-WebSocket-Protocol: pcloud.service.1"))).statuses == [400]
    assert (await node.ask(node.head(f"GET {SERVICE_PATH} HTTP/1.1"))).statuses == [426]
    assert (await node.ask(node.head(f"POST {SERVICE_PATH} HTTP/1.1", "Content-Length: 0"))).statuses == [405]
    strange = node.call().replace(f"Host: localhost:{node.port}".encode(), b"Host: evil.example")
    assert (await node.ask(strange)).statuses == [421]
    assert not node.taker.lines


async def test_a_packet_on_a_line_is_no_packet(node: Node, desk: Desk) -> None:
    packet = b"m" * 16 + b"frame"
    await called(node, frame(packet) + frame(b"\x03\xe8", operation=CLOSE))
    assert desk.heard == [packet]
    assert not node.took


async def test_a_silent_line_is_pinged_and_then_ended(desk: Desk) -> None:
    """[TRANSPORT-34] [TRANSPORT-19]"""
    async with listening(deadlines=QUICK) as node:
        node.taker.service = desk.serve
        told = await called(node, GOOD)
        assert told.data.partition(b"\r\n\r\n")[2].count(b"\x89\x00") in {2, 3}
        assert desk.heard == [b"\x82\x01\x01"]


async def test_a_line_is_not_ended_for_silence_while_its_server_does_not_read(desk: Desk) -> None:
    """[TRANSPORT-19]"""
    let_go = asyncio.Event()

    async def slow(line: Line) -> None:
        await line.receive()
        await let_go.wait()
        await desk.serve(line)

    async with listening(deadlines=QUICK) as node:
        node.taker.service = slow
        reader, writer = await asyncio.open_connection(node.host, node.port)
        writer.write(node.call() + GOOD)
        await node.taker.until(lambda: len(node.taker.lines) == 1)
        node.taker.service = desk.serve
        for _ in range(2):
            await node.ask(node.call())  # each until its silence has ended it
        assert node.taker.served == 2
        let_go.set()
        writer.write(GOOD + frame(b"\x03\xe8", operation=CLOSE))
        await read_all(reader)
        writer.transport.abort()
        await node.taker.until(lambda: node.taker.served == 3)
        assert desk.heard == [b"\x82\x01\x01"]


async def test_who_takes_nothing_of_what_is_sent_is_left() -> None:
    """[TRANSPORT-38] [TRANSPORT-19]"""
    async with listening(deadlines=QUICK) as node:

        async def pour(line: Line) -> None:
            while True:
                await line.send(bytes(60_000))

        errors: list[BaseException] = []

        async def told(line: Line) -> None:
            try:
                await pour(line)
            except Exception as error:  # noqa: BLE001 - what it was is looked at below
                errors.append(error)

        node.taker.service = told
        reader, writer = await asyncio.open_connection(node.host, node.port, limit=1)
        writer.write(node.call())
        await node.taker.until(lambda: bool(errors))
        assert "ended" in str(errors[0])
        writer.transport.abort()
        del reader


async def test_lines_count_among_what_one_source_may_look_up() -> None:
    """[TRANSPORT-22]"""
    async with listening(caps=Caps(lookups_per_min=2)) as node:
        node.taker.service = Desk().serve
        goodbye = node.call() + frame(b"\x03\xe8", operation=CLOSE)
        statuses = [(await node.ask(goodbye)).statuses[0] for _ in range(3)]
        assert statuses == [101, 101, 429]
