"""The one writer: gathers jobs, runs them in one batch, commits, and only then tells anybody (spec 05 §9)."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from pcloud.ambient.jump import Believed, ClockTrust
from pcloud.ambient.port import Clock, Entropy, Lane, Workers
from pcloud.engine.compose import Setting
from pcloud.engine.registry import Registry
from pcloud.kernel.gate import Rosters
from pcloud.runtime.deciding.batch import Batch, Handler, Needed
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.deciding.scope import Scopes
from pcloud.store.port import Changes, Store

T = TypeVar("T")

JOBS_MAX = 256
"""Jobs of one commit. A job of received frames holds many frames."""


class After(Protocol):
    """What follows a commit, on the loop."""

    def __call__(self, committed: Committed, /) -> None:
        """Let frames go, tell the owner."""


class _Waiting(NamedTuple):
    job: Callable[[Batch], Any]
    done: asyncio.Future[Any]


class _Ran(NamedTuple):
    results: list[tuple[_Waiting, Any, BaseException | None]]
    committed: list[Committed]


class Decider:
    """Runs jobs in the lane that decides, as many in one commit as wait."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        entropy: Entropy,
        workers: Workers,
        registry: Registry,
        after: After,
    ) -> None:
        self.store = store
        self.scopes = Scopes(store)
        self.rosters: Rosters = {}
        self.handlers: Mapping[str, Handler] = {}
        self.needed: Mapping[str, Needed] = {}
        self._clock, self._entropy, self._workers = clock, entropy, workers
        self._registry = registry
        self._after = after
        self.believed = ClockTrust(clock).believed
        """The time of what cannot be undone; asked on the loop."""
        self.notes: list[Callable[[Changes], None]] = []
        """Each is called with the rows of a commit, in the lane that decides, before the next begins."""
        self._waiting: list[_Waiting] = []
        self._pump: asyncio.Task[None] | None = None

    def do(self, job: Callable[[Batch], T]) -> asyncio.Future[T]:
        """Run a job: gives its result, once its rows are committed, to who waits for it.

        Waiting raises what the job raises, or StoreError. Who waits for many needs no task for each.
        """
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(job, done))
        if self.rests:
            self._pump = asyncio.create_task(self._run(), name="decider")
        return done

    @property
    def rests(self) -> bool:
        """Whether nothing waits, and nothing is being decided."""
        return self._pump is None or self._pump.done()

    async def idle(self) -> None:
        """Wait until nothing waits: for a stop that leaves nothing half done."""
        while self._pump is not None and not self._pump.done():
            await asyncio.wait([self._pump])

    async def _run(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting[:JOBS_MAX], self._waiting[JOBS_MAX:]
            try:
                ran = await self._workers.run(Lane.DECIDE, partial(self._batch, taken, self.believed()))
            except Exception as fault:  # noqa: BLE001 - the node stops: each gets it, and nobody waits for ever
                ran = _Ran([(waiting, None, fault) for waiting in taken], [])
            for committed in ran.committed:
                self._follow(committed)
            for waiting, result, error in ran.results:
                if waiting.done.cancelled():
                    continue
                if error is None:
                    waiting.done.set_result(result)
                else:
                    waiting.done.set_exception(error)

    def _follow(self, committed: Committed) -> None:
        """Let the rest of the node know. Its faults keep no caller from a result that stands."""
        try:
            self._after(committed)
        except Exception as error:  # noqa: BLE001 - told to the loop, which the node's log listens to
            context = {"message": "what follows a commit failed", "exception": error}
            asyncio.get_running_loop().call_exception_handler(context)

    def _batch(self, taken: list[_Waiting], believed: Believed) -> _Ran:
        """Run all in one commit; where one fails after it has begun, each in a commit of its own."""
        ran = self._together(taken, believed)
        if ran is not None:
            return ran
        results: list[tuple[_Waiting, Any, BaseException | None]] = []
        committed: list[Committed] = []
        for waiting in taken:
            alone = self._together([waiting], believed, last=True)
            assert alone is not None, "a batch of one is never split"
            results += alone.results
            committed += alone.committed
        return _Ran(results, committed)

    def _together(self, taken: list[_Waiting], believed: Believed, *, last: bool = False) -> _Ran | None:
        """One commit; None where it has to be split. `last`: a failure is the job's own."""
        setting = Setting(self._clock.now(), self._entropy, self.rosters, self._registry)
        apart = setting.now - self._clock.elapsed()
        batch = Batch(self.store, self.scopes, setting, believed, self.handlers, self.needed)
        results: list[tuple[_Waiting, Any, BaseException | None]] = []
        try:
            for waiting in taken:
                before = batch.steps
                try:
                    results.append((waiting, waiting.job(batch), None))
                except Exception as error:  # noqa: BLE001 - each goes to whoever gave the job
                    if batch.steps != before:
                        batch.abandoned()
                        return _Ran([(waiting, None, error)], []) if last else None
                    results.append((waiting, None, error))
            committed, began = batch.finish(), self._clock.elapsed()
            if batch.changes:
                self.store.commit(batch.changes)
                seconds, end = self._clock.elapsed() - began, self.store.feed_end()
                committed = committed._replace(seconds=seconds, feed_end=end, apart=apart)
            else:
                self.store.release()
        except Exception as error:  # noqa: BLE001 - a full disk, a lost file, a fault of ours: nothing stands
            batch.abandoned()
            return _Ran([(waiting, None, error) for waiting in taken], []) if last else None
        batch.committed()
        for note in self.notes:
            note(batch.changes)
        return _Ran(results, [committed])
