"""Everything about relays in a node that runs: the counter, a collector for each relay, moves."""

import asyncio
from collections.abc import Callable, Collection
from functools import partial
from typing import NamedTuple, TypeVar

from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.port import Clock, Entropy, Workers
from pcloud.errors import UsageError, Violation
from pcloud.mailboxes.port import Mailboxes, Quota
from pcloud.net.port import Line, Net
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.errands import Errands
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.owning.meeting import Self
from pcloud.runtime.owning.speaking import FullOutboxError
from pcloud.runtime.relaying import berths, moving, serving, using
from pcloud.runtime.relaying.boxes import Receive
from pcloud.runtime.relaying.collector import Around, Collector
from pcloud.runtime.relaying.counter import Brought, Counter
from pcloud.runtime.relaying.visits import Visit
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.waiting import first
from pcloud.store.port import Berth, BerthState, Relay

SHOWN_S = 10.0
"""How long whoever makes an invitation waits until it can be fetched."""
MOVE_AGAIN_FIRST_S = 2.0
"""The wait until those are tried again who could not be told of a move; it doubles."""
MOVE_AGAIN_S_MAX = 3_600.0

ASKED_EVENT = "relay.asked"
NEXT_EVENTS = ("accepted", "active", "relay.granted", "relay.refused", "relay.ended")
"""After these the next step with a relay may be due, if it is one."""
TO_DO = (BerthState.USED, BerthState.BLOB, BerthState.LOST)
"""Mailboxes in these states want something of the relay."""

T = TypeVar("T")


class Parts(NamedTuple):
    """What relays stand on."""

    decider: Decider
    net: Net
    clock: Clock
    trust: ClockTrust
    entropy: Entropy
    workers: Workers
    mailboxes: Callable[[], Mailboxes]
    log: Log
    receive: Receive
    strange: Callable[[Brought], None]
    failed: Callable[[Exception], None]
    """Told of faults of this node's own."""
    not_kept: Callable[[Exception], None]
    """Told of faults of what is kept for others."""
    me: Callable[[], Self]
    name: Callable[[], str]


