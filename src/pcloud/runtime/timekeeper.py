"""What the clock asks for: tries, timers, a greeting after a start (spec 05 §5, spec 06 §10)."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial

from pcloud.ambient.port import Clock
from pcloud.engine import retry
from pcloud.engine.snapshot import Decision
from pcloud.errors import UsageError
from pcloud.runtime.deciding import asking
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import offering, speaking
from pcloud.store.port import StoreError, Timer

DUE_MAX = 64
"""Tries and timers of one commit."""
LOOK_S = 30.0
"""How often the clock is looked at where nothing is due: so late may a try be after the clock jumped."""
GREETED_BATCH = 16
"""Relationships that are greeted in one commit after a start."""
GREETED_PER_S = 50
"""Relationships that are greeted in a second, so that a start with many of them does not drown the rest."""


class Timekeeper:
    """Wakes when something is due."""

    def __init__(self, decider: Decider, clock: Clock, fault: Callable[[Exception], None]) -> None:
        self._decider, self._clock, self._fault = decider, clock, fault
        self._tasks: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()

    def start(self) -> None:
        """Begin to look at the clock, and greet every peer."""
        self._tasks.add(asyncio.create_task(self._run(), name="timekeeper"))
        self._tasks.add(asyncio.create_task(self._greet(), name="greeting"))

    async def stop(self) -> None:
        """Look no more."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def wake(self) -> None:
        """Something may be due earlier than it was thought."""
        self._wake.set()

    def send_again(self, scope: bytes) -> None:
        """The peer of a relationship can be reached: send what waits, now."""
        task = asyncio.create_task(self._send_again(scope))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send_again(self, scope: bytes) -> None:
        try:
            await self._decider.do(lambda batch: batch.again(batch.scope(scope)))
        except StoreError as error:
            self._fault(error)

    async def _run(self) -> None:
        while True:
            try:
                more, due = await self._decider.do(keep_time)
            except StoreError as error:
                self._fault(error)
                more, due = False, None
            if more:
                continue
            self._wake.clear()
            wait_s = LOOK_S if due is None else max(0.0, min(LOOK_S, due - self._clock.now()))
            await self._first(self._clock.sleep(wait_s), self._wake.wait())

    async def _first(self, *awaited: Coroutine[object, object, object]) -> None:
        tasks = [asyncio.create_task(each) for each in awaited]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _greet(self) -> None:
        """After a start each peer gets a new session, so that a copy that was set back meets it."""
        after: bytes | None = None
        while True:
            after = await self._decider.do(partial(greet, after=after))
            if after is None:
                return
            await self._clock.sleep(GREETED_BATCH / GREETED_PER_S)


def keep_time(batch: Batch) -> tuple[bool, int | None]:
    """Do what is due. Gives whether more may be, and when the next is."""
    scopes = batch.store.deliveries_due(batch.now, DUE_MAX)
    for id_ in scopes:
        _try_again(batch, batch.scope(id_))
    timers = batch.store.timers_due(batch.now, DUE_MAX)
    for timer in timers:
        _act(batch, timer)
        batch.changes.timers.setdefault((timer.scope, timer.command, timer.key), None)
    return bool(scopes or timers), batch.store.next_due()


def _try_again(batch: Batch, scope: Scope) -> None:
    delivery = scope.delivery
    if delivery is None:
        batch.set_delivery(scope, None)
        return
    if retry.outlived(delivery.first_try, batch.now):
        _withdraw_items(batch, scope)
    batch.again(scope)
    batch.set_delivery(scope, batch.next_delivery(scope, delivery))


def _withdraw_items(batch: Batch, scope: Scope) -> None:
    """Messages that have waited for 30 days travel without their items (spec 05 §5)."""
    withdrawn = []
    for sent in scope.relationship.outgoing.pending:
        entry = scope.log.find(sent.first_id)
        if entry is not None and any(entry.parts[1:]) and retry.outlived(entry.signed.header.time, batch.now):
            withdrawn.append(entry)
    relationship = scope.relationship
    emptied = []
    for entry in withdrawn:
        relationship, without = retry.erase_items(relationship, entry)
        emptied.append(without)
    if emptied:
        batch.apply(scope, Decision(relationship, tuple(emptied)))


def _act(batch: Batch, timer: Timer) -> None:
    """Timers only tidy, or say what the owner has said to say at that time."""
    if timer.command == asking.FORGET:
        asking.forget(batch, timer)
    elif timer.command == offering.END:
        offer = batch.store.offer(timer.scope)
        if offer is not None:
            offering.end(batch, offer)
    elif timer.command == speaking.RESUME:
        scope = batch.scope(timer.scope)
        try:
            speaking.resume(batch, scope)
        except UsageError:
            batch.tell("pause-over", scope)  # the owner has resumed already, or has closed
    else:
        batch.tell(timer.command, batch.scope(timer.scope), timer.key)


def greet(batch: Batch, after: bytes | None) -> bytes | None:
    """Open new sessions with some relationships; gives where to go on, None after the last."""
    rows = batch.store.contacts(after, GREETED_BATCH)
    for row in rows:
        if row.state in ("active", "accepted", "paused-by-opener", "paused-by-other", "paused-by-both"):
            batch.again(batch.scope(row.scope))
    return rows[-1].scope if len(rows) == GREETED_BATCH else None
