"""Requests that are none, by raw bytes: each with its status, and nothing delivered.

[TRANSPORT-7], [TRANSPORT-25]: what can be read in two ways is refused and ends the connection, so that no
second request can hide in the first. A request of which the answer is known follows each of them: where it
is answered, the node has read on, and it must have read on at the right place.
"""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from tests.unit.net.raw import BODY, PACKET, Node, listening, read_all

from pcloud.net.packet import CARD_PATH, INVITATIONS_PATH, PACKET_BYTES_MAX, PACKETS_PATH
from pcloud.net.settings import Deadlines

CHUNKED = b"5\r\nframe\r\n0\r\n\r\n"
MEMORY_BYTES_MAX = 8 * 2**20


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with listening() as made:
        yield made


async def refused(node: Node, data: bytes, status: int) -> None:
    """One answer with this status, then the end; and nobody has got anything."""
    told = await node.ask(data + node.last())
    assert told.statuses == [status]
    assert not node.took
    assert node.taker.ended == []


async def test_what_is_right_is_taken_and_what_follows_is_answered_too(node: Node) -> None:
    told = await node.ask(node.post() + node.last())
    assert told.statuses == [202, 404]
    assert node.took == [PACKET]


@pytest.mark.parametrize(
    "fields",
    [
        ("Content-Length: 21", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 21"),
        ("Content-Length: 21", "Content-Length: 22"),
        ("Content-Length: 21", "Content-Length: 21"),
        ("Content-Length: +21",),
        ("Content-Length: 0x15",),
        ("Content-Length: 21,21",),
        ("Content-Length: -1",),
        ("Content-Length: 1" + "0" * 20,),
        ("Content-Length:",),
        ("Content-Length: 2 1",),
        ("Content-Length: 21\0",),
        (b"Content-Length: \xef\xbc\x92\xef\xbc\x91",),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked123",),
        ("Transfer-Encoding: identity",),
        ("Transfer-Encoding: \x0bchunked",),
    ],
    ids=repr,
)
async def test_a_body_of_doubtful_length_is_refused(node: Node, fields: tuple[str | bytes, ...]) -> None:
    """[TRANSPORT-25]"""
    await refused(node, node.post(*fields), 400)


@pytest.mark.parametrize("coding", ["chunked", "gzip, chunked", "Chunked"])
async def test_a_body_in_chunks_is_refused_for_want_of_a_length(node: Node, coding: str) -> None:
    """[TRANSPORT-6], [TRANSPORT-7]"""
    await refused(node, node.post(f"Transfer-Encoding: {coding}", body=CHUNKED), 411)


@pytest.mark.parametrize(
    "body",
    [
        b"0x5\r\nframe\r\n0\r\n\r\n",
        b"-1\r\nframe\r\n0\r\n\r\n",
        b"1" * 17 + b"\r\nframe\r\n0\r\n\r\n",
        b"5;" + b"e" * 2**20 + b"\r\nframe\r\n0\r\n\r\n",
        b"5\nframe\n0\n\n",
        b"5\r\nframe\r\n0\r\n",
        b"5\r\nframe\r\n0\r\n" + b"a: b\r\n" * 100_000 + b"\r\n",
    ],
    ids=["0x", "minus", "17 digits", "1 MiB extension", "bare LF", "no last CRLF", "100,000 trailers"],
)
async def test_bad_chunks_are_not_read_into_memory(node: Node, body: bytes) -> None:
    """[TRANSPORT-25]: an answer, or none where we are still sending when the node closes."""
    tracemalloc.start()
    try:
        told = await node.ask(node.post("Transfer-Encoding: chunked", body=body) + node.last())
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES_MAX
    finally:
        tracemalloc.stop()
    assert told.statuses in ([400], [411], [])
    assert not node.took


@pytest.mark.parametrize(
    "field",
    [
        "X Y: 1",
        "X\tY: 1",
        "X\0Y: 1",
        "X-Abc: \rxTransfer-Encoding: chunked",
        "X : 1",
        "X: 1\r\n 2",
        "X: 1\r\n\t2",
        "X: a\0b",
        "XY",
        ": 1",
        "X: 1\nY: 2",
    ],
    ids=repr,
)
async def test_a_header_that_is_none_is_refused(node: Node, field: str) -> None:
    """[TRANSPORT-25]"""
    await refused(node, node.post(field, "Content-Length: 21"), 400)


async def test_a_head_has_at_most_64_headers(node: Node) -> None:
    """[TRANSPORT-7], [TRANSPORT-24]: three more are always there."""
    most = [f"X-{number}: 1" for number in range(61)]
    assert (await node.ask(node.post("Content-Length: 21", *most) + node.last())).statuses == [202, 404]
    await node.taker.packets(1)
    node.taker.came.clear()
    await refused(node, node.post("Content-Length: 21", *most, "X-61: 1"), 431)
    await refused(node, node.post("Content-Length: 21", *[f"X-{number}: 1" for number in range(200)]), 431)
    await refused(node, node.post("Content-Length: 21", *["X:"] * 4_000), 431)


async def test_a_head_has_at_most_16_kib_and_no_line_over_8_kib(node: Node) -> None:
    """[TRANSPORT-7], [TRANSPORT-24]"""
    fits = [f"X{number}: {'a' * 5_000}" for number in range(3)]
    assert (await node.ask(node.post("Content-Length: 21", *fits) + node.last())).statuses == [202, 404]
    node.taker.came.clear()
    await refused(node, node.post("Content-Length: 21", *fits, "Y: " + "a" * 1_500), 431)
    await refused(node, node.post("Content-Length: 21", "X: " + "a" * 8_191), 431)
    await refused(node, node.post("Content-Length: 21", "X" * 100 + ": " + "a" * 8_100), 431)
    await refused(node, node.post("Content-Length: 21", "X" * 8_191 + ": a"), 431)
    await refused(node, node.post(start=f"POST /{'a' * 8_191} HTTP/1.1"), 431)
    await refused(node, node.post(start=f"{'P' * 1_024} {PACKETS_PATH} HTTP/1.1"), 400)


async def test_a_head_behind_a_request_that_waits_is_measured_whole(node: Node) -> None:
    """[TRANSPORT-24]: it comes in two halves, the first while the node works on the request before."""
    node.taker.let_go.clear()
    reader, writer = await asyncio.open_connection(node.host, node.port)
    long = node.post("Content-Length: 21", *[f"X{number}: {'a' * 5_000}" for number in range(4)])
    writer.write(node.post() + long[:11_000])
    await node.taker.packets(1)
    node.taker.let_go.set()
    writer.write(long[11_000:] + node.last())
    assert (await read_all(reader)).statuses == [202, 431]
    assert node.took == [PACKET]
    writer.transport.abort()


async def test_a_head_that_never_ends_is_cut_at_16_kib() -> None:
    """[TRANSPORT-24]: header by header, so that no line is too long; no deadline helps here."""
    async with listening(deadlines=Deadlines()) as node:
        data = node.head("GET /nothing HTTP/1.1")[:-2] + (b"X: " + b"a" * 4_000 + b"\r\n") * 4
        assert len(data) < 16_384
        reader, writer = await asyncio.open_connection(node.host, node.port)
        writer.write(data)
        writer.write(b"Y: " + b"a" * 500)
        assert (await read_all(reader)).statuses == [431]
        writer.transport.abort()


@pytest.mark.parametrize(
    ("start", "status"),
    [
        (f"POST\tX {PACKETS_PATH} HTTP/1.1", 400),
        (f"post {PACKETS_PATH} HTTP/1.1", 400),
        (f"POST {PACKETS_PATH}", 400),
        (f"POST {PACKETS_PATH} HTTP/2.0", 400),
        (f"POST {PACKETS_PATH} HTTP/1.0", 400),
        (f"POST {PACKETS_PATH} HTTP/1.2", 400),
        ("PRI * HTTP/2.0", 400),
        ("POST * HTTP/1.1", 400),
        ("OPTIONS * HTTP/1.1", 400),
        ("POST localhost:1 HTTP/1.1", 400),
        ("CONNECT localhost:1 HTTP/1.1", 400),
        (f"POST {PACKETS_PATH}\0 HTTP/1.1", 400),
        ("POST /pcloud/1/\xc0\xafpackets HTTP/1.1", 400),
        (f"POST http://evil.example{PACKETS_PATH} HTTP/1.1", 421),
        (f"POST http://[::1{PACKETS_PATH} HTTP/1.1", 400),
        (f"PUT {PACKETS_PATH} HTTP/1.1", 405),
        (f"GET {PACKETS_PATH} HTTP/1.1", 405),
        (f"OPTIONS {PACKETS_PATH} HTTP/1.1", 405),
        (f"POST {CARD_PATH} HTTP/1.1", 405),
        (f"HEAD {INVITATIONS_PATH}/{'A' * 22} HTTP/1.1", 405),
    ],
)
async def test_a_request_line_that_is_none_of_ours_is_refused(node: Node, start: str, status: int) -> None:
    """[TRANSPORT-7], [TRANSPORT-25]"""
    await refused(node, node.post(start=start), status)


@pytest.mark.parametrize(
    "path",
    [
        "/%2e%2e/pcloud/1/packets",
        "/../pcloud/1/packets",
        "/pcloud/1/../1/packets",
        "//pcloud/1/packets",
        "/pcloud\\1/packets",
        "/pcloud/1/%c0%afpackets",
        "/pcloud/1/%70ackets",
        "/pcloud/1/packets/",
        "/pcloud/1/packets?",
        "/pcloud/1/packets?" + "q" * 8_000,
        "/pcloud/1/packets#x",
        "/pcloud/1",
        "/",
    ],
)
async def test_another_path_is_not_this_path(node: Node, path: str) -> None:
    """[TRANSPORT-20]"""
    told = await node.ask(node.post(start=f"POST {path} HTTP/1.1") + node.last())
    assert told.statuses == [404, 404]
    assert not node.took


@pytest.mark.parametrize(
    "kind",
    [
        "Content-Type: application/json",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Type: application/octet-stream",
        "Content-Type: application/vnd.pcloud.packet; charset=utf-8",
        "Content-Type:",
        "X: no type at all",
    ],
)
async def test_another_content_type_is_refused(node: Node, kind: str) -> None:
    """[TRANSPORT-6], [TRANSPORT-7]"""
    await refused(node, node.post(kind=kind), 415)


async def test_two_content_types_are_refused(node: Node) -> None:
    """[TRANSPORT-25]"""
    await refused(node, node.post("Content-Type: text/plain", "Content-Length: 21"), 400)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "identity, gzip", "x"])
