"""What the clock asks for: tries, timers, a greeting after a start or a jump (spec 05 §5, spec 06 §10)."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from pcloud.ambient.jump import JUMP_S, STEP_S, ClockTrust, JumpWatch, SetWatch, Shift
from pcloud.ambient.port import Clock, WorkersClosedError
from pcloud.engine import retry
from pcloud.engine.sealing import renew, tidy_sessions
from pcloud.engine.snapshot import Decision
from pcloud.errors import Code, UsageError
from pcloud.limits import RETRY_FIRST_S
from pcloud.runtime.believing import Notes, every_s
from pcloud.runtime.deciding import asking
from pcloud.runtime.deciding.batch import GROUND_GONE, Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import FORGET_KEYS, TIDY, Scope, is_greeted
from pcloud.runtime.errands import Errands
from pcloud.runtime.giving.giving import OVER
from pcloud.runtime.owning import offering, speaking
from pcloud.runtime.recovering.noticing import forget_keys
from pcloud.runtime.taking.grants import GRANT_OVER
from pcloud.runtime.waiting import first
from pcloud.store.port import Contact, Delivery, StoreError, Timer

DUE_MAX = 64
"""Tries of one commit: each may send a whole window again."""
TIMERS_MAX = 256
"""Timers of one commit: a change of a record leaves one for each of its holders, with one message each."""
LANE_S = 0.05
"""How long one commit goes on with what is due, so that peers and the owner wait for no more than that."""
LOOK_S = 30
"""How often the clock is looked at where nothing is due: so late may a try be after the clock jumped.

