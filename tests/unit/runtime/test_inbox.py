"""Packets wait by mailbox: bounded, fair, each within its quota, and none at the cost of another."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.ambient.fixed import FixedClock, InlineWorkers, SeededEntropy
from pcloud.engine.registry import STANDARD
from pcloud.errors import Code
from pcloud.limits import MAILBOX_BYTES
from pcloud.net.port import Link, Packet
from pcloud.runtime.carrying.inbox import (
    BYTES_EACH_MAX,
    LOOKED_AT_MIN,
    PACKETS_BATCH_MAX,
    PACKETS_EACH_MIN,
    STRANGERS_BYTES_MAX,
    Bucket,
    Came,
    Inbox,
)
from pcloud.runtime.config import Limits
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.receiving import Taken
from pcloud.runtime.owning.meeting import Self, pend
from pcloud.store.memory import MemoryStore
from pcloud.store.port import Changes, Route
from pcloud.testing.node import Clock, Node, invite
from pcloud.wire.keylog import pool
from pcloud.wire.session import FrameKey, seal_frame

POISON = bytes(MAILBOX_BYTES)
"""A mailbox at which our own code fails."""
SOURCE = "192.0.2.1"
OTHER = "198.51.100.1"
LEVELS = st.floats(0.001, 1_000)


class Store(MemoryStore):
    """The store in memory, with one mailbox that breaks it."""

    def route(self, mailbox: bytes) -> Route | None:
        if mailbox == POISON:
            raise RuntimeError("a fault of ours")
        return super().route(mailbox)


class Wire:
    """A connection, as far as an inbox looks at it."""

    source = SOURCE
    open = True

    async def send(self, packets: tuple[Packet, ...]) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class Hall:
    """An inbox over a real decider, and what became of packets."""

    def __init__(self, limits: Limits) -> None:
        self.clock = FixedClock()
        store, workers = Store(), InlineWorkers()
        store.commit(Changes(commitments=dict(enumerate(pool(bytes(32), 0, 0, 64)))))
        self.decider = Decider(
            store, self.clock, SeededEntropy("hall"), workers, STANDARD, lambda _committed: None
        )
        self.inbox = Inbox(self.decider, self.clock, SeededEntropy("in"), workers, limits, self)
        self.judged: list[tuple[bytes, bytes]] = []
        """Mailbox and frame."""
        self.codes: list[Code | None] = []
        self.dropped = 0
        self.errors: list[Exception] = []
        self.shut_out: set[str] = set()
        self.link: Link = Wire()

    # What an inbox tells

    def taken(self, came: Came, taken: Taken) -> None:
        self.judged.append((came.packet.mailbox, came.packet.frame))
        self.codes.append(taken.refused)

    def crowded_out(self) -> None:
        self.dropped += 1

    def failed(self, error: Exception) -> None:
        self.errors.append(error)

    def is_up(self, scope: bytes) -> bool:
        return False

    def refused_often(self, source: str) -> bool:
        return source in self.shut_out

    # What a test does

    async def peer(self, name: str) -> bytes:
        """A relationship in memory; gives its mailbox."""
        invitation = invite(Node(name, Clock()))
        scope = await self.decider.do(
            lambda batch: pend(batch, invitation, Self("person", ("https://a.example",)))
        )
        return scope.relationship.me.mailbox

    async def post(self, mailbox: bytes, *frames: bytes, source: str = SOURCE) -> None:
        for frame in frames:
            await self.inbox.receive(Packet(mailbox, frame), None, source)

    async def turns(self) -> None:
        for _ in range(300):
            await asyncio.sleep(0)

    def of(self, mailbox: bytes) -> list[bytes]:
        return [frame for box, frame in self.judged if box == mailbox]


Made = st.lists(st.tuples(st.floats(0, 100), st.integers(0, 100)), max_size=30)


@given(rate=LEVELS, burst=st.integers(1, 1_000), asked=Made)
def test_a_quota_never_gives_more_than_its_burst_and_its_rate(
    rate: float, burst: int, asked: list[tuple[float, int]]
) -> None:
    bucket, now, given_out = Bucket(rate, burst, 0), 0.0, 0
    for wait, wanted in asked:
        now += wait
        taken = min(wanted, int(bucket.level(now)))
        bucket.take(taken)
        given_out += taken
        assert given_out <= burst + rate * now + 1e-6
        assert bucket.level(now) <= burst


@given(rate=LEVELS, burst=st.integers(1, 1_000), over=st.floats(0, 10_000))
def test_who_waits_as_long_as_it_is_told_gets_something(rate: float, burst: int, over: float) -> None:
    bucket, now = Bucket(rate, burst, 0), 0.0
    bucket.take(burst + over)
    for _ in range(3):  # rounding may take a second look
        assert bucket.wait_s() > 0
        now += bucket.wait_s()
        if bucket.level(now) >= 1:
            return
    raise AssertionError(bucket.level(now))


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall(
        Limits(
            peer_messages_per_minute=60,
            peer_messages_burst=8,
            peer_bytes_per_day=864_000,  # ten a second
            peer_packets_max=64,
        )
    )
    made.inbox.start()
    yield made
    await made.inbox.stop()


def frames(count: int, name: str = "") -> list[bytes]:
    return [f"{name}{number}".encode() for number in range(count)]


async def test_one_that_is_beyond_its_quota_holds_up_nobody(hall: Hall) -> None:
    loud, calm = await hall.peer("loud"), await hall.peer("calm")
    await hall.post(loud, *frames(20))
    await hall.turns()
    assert len(hall.of(loud)) == 8
    await hall.post(calm, *frames(3))
    await hall.turns()
    assert hall.of(calm) == frames(3), "no time has passed"
    assert len(hall.of(loud)) == 8


async def test_beyond_the_burst_packets_are_judged_at_the_rate_and_in_order(hall: Hall) -> None:
    mailbox = await hall.peer("loud")
    await hall.post(mailbox, *frames(20))
    for passed in range(12):
        await hall.turns()
        assert len(hall.of(mailbox)) == 8 + passed
        await hall.clock.advance(1)
    await hall.turns()
    assert hall.of(mailbox) == frames(20)


async def test_a_quota_of_bytes_is_overdrawn_by_one_packet_at_most_and_only_by_its_own_mailbox(
    hall: Hall,
) -> None:
    loud, calm = await hall.peer("loud"), await hall.peer("calm")
    big = bytes(60_000)
    for _ in range(20):
        await hall.post(loud, big)
        await hall.turns()
        await hall.clock.advance(1)
    taken = len(hall.of(loud)) * len(big)
    assert 864_000 - len(big) <= taken <= 864_000 + 200 + len(big)
    await hall.post(calm, b"small")
    await hall.turns()
    assert hall.of(calm) == [b"small"]
    await hall.clock.advance(86_400)
    await hall.turns()
    assert len(hall.of(loud)) == 20


async def test_of_two_mailboxes_the_one_with_little_is_not_behind_the_one_with_much() -> None:
    hall = Hall(Limits(peer_packets_max=4_096, peer_messages_burst=4_096))
    loud, calm = await hall.peer("loud"), await hall.peer("calm")
    await hall.post(loud, *frames(4_000))
    await hall.post(calm, b"word")
    hall.inbox.start()
    await hall.turns()
    assert hall.judged.index((calm, b"word")) < PACKETS_BATCH_MAX
    assert len(hall.of(loud)) == 4_000
    await hall.inbox.stop()


async def test_each_of_many_gets_its_part_of_a_batch() -> None:
    hall = Hall(Limits(peer_packets_max=4_096))
    mailboxes = [await hall.peer(f"p{number}") for number in range(16)]
    for mailbox in mailboxes:
        await hall.post(mailbox, *frames(100))
    hall.inbox.start()
    await hall.turns()
    first = hall.judged[:PACKETS_BATCH_MAX]
    counts = [sum(box == mailbox for box, _ in first) for mailbox in mailboxes]
    assert counts == [PACKETS_EACH_MIN] * 16
    await hall.inbox.stop()


async def test_a_connection_waits_for_room_at_its_own_mailbox_and_another_does_not(hall: Hall) -> None:
    loud, calm = await hall.peer("loud"), await hall.peer("calm")
    await hall.post(loud, *frames(8 + 64))
    await hall.turns()
    await hall.post(loud, *frames(8))
    more = asyncio.create_task(hall.inbox.receive(Packet(loud, b"more"), hall.link, SOURCE))
    await hall.turns()
    assert not more.done()
    await asyncio.wait_for(hall.inbox.receive(Packet(calm, b"word"), hall.link, SOURCE), 10)
    await hall.turns()
    assert hall.of(calm) == [b"word"]
    assert not more.done()
    await hall.clock.advance(20)
    assert more.done()
    await hall.clock.advance(200)
    await hall.turns()
    assert hall.of(loud)[-1] == b"more", "what waited was not lost"


async def test_a_request_is_dropped_where_its_mailbox_is_full_and_nowhere_else(hall: Hall) -> None:
    loud, calm = await hall.peer("loud"), await hall.peer("calm")
    await hall.post(loud, *frames(64))
    await hall.turns()
    assert (hall.inbox.queued, hall.dropped) == (56, 0)
    await hall.post(loud, *frames(18))
    assert (hall.inbox.queued, hall.dropped) == (64, 10)
    await hall.post(calm, b"word")
    await hall.turns()
    assert hall.dropped == 10
    assert hall.of(calm) == [b"word"]


async def test_what_waits_for_one_mailbox_is_bounded_in_bytes_too() -> None:
    hall = Hall(Limits(peer_packets_max=4_096))
    mailbox, size = await hall.peer("loud"), 65_536
    await hall.post(mailbox, *[bytes(size)] * 100)
    assert hall.inbox.queued == BYTES_EACH_MAX // size
    assert hall.dropped == 100 - BYTES_EACH_MAX // size


async def test_a_stranger_with_a_thousand_mailboxes_has_the_room_of_one(hall: Hall) -> None:
    entropy = SeededEntropy("boxes")
    for _ in range(1_000):
        await hall.post(entropy(MAILBOX_BYTES), b"garbage")
    assert (hall.inbox.queued, hall.dropped) == (64, 936)
    await hall.post(entropy(MAILBOX_BYTES), b"somebody else", source=OTHER)
    await hall.turns()
    assert b"somebody else" in [frame for _, frame in hall.judged]
    assert len(hall.judged) == 65


async def test_strangers_together_are_bounded_however_many_they_are() -> None:
    hall = Hall(Limits())
    entropy, size = SeededEntropy("boxes"), 65_536
    for number in range(1_000):
        await hall.post(entropy(MAILBOX_BYTES), bytes(size), source=f"source {number}")
    assert hall.inbox.queued == STRANGERS_BYTES_MAX // size
    mailbox = await hall.peer("peer")
    await hall.post(mailbox, b"word")
    assert hall.inbox.queued == STRANGERS_BYTES_MAX // size + 1, "a peer has its own room"


async def test_nothing_is_left_of_strangers_once_they_were_judged(hall: Hall) -> None:
    entropy = SeededEntropy("boxes")
    for _ in range(50):
        await hall.post(entropy(MAILBOX_BYTES), b"garbage")
    await hall.turns()
    await hall.clock.advance(60)
    await hall.post(entropy(MAILBOX_BYTES), b"garbage")
    await hall.turns()
    assert len(hall.judged) == 51
    assert (hall.inbox._sources.total(), hall.inbox._strange_bytes) == (0, 0)
    assert len(hall.inbox._queues) == 1


async def test_mailboxes_in_which_nothing_waits_are_no_work_for_a_batch(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    entropy = SeededEntropy("boxes")
    boxes = [entropy(MAILBOX_BYTES) for _ in range(500)]
    for number, mailbox in enumerate(boxes):
        await hall.post(mailbox, b"word", source=f"source {number}")
    await hall.turns()
    assert len(hall.judged) == 500
    looked_at: list[bytes] = []
    level = Bucket.level

    def noted(self: Bucket, now: float) -> float:
        looked_at.append(b"")
        return level(self, now)

    monkeypatch.setattr(Bucket, "level", noted)
    await hall.post(boxes[7], b"another")
    await hall.turns()
    assert hall.judged[-1] == (boxes[7], b"another")
    assert len(looked_at) < 3 * LOOKED_AT_MIN + 32
    assert len(hall.inbox._queues) >= 500 - 2 * (LOOKED_AT_MIN + 2), (
        "what is owed to a quota is not forgotten"
    )

    for _ in range(9):
        await hall.clock.advance(60)
        await hall.post(boxes[7], b"word")
        await hall.turns()
    assert len(hall.inbox._queues) <= 1, "in the end all of them are"


async def test_peers_come_before_strangers_who_get_their_share_all_the_same() -> None:
    hall = Hall(Limits(peer_packets_max=4_096, peer_messages_burst=4_096))
    entropy = SeededEntropy("boxes")
    for number in range(1_000):
        await hall.post(entropy(MAILBOX_BYTES), b"garbage", source=f"source {number}")
    peers = [await hall.peer(f"p{number}") for number in range(4)]
    for mailbox in peers:
        await hall.post(mailbox, *frames(200))
    hall.inbox.start()
    await hall.turns()
    first = [mailbox in peers for mailbox, _ in hall.judged[:PACKETS_BATCH_MAX]]
    assert sum(first) == PACKETS_BATCH_MAX * 3 // 4
    assert all(first[: sum(first)])
    assert len(hall.judged) == 1_800
    await hall.inbox.stop()


async def test_what_waits_of_a_source_that_is_shut_out_is_dropped_unread(hall: Hall) -> None:
    entropy = SeededEntropy("boxes")
    hall.shut_out.add(SOURCE)
    for _ in range(30):
        await hall.post(entropy(MAILBOX_BYTES), b"garbage")
    await hall.post(entropy(MAILBOX_BYTES), b"somebody else", source=OTHER)
    await hall.turns()
    assert [frame for _, frame in hall.judged] == [b"somebody else"]
    assert (hall.dropped, hall.inbox.queued) == (30, 0)


async def test_what_is_left_of_a_source_is_judged_once_it_is_let_in_again(hall: Hall) -> None:
    mailbox = SeededEntropy("box")(MAILBOX_BYTES)
    hall.shut_out.add(SOURCE)
    await hall.post(mailbox, *frames(20))
    await hall.turns()
    assert (hall.dropped, hall.inbox.queued) == (8, 12)
    hall.shut_out.clear()
    await hall.clock.advance(20)
    await hall.turns()
    assert hall.of(mailbox) == frames(20)[8:]


async def test_a_fault_over_one_packet_costs_no_other_its_judgement() -> None:
    hall = Hall(Limits())
    one, other = await hall.peer("one"), await hall.peer("other")
    well_formed = seal_frame(FrameKey(bytes(16), bytes(32)), None, bytes(300), bytes(12))
    for mailbox, frame in ((one, b"a"), (POISON, well_formed), (other, b"b"), (one, b"c")):
        await hall.post(mailbox, frame)
    hall.inbox.start()
    await hall.turns()
    assert [type(error) for error in hall.errors] == [RuntimeError]
    assert hall.of(POISON) == [well_formed], "it was looked at"
    assert hall.codes.count(Code.INTERNAL) == 1
    assert hall.of(one) == [b"a", b"c"]
    assert hall.of(other) == [b"b"]
    await hall.inbox.stop()


async def test_the_order_within_a_mailbox_is_kept_across_batches() -> None:
    hall = Hall(Limits(peer_packets_max=4_096, peer_messages_burst=4_096))
    mailboxes = [await hall.peer(f"p{number}") for number in range(3)]
    for frame in frames(1_000):
        for mailbox in mailboxes:
            await hall.post(mailbox, frame)
    hall.inbox.start()
    await hall.turns()
    assert [hall.of(mailbox) for mailbox in mailboxes] == [frames(1_000)] * 3
    await hall.inbox.stop()


async def test_the_quota_of_the_whole_node_is_kept_and_waits_out() -> None:
    hall = Hall(Limits(node_messages_per_minute=60, node_messages_burst=5))
    mailboxes = [await hall.peer(f"p{number}") for number in range(5)]
    hall.inbox.start()
    for mailbox in mailboxes:
        await hall.post(mailbox, *frames(3))
    await hall.turns()
    assert len(hall.judged) == 5
    await hall.clock.advance(3)
    await hall.turns()
    assert len(hall.judged) == 8
    await hall.clock.advance(60)
    await hall.turns()
    assert len(hall.judged) == 15
    await hall.inbox.stop()
