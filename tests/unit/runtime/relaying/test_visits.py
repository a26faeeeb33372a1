"""What may be asked at the counter, and what is pushed: in order, within windows (spec 20 §5)."""

import asyncio
from dataclasses import replace

import pytest
from tests.unit.runtime.relaying.counters import QUOTA, Box, Caller, Cord, Room

from pcloud.errors import Violation
from pcloud.limits import RELAY_WATCHED_MAX, RELAY_WINDOW_BYTES, RELAY_WINDOW_FRAMES
from pcloud.mailboxes.memory import MemoryMailboxes
from pcloud.mailboxes.port import Waiting
from pcloud.wire.services.relay import RELAY, Close, Frame, Publish, Renew, Taken, Watch
from pcloud.wire.services.service import Answer, Outcome


async def test_what_waits_is_pushed_first_and_then_what_comes_in_order() -> None:
    """[RELAY-12], [RELAY-13]"""
    room = Room()
    box = await room.opened("one")
    await room.put(box, b"1", b"2")
    caller = Caller(room)
    answer = await caller.ask(Watch(box.pickup))
    assert answer.outcome is Outcome.DONE
    await room.put(box, b"3")
    (handle,) = RELAY.given(Watch, answer)
    expected = [Frame(handle, number, str(number).encode()) for number in (1, 2, 3)]
    assert await caller.pushed() == expected
    await caller.visit.end()
    await room.counter.stop()


async def test_no_more_is_pushed_than_may_be_under_way_until_it_is_taken() -> None:
    """[RELAY-13], [RELAY-14]"""
    room = Room()
    box = await room.opened("one")
    caller = Caller(room)
    await caller.ask(Watch(box.pickup))
    await room.put(box, *[bytes([n]) for n in range(100)])
    first = await caller.pushed()
    assert [push.number for push in first] == list(range(1, RELAY_WINDOW_FRAMES + 1))
    assert (await caller.ask(Taken(1, 10))).outcome is Outcome.DONE
    assert [push.number for push in await caller.pushed()] == list(range(65, 75))
    assert (await room.counter.stats()).frames == 90
    await caller.visit.end()
    await room.counter.stop()


async def test_the_window_counts_bytes_too() -> None:
    """[RELAY-13]"""
    room = Room(MemoryMailboxes(replace(QUOTA, bytes=10 * RELAY_WINDOW_BYTES)))
    box = await room.opened("one")
    caller = Caller(room)
    await caller.ask(Watch(box.pickup))
    size = 65_536
    await room.put(box, *[bytes(size)] * 20)
    assert len(await caller.pushed()) * size == RELAY_WINDOW_BYTES
    await caller.ask(Taken(1, 1))
    assert len(await caller.pushed()) == 1
    await caller.visit.end()
    await room.counter.stop()


@pytest.mark.parametrize("number", [3, 500])
async def test_a_number_that_was_not_pushed_deletes_nothing(number: int) -> None:
    """[RELAY-14]"""
    room = Room()
    box = await room.opened("one")
    caller = Caller(room)
    await caller.ask(Watch(box.pickup))
    await room.put(box, b"1", b"2")
    await caller.pushed()
    assert (await caller.ask(Taken(1, number))).outcome is Outcome.UNKNOWN
    assert (await caller.ask(Taken(7, 1))).outcome is Outcome.UNKNOWN
    assert (await room.counter.stats()).frames == 2
    await caller.visit.end()
    await room.counter.stop()


async def test_who_asked_last_is_given_it_and_the_one_before_nothing_more() -> None:
    """[RELAY-13]"""
    room = Room()
    box = await room.opened("one")
    before, after = Caller(room), Caller(room)
    await before.ask(Watch(box.pickup))
    await after.ask(Watch(box.pickup))
    await room.put(box, b"1")
    assert await before.pushed() == []
    assert [push.frame for push in await after.pushed()] == [b"1"]
    await before.visit.end()
    await room.put(box, b"2")
    assert [push.frame for push in await after.pushed()] == [b"2"]
    await after.visit.end()
    await room.counter.stop()


