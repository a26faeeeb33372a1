"""Server-sent events: everything in order, nothing queued for who does not read, and a way to go on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import msgspec
import pytest
from tests.contract.api.running import Running, Start
from tests.contract.api.wire import Way, read_answer

from pcloud.api import Client, Happening, OwnerError
from pcloud.api.connection import Bounds


async def next_event(reader: asyncio.StreamReader) -> tuple[int | None, Happening] | None:
    """The next event with its id, through chunks and comments; None where the stream ends."""
    number = None
    async with asyncio.timeout(20):
        while line := await reader.readline():
            if line == b"0\r\n":  # the last chunk
                return None
            if line.startswith(b"id: "):
                number = int(line[4:])
            elif line.startswith(b"data: "):
                return number, msgspec.json.decode(line[6:], type=Happening)
    return None


async def follow(way: Way, query: str = "", last: str | None = None) -> asyncio.StreamReader:
    reader, writer = await way.open()
    writer.write(way.request("GET", f"/v1/events{query}", None, Last_Event_ID=last, Connection="keep-alive"))
    answer = await read_answer(reader)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.headers["cache-control"] == "no-store"
    return reader


async def test_what_happens_reaches_who_listens_in_order(running: Running, client: Client) -> None:
    seen = []
    async with aclosing(client.happenings()) as happenings:
        first = asyncio.ensure_future(anext(happenings))
        await running.surface.happen("relationship.request")
        await running.surface.happen("terms.proffer")
        seen = [await first, await anext(happenings)]
    assert seen == [
        Happening(1, "relationship.request", "cc33"),
        Happening(2, "terms.proffer", "cc33"),
    ]
    assert running.surface.calls == [("happenings", {"after": None})]


async def test_a_stream_goes_on_after_a_number(running: Running, way: Way) -> None:
    for what in "abcde":
        await running.surface.happen(what, listeners=0)

    for query, last, number in (
        ("?after=3", None, 4),
        ("", "2", 3),
        ("?after=1", "4", 5),
        ("?after=0", "", 1),
    ):
        reader = await follow(way, query, last)
        event = await next_event(reader)
        assert event is not None
        assert event[0] == event[1].number == number


@pytest.mark.parametrize("last", ["-1", "x", "1.5", "9007199254740992", "1, 2", "9" * 5_000])
async def test_a_number_that_is_none_is_refused(running: Running, way: Way, last: str) -> None:
    answer = await way.ask("GET", "/v1/events", Last_Event_ID=last)
    assert (answer.status, answer.code) == (400, "invalid")
    assert not running.surface.calls


async def test_what_is_not_in_the_log_has_no_number_to_go_on_after(running: Running, way: Way) -> None:
    running.surface.happened.append(Happening(None, "acknowledged", "cc33", "dd44", "applied"))
    await running.surface.happen("terms.seal", listeners=0)
    reader = await follow(way, "?after=0")
    assert await next_event(reader) == (None, Happening(None, "acknowledged", "cc33", "dd44", "applied"))
    assert await next_event(reader) == (2, Happening(2, "terms.seal", "cc33"))


async def test_a_stream_ends_with_the_node(running: Running, client: Client, way: Way) -> None:
    reader = await follow(way)
    following = asyncio.ensure_future(anext(client.happenings(), None))
    await running.surface.happen("last", listeners=2)
    assert await following is not None
    event = await next_event(reader)
    await running.surface.stop()
    assert event is not None
    assert event[1].what == "last"
    assert await next_event(reader) is None


async def test_a_server_that_stops_ends_its_streams_at_once(running: Running, client: Client) -> None:
    following = asyncio.ensure_future(anext(client.happenings(), "ended"))
    await running.surface.happen("first")
    assert isinstance(await following, Happening)
    waiting = asyncio.ensure_future(anext(client.happenings(), "ended"))
    async with running.surface.changed:
        await running.surface.changed.wait_for(lambda: len(running.surface.calls) == 2)
    async with asyncio.timeout(4):  # less than what an answer under way is given
        await running.server.stop()
        assert await waiting == "ended"
    assert running.surface.listening == 0


async def test_a_reader_that_leaves_is_noticed_at_once(running: Running, way: Way) -> None:
    reader, writer = await way.open()
    writer.write(way.request("GET", "/v1/events"))
    await read_answer(reader)
    writer.close()
    async with running.surface.changed:
        await running.surface.changed.wait_for(lambda: running.surface.listening == 0)
    assert not running.faults


async def test_a_client_that_has_heard_enough_leaves_at_once(running: Running, client: Client) -> None:
    happenings = client.happenings()
    first = asyncio.ensure_future(anext(happenings))
    await running.surface.happen("first")
    assert (await first).what == "first"
    await happenings.aclose()
    async with running.surface.changed:
        await running.surface.changed.wait_for(lambda: running.surface.listening == 0)
    assert (await client.status()).name == "Anna"


async def test_a_stream_in_which_nothing_happens_shows_that_it_is_there(start: Start) -> None:
    running = await start(Bounds(beat_s=0.01))
    reader = await follow(running.way("unix"))
    async with asyncio.timeout(20):
        beats = [await reader.readuntil(b":\n\n") for _ in range(3)]
    assert len(beats) == 3


class Flood:
    """A surface in which more happens than anybody can read."""

    def __init__(self) -> None:
        self.taken = 0
        self.ended = asyncio.Event()

    async def happenings(self, *, after: int | None = None) -> AsyncIterator[Happening]:
        number = after or 0
        try:
            while True:
                number += 1
                self.taken += 1
                await asyncio.sleep(0)
                yield Happening(number, "conversation.say", "cc33" * 16, "dd44" * 16)
        finally:
            self.ended.set()


async def test_who_does_not_read_is_dropped_and_goes_on_after_what_it_saw(start: Start) -> None:
    """T26, T31: what is not read stays with the node; only what buffers of the system hold is under way."""
    running = await start(replace(Bounds(), write_s_max=0.2))
    flood = Flood()
    running.surface.happenings = flood.happenings  # type: ignore[method-assign]  # more than it would do
    way = running.way("unix")

    reader, writer = await way.open()
    writer.write(way.request("GET", "/v1/events?after=0"))
    async with asyncio.timeout(20):
        await flood.ended.wait()
    assert flood.taken < 20_000

    await read_answer(reader)
    seen = []
    while (event := await next_event(reader)) is not None:
        seen.append(event[0])
    assert seen == list(range(1, len(seen) + 1))
    assert 0 < len(seen) < flood.taken

    again = await follow(way, last=str(seen[-1]))
    event = await next_event(again)
    assert event is not None
    assert event[0] == len(seen) + 1
    assert not running.faults


async def test_streams_are_counted_and_leave_room_for_questions(start: Start) -> None:
    running = await start(Bounds(streams_max=2))
    way = running.way("tcp")
    await follow(way)
    _, writer = await way.open()
    writer.write(way.request("GET", "/v1/events"))
    await running.surface.happen("one", listeners=2)

    answer = await way.ask("GET", "/v1/events")
    assert (answer.status, answer.code) == (503, "busy")
    assert (await way.ask("GET", "/v1/status")).status == 200
    await follow(running.way("unix"))  # every listener counts its own

    writer.close()
    async with running.surface.changed:
        await running.surface.changed.wait_for(lambda: running.surface.listening == 2)
    await follow(way)


async def test_a_stream_that_fails_breaks_off_and_is_reported_once(running: Running, client: Client) -> None:
    async def failing(*, after: int | None = None) -> AsyncIterator[Happening]:
        yield Happening(after, "first", None)
        raise RuntimeError("canary")

    running.surface.happenings = failing  # type: ignore[method-assign]  # a node with a fault
    happenings = client.happenings(after=7)
    assert (await anext(happenings)).number == 7
    with pytest.raises(OwnerError) as caught:
        await anext(happenings)
    assert caught.value.code == "unreachable"
    assert [str(fault) for _, fault in running.faults] == ["canary"]
    assert (await client.status()).name == "Anna"
