"""What a line to a relay brings is deleted there only once it was judged, and in order (spec 20 §5)."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.runtime.relaying.counters import Cord

from pcloud.errors import Violation
from pcloud.limits import RELAY_WINDOW_FRAMES
from pcloud.net.port import Packet, UnreachableError
from pcloud.runtime.relaying.boxes import Boxes
from pcloud.runtime.relaying.calls import Call, Given
from pcloud.wire.services.relay import RELAY, Frame, Taken, Watch
from pcloud.wire.services.service import Outcome, write_answer

HERE, THERE = b"here".ljust(16), b"there".ljust(16)


class Desk:
    """An inbox that judges when a test says so, and what the relay was told."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Packet, Callable[[bool], None]]] = []
        self.failures = 0
        self.room = asyncio.Event()
        self.room.set()
        self.boxes = Boxes(self.receive, "https://relay.example", self.failed)
        self.cord = Cord()
        self.call = Call(self.cord, self.boxes.pushed, self.boxes.room)
        self.deleting = asyncio.create_task(self.boxes.delete(self.call))
        self.boxes.answered(HERE, Given(Outcome.DONE, (1,)))
        self.boxes.answered(THERE, Given(Outcome.DONE, (2,)))

    async def receive(self, packet: Packet, link: None, source: str, judged: Callable[[bool], None]) -> None:
        if packet.mailbox == HERE:
            await self.room.wait()
        self.waiting.append((packet, judged))

    def failed(self) -> None:
        self.failures += 1

    async def push(self, *frames: Frame) -> None:
        for frame in frames:
            self.boxes.pushed(frame)
        await self.turns()

    async def judge(self, number: int, *, stands: bool = True) -> None:
        self.waiting[number][1](stands)
        await self.turns()

    async def turns(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    def taken(self) -> list[Taken]:
        return [RELAY.read_request(message).request for message in self.cord.sent]

    async def stop(self) -> None:
        self.deleting.cancel()
        await asyncio.wait([self.deleting])
        await self.boxes.close()


@pytest.fixture
async def desk() -> Desk:
    return Desk()


async def test_nothing_is_deleted_before_all_up_to_it_was_judged(desk: Desk) -> None:
    """[RELAY-20]"""
    await desk.push(Frame(1, 1, b"a"), Frame(1, 2, b"b"), Frame(1, 4, b"c"))
    assert [packet for packet, _ in desk.waiting] == [Packet(HERE, each) for each in (b"a", b"b", b"c")]
    assert desk.taken() == []
    await desk.judge(1)
    assert desk.taken() == []
    await desk.judge(0)
    assert desk.taken() == [Taken(1, 2)]
    await desk.judge(2)
    assert desk.taken() == [Taken(1, 2), Taken(1, 4)]
    await desk.stop()


async def test_what_could_not_be_judged_is_not_deleted_and_the_line_begins_anew(desk: Desk) -> None:
    """[RELAY-20]"""
    await desk.push(Frame(1, 1, b"a"), Frame(1, 2, b"b"))
    await desk.judge(0, stands=False)
    await desk.judge(1)
    assert desk.taken() == []
    assert desk.failures == 1
    await desk.stop()


async def test_a_number_that_was_there_is_no_frame(desk: Desk) -> None:
    await desk.push(Frame(1, 5, b"a"), Frame(1, 5, b"other"), Frame(1, 3, b"older"))
    assert [packet.frame for packet, _ in desk.waiting] == [b"a"]
    assert desk.boxes.collected == 1
    await desk.stop()


async def test_one_mailbox_without_room_holds_up_no_other(desk: Desk) -> None:
    desk.room.clear()
    await desk.push(Frame(1, 1, b"waits"), Frame(2, 1, b"goes"))
    assert [packet.frame for packet, _ in desk.waiting] == [b"goes"]
    desk.room.set()
    await desk.turns()
    assert [packet.frame for packet, _ in desk.waiting] == [b"goes", b"waits"]
    await desk.stop()


async def test_more_than_may_be_under_way_is_not_taken(desk: Desk) -> None:
    """[RELAY-13]"""
    await desk.push(*(Frame(1, number, b"x") for number in range(1, RELAY_WINDOW_FRAMES + 1)))
    with pytest.raises(Violation):
        desk.boxes.pushed(Frame(1, 99, b"y"))
    desk.boxes.pushed(Frame(2, 1, b"of another"))
    await desk.stop()


async def test_a_line_is_not_read_while_too_much_of_it_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcloud.runtime.relaying.boxes.BYTES_WAITING_MAX", 10)
    desk.room.clear()
    await desk.push(Frame(1, 1, b"ten bytes!"), Frame(1, 2, b"and more"))
    reading = asyncio.create_task(desk.boxes.room())
    await desk.turns()
    assert not reading.done()
    desk.room.set()
    await asyncio.wait_for(reading, 10)
    await desk.stop()


async def test_a_handle_that_was_never_given_or_is_given_twice_ends_the_line(desk: Desk) -> None:
    with pytest.raises(Violation):
        desk.boxes.pushed(Frame(3, 1, b"x"))
    with pytest.raises(Violation):
        desk.boxes.answered(HERE, Given(Outcome.DONE, (2,)))
    desk.boxes.answered(HERE, Given(Outcome.UNKNOWN))
    assert desk.waiting == []
    await desk.stop()


class Ropes(Cord):
    """A line on which a test says what the relay says."""

    def __init__(self, *heard: bytes) -> None:
        super().__init__()
        self._heard = list(heard)
        self.asked = asyncio.Event()

    async def send(self, message: bytes) -> None:
        await super().send(message)
        self.asked.set()

    async def receive(self) -> bytes | None:
        await self.asked.wait()
        return self._heard.pop(0) if self._heard else None


async def at_once() -> None:
    """There is room."""


async def said(*heard: bytes) -> Given | BaseException:
    """What becomes of one request where the relay says this; the line's own fault comes first."""
    call = Call(Ropes(*heard), lambda _: None, at_once)
    running = asyncio.create_task(call.run())
    asking = asyncio.create_task(call.ask(Watch(bytes(32))))
    await asyncio.wait([running, asking])
    fault = running.exception()
    return fault or asking.exception() or asking.result()


async def test_an_answer_reaches_who_asked() -> None:
    assert await said(write_answer(1, Outcome.DONE, 5)) == Given(Outcome.DONE, (5,))
    assert await said(write_answer(1, Outcome.UNKNOWN)) == Given(Outcome.UNKNOWN)


@pytest.mark.parametrize(
    "message",
    [
        write_answer(2, Outcome.DONE, 5),
        write_answer(1, Outcome.DONE),
        write_answer(1, Outcome.DONE, 0),
        write_answer(1, Outcome.DONE, 1, 2),
        b"\x83\x00\x01\x09",
        b"\x80",
        b"",
        RELAY.write_request(1, Watch(bytes(32))),
    ],
)
async def test_what_no_relay_says_ends_the_line(message: bytes) -> None:
    assert isinstance(await said(message), Violation)


async def test_a_line_that_ends_leaves_nobody_waiting() -> None:
    assert isinstance(await said(), UnreachableError)


async def test_the_answer_is_heard_before_what_comes_after_it() -> None:
    order: list[object] = []
    push = Frame(1, 1, b"x")
    line = Ropes(write_answer(1, Outcome.DONE, 1), RELAY.write_push(push))
    call = Call(line, order.append, at_once)
    running = asyncio.create_task(call.run())
    given = await call.ask(Watch(bytes(32)), order.append)
    await running
    assert order == [given, push]
