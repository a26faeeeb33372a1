"""The counter keeps first and tells then, is fair to who brings, and outlives what fails (spec 20 §5)."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.unit.runtime.relaying.counters import QUOTA, Box, Caller, Room, Wire

from pcloud.ambient.fixed import InlineWorkers
from pcloud.ambient.port import Lane, WorkersClosedError
from pcloud.errors import PcloudError
from pcloud.mailboxes.memory import MemoryMailboxes
from pcloud.mailboxes.port import Change, Result
from pcloud.runtime.relaying.counter import FRAMES_EACH_MAX
from pcloud.wire.services.relay import Close, Watch
from pcloud.wire.services.service import Outcome


class Failing(MemoryMailboxes):
    """Mailboxes whose disk is full, at times."""

    full = False
    batches: list[int]

    def __init__(self) -> None:
        super().__init__(QUOTA)
        self.batches = []

    def commit(self, changes: Sequence[Change], now: int) -> list[Result]:
        if self.full:
            raise PcloudError("no room")
        self.batches.append(len(changes))
        return super().commit(changes, now)


async def test_a_frame_for_nobody_here_is_given_back_and_nothing_is_kept() -> None:
    """[RELAY-18]"""
    room = Room()
    assert await room.put(Box("nobody"), b"frame") == [True]
    assert [brought.packet.frame for brought in room.strange] == [b"frame"]
    assert (await room.counter.stats()).frames == 0
    assert room.counter.counted == (0, 0)
    await room.counter.stop()


async def test_frames_that_wait_are_kept_in_one_commit() -> None:
    room = Room(boxes := Failing())
    box = await room.opened("one")
    boxes.batches.clear()
    await room.put(box, *[b"frame"] * 20)
    assert sum(boxes.batches) == 20
    assert len(boxes.batches) < 20
    assert room.counter.counted.kept == 20
    await room.counter.stop()


async def test_what_goes_beyond_a_mailbox_is_dropped_and_counted_and_others_are_kept() -> None:
    """[RELAY-15]"""
    room = Room()
    loud, calm = await room.opened("loud"), await room.opened("calm")
    await room.put(loud, *[b"frame"] * (QUOTA.frames + 7))
    await room.put(calm, b"word")
    assert room.counter.counted == (QUOTA.frames + 1, 7)
    assert (await room.counter.stats()).frames == QUOTA.frames + 1
    await room.counter.stop()


async def test_one_source_waits_or_is_dropped_beyond_its_share_and_another_is_not() -> None:
    room = Room()
    box = await room.opened("one")
    room.counter._tasks[0].cancel()  # nothing is committed any more
    await room.turns()
    taken = await room.put(box, *[b"x"] * (FRAMES_EACH_MAX + 3), source="loud")
    assert taken.count(False) == 3
    waiting = asyncio.create_task(room.put(box, b"more", link=Wire(), source="loud"))
    await room.turns()
    assert not waiting.done()
    assert await room.put(box, b"word", source="calm") == [True]
    waiting.cancel()
    await room.counter.stop()


async def test_a_disk_that_is_full_is_told_and_the_next_frame_is_kept_again() -> None:
    room = Room(boxes := Failing())
    box = await room.opened("one")
    boxes.full = True
    await room.put(box, b"lost")
    assert [brought.packet.frame for brought in room.strange] == [b"lost"]
    with pytest.raises(PcloudError):
        await Caller(room).ask(Close(box.pickup))
    assert [str(fault) for fault in room.faults] == ["no room", "no room"]
    boxes.full = False
    await room.put(box, b"kept")
    caller = Caller(room)
    assert (await caller.ask(Watch(box.pickup))).outcome is Outcome.DONE
    assert [push.frame for push in await caller.pushed()] == [b"kept"]
    await room.counter.stop()


async def test_a_mailbox_of_the_node_itself_is_nobody_elses_though_somebody_opened_its_address() -> None:
    """[RELAY-18]: who has the link of an invitation knows the mailbox, and so its address."""
    room = Room()
    squatter, other = await room.opened("the node's own"), await room.opened("other")
    room.own.add(squatter.mailbox)
    await room.put(squatter, b"for the node")
    await room.put(other, b"for a customer")
    assert [brought.packet.frame for brought in room.strange] == [b"for the node"]
    caller = Caller(room)
    for box in (squatter, other):
        assert (await caller.ask(Watch(box.pickup))).outcome is Outcome.DONE
    assert [push.frame for push in await caller.pushed()] == [b"for a customer"]
    assert (await room.counter.stats()).frames == 1
    await room.counter.stop()


async def test_what_is_over_is_looked_for_as_long_as_it_serves() -> None:
    room = Room()
    await room.opened("one")
    await room.clock.advance(400 * 86_400)
    await room.turns()
    assert (await room.counter.stats()).mailboxes == 0
    await room.counter.stop()


@pytest.mark.parametrize("again", [False, True])
async def test_what_was_kept_ends_in_its_time_though_the_node_is_a_relay_no_more(again: bool) -> None:  # noqa: FBT001 - a case
    """[RELAY-16]: after another start, too."""
    room = Room()
    box = await room.opened("one")
    await room.put(box, b"for nobody")
    room.counter.serve(on=False)
    if again:
        await room.counter.stop()
        room = Room(room.mailboxes, on=False, before=True)
    assert not room.counter.open
    await room.clock.advance(31 * 86_400)
    await room.turns()
    stats = await room.counter.stats()
    assert (stats.mailboxes, stats.frames) == (1, 0)
    await room.counter.stop()


async def test_who_waits_for_a_change_when_the_node_stops_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether its commit has begun or not: nobody waits for ever."""
    room = Room()

    async def never(_self: InlineWorkers, _lane: Lane, _work: object) -> None:
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(InlineWorkers, "run", never)
        asked = [asyncio.create_task(room.counter.vouchers(1, 9)) for _ in range(2)]
        await room.turns()
        asked.append(asyncio.create_task(room.counter.vouchers(1, 9)))
        await room.turns()
    await room.counter.stop()
    told = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 5)
    assert [type(error) for error in told] == [WorkersClosedError] * 3
    assert (await room.counter.stats()).vouchers == 0


async def test_a_node_that_was_never_a_relay_opens_no_mailboxes() -> None:
    room = Room(on=False)
    await room.clock.advance(10_000)
    await room.turns()
    assert room.counter._made is None
    await room.counter.stop()


async def test_a_file_that_cannot_be_read_gives_strangers_nothing_and_is_told() -> None:
    room = Room()
    box = await room.opened("one")

    def broken() -> MemoryMailboxes:
        raise PcloudError("damaged")

    room.counter._make, made = broken, room.counter._made
    room.counter._made = None
    assert await room.counter.blob(box.mailbox) is None
    assert [str(fault) for fault in room.faults] == ["damaged"]
    room.counter._made = made
    await room.counter.stop()