async def test_a_packed_body_is_refused_unread(node: Node, coding: str) -> None:
    """[TRANSPORT-6], [TRANSPORT-7]: so there is nothing that could unfold."""
    await refused(node, node.post(f"Content-Encoding: {coding}", "Content-Length: 21"), 415)


async def test_a_second_header_cannot_hide_a_coding(node: Node) -> None:
    """[TRANSPORT-7]"""
    fields = ("Content-Encoding: identity", "Content-Encoding: gzip", "Content-Length: 21")
    await refused(node, node.post(*fields), 415)


async def test_a_body_that_is_not_packed_may_say_so(node: Node) -> None:
    data = node.post("Content-Encoding: identity", "Content-Length: 21")
    assert (await node.ask(data + node.last())).statuses == [202, 404]


async def test_a_body_has_17_to_65552_bytes() -> None:
    """[TRANSPORT-4], [TRANSPORT-7], [TRANSPORT-10]: no body is waited for that is refused anyway."""
    async with listening(deadlines=Deadlines()) as node:
        for size, status in ((0, 400), (16, 400), (PACKET_BYTES_MAX + 1, 413), (10**15, 413)):
            assert (await node.ask(node.post(f"Content-Length: {size}", body=b""))).statuses == [status]
        assert not node.took
        for size in (17, PACKET_BYTES_MAX):
            told = await node.ask(node.post(body=bytes(size)) + node.last())
            assert told.statuses == [202, 404]
        assert [len(packet.frame) for packet in node.took] == [1, 65_536]


