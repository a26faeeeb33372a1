"""A counter over mailboxes in memory, and lines to it that a test holds the other end of."""

import asyncio
from collections.abc import Collection
from typing import Any

from pcloud.ambient.fixed import FixedClock, InlineWorkers, SeededEntropy
from pcloud.ambient.jump import ClockTrust
from pcloud.mailboxes.memory import MemoryMailboxes
from pcloud.mailboxes.port import Quota
from pcloud.net.port import Link, Packet, UnreachableError
from pcloud.runtime.relaying.counter import Brought, Counter
from pcloud.runtime.relaying.visits import Visit
from pcloud.wire.services.relay import RELAY, Open, Watch, address_of, pickup_hash
from pcloud.wire.services.service import Answer, Outcome

QUOTA = Quota(frames=100, bytes=200_000, mailboxes=6_000, bytes_in_all=10**9)


class Wire:
    """A connection over which packets come."""

    source = "192.0.2.1"
    open = True

    async def send(self, packets: tuple[Packet, ...]) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class Cord:
    """The counter's end of a line: what it sends can be looked at."""

    source = "192.0.2.1"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = False

    async def send(self, message: bytes) -> None:
        if self.closed:
            raise UnreachableError("the connection has ended")
        self.sent.append(message)

    async def receive(self) -> bytes | None:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed = True


class Box:
    """A mailbox of somebody."""

    def __init__(self, name: str) -> None:
        draw = SeededEntropy(name)
        self.mailbox, self.pickup = draw(16), draw(32)

    def open(self, voucher: bytes) -> Open:
        return Open(voucher, address_of(self.mailbox), pickup_hash(self.pickup))


class Room:
    """A counter at work, and everything that it tells."""

    def __init__(
        self, mailboxes: MemoryMailboxes | None = None, *, on: bool = True, before: bool = False
    ) -> None:
        """A node that serves now, or did `before`."""
        self.mailboxes = mailboxes or MemoryMailboxes(QUOTA)
        self.clock = FixedClock()
        self.own: set[bytes] = set()
        """Mailboxes of the node itself."""
        self.strange: list[Brought] = []
        self.faults: list[Exception] = []
        self.counter = Counter(
            lambda: self.mailboxes,
            self.clock,
            ClockTrust(self.clock),
            SeededEntropy("counter"),
            InlineWorkers(),
            self._own,
            self.strange.append,
            self.faults.append,
        )
        self.counter.start()
        self.counter.serve(on=on, before=before)

    async def _own(self, mailboxes: Collection[bytes]) -> Collection[bytes]:
        return self.own.intersection(mailboxes)

    async def put(self, box: Box, *frames: bytes, link: Link | None = None, source: str = "a") -> list[bool]:
        taken = [
            await self.counter.take(Brought(Packet(box.mailbox, frame), link, source)) for frame in frames
        ]
        await self.turns()
        return taken

    async def opened(self, name: str) -> Box:
        box = Box(name)
        voucher = (await self.counter.vouchers(1, self.clock.now() + 10**6))[0]
        caller = Caller(self)
        assert (await caller.ask(box.open(voucher))).outcome is Outcome.DONE
        await caller.visit.end()
        return box

    async def turns(self) -> None:
        for _ in range(100):
            await asyncio.sleep(0)


class Caller:
    """A customer on a line of its own."""

    def __init__(self, room: Room, cord: Cord | None = None) -> None:
        self.cord = cord or Cord()
        self.visit = Visit(room.counter, self.cord, room.clock)
        self._room, self._number, self._read = room, 0, 0

    async def ask(self, request: tuple[Any, ...]) -> Answer:
        """Its answer; time passes where the counter takes its time."""
        self._number += 1
        hearing = asyncio.create_task(self.visit.hear(RELAY.write_request(self._number, request)))
        while not hearing.done():
            await self._room.clock.advance(0.05)
        await hearing
        answers = [said for said in map(RELAY.read_back, self.cord.sent) if isinstance(said, Answer)]
        assert answers[-1].number == self._number
        return answers[-1]

    async def watch(self, box: Box) -> int:
        """The handle under which it is watched."""
        answer = await self.ask(Watch(box.pickup))
        assert answer.outcome is Outcome.DONE
        (handle,) = answer.values
        return int(handle)

    async def pushed(self) -> list[Any]:
        """What was pushed since the last look."""
        await self._room.turns()
        said = [RELAY.read_back(message) for message in self.cord.sent]
        found = [each for each in said if not isinstance(each, Answer)]
        new, self._read = found[self._read :], len(found)
        return new
