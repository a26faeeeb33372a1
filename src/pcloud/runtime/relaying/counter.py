"""The counter of a relay: frames are kept in commits of many, and only then given out (spec 20 §5).

All that reads or writes the mailboxes runs in one lane, beside the node's own decisions.
"""

import asyncio
from collections import Counter as Tally
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NamedTuple, Protocol, TypeVar

from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.port import Clock, Entropy, Lane, Workers, WorkersClosedError
from pcloud.errors import PcloudError
from pcloud.limits import VOUCHER_BYTES
from pcloud.mailboxes.port import AddVouchers, Change, Mailboxes, PutFrame, Result, Stats
from pcloud.net.port import Link, Packet
from pcloud.store.port import DamagedError, FullError, StoreError
from pcloud.wire.services.relay import address_of, voucher_hashes
from pcloud.wire.services.service import Outcome

CHANGES_BATCH_MAX = 512
"""Changes of one commit."""
FRAMES_QUEUED_MAX = 4_096
"""Frames that wait for a commit."""
FRAMES_EACH_MAX = 512
"""Of them those of one source."""
BYTES_QUEUED_MAX = 33_554_432
"""Bytes of all of them; a single frame always fits."""
EXPIRE_EVERY_S = 3_600
"""How often what is over is looked for."""
EXPIRE_PAUSE_S = 0.05
"""Between two of its commits, so that everything else goes on."""

T = TypeVar("T")


class Brought(NamedTuple):
    """A packet for a mailbox that is none of the node's own in memory, and how it came."""

    packet: Packet
    link: Link | None
    source: str


class Watcher(Protocol):
    """Somebody who collects what comes for a mailbox."""

    def arrived(self) -> None:
        """Something is kept there that was not before."""


class _Waiting(NamedTuple):
    change: Change
    brought: Brought | None
    done: "asyncio.Future[Result] | None"


class Counted(NamedTuple):
    """What the counter has done in this run."""

    kept: int
    """Frames that were kept."""
    full: int
    """Frames dropped because their mailbox, or the relay, is full."""


