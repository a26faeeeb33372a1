"""Collecting from one relay: a line that is kept up, mailboxes watched, opened, renewed and closed."""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from pcloud.ambient.port import Clock, Entropy, WorkersClosedError
from pcloud.errors import Violation
from pcloud.limits import RELAY_WATCHED_MAX
from pcloud.net.port import Line, Net, UnreachableError
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.relaying import moving, using
from pcloud.runtime.relaying.boxes import Boxes, Receive
from pcloud.runtime.relaying.calls import Call
from pcloud.runtime.relaying.using import Show
from pcloud.runtime.waiting import first
from pcloud.store.port import Berth, BerthState, Relay
from pcloud.wire.services.relay import Close, Open, Publish, Renew, Watch, address_of, pickup_hash
from pcloud.wire.services.service import Outcome

ROUND_S = 3_600.0
"""How often everything at a relay is looked after, where nothing happens."""
REDIAL_FIRST_S = 1.0
"""The wait before a line that broke is opened again; it doubles."""
REDIAL_S_MAX = 900.0
DOUBLED_MAX = 10
"""How often it doubles at most: by then it is longer than the longest wait."""
STOOD_S = 10.0
"""After a line that stood for so long the waits begin anew."""

WATCHED = (BerthState.USED, BerthState.LEFT)


class Around(NamedTuple):
    """What a collector works with."""

    decider: Decider
    net: Net
    clock: Clock
    entropy: Entropy
    receive: Receive
    log: Log
    here: Callable[[], tuple[str, ...]]
    """This node's own endpoints."""
    failed: Callable[[Exception], None]


