"""Who is slow, silent or many takes only its own place, and not for long (T26)."""

import asyncio

import pytest
from tests.contract.api.running import Running, Start
from tests.contract.api.wire import Streams, Way, read_answer

from pcloud.api import OwnerError
from pcloud.api.connection import Bounds


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What still comes before the node ends the connection."""
    async with asyncio.timeout(20):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


@pytest.mark.parametrize(
    "begun", [b"", b"G", b"GET /v1/status HTTP/1.1\r\n", b"GET /v1/status HTTP/1.1\r\nHost: a\r\nX: "]
)
async def test_a_request_that_is_never_finished_is_not_waited_for(
    start: Start, door: str, begun: bytes
) -> None:
    running = await start(Bounds(idle_s_max=0.05))
    reader, writer = await running.way(door).open()
    writer.write(begun)
    assert await ended(reader) == b""
    assert not running.surface.calls


async def test_a_connection_that_is_done_is_not_kept_for_ever(start: Start, door: str) -> None:
    running = await start(Bounds(idle_s_max=0.05))
    way = running.way(door)
    reader, writer = await way.open()
    writer.write(way.request("GET", "/v1/status", Connection="keep-alive"))
    assert (await read_answer(reader)).status == 200
    assert await ended(reader) == b""
    writer.close()


async def test_a_body_that_comes_too_slowly_is_refused(start: Start, door: str) -> None:
    running = await start(Bounds(body_s_max=0.05))
    way = running.way(door)
    reader, writer = await way.open()
    writer.write(way.request("POST", "/v1/contacts", b"{", Content_Length="14"))
    answer = await read_answer(reader)
    assert (answer.status, answer.code) == (408, "invalid")
    writer.write(b'"link":"late"}')
    assert await ended(reader) == b""
    assert not running.surface.calls


async def test_a_body_that_breaks_off_changes_nothing(running: Running, way: Way) -> None:
    reader, writer = await way.open()
    writer.write(way.request("POST", "/v1/contacts", b'{"link":"a"', Content_Length="14"))
    writer.write_eof()
    await ended(reader)
    assert not running.surface.calls
    assert not running.faults


async def test_an_answer_that_nobody_takes_is_given_up(start: Start) -> None:
    running = await start(Bounds(write_s_max=0.1, connections_max=1))
    running.surface.answers["export"] = bytes(16 * 2**20)
    way = running.way("unix")
    reader, writer = await way.open()
    writer.write(way.request("POST", "/v1/peers/cc33/export", b"{}"))
    await running.surface.asked.wait()

    async with asyncio.timeout(20):
        while await is_turned_away(way):  # until its place is free again
            continue
    assert len(await ended(reader)) < 16 * 2**20
    assert not running.faults


async def is_turned_away(way: Way) -> bool:
    """Whether there is no room for one more."""
    reader, writer = await way.open()
    writer.write(way.request("GET", "/v1/status"))
    answer = await ended(reader)
    assert not answer or answer.startswith(b"HTTP/1.1 200 ")
    return not answer


async def fill(way: Way, count: int) -> list[Streams]:
    """Open so many connections that the node has taken, and say nothing."""
    kept = []
    for _ in range(count):
        reader, writer = await way.open()
        writer.write(way.request("GET", "/v1/health", Connection="keep-alive"))
        assert (await read_answer(reader)).status == 200
        kept.append((reader, writer))
    return kept


async def test_silent_connections_shut_out_neither_the_owner_nor_each_other(running: Running) -> None:
    """T26, T50: another user can fill the port, never the socket."""
    way = running.way("tcp")
    kept = await fill(way, Bounds().connections_max)

    assert await is_turned_away(way)
    with pytest.raises(OwnerError) as caught:
        async with running.client("tcp") as client:
            await client.status()
    assert caught.value.code == "unreachable"

    assert (await running.way("unix").ask("GET", "/v1/status")).status == 200
    assert (await running.metrics().ask("GET", "/health")).status == 200
    reader, writer = kept[0]
    writer.write(way.request("GET", "/v1/status"))
    assert (await read_answer(reader)).status == 200

    await ended(reader)
    async with asyncio.timeout(20):
        while await is_turned_away(way):  # until the node has seen that there is a place
            continue


async def test_who_is_turned_away_costs_no_handler(start: Start) -> None:
    running = await start(Bounds(connections_max=1))
    way = running.way("unix")
    await fill(way, 1)
    running.surface.calls.clear()
    for _ in range(200):
        assert await is_turned_away(way)
    assert not running.surface.calls


async def test_requests_in_one_breath_are_answered_in_turn(running: Running, way: Way) -> None:
    reader, writer = await way.open()
    keep = way.request("GET", "/v1/status", Connection="keep-alive")
    writer.write(keep * 100 + way.request("GET", "/v1/peers"))
    answers = [await read_answer(reader) for _ in range(101)]
    assert {answer.status for answer in answers} == {200}
    assert await ended(reader) == b""
    writer.close()
    assert [operation for operation, _ in running.surface.calls] == ["status"] * 100 + ["peers"]


async def test_a_refused_request_takes_what_follows_it_with_it(running: Running, way: Way) -> None:
    """What stands behind a body that was not read must never be taken for a request."""
    smuggled = way.request("POST", "/v1/peers/cc33/rotate", b"{}")
    reader, writer = await way.open()
    writer.write(
        way.request("POST", "/v1/contacts", smuggled, Content_Type="text/plain", Connection="keep-alive")
    )
    writer.write(smuggled)
    assert (await read_answer(reader)).status == 415
    assert await ended(reader) == b""
    assert not running.surface.calls


async def test_a_stop_lets_an_answer_under_way_come_to_its_end(running: Running, way: Way) -> None:
    running.surface.released.clear()
    question = asyncio.create_task(way.ask("GET", "/v1/doctor"))
    await running.surface.asked.wait()

    stopping = asyncio.create_task(running.server.stop())
    assert (await asyncio.wait({question, stopping}, timeout=0.05))[0] == set()

    running.surface.released.set()
    assert (await question).status == 200
    await stopping
    assert list(running.folder.iterdir()) == []


async def test_a_stop_does_not_wait_for_ever(start: Start, door: str) -> None:
    running = await start(Bounds(stop_s_max=0.05))
    running.surface.released.clear()
    question = asyncio.create_task(running.way(door).ask("GET", "/v1/doctor"))
    await running.surface.asked.wait()
    await running.server.stop()
    with pytest.raises(asyncio.IncompleteReadError):
        await question
    assert list(running.folder.iterdir()) == []