class Counter:
    """What a relay does for others. Made once for a node."""

    def __init__(
        self,
        make: Callable[[], Mailboxes],
        clock: Clock,
        trust: ClockTrust,
        entropy: Entropy,
        workers: Workers,
        own: Callable[[Collection[bytes]], Awaitable[Collection[bytes]]],
        strange: Callable[[Brought], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """`make` opens the mailboxes, once they are needed; `strange` takes what is for none of them.

        `own` says which mailboxes are this node's: whoever knows one could open another of the same address.
        """
        self._make, self._clock, self._trust = make, clock, trust
        self._entropy, self._workers = entropy, workers
        self._made: Mailboxes | None = None
        self._own, self._strange, self.failed = own, strange, failed
        self._waiting: deque[_Waiting] = deque()
        self._under_way: list[_Waiting] = []
        self._bytes = 0
        self._sources: Tally[str] = Tally()
        self._frames = 0
        self._wake, self._room = asyncio.Event(), asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._open = False
        self._keeps = asyncio.Event()
        self.watched: dict[int, Watcher] = {}
        """Whom to tell that something has come, by the mailbox's number: who asked last."""
        self.counted = Counted(0, 0)

    @property
    def open(self) -> bool:
        """Whether this node serves as a relay now."""
        return self._open

    def serve(self, *, on: bool, before: bool = False) -> None:
        """Serve from now on, or no more. What was kept `before` ends in its time all the same (RELAY-16)."""
        self._open = on
        if on or before:
            self._keeps.set()

    def start(self) -> None:
        """Begin to commit."""
        self._tasks = [
            asyncio.create_task(self._run(), name="counter"),
            asyncio.create_task(self._expire(), name="counter-expire"),
        ]

    async def stop(self) -> None:
        """Commit no more, and let the mailboxes go. Frames that wait were promised nothing."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        for waiting in (*self._under_way, *self._waiting):
            if waiting.done is not None and not waiting.done.done():
                waiting.done.set_exception(WorkersClosedError())
        await self._workers.run(Lane.KEEP, self._shut)  # behind whatever runs there now

    def _shut(self) -> None:
        if self._made is not None:
            self._made.close()

    def ends(self, error: Exception) -> bool:
        """Whether mailboxes that were open take nothing more after this error, until the node starts again.

        A file that is damaged, or that does not open, would not be better then: it ends nothing.
        """
        goes_on = not isinstance(error, StoreError) or isinstance(error, FullError | DamagedError)
        return self._made is not None and not goes_on

    # Frames

    async def take(self, brought: Brought) -> bool:
        """Let a frame wait for its commit. False where there is no room and it came by a single request."""
        size = len(brought.packet.frame)
        while not self._has_room(brought.source, size):
            if brought.link is None:
                return False
            self._room.clear()
            await self._room.wait()
        self._bytes += size
        self._frames += 1
        self._sources[brought.source] += 1
        put = PutFrame(address_of(brought.packet.mailbox), brought.packet.frame)
        self._waiting.append(_Waiting(put, brought, None))
        self._wake.set()
        return True

    def _has_room(self, source: str, size: int) -> bool:
        return (
            self._frames < FRAMES_QUEUED_MAX
            and self._sources[source] < FRAMES_EACH_MAX
            and (not self._frames or self._bytes + size <= BYTES_QUEUED_MAX)
        )

    # What is asked

    async def change(self, change: Change) -> Result:
        """Make a change, and give what became of it once it is durable. Raises StoreError."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(change, None, done))
        self._wake.set()
        return await done

    async def look(self, reading: Callable[[Mailboxes, int], T]) -> T:
        """Read something, beside the decisions. Raises StoreError, WorkersClosedError."""
        now = self._trust.now()
        try:
            return await self._workers.run(Lane.KEEP, lambda: reading(self._kept(), now))
        except WorkersClosedError:
            raise
        except Exception as error:
            self.failed(error)
            raise

    async def blob(self, mailbox: bytes) -> bytes | None:
        """The sealed invitation that somebody keeps here under this mailbox; none where it cannot be read."""
        try:
            return await self.look(lambda kept, now: kept.blob(address_of(mailbox), now))
        except PcloudError:
            return None  # told by `look`; who asks is a stranger

    async def stats(self) -> Stats:
        """How much is kept."""
        return await self.look(lambda kept, _now: kept.stats())

    async def vouchers(self, count: int, until: int) -> list[bytes]:
        """Fresh vouchers that open mailboxes here from now on, until a time. Nobody notes for whom."""
        made = [self._entropy(VOUCHER_BYTES) for _ in range(count)]
        await self.change(AddVouchers(voucher_hashes(made), until))
        return made

    # The commits

    async def _run(self) -> None:
        while True:
            self._under_way = []
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
            taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), CHANGES_BATCH_MAX))]
            kept = self._under_way = taken
            try:
                kept = await self._for_others(taken)
                results = await self._commit([each.change for each in kept])
            except WorkersClosedError:
                return  # the node stops
            except Exception as error:  # noqa: BLE001 - a full disk, or our fault: told, and the next may do
                self.failed(error)
                self._give_back(kept, error)
                continue
            finally:
                self._let_in(taken)
            self._settle(kept, results)

    async def _for_others(self, taken: list[_Waiting]) -> list[_Waiting]:
        """All but the frames for this node itself, which goes first (spec 20 §2)."""
        named = {each.brought.packet.mailbox for each in taken if each.brought is not None}
        own = await self._own(named) if named else ()
        others = []
        for waiting in taken:
            if waiting.brought is not None and waiting.brought.packet.mailbox in own:
                self._strange(waiting.brought)
            else:
                others.append(waiting)
        return others

    async def _commit(self, changes: Sequence[Change]) -> list[Result]:
        now = self._trust.now()
        return await self._workers.run(Lane.KEEP, lambda: self._kept().commit(changes, now))

    def _kept(self) -> Mailboxes:
        """The mailboxes, in the one lane that uses them. A node that is no relay has no file of them."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def _let_in(self, taken: list[_Waiting]) -> None:
        for brought in (each.brought for each in taken):
            if brought is not None:
                self._bytes -= len(brought.packet.frame)
                self._frames -= 1
                self._sources[brought.source] -= 1
                if not self._sources[brought.source]:
                    del self._sources[brought.source]
        self._room.set()

    def _settle(self, taken: list[_Waiting], results: list[Result]) -> None:
        kept, full = self.counted
        boxes: dict[int, None] = {}
        for waiting, result in zip(taken, results, strict=True):
            if waiting.done is not None and not waiting.done.done():
                waiting.done.set_result(result)
            if waiting.brought is None:
                continue
            if result.outcome is Outcome.DONE:
                kept += 1
                boxes[result.box] = None
            elif result.outcome is Outcome.UNKNOWN:
                self._strange(waiting.brought)
            else:
                full += 1
        self.counted = Counted(kept, full)
        for box in boxes:
            watcher = self.watched.get(box)
            if watcher is not None:
                watcher.arrived()

    def _give_back(self, taken: list[_Waiting], error: Exception) -> None:
        for waiting in taken:
            if waiting.done is not None and not waiting.done.done():
                waiting.done.set_exception(error)
            if waiting.brought is not None:
                self._strange(waiting.brought)  # it may be for this node itself

    async def _expire(self) -> None:
        while True:
            await self._keeps.wait()
            try:
                while await self.look(lambda kept, now: kept.expire(now)):
                    await self._clock.sleep(EXPIRE_PAUSE_S)
            except WorkersClosedError:
                return
            except PcloudError:  # told by `look`; the next time may do
                await self._clock.sleep(EXPIRE_PAUSE_S)
            await self._clock.sleep(EXPIRE_EVERY_S)