class Collector:
    """One relay that is in use, or was."""

    def __init__(self, relay: Relay, around: Around) -> None:
        self.relay = relay
        self._around = around
        self.up = False
        """Whether there is a line."""
        self._boxes: Boxes | None = None
        self._collected = 0
        """Frames that came over lines that have ended."""
        self._new: deque[Berth] = deque()
        """Mailboxes that came into use while a line was up."""
        self._wake = asyncio.Event()
        self._tidy = True
        """Whether the next round looks for what is over."""
        self._task: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None

    @property
    def collected(self) -> int:
        """Frames that came in this run."""
        return self._collected + (0 if self._boxes is None else self._boxes.collected)

    def start(self) -> None:
        """Begin to collect."""
        self._task = asyncio.create_task(self._run(), name="collector")

    async def stop(self) -> None:
        """Collect no more; what was not judged is still at the relay."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def wake(self, changed: Berth | None = None) -> None:
        """There may be something to do at the relay, with this mailbox above all."""
        if changed is not None and changed.state in WATCHED:
            self._new.append(changed)
        self._wake.set()

    def tidy(self) -> None:
        """Something at the relay may be over."""
        self._tidy = True
        self._wake.set()

    # The line

    async def _run(self) -> None:
        failures = 0
        while True:
            began = self._around.clock.elapsed()
            try:
                await self._visit()
            except WorkersClosedError:
                return  # the node stops
            except Violation as violation:
                self._around.log.note(Event.RELAY_UNTRUE, code=violation.code)
            except UnreachableError:
                self._around.log.note(Event.RELAY_AWAY)
            except Exception as error:  # noqa: BLE001 - the store, or a fault of ours: told, and tried again
                self._around.failed(error)
            failures = 0 if self._around.clock.elapsed() - began >= STOOD_S else failures + 1
            wait_s = min(REDIAL_FIRST_S * 2 ** min(failures, DOUBLED_MAX), REDIAL_S_MAX)
            jitter = int.from_bytes(self._around.entropy(2), "big") / 0xFFFF
            await self._around.clock.sleep(wait_s * (0.5 + jitter))

    async def _visit(self) -> None:
        """One line, from its opening to its end. Raises UnreachableError, Violation, StoreError."""
        line = await self._open()
        boxes = self._boxes = Boxes(self._around.receive, line.source, partial(self._hang_up, line))
        call = Call(line, boxes.pushed, boxes.room)
        work = [self._work(call, boxes), boxes.delete(call)]
        tasks = [asyncio.create_task(call.run()), *map(asyncio.create_task, work)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            if self.up:
                self._around.log.note(Event.RELAY_DOWN)
            self.up = False
            self._collected, self._boxes = self.collected, None
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await boxes.close()
            await line.close()

    async def _open(self) -> Line:
        for endpoint in self.relay.endpoints:
            try:
                return await self._around.net.call(endpoint)
            except UnreachableError:
                continue
        raise UnreachableError("the relay cannot be reached now")

    def _hang_up(self, line: Line) -> None:
        """Something could not be kept: it comes again over the next line."""
        self._closing = asyncio.create_task(line.close())

    # What is done on it

    async def _work(self, call: Call, boxes: Boxes) -> None:
        self._new.clear()
        for state in WATCHED:
            await self._watch_all(call, boxes, state)
        self.up = True
        self._around.log.note(Event.RELAY_UP)
        self._tidy = True
        while True:
            self._wake.clear()
            while self._new:
                await self._watch(call, boxes, self._new.popleft())
            for berth in await self._lost():
                await self._watch(call, boxes, berth)
            tidy, self._tidy = self._tidy, False
            await self._round(call, boxes, tidy=tidy)
            began = self._around.clock.elapsed()
            await first(self._around.clock.sleep(ROUND_S), self._wake.wait())
            self._tidy = self._tidy or self._around.clock.elapsed() - began >= ROUND_S

    async def _lost(self) -> list[Berth]:
        return await self._around.decider.do(partial(_page, relay=self.relay, state=BerthState.LOST))

    async def _watch_all(self, call: Call, boxes: Boxes, state: BerthState) -> None:
        after: bytes | None = None
        while True:
            page = await self._around.decider.do(partial(_page, relay=self.relay, state=state, after=after))
            if not page:
                return
            for berth in page:
                await self._watch(call, boxes, berth)
            after = page[-1].mailbox

    async def _watch(self, call: Call, boxes: Boxes, berth: Berth) -> None:
        if boxes.watches(berth.mailbox):
            return
        given = await call.ask(Watch(berth.pickup), partial(boxes.answered, berth.mailbox))
        if given.outcome is Outcome.DONE:
            if berth.state is BerthState.LOST:
                await self._around.decider.do(partial(using.kept, berth=berth, until=berth.until))
        elif given.outcome is not Outcome.UNKNOWN:
            self._around.log.note(Event.RELAY_FULL, count=RELAY_WATCHED_MAX)
        elif not await self._open_again(call, boxes, berth) and berth.state is not BerthState.LOST:
            self._around.log.note(Event.RELAY_LOST)
            await self._around.decider.do(lambda batch: using.lost(batch, berth))

    async def _open_again(self, call: Call, boxes: Boxes, berth: Berth) -> bool:
        """Open a mailbox that the relay has no more, with its own id: then no peer has to be told another.

        Two peers whose mailboxes were lost together could not be told.
        """
        scope, do = self.relay.scope, self._around.decider.do
        while (voucher := await do(lambda batch: using.spend(batch, scope))) is not None:
            request = Open(voucher, address_of(berth.mailbox), pickup_hash(berth.pickup))
            given = await call.ask(request)
            known = await call.ask(Watch(berth.pickup), partial(boxes.answered, berth.mailbox))
            if given.outcome is not Outcome.DONE and known.outcome is Outcome.DONE:  # it was there
                await do(partial(using.unspent, scope=scope, voucher=voucher))
            if known.outcome is Outcome.DONE:
                until = given.values[0] if given.values else berth.until
                await do(partial(using.kept, berth=berth, until=until))
                return True
            if given.outcome is not Outcome.UNKNOWN:
                await do(partial(using.unspent, scope=scope, voucher=voucher))
                return False
        return False

    async def _round(self, call: Call, boxes: Boxes, *, tidy: bool) -> None:
        work = await self._around.decider.do(lambda batch: using.plan(batch, self.relay.scope, tidy=tidy))
        done: list[Callable[[Batch], None]] = []
        for berth in work.opening:
            done += await self._open_box(call, boxes, berth)
        for renewal in work.renewing:
            given = await call.ask(Renew(renewal.voucher, renewal.berth.pickup))
            if given.outcome in (Outcome.DONE, Outcome.UNKNOWN):
                until = given.values[0] if given.values else None
                done.append(partial(using.renewed, renewal=renewal, until=until))
        for show in work.showing:
            done += await self._show(call, show)
        for berth in work.closing:
            given = await call.ask(Close(berth.pickup))
            if given.outcome in (Outcome.DONE, Outcome.UNKNOWN):
                done.append(partial(using.forgotten, berth=berth))

        def record(batch: Batch) -> None:
            for each in done:
                each(batch)

        if done:
            await self._around.decider.do(record)
        here = self._around.here()
        await self._around.decider.do(lambda batch: moving.rescue(batch, self.relay, here))

    async def _open_box(self, call: Call, boxes: Boxes, berth: Berth) -> list[Callable[[Batch], None]]:
        """Open a mailbox. Whether a voucher was spent before a line broke shows when it is watched."""
        request = Open(berth.voucher, address_of(berth.mailbox), pickup_hash(berth.pickup))
        given = await call.ask(request)
        if given.outcome is Outcome.DONE:
            return [partial(using.opened, berth=berth, until=given.values[0])]
        if given.outcome is not Outcome.UNKNOWN:
            return []
        known = await call.ask(Watch(berth.pickup), partial(boxes.answered, berth.mailbox))
        if known.outcome is Outcome.DONE:
            return [partial(using.opened, berth=berth, until=None)]
        return [partial(using.forgotten, berth=berth)]

    async def _show(self, call: Call, show: Show) -> list[Callable[[Batch], None]]:
        """Let a sealed invitation stand at the relay."""
        given = await call.ask(Publish(show.berth.pickup, show.blob, show.until))
        if given.outcome is Outcome.DONE:
            return [partial(using.shown, berth=show.berth)]
        return [partial(using.lost, berth=show.berth)] if given.outcome is Outcome.UNKNOWN else []


def _page(batch: Batch, relay: Relay, state: BerthState, after: bytes | None = None) -> list[Berth]:
    return list(batch.store.relays.berths(relay.scope, state, after, using.PAGE))
