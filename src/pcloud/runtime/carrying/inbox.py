"""Packets on their way to a decision: bounded for each mailbox, fair among them, opened beside it.

A mailbox that sends more than its quota is read more slowly, and nobody else notices (spec 13).
"""

import asyncio
from collections import deque
from functools import partial
from typing import NamedTuple, Protocol

from pcloud.ambient.port import Clock, Entropy, Lane, Workers
from pcloud.engine.intake import open_frame
from pcloud.errors import Code, Violation
from pcloud.net.port import Link, Packet
from pcloud.runtime.config import Limits
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.receiving import Arrived, Fault, Taken, take
from pcloud.store.port import StoreError

PACKETS_BATCH_MAX = 256
"""Packets of one commit."""
PACKETS_EACH_MIN = 16
"""What each mailbox gets of a batch at least, where several wait."""
DAY_S = 86_400
BATCHES_MAX = 2
"""Batches on their way: one is decided while the next is opened."""


class Bucket:
    """A quota that fills at a steady rate up to a bound."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self.rate, self.burst = rate, burst
        self._level, self._at = burst, now

    def level(self, now: float) -> float:
        """What may be taken now."""
        self._level = min(self._level + (now - self._at) * self.rate, self.burst)
        self._at = now
        return self._level

    def take(self, amount: float) -> None:
        """Take it; the last taker may take more than there is, and all wait for it."""
        self._level -= amount

    def wait_s(self) -> float:
        """Until there is something to take."""
        return max(0.0, (1 - self._level) / self.rate)


class Came(NamedTuple):
    """A packet, and how it came."""

    packet: Packet
    link: Link | None
    source: str


class Aftermath(Protocol):
    """What the node does with what became of packets; called on the loop."""

    def taken(self, came: Came, taken: Taken) -> None:
        """A packet was looked at, and its commit stands."""

    def crowded_out(self) -> None:
        """A packet was dropped unread."""

    def failed(self, error: Exception) -> None:
        """A fault of ours, or of the store. Nothing was answered, so every sender keeps its messages."""

    def is_up(self, scope: bytes) -> bool:
        """Whether the peer of a relationship is connected now."""


class _Queue:
    """What waits for one mailbox, and what it may still send."""

    __slots__ = ("messages", "octets", "packets", "room")

    def __init__(self, limits: Limits, now: float) -> None:
        self.packets: deque[Came] = deque()
        self.room = asyncio.Event()
        self.messages = Bucket(limits.peer_messages_per_minute / 60, limits.peer_messages_burst, now)
        self.octets = Bucket(limits.peer_bytes_per_day / DAY_S, limits.peer_bytes_per_day, now)

    def allowed(self, now: float) -> int:
        """How many of its packets may be judged now."""
        if self.octets.level(now) <= 0:
            return 0
        return min(len(self.packets), int(self.messages.level(now)))

    def take(self, count: int) -> list[Came]:
        """The next packets."""
        taken = [self.packets.popleft() for _ in range(count)]
        self.messages.take(count)
        self.octets.take(sum(len(each.packet.frame) for each in taken))
        self.room.set()
        return taken

    def idle(self, now: float) -> bool:
        """Whether it can be forgotten: nothing waits, and nothing is owed to its quota."""
        full = self.messages.level(now) >= self.messages.burst
        return not self.packets and full and self.octets.level(now) >= self.octets.burst / 2


class Inbox:
    """From packets to jobs of the decider."""

    def __init__(
        self,
        decider: Decider,
        clock: Clock,
        entropy: Entropy,
        workers: Workers,
        limits: Limits,
        after: Aftermath,
    ) -> None:
        self._decider, self._clock, self._entropy, self._workers = decider, clock, entropy, workers
        self._limits, self._after = limits, after
        self._all = Bucket(limits.node_messages_per_minute / 60, limits.node_messages_burst, clock.elapsed())
        self._queues: dict[bytes, _Queue] = {}
        self._turn: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._free = asyncio.Semaphore(BATCHES_MAX)
        self._tasks: set[asyncio.Task[None]] = set()
        self._pump: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take packets."""
        self._pump = asyncio.create_task(self._run(), name="inbox")

    async def stop(self) -> None:
        """Take nothing more, and wait for what is being decided."""
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.wait([self._pump])
        if self._tasks:
            await asyncio.wait(self._tasks)

    @property
    def queued(self) -> int:
        """Packets that wait."""
        return sum(len(queue.packets) for queue in self._queues.values())

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        """Take a packet; returns when the next may come. A single request is dropped where no room is."""
        queue = self._queues.get(packet.mailbox)
        if queue is None:
            queue = self._queues[packet.mailbox] = _Queue(self._limits, self._clock.elapsed())
            self._turn.append(packet.mailbox)
        while len(queue.packets) >= self._limits.peer_packets_max:
            if link is None:
                self._after.crowded_out()
                return
            queue.room.clear()
            await queue.room.wait()
        queue.packets.append(Came(packet, link, source))
        self._wake.set()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            await self._free.acquire()
            came, wait_s = self._gather()
            if not came:
                self._free.release()
                self._wake.clear()
                if wait_s is not None:
                    await self._clock.sleep(wait_s)
                    self._wake.set()
                continue
            task = asyncio.create_task(self._judge(came, await self._open(came)))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _gather(self) -> tuple[list[Came], float | None]:
        """The next batch, each mailbox in its turn and within its quota; else how long to wait for one."""
        now = self._clock.elapsed()
        came: list[Came] = []
        wait_s: float | None = None
        room = min(PACKETS_BATCH_MAX, int(self._all.level(now)))
        each = max(PACKETS_EACH_MIN, PACKETS_BATCH_MAX // max(len(self._turn), 1))
        for _ in range(len(self._turn)):
            if len(came) >= room:
                break
            mailbox = self._turn.popleft()
            queue = self._queues[mailbox]
            if queue.idle(now):
                del self._queues[mailbox]
                continue
            self._turn.append(mailbox)
            count = min(queue.allowed(now), each, room - len(came))
            if count > 0:
                came.extend(queue.take(count))
            elif queue.packets:
                waits = max(queue.messages.wait_s(), queue.octets.wait_s())
                wait_s = waits if wait_s is None else min(wait_s, waits)
        self._all.take(len(came))
        if not came and self._turn and room <= 0:
            wait_s = self._all.wait_s()
        return came, wait_s

    async def _open(self, came: list[Came]) -> list[Arrived]:
        """Open and verify beside the decisions what belongs to a relationship that is in memory."""
        known = self._decider.scopes.by_mailbox
        arrived = []
        for number, each in enumerate(came):
            scope = known.get(each.packet.mailbox)
            if scope is None:
                arrived.append(Arrived(each.packet, number, each.link))
            else:
                link = None if self._after.is_up(scope.id) else each.link
                arrived.append(Arrived(each.packet, number, link, scope.relationship))
        now = self._clock.now()
        return await self._workers.run(Lane.OPEN, partial(_open_all, arrived, now, self._entropy))

    async def _judge(self, came: list[Came], arrived: list[Arrived]) -> None:
        faults: list[Fault] = []
        try:
            taken = await self._decider.do(lambda batch: take(batch, arrived, faults))
        except StoreError as error:
            self._after.failed(error)
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours ends no node; the owner's log has it
            self._after.failed(error)
            taken = [Taken(each.number, None, Code.INTERNAL) for each in arrived]
        finally:
            self._free.release()
            self._wake.set()
        for fault in faults:
            self._after.failed(fault.error)
        for each in taken:
            self._after.taken(came[each.number], each)


def _open_all(arrived: list[Arrived], now: int, entropy: Entropy) -> list[Arrived]:
    return [_open_one(each, now, entropy) for each in arrived]


def _open_one(arrived: Arrived, now: int, entropy: Entropy) -> Arrived:
    """What is refused here is opened again where it is decided: the scope may have changed by then."""
    if arrived.before is None:
        return arrived
    try:
        return arrived._replace(opened=open_frame(arrived.before, arrived.packet.frame, now, entropy))
    except Violation:
        return arrived
