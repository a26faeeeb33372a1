"""What answers at an endpoint may be anything: each is one clear error, in bounded time and memory."""

import asyncio
import base64
import hashlib
import struct
import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from tests.contract.net.worlds import LOOPBACK, Taker
from tests.unit.net.raw import BODY, PACKET, QUICK, USUAL, frame, listening

from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.net.http import HttpNet
from pcloud.net.packet import BLOB_BYTES_MAX, PACKET_BYTES_MAX
from pcloud.net.port import Link, UnreachableError
from pcloud.net.reasons import WRONG_ANSWER
from pcloud.net.settings import NetSettings

MEMORY_BYTES_MAX = 8 * 2**20
WAYS: dict[str, Callable[[HttpNet, str], Awaitable[object]]] = {
    "dial": lambda net, endpoint: net.dial(endpoint),
    "call": lambda net, endpoint: net.call(endpoint),
    "post": lambda net, endpoint: net.post(endpoint, PACKET),
    "fetch": lambda net, endpoint: net.fetch(endpoint, PACKET.mailbox),
    "card": lambda net, endpoint: net.fetch_card(endpoint),
}
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that answers each request by this; its endpoint, and the heads that came."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            await answer(heads[-1], writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            heads.append(b"")
            heads.pop()
        finally:
            writer.transport.abort()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


def saying(*parts: bytes, again: bytes = b"", pause_s: float = 0) -> Answer:
    """An answer of these bytes, and then of the same ones for ever where there are any."""

    async def answer(_: bytes, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()
        while again:
            writer.write(again)
            await writer.drain()
            await asyncio.sleep(pause_s)
        writer.write_eof()
        await asyncio.sleep(5)  # whoever wants more has to end it

    return answer


async def say_nothing(_: bytes, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(5)
    writer.close()


@pytest.fixture
async def net() -> AsyncIterator[HttpNet]:
    made = HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=USUAL))
    await made.listen(Taker())
    yield made
    await made.close()