async def test_who_expects_leave_to_go_on_is_told_no(node: Node) -> None:
    """[TRANSPORT-7]: the body that may never come is not waited for."""
    told = await node.ask(node.post("Expect: 100-continue", "Content-Length: 21", body=b""))
    assert told.statuses == [417]


async def test_an_upgrade_belongs_to_a_link(node: Node) -> None:
    """[TRANSPORT-7]"""
    for protocol in ("websocket", "h2c", "tcp"):
        fields = ("Connection: Upgrade", f"Upgrade: {protocol}", "Content-Length: 21")
        await refused(node, node.post(*fields), 400)


async def test_a_sender_that_stops_sending_after_the_head_gets_nothing(node: Node) -> None:
    told = await node.ask(node.post("Content-Length: 21", body=BODY[:9]), end=True)
    assert told.statuses == []
    assert not node.took


async def test_empty_lines_before_a_request_are_no_request(node: Node) -> None:
    told = await node.ask(b"\r\n" * 100 + node.post() + node.last())
    assert told.statuses == [202, 404]
    assert node.took == [PACKET]


async def test_what_is_no_http_at_all_gets_one_answer(node: Node) -> None:
    """[TRANSPORT-25], [TRANSPORT-26]"""
    for data in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"EHLO me\r\n", b"*1\r\n$4\r\nPING\r\n"):
        told = await node.ask(data)
        assert told.statuses == [400]
        assert told.data.endswith(b"\r\n\r\n")


async def test_requests_in_a_row_get_as_many_answers(node: Node) -> None:
    """[TRANSPORT-25]"""
    told = await node.ask(node.post() * 50 + node.last())
    assert told.statuses == [202] * 50 + [404]
    assert node.took == [PACKET] * 50