class Slow(Cord):
    """An end of a line that takes answers, and pushes only while it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.room = asyncio.Semaphore(0)

    def reads(self, count: int) -> None:
        """Read so many of them."""
        for _ in range(count):
            self.room.release()

    async def send(self, message: bytes) -> None:
        if not isinstance(RELAY.read_back(message), Answer):
            await self.room.acquire()
        await super().send(message)


class Weighed(MemoryMailboxes):
    """Mailboxes that know how many bytes were read."""

    given = 0

    def read(self, box: int, after: int, frames_max: int, bytes_max: int) -> list[Waiting]:
        found = super().read(box, after, frames_max, bytes_max)
        self.given += sum(len(waiting.frame) for waiting in found)
        return found


async def test_who_reads_nothing_holds_little_in_memory_however_much_waits() -> None:
    mailboxes = Weighed(replace(QUOTA, bytes=RELAY_WINDOW_BYTES))
    room = Room(mailboxes)
    size, each, boxes = 60_000, 12, [await room.opened(f"box {number}") for number in range(24)]
    caller = Caller(room, slow := Slow())
    handles = [await caller.watch(box) for box in boxes]
    for box in boxes:
        await room.put(box, *[bytes(size)] * each)
    slow.reads(each)  # all that was read when the first came; then it looks into many at once
    assert len(await caller.pushed()) == each
    assert each * size < mailboxes.given <= each * size + RELAY_WINDOW_BYTES + size
    slow.reads(each * len(boxes))
    pushed = await caller.pushed()
    for handle in handles[1:]:
        assert [push.number for push in pushed if push.handle == handle] == list(range(1, each + 1))
    await caller.visit.end()
    await room.counter.stop()


async def test_what_was_read_before_another_line_watches_is_not_pushed_after_it() -> None:
    """[RELAY-13]"""
    room = Room()
    box = await room.opened("one")
    await room.put(box, *[bytes([number]) for number in range(9)])
    before, after = Caller(room, slow := Slow()), Caller(room)
    await before.watch(box)
    assert await before.pushed() == []
    await after.watch(box)
    slow.reads(9)
    assert [push.number for push in await before.pushed()] == [1], "the one that was on its way"
    assert [push.number for push in await after.pushed()] == list(range(1, 10))
    for caller in (before, after):
        await caller.visit.end()
    await room.counter.stop()


async def test_nothing_is_pushed_after_the_end_and_everything_comes_again_on_another_line() -> None:
    room = Room()
    box = await room.opened("one")
    caller = Caller(room)
    await caller.ask(Watch(box.pickup))
    await room.put(box, b"1")
    assert len(await caller.pushed()) == 1
    await caller.visit.end()
    await room.put(box, b"2")
    assert await caller.pushed() == []
    again = Caller(room)
    await again.ask(Watch(box.pickup))
    assert [push.frame for push in await again.pushed()] == [b"1", b"2"]
    await again.visit.end()
    await room.counter.stop()


async def test_everything_that_names_nothing_here_gets_one_answer_and_no_hurry() -> None:
    room = Room()
    await room.opened("one")
    nobody, caller = Box("nobody"), Caller(room)
    requests = [
        nobody.open(bytes(32)),
        Renew(bytes(32), nobody.pickup),
        Publish(nobody.pickup, b"blob", 10**10),
        Watch(nobody.pickup),
        Taken(1, 1),
        Close(nobody.pickup),
    ]
    for request in requests:
        before = room.clock.elapsed()
        answer = await caller.ask(request)
        assert (answer.outcome, answer.values) == (Outcome.UNKNOWN, ())
        assert room.clock.elapsed() > before
    assert (await room.counter.stats()).mailboxes == 1
    await room.counter.stop()


async def test_a_line_watches_so_many_mailboxes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """[RELAY-13]"""
    assert RELAY_WATCHED_MAX == 4_096
    monkeypatch.setattr("pcloud.runtime.relaying.visits.RELAY_WATCHED_MAX", 3)
    room, outcomes = Room(), []
    boxes = [await room.opened(f"box {number}") for number in range(4)]
    caller = Caller(room)
    for box in boxes:
        outcomes.append((await caller.ask(Watch(box.pickup))).outcome)
    assert outcomes == [Outcome.DONE] * 3 + [Outcome.FULL]
    await caller.visit.end()
    await room.counter.stop()


@pytest.mark.parametrize("message", [b"", b"\x80", b"\x82\x07\x01", b"\x83\x04\x01\x41x", b"\x00" * 100])
async def test_what_is_no_request_is_refused_and_changes_nothing(message: bytes) -> None:
    room = Room()
    await room.opened("one")
    caller = Caller(room)
    with pytest.raises(Violation):
        await caller.visit.hear(message)
    assert caller.cord.sent == []
    assert (await room.counter.stats()).mailboxes == 1
    await room.counter.stop()


async def test_a_line_that_takes_nothing_more_is_closed() -> None:
    room = Room()
    box = await room.opened("one")
    caller = Caller(room)
    await caller.ask(Watch(box.pickup))
    caller.cord.closed = True
    await room.put(box, b"1")
    await room.turns()
    assert (await room.counter.stats()).frames == 1
    assert room.faults == []
    await caller.visit.end()
    await room.counter.stop()