After a fault of the store, when it is tried again.
"""
GREETED_BATCH = 16
"""Relationships that are greeted in one commit after a start."""
GREETED_PER_S = 50
"""Relationships that are greeted in a second, so that a start with many of them does not drown the rest."""
PUT_OFF_S = 3_600
"""How long what cannot be done now is put off, so that it holds up nothing else."""

_NOT_YET = (Code.RECOVERING, Code.OUTDATED)
"""Refusals of an own word that are over once the relationship has recovered."""

DATED = (OVER, GRANT_OVER, GROUND_GONE)
"""What handlers are asked for a date that was promised; all else they are asked at once, or put off."""

Due = bytes | Timer
"""A relationship whose messages are to be tried again, or a timer."""


class Timekeeper:
    """Wakes when something is due."""

    def __init__(
        self,
        decider: Decider,
        clock: Clock,
        trust: ClockTrust,
        fault: Callable[[Exception], None],
        jumped: Callable[[], None],
    ) -> None:
        """`fault` is told what went wrong, and `jumped` that the clock did."""
        self._decider, self._clock, self._fault, self._jumped = decider, clock, fault, jumped
        self._jumps, self._steps = JumpWatch(clock), JumpWatch(clock, STEP_S)
        self._sets, self._trust, self._notes = SetWatch(clock), trust, Notes(trust)
        self._errands = Errands("timekeeper", fault)
        self._wake = asyncio.Event()
        self._expects: int | None = None
        """When the next is due of which it knows; None while it looks what is due."""

    def start(self) -> None:
        """Begin to look at the clock, and greet every peer."""
        self._errands.begin(self._run())
        self._errands.begin(self._greet(renewing=False, shift=None))

    async def stop(self) -> None:
        """Look no more."""
        await self._errands.stop()

    def wake(self, due: int, apart: float) -> None:
        """Something is due, perhaps earlier than was thought, by clocks that were so far `apart`."""
        by = int(self._clock.now() - self._clock.elapsed() - apart)
        if abs(by) > STEP_S:  # it was wrong for a moment
            wrong = self._clock.now() - by
            self._errands.begin(self._try_all_soon(Shift(wrong - STEP_S, wrong + STEP_S, by)))
        if self._expects is None or due < self._expects or self._steps.differs:
            self._wake.set()

    def send_again(self, scope: bytes) -> None:
        """The peer of a relationship can be reached: send what waits, now."""
        self._errands.begin(self._send_again(scope))

    async def _send_again(self, scope: bytes) -> None:
        await self._decider.do(partial(reach, scope_id=scope))

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            self._watch_the_clock()
            try:
                more, due = await self._keep_time()
            except StoreError as error:
                self._fault(error)
                more, due = False, self._clock.now() + LOOK_S
            if not more:  # a note of the clock is due then, and finds out a store that broke
                latest = self._clock.now() + every_s(sure=self._trust.holds())
                await self._rest_until(latest if due is None else min(due, latest))

    async def _rest_until(self, due: int) -> None:
        """Look at nothing but the clock before something is due, or found to be due earlier."""
        self._expects = due
        while not self._wake.is_set() and (wait_s := due - self._clock.now()) > 0:
            await first(self._clock.sleep(min(wait_s, LOOK_S)), self._wake.wait())
            self._watch_the_clock()
        self._expects = None

    def _watch_the_clock(self) -> None:
        stepped, jumped, shift = self._steps.jumped(), self._jumps.jumped(), self._sets.shift()
        if jumped:
            self._jumped()
            self._errands.begin(self._greet(renewing=True, shift=shift))
        elif stepped or shift is not None:
            self._errands.begin(self._try_all_soon(shift))
        if jumped or stepped:
            self._wake.set()  # when something is due was a time of another clock

    async def _keep_time(self) -> tuple[bool, int | None]:
        """Do what is due; where something of it has a fault, each by itself, and that one later."""
        sure, looked = self._trust.holds(), self._clock.now()
        try:
            note = self._notes.due(looked, sure=sure)
            job = partial(keep_time, sure=sure, note=note, looked=looked, elapsed=self._clock.elapsed)
            done = await self._decider.do(job)
        except (StoreError, WorkersClosedError):
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours keeps no other message from being sent
            self._fault(error)
        else:
            if done is None:  # the clock was set since it was looked at
                return True, None
            if note:
                self._notes.written(looked, sure=sure)
            return done
        for what in await self._decider.do(all_due):
            try:
                await self._decider.do(partial(keep_one, what=what))
            except (StoreError, WorkersClosedError):
                raise
            except Exception:  # noqa: BLE001 - it was told above
                await self._decider.do(partial(put_off, what=what))
        return False, await self._decider.do(lambda batch: batch.store.next_due())

    async def _greet(self, *, renewing: bool, shift: Shift | None) -> None:
        """After a start each peer gets a new session, so that a copy that was set back meets it.

        After a jump, too: the machine may have slept or been set back, or the clock was set.
        """
        await self._try_all_soon(shift)
        after: bytes | None = None
        while True:
            after = await self._decider.do(partial(greet, after=after, renewing=renewing))
            if after is None:
                return
            await self._clock.sleep(GREETED_BATCH / GREETED_PER_S)

    async def _try_all_soon(self, shift: Shift | None) -> None:
        """Nothing that waits goes by times of a clock that has been set since."""
        after: bytes | None = None
        while True:
            after = await self._decider.do(partial(try_soon, after=after, shift=shift))
            if after is None:
                return


def all_due(batch: Batch) -> list[Due]:
    """What is due now, as much as fits into a commit."""
    return [
        *batch.store.deliveries_due(batch.now, DUE_MAX),
        *batch.store.timers_due(batch.now, TIMERS_MAX),
    ]


def keep_time(
    batch: Batch,
    *,
    sure: bool,
    note: Mapping[str, bytes | None],
    looked: int,
    elapsed: Callable[[], float],
) -> tuple[bool, int | None] | None:
    """Do what is due, as much as there is time for. Gives whether more may be, and when the next is.

    None, and nothing is done, where the clock was set since it was looked at.
    `sure` says whether the clock is believed, as it was when it was looked at, and `note` what is to
    be written down of it; `elapsed` counts seconds.
    """
    began = elapsed()
    if abs(batch.now - looked) > JUMP_S:
        return None
    if note:
        batch.steps += 1
        batch.changes.facts.update(note)
    due = all_due(batch)
    for what in due:
        _keep(batch, what, sure=sure)
        if elapsed() - began > LANE_S:
            break
    return bool(due), batch.store.next_due()


def keep_one(batch: Batch, what: Due) -> None:
    """Do one thing if it is still due."""
    if what in all_due(batch):
        _keep(batch, what, sure=False)


def put_off(batch: Batch, what: Due) -> None:
    """Let something be due later that cannot be done."""
    later = batch.now + PUT_OFF_S
    if isinstance(what, Timer):
        batch.changes.timers[what.scope, what.command, what.key] = what._replace(at=later)
        return
    delivery = batch.store.delivery(what)
    if delivery is not None:
        batch.changes.deliveries[what] = delivery._replace(next_try=later)
        batch.scopes.forget(what)


def try_soon(batch: Batch, after: bytes | None, *, shift: Shift | None) -> bytes | None:
    """Let the next tries of some relationships be soon; gives where to go on, None after the last.

    The network may come later than the node, and the time of a try may be one of a clock that was set since.
    """
    rows = batch.store.contacts(after, DUE_MAX)
    for row in rows:
        scope = None if batch.store.delivery(row.scope) is None else batch.scope(row.scope)
        delivery = None if scope is None else scope.delivery
        if scope is not None and delivery is not None:
            batch.touch(scope)
            first_try = _shifted(delivery.first_try, shift)
            next_try = min(_shifted(delivery.next_try, shift), batch.now + RETRY_FIRST_S)
            batch.set_delivery(scope, Delivery(first_try, delivery.tries, next_try))
        _bring_back(batch, row.scope)
    return _next(rows, DUE_MAX)


def _bring_back(batch: Batch, scope: bytes) -> None:
    """Let at once be done what was put off by a clock that was ahead, and would wait until that time."""
    for timer in batch.store.copying.timers(scope):
        put_off_far = timer.command not in DATED and timer.at > batch.now + PUT_OFF_S
        if put_off_far and timer.command in batch.handlers:
            batch.ask(timer.scope, timer.command, timer.key)


def _shifted(time: int, shift: Shift | None) -> int:
    """A time that the clock gave before it was set, by the clock as it is now."""
    return time if shift is None or not shift.since <= time <= shift.until else time + shift.by


def _keep(batch: Batch, what: Due, *, sure: bool) -> None:
    batch.steps += 1
    if isinstance(what, Timer):
        _act(batch, what)
        batch.changes.timers.setdefault((what.scope, what.command, what.key), None)
    else:
        _try_again(batch, batch.scope(what), sure=sure)


def _try_again(batch: Batch, scope: Scope, *, sure: bool) -> None:
    delivery = scope.delivery
    if delivery is None:
        batch.set_delivery(scope, None)
        return
    if sure and retry.outlived(delivery.first_try, batch.now):
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
        offer = batch.offer(timer.scope)
        if offer is not None:
            offering.end(batch, offer)
    elif timer.command == TIDY:
        scope = batch.scope(timer.scope)
        batch.apply(scope, Decision(tidy_sessions(scope.relationship, batch.now)))
    elif timer.command == FORGET_KEYS:
        forget_keys(batch, batch.scope(timer.scope))
    elif timer.command == speaking.RESUME:
        _resume(batch, batch.scope(timer.scope), timer)
    elif timer.command in batch.handlers:
        _follow(batch, timer)
    else:
        batch.tell(timer.command, batch.scope(timer.scope), timer.key)


def _follow(batch: Batch, timer: Timer) -> None:
    """Let the handler act, or as soon as it can."""
    try:
        batch.handlers[timer.command](batch, batch.scope(timer.scope), timer.key)
    except PutOffError as later:
        batch.ask(timer.scope, timer.command, timer.key, batch.now + later.wait_s)
    except speaking.FullOutboxError:
        put_off(batch, timer)
    except UsageError as error:
        if error.code not in _NOT_YET:
            raise
        put_off(batch, timer)


def _resume(batch: Batch, scope: Scope, timer: Timer) -> None:
    """End the owner's pause, or as soon as that can be said."""
    try:
        speaking.resume(batch, scope)
    except speaking.FullOutboxError:
        put_off(batch, timer)
    except UsageError as error:
        if error.code in _NOT_YET:
            put_off(batch, timer)
        else:
            batch.tell("pause-over", scope)  # the owner has resumed already, or has closed


def reach(batch: Batch, scope_id: bytes) -> None:
    """Send what waits over a new connection; who is hidden shows by a new session whose it is."""
    scope = batch.scope(scope_id)
    if scope.is_hidden:
        scope.relationship = renew(scope.relationship)
    batch.again(scope)


def greet(batch: Batch, after: bytes | None, *, renewing: bool) -> bytes | None:
    """Open new sessions with some relationships; gives where to go on, None after the last.

    One that is not in memory gets its new session by being loaded; `renewing` asks for it for all.
    """
    rows = batch.store.contacts(after, GREETED_BATCH)
    for row in rows:
        if is_greeted(row):
            scope = batch.scope(row.scope)
            if renewing:
                scope.relationship = renew(scope.relationship)
            batch.again(scope)
    return _next(rows, GREETED_BATCH)


def _next(rows: Sequence[Contact], most: int) -> bytes | None:
    return rows[-1].scope if len(rows) == most else None
