"""Packets that a relay has kept: each is told to be judged once that stands, and none is dropped."""

import asyncio
from collections.abc import Callable

import pytest
from tests.unit.runtime.test_inbox import POISON, SOURCE, Hall, frames

from pcloud.errors import Code
from pcloud.net.port import Packet
from pcloud.runtime.config import Limits
from pcloud.store.port import FullError, Route
from pcloud.wire.session import FrameKey, seal_frame

SEALED = seal_frame(FrameKey(bytes(16), bytes(32)), None, bytes(300), bytes(12))


class Told:
    """What a relay's collector is told of its packets."""

    def __init__(self, hall: Hall) -> None:
        self.hall, self.verdicts = hall, dict[bytes, bool]()

    async def bring(self, mailbox: bytes, frame: bytes) -> None:
        await self.hall.inbox.receive(Packet(mailbox, frame), None, SOURCE, self._of(frame))

    def _of(self, frame: bytes) -> Callable[[bool], None]:
        def judged(stands: bool) -> None:  # noqa: FBT001 - the inbox calls it so
            self.verdicts[frame] = stands

        return judged


async def test_a_frame_that_nobody_can_read_is_judged_too() -> None:
    """[RELAY-20]"""
    hall = Hall(Limits())
    told = Told(hall)
    await told.bring(await hall.peer("one"), b"garbage")
    await told.bring(bytes(range(16)), b"for nobody")
    assert told.verdicts == {}
    hall.inbox.start()
    await hall.turns()
    assert told.verdicts == {b"garbage": True, b"for nobody": True}
    await hall.inbox.stop()


async def test_a_fault_of_ours_over_one_frame_leaves_it_judged_and_no_other_waiting() -> None:
    hall = Hall(Limits())
    told = Told(hall)
    await told.bring(POISON, SEALED)
    await told.bring(await hall.peer("one"), b"garbage")
    hall.inbox.start()
    await hall.turns()
    assert hall.codes.count(Code.INTERNAL) == 1
    assert told.verdicts == {SEALED: True, b"garbage": True}
    await hall.inbox.stop()


async def test_where_nothing_can_be_kept_nothing_counts_as_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """[RELAY-20]"""
    hall = Hall(Limits())
    told, mailbox = Told(hall), bytes(range(16))

    def full(_: bytes) -> Route | None:
        raise FullError("no room")

    with monkeypatch.context() as disk:
        disk.setattr(hall.decider.store, "route", full)
        await told.bring(mailbox, SEALED)
        hall.inbox.start()
        await hall.turns()
    assert told.verdicts == {SEALED: False}
    assert [type(error) for error in hall.errors] == [FullError]
    await told.bring(mailbox, SEALED)
    await hall.turns()
    assert told.verdicts == {SEALED: True}
    await hall.inbox.stop()


async def test_it_waits_for_room_and_is_never_dropped_whoever_else_is_shut_out() -> None:
    hall = Hall(Limits(peer_packets_max=4))
    told, mailbox = Told(hall), bytes(range(16))
    hall.shut_out.add(SOURCE)
    bringing = asyncio.create_task(_bring_all(told, mailbox, frames(20)))
    await hall.turns()
    assert not bringing.done()
    hall.inbox.start()
    await asyncio.wait_for(bringing, 10)
    await hall.turns()
    assert told.verdicts == dict.fromkeys(frames(20), True)
    assert hall.dropped == 0
    await hall.inbox.stop()


async def _bring_all(told: Told, mailbox: bytes, brought: list[bytes]) -> None:
    for frame in brought:
        await told.bring(mailbox, frame)
