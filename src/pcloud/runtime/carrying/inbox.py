"""Packets on their way to a decision: bounded for each mailbox, fair among them, opened beside it.

A mailbox that sends more than its quota is read more slowly, and nobody else notices (spec 13). Mailboxes of
relationships in memory come before all others, which are strangers' until something of theirs has opened.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

from pcloud.ambient.port import Clock, Entropy, Lane, Workers, WorkersClosedError
from pcloud.engine.snapshot import Relationship
from pcloud.errors import Code
from pcloud.net.port import Link, Packet
from pcloud.runtime.carrying.opening import open_all
from pcloud.runtime.config import Limits
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.receiving import Arrived, Fault, Taken, take
from pcloud.runtime.waiting import first
from pcloud.store.port import StoreError

PACKETS_BATCH_MAX = 256
"""Packets of one commit."""
PACKETS_EACH_MIN = 16
"""What each mailbox gets of a batch at least, where several wait."""
STRANGERS_SHARE = 4
"""Strangers get this part of a batch, one in so many, while there is enough to do for peers."""
BYTES_EACH_MAX = 1_048_576
"""Bytes that wait for one mailbox; a single packet always fits."""
STRANGERS_BYTES_MAX = 16_777_216
"""Bytes that wait for mailboxes of strangers, all together."""
DAY_S = 86_400
WAIT_S_MIN = 0.001
"""The shortest wait for a quota, so that rounding never makes it none."""
AT_ONCE_MAX = 4
"""So many packets are opened where they are judged while no others are: a thread less to wait for."""
PACKETS_OPENED_MAX = 128
"""Packets that one thread opens; a larger batch is opened by several at once."""
LOOKED_AT_MIN = 64
"""Mailboxes in which nothing waits that are looked at with each batch: whether their quota is full again."""
BATCHES_MAX = 3
"""Batches on their way: one is decided, of the next the signatures are checked, the one after is opened."""


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
        return max(WAIT_S_MIN, (1 - self._level) / self.rate)


class Came(NamedTuple):
    """A packet, and how it came."""

    packet: Packet
    link: Link | None
    source: str
    judged: Callable[[bool], None] | None = None
    """Of a packet that a relay keeps: told once the commit that judged it stands, or that none will."""


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

    def refused_often(self, source: str) -> bool:
        """Whether a source is shut out now."""


class _Queue:
    """What waits for one mailbox, and what it may still send."""

    __slots__ = ("messages", "octets", "packets", "rests", "size", "strange")

    def __init__(self, limits: Limits, now: float, *, strange: bool) -> None:
        self.packets: deque[Came] = deque()
        self.size = 0
        """Bytes of what waits."""
        self.rests = False
        """Whether it is known as one to be forgotten, unless something comes."""
        self.strange = strange
        """Whether it may be anybody's: no relationship in memory has this mailbox."""
        self.messages = Bucket(limits.peer_messages_per_minute / 60, limits.peer_messages_burst, now)
        self.octets = Bucket(limits.peer_bytes_per_day / DAY_S, limits.peer_bytes_per_day, now)

    def allowed(self, now: float) -> int:
        """How many of its packets may be judged now."""
        if self.octets.level(now) <= 0:
            return 0
        return min(len(self.packets), int(self.messages.level(now)))

    def wait_s(self) -> float:
        """Until the next of its packets may be judged."""
        return max(self.messages.wait_s(), self.octets.wait_s())

    def put(self, came: Came, size: int) -> None:
        """Let it wait."""
        self.packets.append(came)
        self.size += size

    def take(self, count: int, now: float) -> list[Came]:
        """The next packets, as many as its quota of bytes allows; the last may be beyond it."""
        came: list[Came] = []
        room, size = self.octets.level(now), 0
        for _ in range(count):
            if size >= room:
                break
            one = self.packets.popleft()
            size += len(one.packet.frame)
            came.append(one)
        self.size -= size
        self.messages.take(len(came))
        self.octets.take(size)
        return came

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
        self._peers: deque[bytes] = deque()
        self._strangers: deque[bytes] = deque()
        """Mailboxes in which something waits, in their turn."""
        self._resting: deque[bytes] = deque()
        """Mailboxes in which nothing waits, for as long as something is owed to their quotas."""
        self._sources: Counter[str] = Counter()
        """Strangers' packets that wait, by their source."""
        self._strange_bytes = 0
        self._wake, self._room = asyncio.Event(), asyncio.Event()
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
        return sum(
            len(self._queues[each].packets) for turn in (self._peers, self._strangers) for each in turn
        )

    # In

    async def receive(
        self, packet: Packet, link: Link | None, source: str, judged: Callable[[bool], None] | None = None
    ) -> None:
        """Take a packet; returns when the next may come. A single request is dropped where no room is."""
        came = Came(packet, link, source, judged)
        while not self.offer(came):
            if link is None and judged is None:
                self._after.crowded_out()
                return
            self._room.clear()
            await self._room.wait()

    def offer(self, came: Came) -> bool:
        """Let it wait, at once or not at all: false where there is no room for it."""
        mailbox, frame = came.packet
        size, most = len(frame), self._limits.peer_packets_max
        queue = self._queues.get(mailbox) or self._new_queue(mailbox)
        if queue.packets and (len(queue.packets) >= most or queue.size + size > BYTES_EACH_MAX):
            return False
        if queue.strange:
            if self._sources[came.source] >= most or self._strange_bytes + size > STRANGERS_BYTES_MAX:
                return False
            self._sources[came.source] += 1
            self._strange_bytes += size
        if not queue.packets:
            (self._strangers if queue.strange else self._peers).append(mailbox)
        queue.put(came, size)
        self._wake.set()
        return True

    def _new_queue(self, mailbox: bytes) -> _Queue:
        strange = mailbox not in self._decider.scopes.by_mailbox
        queue = self._queues[mailbox] = _Queue(self._limits, self._clock.elapsed(), strange=strange)
        return queue

    # On

    async def _run(self) -> None:
        while True:
            await self._free.acquire()
            came, wait_s = self._gather()
            if came:
                task = asyncio.create_task(self._judge(came, await self._open(came)))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
                continue
            self._free.release()
            self._wake.clear()
            if wait_s is None:
                await self._wake.wait()
            else:
                await first(self._clock.sleep(wait_s), self._wake.wait())

    def _gather(self) -> tuple[list[Came], float | None]:
        """The next batch, each mailbox in its turn and within its quota; else how long to wait for one."""
        now = self._clock.elapsed()
        room = min(PACKETS_BATCH_MAX, int(self._all.level(now)))
        aside = min(room // STRANGERS_SHARE, self._sources.total())
        came, waits = self._from(self._peers, room - aside, now)
        more, others = self._from(self._strangers, room - len(came), now)
        came += more
        self._all.take(len(came))
        self._forget(LOOKED_AT_MIN + 2 * len(came), now)
        waits += others
        if room <= 0 and self.queued:
            waits = [self._all.wait_s()]
        elif not came and not waits and self.queued:
            waits = [WAIT_S_MIN]  # all were of sources that are shut out
        self._room.set()
        return came, min(waits, default=None)

    def _from(self, turn: deque[bytes], room: int, now: float) -> tuple[list[Came], list[float]]:
        """What these mailboxes have, and how long those wait that are beyond their quota."""
        came: list[Came] = []
        waits: list[float] = []
        each = max(PACKETS_EACH_MIN, PACKETS_BATCH_MAX // max(len(turn), 1))
        for _ in range(len(turn)):
            if len(came) >= room:
                break
            mailbox = turn.popleft()
            queue = self._queues[mailbox]
            count = min(queue.allowed(now), each, room - len(came))
            if not count:
                waits.append(queue.wait_s())
            taken = queue.take(count, now)
            came += [each for each in taken if self._may_stay(each)] if queue.strange else taken
            if queue.packets:
                turn.append(mailbox)
            elif not queue.rests:
                queue.rests = True
                self._resting.append(mailbox)
        return came, waits

    def _forget(self, most: int, now: float) -> None:
        """Forget mailboxes in which nothing waits; more are looked at than packets came, and no more."""
        for _ in range(min(len(self._resting), most)):
            mailbox = self._resting.popleft()
            queue = self._queues[mailbox]
            if queue.idle(now):
                del self._queues[mailbox]
            elif queue.packets:
                queue.rests = False
            else:
                self._resting.append(mailbox)

    def _may_stay(self, came: Came) -> bool:
        """Count a stranger's packet no more; false where its source is shut out by now."""
        self._strange_bytes -= len(came.packet.frame)
        self._sources[came.source] -= 1
        if not self._sources[came.source]:
            del self._sources[came.source]
        if came.judged is None and self._after.refused_often(came.source):
            self._after.crowded_out()
            return False
        return True

    async def _open(self, came: list[Came]) -> list[Arrived]:
        """Open and verify beside the decisions what belongs to a relationship that is in memory.

        Where nothing is decided there is nothing to do it beside: a few are opened when they are judged.
        """
        known = self._decider.scopes.by_mailbox
        arrived = []
        stands: dict[bytes, tuple[bool, Relationship | None]] = {}
        for number, (packet, link, _, _) in enumerate(came):
            mailbox = packet.mailbox
            stand = stands.get(mailbox)
            if stand is None:
                scope = known.get(mailbox)
                stand = (False, None) if scope is None else (self._after.is_up(scope.id), scope.relationship)
                stands[mailbox] = stand
            arrived.append(Arrived(packet, number, link, *stand))
        few = len(came) <= AT_ONCE_MAX and self._decider.rests
        if few or all(each.before is None for each in arrived):
            return arrived
        now, parts = self._clock.now(), range(0, len(arrived), PACKETS_OPENED_MAX)
        opened = await asyncio.gather(
            *(
                self._workers.run(
                    Lane.OPEN,
                    partial(
                        open_all,
                        arrived[at : at + PACKETS_OPENED_MAX],
                        now,
                        self._entropy,
                        self._workers.verified,
                    ),
                )
                for at in parts
            )
        )
        return [each for part in opened for each in part]

    async def _judge(self, came: list[Came], arrived: list[Arrived]) -> None:
        judged: set[int] = set()
        try:
            for taken in await self._decide(arrived):
                judged.add(taken.number)
                self._after.taken(came[taken.number], taken)
        finally:
            for number, each in enumerate(came):
                if each.judged is not None:
                    each.judged(number in judged)
            self._free.release()
            self._wake.set()

    async def _decide(self, arrived: list[Arrived]) -> list[Taken]:
        """Judge a batch in one job; where there is a fault in it, each packet in its own."""
        faults: list[Fault] = []

        def job(batch: Batch) -> list[Taken]:
            faults.clear()  # a job may be done again, by itself
            return take(batch, arrived, faults)

        try:
            taken = await self._decider.do(job)
        except WorkersClosedError:
            return []  # the node stops; nothing was answered
        except StoreError as error:
            self._after.failed(error)
            return []
        except Exception as error:  # noqa: BLE001 - a fault of ours ends no node; the owner's log has it
            if len(arrived) > 1:
                return [each for one in arrived for each in await self._decide([one])]
            self._after.failed(error)
            return [Taken(arrived[0].number, None, Code.INTERNAL)]
        for fault in faults:
            self._after.failed(fault.error)
        return taken