class Relays:
    """One node's relays, used and served."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.counter = Counter(
            parts.mailboxes,
            parts.clock,
            parts.trust,
            parts.entropy,
            parts.workers,
            self._own,
            parts.strange,
            parts.not_kept,
        )
        self.quota = Quota()
        self.collectors: dict[bytes, Collector] = {}
        self.asking: set[bytes] = set()
        """Peers that ask for mailboxes and wait for the owner's word."""
        self._granted: set[bytes] = set()
        """Peers whose vouchers are erased here as soon as they have them."""
        self._shown: dict[bytes, asyncio.Event] = {}
        self._more = asyncio.Event()
        """There are more spare mailboxes."""
        self._lines: set[Line] = set()
        self._errands = Errands("relays", self._failed)
        self._mover: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take up what was left: collect, move, answer who asks."""
        self.counter.start()
        await self._parts.decider.do(moving.rehouse)
        how, served, relays = await self._parts.decider.do(_begin)
        self.counter.serve(on=how != "off", before=served)
        for relay in relays:
            self._collect(relay)
            self._errands.begin(
                self._advance(relay.scope, "")
            )  # what it said last may not have been looked at
        self.move()
        if self.counter.open:
            self._errands.begin(self._catch_up())

    async def stop(self) -> None:
        """Collect no more; what is under way comes again. The counter stays until `close`."""
        await self._errands.stop()
        await asyncio.gather(*(collector.stop() for collector in self.collectors.values()))

    async def close(self) -> None:
        """Let go of what is kept for others, once no line is open any more."""
        await self.counter.stop()

    def _failed(self, error: Exception) -> None:
        if isinstance(error, UsageError | Violation | FullOutboxError | OwnerError):
            # What cannot be said now is said with the next step, at the latest after a start.
            self._parts.log.note(Event.RELAY_WAITS, error=error)
        else:
            self._parts.failed(error)

    # After a commit

    def committed(self, committed: Committed) -> None:
        """React to what peers have said, and to mailboxes that came into use."""
        for told in committed.told:
            if told.event == ASKED_EVENT:
                self._errands.begin(self.answer(told.scope))
            elif told.event in NEXT_EVENTS:
                self._errands.begin(self._advance(told.scope, told.event))
        for happening in committed.happenings:
            scope = b"" if happening.peer is None else bytes.fromhex(happening.peer)
            if happening.what == "asked" and self.counter.open:
                self._errands.begin(self._let_in(scope))
            elif happening.what == "acknowledged" and scope in self._granted:
                self._granted.discard(scope)
                self._errands.begin(self._forget_vouchers(scope))
        for berth in committed.berths:
            self._changed(berth)
        if committed.ended:
            for collector in self.collectors.values():
                collector.tidy()

    def _changed(self, berth: Berth) -> None:
        collector = self.collectors.get(berth.relay)
        if collector is not None and berth.state in TO_DO:
            collector.wake(berth)
        if berth.state is BerthState.SHOWN and berth.mailbox in self._shown:
            self._shown[berth.mailbox].set()
        if berth.state is BerthState.SPARE:
            self._more.set()

    def gauges(self) -> tuple[int, int, int, int]:
        """Relays that are connected, frames collected from them; frames kept for others, and dropped."""
        collectors = self.collectors.values()
        connected = sum(each.up for each in collectors)
        return connected, sum(each.collected for each in collectors), *self.counter.counted

    # Using relays

    async def _advance(self, scope: bytes, event: str) -> None:
        await self.do(partial(using.advance, scope_id=scope, event=event))
        await self.refresh(scope)

    async def refresh(self, scope: bytes) -> None:
        """Go by what is known of a relay now."""
        relay = await self.do(lambda batch: berths.relay_of(batch, scope))
        if relay is not None:
            self._collect(relay)
            self.move()

    def _collect(self, relay: Relay) -> None:
        """Keep a line to a relay that keeps something of ours."""
        known = self.collectors.get(relay.scope)
        if known is not None:
            known.relay = relay
            known.wake()
        elif relay.endpoints:
            parts = self._parts
            around = Around(
                parts.decider,
                parts.net,
                parts.clock,
                parts.entropy,
                parts.receive,
                parts.log,
                lambda: parts.me().endpoints,
                parts.failed,
            )
            collector = self.collectors[relay.scope] = Collector(relay, around)
            collector.start()

    async def until_shown(self, mailbox: bytes) -> None:
        """Wait until a sealed invitation can be fetched at the relay, for a moment."""
        collector = await self._collector_of(mailbox)
        if collector is None:
            return
        shown = self._shown[mailbox] = asyncio.Event()
        try:
            if not await self.do(partial(_is_shown, mailbox=mailbox)):
                await first(shown.wait(), self._parts.clock.sleep(SHOWN_S))
        finally:
            del self._shown[mailbox]

    async def _collector_of(self, mailbox: bytes) -> Collector | None:
        berth = await self.do(lambda batch: berths.berth_of(batch, mailbox))
        return None if berth is None else self.collectors.get(berth.relay)

    # Moving

    def move(self) -> None:
        """Tell whoever is still to be told where this node is reached now."""
        if self._mover is not None:
            self._mover.cancel()
        self._mover = self._errands.begin(self._move())

    async def _move(self) -> None:
        wait_s = MOVE_AGAIN_FIRST_S
        while await self.do(_is_moving):
            if await self._move_all():
                await self.do(_has_moved)
            else:
                await self._parts.clock.sleep(wait_s)
                wait_s = min(wait_s * 2, MOVE_AGAIN_S_MAX)

    async def _move_all(self) -> bool:
        """Go through all peers once; gives whether each has been told."""
        after: bytes | None = None
        all_told = True
        while True:
            self._more.clear()
            here = self._parts.me().endpoints
            moved = await self.do(partial(moving.move_some, after=after, here=here))
            all_told = all_told and moved.all_told
            if moved.short:
                await self._more.wait()
            elif moved.after is None:
                return all_told
            after = moved.after

    # Being a relay

    async def open(self, wanted: serving.Serving) -> None:
        """Serve from now on, or no more."""
        self.counter.serve(on=wanted != "off")
        if self.counter.open:
            self._errands.begin(self._catch_up())
        else:
            await asyncio.gather(*(line.close() for line in list(self._lines)))

    async def _catch_up(self) -> None:
        """Answer who has asked while this node was down, or was no relay."""
        for guest in await self.do(serving.waiting_guests):
            await self._let_in(guest)
        after: bytes | None = None
        while True:
            found, after = await self.do(partial(serving.due, after=after))
            for scope in found:
                await self._forget_vouchers(scope)
                await self.answer(scope)
            if after is None:
                return

    async def _own(self, mailboxes: Collection[bytes]) -> Collection[bytes]:
        """Those of them that are this node's."""
        return await self.do(
            lambda batch: {each for each in mailboxes if batch.store.route(each) is not None}
        )

    async def _let_in(self, scope: bytes) -> None:
        me, name = self._parts.me(), self._parts.name()
        await self.do(lambda batch: serving.let_in(batch, scope, me, name))

    async def answer(self, scope: bytes) -> None:
        """Answer a peer that asks, where it may have mailboxes; else the owner is asked."""
        wish = await self.do(partial(serving.wish_of, scope_id=scope))
        if wish is None:
            if await self.do(partial(serving.asks, scope_id=scope)):
                self.asking.add(scope)
            return
        self.asking.discard(scope)
        until = self._parts.trust.believed().begins + serving.VOUCHERS_GOOD_S
        vouchers = await self.counter.vouchers(wish.vouchers, until) if wish.vouchers else ()
        made = serving.Made(vouchers, until)
        here = self._parts.me().endpoints
        self._granted.add(scope)  # before it can be acknowledged
        await self.do(lambda batch: serving.answer(batch, wish, made, here, self.quota))

    async def _forget_vouchers(self, scope: bytes) -> None:
        left = await self.do(partial(serving.forget_vouchers, scope_id=scope))
        if left:
            self._granted.add(scope)

    async def visit(self, line: Line) -> Visit:
        """Somebody is at the counter: gives who hears each of their requests."""
        self._lines.add(line)
        return Visit(self.counter, line, self._parts.clock)

    async def leave(self, line: Line, visit: Visit) -> None:
        """A line has ended."""
        self._lines.discard(line)
        await visit.end()

    async def do(self, job: Callable[[Batch], T]) -> T:
        """Run a job of the one writer."""
        return await self._parts.decider.do(job)


def _begin(batch: Batch) -> tuple[serving.Serving, bool, list[Relay]]:
    return serving.serving(batch), serving.has_served(batch), list(batch.store.relays.all())


def _is_shown(batch: Batch, mailbox: bytes) -> bool:
    berth = berths.berth_of(batch, mailbox)
    return berth is None or berth.state is BerthState.SHOWN


def _is_moving(batch: Batch) -> bool:
    return batch.fact(facts.MOVING) is not None


def _has_moved(batch: Batch) -> None:
    batch.changes.facts[facts.MOVING] = None
