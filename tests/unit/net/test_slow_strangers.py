"""Who is slow, silent or many: each is ended by a deadline or a cap, and others are served meanwhile."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from tests.contract.net.worlds import Certificate
from tests.unit.net.raw import BODY, PACKET, QUICK, Node, frame, listening, read_all

from pcloud.net.settings import Caps, Deadlines, NetSettings

PATIENT = Deadlines(header_s=60, body_s=60, handshake_s=60, idle_s=60, ping_s=60, closing_s=0.1)


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    async with listening(deadlines=QUICK) as made:
        yield made


async def drip(node: Node, start: bytes, rest: bytes) -> bytes:
    """Send a start, then byte by byte, until the node has had enough; what it said."""
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(start)

    async def dripping() -> None:
        for byte in rest * 1_000:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.01)

    dripped = asyncio.create_task(dripping())
    try:
        return (await read_all(reader)).data
    finally:
        dripped.cancel()
        writer.transport.abort()


# ---------------------------------------------------------------- deadlines


def test_the_deadlines_are_those_of_the_chapter() -> None:
    """[TRANSPORT-19], [TRANSPORT-21], [TRANSPORT-31]"""
    usual = NetSettings().deadlines
    assert (usual.header_s, usual.body_s, usual.body_grace_s, usual.body_bytes_per_s_min) == (
        10,
        30,
        5,
        1_024,
    )
    assert (usual.handshake_s, usual.idle_s, usual.ping_s, usual.outgoing_s) == (5, 75, 30, 10)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(lambda node: b"", id="no bytes"),
        pytest.param(lambda node: node.post()[:40], id="half a head"),
        pytest.param(lambda node: node.upgrade()[:60], id="half the head of a link"),
        pytest.param(lambda node: b"\r\n" * 10, id="empty lines"),
        pytest.param(lambda node: node.post("Content-Length: 21", body=BODY[:10]), id="half a body"),
        pytest.param(lambda node: node.post("Content-Length: 21", body=b""), id="no body"),
    ],
)
async def test_who_does_not_go_on_is_closed_without_a_word(node: Node, head: Callable[[Node], bytes]) -> None:
    """[TRANSPORT-21]"""
    told = await node.ask(head(node))
    assert told.data == b""
    assert not node.took


async def test_a_head_byte_by_byte_is_closed_without_a_word(node: Node) -> None:
    """[TRANSPORT-21]"""
    assert await drip(node, node.post()[:20], b"a") == b""


async def test_a_later_head_byte_by_byte_is_closed_too(node: Node) -> None:
    """[TRANSPORT-21]"""
    told = await drip(node, node.post() + b"GET /", b"a")
    assert told.count(b"HTTP/1.1 ") == 1
    assert node.took == [PACKET]


async def test_a_body_byte_by_byte_is_closed_without_a_word() -> None:
    """[TRANSPORT-21]: a hundred bytes in a second are fewer than 1,024."""
    async with listening(deadlines=Deadlines(body_grace_s=0.05)) as node:
        assert await drip(node, node.post("Content-Length: 9000", body=b""), b"a") == b""
        assert not node.took


async def test_a_body_that_is_fast_enough_but_never_done_is_closed_too() -> None:
    """[TRANSPORT-21]"""
    async with listening(deadlines=Deadlines(body_grace_s=0.05, body_s=0.2, body_bytes_per_s_min=0)) as node:
        assert await drip(node, node.post("Content-Length: 9000", body=b""), b"a") == b""
        assert not node.took


async def test_a_body_that_comes_slowly_but_steadily_is_taken() -> None:
    """[TRANSPORT-21]"""
    async with listening(deadlines=Deadlines(body_grace_s=0.02, body_bytes_per_s_min=0)) as node:
        reader, writer = await asyncio.open_connection(node.host, node.port)
        writer.write(node.post(f"Content-Length: {len(BODY)}", body=b""))
        for byte in BODY:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.005)
        writer.write(node.last())
        told = await read_all(reader)
        writer.transport.abort()
        assert told.statuses == [202, 404]
        assert node.took == [PACKET]


async def test_a_connection_on_which_nothing_is_asked_any_more_is_closed(node: Node) -> None:
    """[TRANSPORT-21]"""
    told = await node.ask(node.post())
    assert told.statuses == [202]


async def test_who_takes_no_answers_is_closed(node: Node) -> None:
    """[TRANSPORT-21]: else the unsent bytes would hold the connection for ever."""
    node.taker.published = bytes(65_536)
    _, writer = await asyncio.open_connection(node.host, node.port, limit=1)
    writer.write(node.head("GET /.well-known/pcloud HTTP/1.1") * 500)
    server = node.net._server
    assert server is not None
    for _ in range(20):
        await node.ask(b"")  # until a deadline has ended it
        if len(server._places) == 0:
            break
    assert len(server._places) == 0
    writer.transport.abort()


async def test_a_node_that_is_slow_itself_closes_nobody(node: Node) -> None:
    """[TRANSPORT-13], [TRANSPORT-21]: the second packet waits until there is room, beyond every deadline."""
    node.taker.let_go.clear()
    asked = asyncio.create_task(node.ask(node.post() + node.post() + node.last()))
    await node.taker.packets(1)
    for _ in range(3):
        await node.ask(b"")  # each until a deadline has ended it
    assert len(node.took) == 1
    node.taker.let_go.set()
    assert (await asked).statuses == [202, 202, 404]
    assert node.took == [PACKET] * 2


# ---------------------------------------------------------------- links


async def test_a_silent_link_is_pinged_and_then_ended(node: Node) -> None:
    """[TRANSPORT-19]"""
    told = await node.ask(node.upgrade() + frame(BODY))
    pings = told.data.partition(b"\r\n\r\n")[2].count(b"\x89\x00")
    assert pings in {2, 3}
    assert len(node.taker.ended) == 1


async def test_a_link_that_answers_pings_stays(node: Node) -> None:
    """[TRANSPORT-19]"""
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(node.upgrade())
    await reader.readuntil(b"\r\n\r\n")
    for _ in range(6):
        async with asyncio.timeout(5):
            assert await reader.readexactly(2) == b"\x89\x00"
        writer.write(frame(b"", operation=10))
    writer.write(frame(BODY))
    await node.taker.packets(1)
    assert not node.taker.ended
    writer.transport.abort()


async def test_a_link_is_not_ended_for_silence_while_we_do_not_read(node: Node) -> None:
    """[TRANSPORT-19]"""
    node.taker.let_go.clear()
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(node.upgrade() + frame(BODY))
    await node.taker.packets(1)
    for _ in range(2):
        await node.ask(node.upgrade())  # each until its silence has ended it
    assert len(node.taker.ended) == 2
    node.taker.let_go.set()
    writer.write(frame(BODY))
    await node.taker.packets(2)
    assert len(node.taker.ended) == 2
    writer.transport.abort()
    assert reader.exception() is None


async def test_a_link_that_talks_but_takes_nothing_is_ended(node: Node) -> None:
    """[TRANSPORT-19]: a send that is stuck would wait for ever."""
    reader, writer = await asyncio.open_connection(node.host, node.port, limit=1)
    writer.write(node.upgrade() + frame(BODY))
    await node.taker.packets(1)
    link = node.taker.came[0][1]
    assert link is not None
    sending = asyncio.create_task(link.send((PACKET._replace(frame=bytes(60_000)),) * 1_000))

    async def talk() -> None:
        while True:
            writer.write(frame(BODY))
            await asyncio.sleep(QUICK.ping_s / 4)

    talking = asyncio.create_task(talk())
    await node.taker.until(lambda: bool(node.taker.ended))
    talking.cancel()
    with pytest.raises(Exception, match="ended"):
        await sending
    writer.transport.abort()
    del reader


# ---------------------------------------------------------------- caps


def test_the_caps_are_those_of_the_chapter() -> None:
    """[TRANSPORT-22], [TRANSPORT-32]"""
    usual = NetSettings().caps
    assert (usual.connections_per_source, usual.connections, usual.strangers) == (20, 512, 64)
    assert (usual.lookups_per_min, usual.fetches_per_h) == (60, 60)
    assert usual.dials_at_once / usual.dial_pause_s == 1


async def open_many(node: Node, count: int, source: str) -> list[asyncio.StreamWriter]:
    return [
        (await asyncio.open_connection(node.host, node.port, local_addr=(source, 0)))[1] for _ in range(count)
    ]


async def test_a_thousand_silent_connections_leave_room_for_others() -> None:
    """[TRANSPORT-22]"""
    async with listening(deadlines=PATIENT) as node:
        silent = await open_many(node, 1_000, "127.0.0.2")
        told = await node.ask(node.post() + node.last(), source="127.0.0.3")
        assert told.statuses == [202, 404]
        assert node.took == [PACKET]
        for writer in silent:
            writer.transport.abort()


async def test_one_source_has_twenty_connections() -> None:
    """[TRANSPORT-22]"""
    async with listening(deadlines=PATIENT) as node:
        held = await open_many(node, 20, "127.0.0.2")
        assert (await node.ask(node.post(), source="127.0.0.2")).statuses == []
        assert (await node.ask(node.post() + node.last(), source="127.0.0.3")).statuses == [202, 404]
        held[7].transport.abort()
        for _ in range(50):  # until the node has seen that one went
            if (await node.ask(node.post() + node.last(), source="127.0.0.2")).statuses == [202, 404]:
                break
        assert len(node.took) == 2
        for writer in held:
            writer.transport.abort()


async def test_of_those_who_have_brought_nothing_the_first_goes_when_they_are_too_many() -> None:
    """[TRANSPORT-22]: and those who have brought something stay."""
    async with listening(deadlines=PATIENT, caps=Caps(strangers=3)) as node:
        reader, known = await asyncio.open_connection(node.host, node.port, local_addr=("127.0.0.2", 0))
        known.write(node.upgrade() + frame(BODY))
        await node.taker.packets(1)
        strangers = [
            await asyncio.open_connection(node.host, node.port, local_addr=(f"127.0.0.{10 + n}", 0))
            for n in range(5)
        ]
        for ended, _ in strangers[:2]:
            assert (await read_all(ended)).data == b""
        for _, stranger in strangers[2:]:
            stranger.write(node.post())
        await node.taker.packets(4)
        newer = await open_many(node, 3, "127.0.0.4")  # of whom no one comes after four others
        for writer in (known, *(writer for _, writer in strangers[2:])):
            writer.write(frame(BODY) if writer is known else node.post())
        await node.taker.packets(8)
        for writer in newer:
            writer.transport.abort()
        for _, writer in (*strangers, (reader, known)):
            writer.transport.abort()


async def test_there_is_an_end_to_all_connections() -> None:
    """[TRANSPORT-22]"""
    async with listening(deadlines=PATIENT, caps=Caps(connections=10)) as node:
        held = await open_many(node, 10, "127.0.0.2")
        assert (await node.ask(node.post(), source="127.0.0.3")).statuses == []
        assert not node.took
        for writer in held:
            writer.transport.abort()


async def test_a_source_asks_sixty_times_a_minute_and_posts_as_it_likes() -> None:
    """[TRANSPORT-11], [TRANSPORT-22]"""
    async with listening(deadlines=QUICK, caps=Caps()) as node:
        ask = node.head("GET /.well-known/pcloud HTTP/1.1")
        told = await node.ask(ask * 61)
        assert told.statuses == [404] * 60 + [429]
        assert b"\r\nRetry-After: 5\r\n" in told.data
        assert (await node.ask(node.post() * 100 + ask)).statuses == [202] * 100 + [429]
        assert (await node.ask(node.last(), source="127.0.0.9")).statuses == [404]


async def test_links_are_bounded_as_connections_and_not_as_requests() -> None:
    """[TRANSPORT-22]: many peers behind one address may all come back at once."""
    async with listening(deadlines=QUICK, caps=Caps(lookups_per_min=1)) as node:
        ask = node.head("GET /.well-known/pcloud HTTP/1.1")
        assert (await node.ask(ask * 2)).statuses == [404, 429]
        for _ in range(3):
            assert (await node.ask(node.upgrade())).statuses == [101]


async def test_a_node_that_has_no_room_says_so_whatever_the_mailbox() -> None:
    """[TRANSPORT-11]"""
    async with listening(deadlines=PATIENT, caps=Caps(waiting_posts=2)) as node:
        node.taker.let_go.clear()
        held = await open_many(node, 2, "127.0.0.2")
        for writer in held:
            writer.write(node.post())
        await node.taker.packets(2)
        told = [await node.ask(node.post(body=bytes([n]) * 40)) for n in range(2)]
        assert [each.statuses for each in told] == [[503], [503]]
        assert all(b"\r\nRetry-After: 5\r\n" in each.data for each in told)
        assert len(node.took) == 2
        node.taker.let_go.set()
        for writer in held:
            writer.transport.abort()


# ---------------------------------------------------------------- shut out


async def test_who_is_shut_out_gets_no_answer_to_anything(node: Node) -> None:
    """[TRANSPORT-12]"""
    node.taker.shut_out.add("127.0.0.2")
    for data in (node.post(), node.last(), node.upgrade() + frame(BODY)):
        assert (await node.ask(data, source="127.0.0.2")).data == b""
    assert not node.took
    assert (await node.ask(node.post() + node.last())).statuses == [202, 404]


async def test_a_link_ends_when_its_source_is_shut_out(node: Node) -> None:
    """[TRANSPORT-12]"""
    reader, writer = await asyncio.open_connection(node.host, node.port)
    writer.write(node.upgrade() + frame(BODY))
    await node.taker.packets(1)
    node.taker.shut_out.add("127.0.0.1")
    writer.write(frame(BODY))
    told = await read_all(reader)
    writer.transport.abort()
    assert told.statuses == [101]
    assert len(node.took) == 1
    assert len(node.taker.ended) == 1


# ---------------------------------------------------------------- before TLS


async def test_who_connects_and_shakes_no_hands_is_counted_and_closed(tmp_path: Path) -> None:
    """[TRANSPORT-21], [TRANSPORT-22]"""
    files = Certificate(tmp_path)
    async with listening(
        certificate=files.chain, key=files.key, deadlines=PATIENT, caps=Caps(connections_per_source=3)
    ) as node:
        held = await open_many(node, 3, "127.0.0.2")
        assert (await node.ask(b"", source="127.0.0.2")).data == b""
        trusting = ssl.create_default_context(cafile=str(files.chain))
        reader, writer = await asyncio.open_connection(
            node.host, node.port, ssl=trusting, server_hostname="localhost"
        )
        writer.write(node.post() + node.last())
        assert (await read_all(reader)).statuses == [202, 404]
        writer.transport.abort()
        assert node.took == [PACKET]
        for each in held:
            each.transport.abort()


async def test_a_door_with_tls_tells_nobody_who_speaks_without(tmp_path: Path) -> None:
    """[TRANSPORT-2], [TRANSPORT-21]"""
    files = Certificate(tmp_path)
    async with listening(deadlines=QUICK, certificate=files.chain, key=files.key) as node:
        for data in (b"", node.post(), b"\x16\x03\x01\x02\x00"):
            assert b"HTTP" not in (await node.ask(data)).data
        assert not node.took


async def test_old_tls_is_refused(tmp_path: Path) -> None:
    """[TRANSPORT-2]"""
    files = Certificate(tmp_path)
    async with listening(deadlines=QUICK, certificate=files.chain, key=files.key) as node:
        old = ssl.create_default_context(cafile=str(files.chain))
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(node.host, node.port, ssl=old, server_hostname="localhost")