OK = b"HTTP/1.1 200 OK\r\n"
BAD: dict[str, Answer] = {
    "nothing": saying(),
    "silence": say_nothing,
    "half a head": saying(b"HTTP/1.1 200 OK\r\nX: "),
    "a head byte by byte": saying(OK, again=b"a", pause_s=0.01),
    "headers without end": saying(OK, again=b"X: " + b"a" * 1_000 + b"\r\n"),
    "a line without end": saying(OK + b"X: ", again=b"a" * 1_000),
    "interim answers without end": saying(again=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "no HTTP": saying(b"220 mail.example ESMTP\r\n"),
    "an error": saying(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
    "another success": saying(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "two lengths": saying(OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    "a body in bad chunks": saying(OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
    "a body without end": saying(OK + b"\r\n", again=b"a" * 65_536),
    "chunks without end": saying(OK + b"Transfer-Encoding: chunked\r\n\r\n", again=b"4\r\naaaa\r\n"),
    "10 MiB": saying(OK + b"Content-Length: 10485760\r\n\r\n", bytes(10 * 2**20)),
    "a body byte by byte": saying(OK + b"Content-Length: 9999\r\n\r\n", again=b"a", pause_s=0.01),
    "a body that breaks off": saying(OK + b"Content-Length: 99\r\n\r\nabc"),
    "a packed body": saying(OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd"),
    "a bare upgrade": saying(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("answer", BAD)
async def test_a_bad_answer_is_one_error_in_time_and_bounds(way: str, answer: str) -> None:
    """[TRANSPORT-31]"""
    net = HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=replace(USUAL, outgoing_s=0.1)))
    await net.listen(Taker())
    async with answering(BAD[answer]) as (endpoint, _):
        tracemalloc.start()
        try:
            async with asyncio.timeout(5):
                with pytest.raises(UnreachableError) as refused:
                    await WAYS[way](net, endpoint)
            made = 2 * 10 * 2**20 if answer == "10 MiB" else 0  # by the server of this test
            assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES_MAX + made
        finally:
            tracemalloc.stop()
        assert "127" not in str(refused.value)
        assert refused.value.__cause__ is None
    await net.close()


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(net: HttpNet, status: int) -> None:
    """[TRANSPORT-31]"""
    async with listening() as inside:
        inside.taker.published = b"a card"
        targets = [inside.endpoint, "http://[::1]/", "//127.0.0.1/", "/elsewhere", "file:///etc/passwd"]
        for target in targets:
            head = f"HTTP/1.1 {status} Elsewhere\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n"
            async with answering(saying(head.encode())) as (endpoint, heads):
                for way in WAYS.values():
                    with pytest.raises(UnreachableError, match=WRONG_ANSWER):
                        await way(net, endpoint)
                assert len(heads) == len(WAYS)
        assert not inside.took


@pytest.mark.parametrize("way", WAYS)
async def test_a_request_that_failed_is_not_sent_again_by_itself(net: HttpNet, way: str) -> None:
    """[TRANSPORT-32]"""

    async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with answering(hang_up) as (endpoint, heads):
        with pytest.raises(UnreachableError):
            await WAYS[way](net, endpoint)
        assert len(heads) == 1


async def test_a_host_that_takes_no_body_is_left_in_time() -> None:
    """[TRANSPORT-31]"""
    net = HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=replace(USUAL, outgoing_s=0.2)))
    held: list[asyncio.StreamWriter] = []

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await asyncio.sleep(5)

    async with await asyncio.start_server(serve, "127.0.0.1", 0, limit=1) as server:
        port = server.sockets[0].getsockname()[1]
        async with asyncio.timeout(4):
            with pytest.raises(UnreachableError):
                await net.post(f"http://127.0.0.1:{port}", PACKET._replace(frame=bytes(65_536)))
        for writer in held:
            writer.transport.abort()


async def test_what_cannot_be_sent_does_not_keep_a_net_from_closing(net: HttpNet) -> None:
    """[TRANSPORT-19]"""
    async with linking(CHOSEN) as (endpoint, _):
        link = await net.dial(endpoint)
        sending = asyncio.create_task(link.send((PACKET._replace(frame=bytes(60_000)),) * 1_000))
        await asyncio.sleep(0)
        async with asyncio.timeout(4):
            await net.close()
        with pytest.raises(UnreachableError):
            await sending


# ---------------------------------------------------------------- links


def upgraded(head: bytes, *fields: bytes) -> bytes:
    """The answer that opens a link, with further headers."""
    key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    accept = base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
    lines = (
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + accept,
        *fields,
    )
    return b"\r\n".join(lines) + b"\r\n\r\n"


CHOSEN = b"Sec-WebSocket-Protocol: pcloud.1"


@asynccontextmanager
async def linking(*fields: bytes, then: bytes = b"") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that opens a link with these headers, sends this, and then reads no more."""

    async def answer(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(upgraded(head, *fields) + then)
        await asyncio.sleep(5)

    async with answering(answer) as given:
        yield given


async def dialled(endpoint: str) -> tuple[HttpNet, Taker, Link]:
    net, taker = HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=QUICK)), Taker()
    await net.listen(taker)
    return net, taker, await net.dial(endpoint)


@pytest.mark.parametrize(
    "fields",
    [
        (),
        (b"Sec-WebSocket-Protocol: chat",),
        (b"Sec-WebSocket-Protocol: pcloud.2",),
        (b"Sec-WebSocket-Protocol:",),
    ],
)
async def test_a_link_without_our_subprotocol_is_none(net: HttpNet, fields: tuple[bytes, ...]) -> None:
    """[TRANSPORT-14]"""
    async with linking(*fields) as (endpoint, _):
        with pytest.raises(UnreachableError):
            await net.dial(endpoint)


async def test_a_link_asks_for_our_subprotocol_and_no_extension(net: HttpNet) -> None:
    """[TRANSPORT-14]"""
    async with linking(CHOSEN) as (endpoint, heads):
        link = await net.dial(endpoint)
        assert heads[0].startswith(b"GET /pcloud/1/link HTTP/1.1\r\n")
        assert b"\r\nSec-WebSocket-Protocol: pcloud.1\r\n" in heads[0]
        assert b"\r\nSec-WebSocket-Version: 13\r\n" in heads[0]
        assert b"Extensions" not in heads[0]
        await link.close()
        assert not link.open


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(frame(BODY, first=0xC0, masked=False), id="RSV1, which was not negotiated"),
        pytest.param(frame(b"text", operation=1, masked=False), id="text"),
        pytest.param(frame(bytes(16), masked=False), id="no frame in it"),
        pytest.param(frame(bytes(PACKET_BYTES_MAX + 1), masked=False), id="too long"),
        pytest.param(frame(b"", length=b"\x7f" + b"\xff" * 8, masked=False), id="2^64 - 1 bytes"),
        pytest.param(frame(b"", operation=9, first=0, masked=False), id="fragmented ping"),
        pytest.param(frame(b"p", operation=9, masked=False) * 200, id="flood of pings"),
        pytest.param(frame(struct.pack("!H", 1005), operation=8, masked=False), id="close with 1005"),
    ],
)
async def test_a_bad_frame_from_who_was_dialled_ends_the_link(bad: bytes) -> None:
    """[TRANSPORT-18]"""
    good = frame(BODY, masked=False)
    async with linking(
        CHOSEN, b"Sec-WebSocket-Extensions: permessage-deflate", then=good + bad + good
    ) as given:
        net, taker, link = await dialled(given[0])
        await taker.until(lambda: taker.ended == [link])
        assert not link.open
        assert len(taker.came) <= 1
        with pytest.raises(UnreachableError):
            await link.send((PACKET,))
        await net.close()


async def test_a_link_that_was_dialled_and_is_silent_is_ended() -> None:
    """[TRANSPORT-19]"""
    async with linking(CHOSEN) as (endpoint, _):
        net, taker, link = await dialled(endpoint)
        await taker.until(lambda: taker.ended == [link])
        await net.close()


async def test_who_does_not_read_holds_up_its_own_link_and_is_then_left() -> None:
    """[TRANSPORT-13], [TRANSPORT-19]"""
    async with linking(CHOSEN) as (endpoint, _), listening() as good:
        net, taker, link = await dialled(endpoint)
        sending = asyncio.create_task(link.send((PACKET._replace(frame=bytes(60_000)),) * 1_000))
        other = await net.dial(good.endpoint)
        await other.send((PACKET,) * 100)
        await good.taker.packets(100)
        assert not sending.done()
        with pytest.raises(UnreachableError):
            await sending
        await taker.until(lambda: link in taker.ended)
        await net.close()


# ---------------------------------------------------------------- service lines


async def test_a_line_asks_for_its_own_subprotocol_and_takes_no_other(net: HttpNet) -> None:
    """[TRANSPORT-34]"""
    async with linking(CHOSEN) as (endpoint, heads):
        with pytest.raises(UnreachableError):
            await net.call(endpoint)
        assert heads[0].startswith(b"GET /pcloud/1/service HTTP/1.1\r\n")
        assert b"\r\nSec-WebSocket-Protocol: pcloud.service.1\r\n" in heads[0]
        assert b"Extensions" not in heads[0]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(frame(b"", masked=False), id="empty"),
        pytest.param(frame(b"text", operation=1, masked=False), id="text"),
        pytest.param(frame(bytes(SERVICE_BYTES_MAX + 1), masked=False), id="too long"),
        pytest.param(frame(b"p", operation=9, masked=False) * 200, id="flood of pings"),
        pytest.param(frame(b"\x83\x00\x01\x00", first=0xC0, masked=False), id="RSV1"),
    ],
)
async def test_a_bad_frame_from_who_was_called_ends_the_line(net: HttpNet, bad: bytes) -> None:
    """[TRANSPORT-35]"""
    good = frame(b"good", masked=False)
    async with linking(b"Sec-WebSocket-Protocol: pcloud.service.1", then=good + bad + good) as (endpoint, _):
        line = await net.call(endpoint)
        heard = [await line.receive(), await line.receive()]
        assert heard in ([b"good", None], [None, None])
        await line.close()
        with pytest.raises(UnreachableError):
            await line.send(b"x")


async def test_a_line_on_which_nobody_answers_pings_ends(net: HttpNet) -> None:
    """[TRANSPORT-34] [TRANSPORT-19]"""
    async with linking(b"Sec-WebSocket-Protocol: pcloud.service.1") as (endpoint, _):
        line = await net.call(endpoint)
        assert await line.receive() is None
        await line.close()


# ---------------------------------------------------------------- what is right


async def test_the_longest_blob_is_taken(net: HttpNet) -> None:
    """[TRANSPORT-16]"""
    blob = bytes(BLOB_BYTES_MAX)
    async with answering(saying(OK + f"Content-Length: {len(blob)}\r\n\r\n".encode(), blob)) as (
        endpoint,
        heads,
    ):
        assert await net.fetch(endpoint + "/base", PACKET.mailbox) == blob
        assert heads[0].startswith(b"GET /base/pcloud/1/invitations/bW1tbW1tbW1tbW1tbW1tbQ HTTP/1.1\r\n")
        assert await net.fetch_card(endpoint + "/base") == blob
        assert heads[1].startswith(b"GET /.well-known/pcloud HTTP/1.1\r\n")
