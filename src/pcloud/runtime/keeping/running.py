"""Copies while the node runs: brought up to date at every place, and each place by itself (spec 22 §8)."""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from pcloud.ambient.port import WorkersClosedError
from pcloud.errors import PcloudError
from pcloud.holdings.copies import Copies
from pcloud.holdings.port import HoldingsError, NoRoomError
from pcloud.net.port import UnreachableError
from pcloud.runtime.keeping.agreeing import Terms
from pcloud.runtime.keeping.holder import Holder, LostError
from pcloud.runtime.keeping.places import Place, Tools
from pcloud.runtime.keeping.visiting import RefusedError
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.waiting import first
from pcloud.store.port import Changes, StoreError
from pcloud.wire.services.service import Outcome

HERE: Final = "here"
"""The place in the node's own folder."""
FOLDER: Final = "folder"
"""The folder that the owner named."""
LOOK_S: Final = 40.0
"""How long changes are gathered for an increment; it is on its way well within a minute (spec 22 §8)."""
IDLE_S: Final = 21_600.0
"""How often it is looked whether proofs are due where nothing changes."""
AGAIN_S_MAX: Final = 900.0
"""The longest wait after a failure; the first is LOOK_S, and each doubles."""


class Shelf(Protocol):
    """Where files of a place lie."""

    def __call__(self, name: str, /) -> Copies:
        """Those of one place."""


class Copying:
    """All places where copies of this node are kept."""

    def __init__(self, shelf: Shelf, failed: Callable[[Exception], None], log: Log) -> None:
        """`failed` is told of faults of ours."""
        self._shelf, self._failed, self._log = shelf, failed, log
        self._tools: Tools | None = None
        self._places: dict[str, Place] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._noted: tuple[Place, ...] = ()
        """The places as the lane that decides sees them; replaced as a whole."""
        self._wakes: dict[str, asyncio.Event] = {}
        self._news: dict[str, asyncio.Event] = {}

    def start(self, tools: Tools, folder: Copies | None) -> None:
        """Begin with the places that need nobody's word."""
        self._tools = tools
        tools.decider.notes.append(self._note)
        self._begin(Place(HERE, self._shelf(HERE), tools))
        if folder is not None:
            self._begin(Place(FOLDER, folder, tools))

    async def stop(self) -> None:
        """Work at no place any more; what was begun there goes on after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    @property
    def places(self) -> list[Place]:
        """Every place, the node's own folder first."""
        return list(self._places.values())

    def holder(self, thread: bytes) -> Holder | None:
        """The place that a custody gives."""
        place = self._places.get(thread.hex())
        return place if isinstance(place, Holder) else None

    def keep_with(self, thread: bytes, shelf: str, terms: Terms | None) -> None:
        """Keep copies with a holder by these terms, or with None no more."""
        if self._tools is None:
            return
        known = self.holder(thread)
        if known is not None and terms is not None:
            if known.terms != terms:
                known.terms = terms
                self.hurry(known)
        elif known is not None:
            self._end(known)
        elif terms is not None:
            self._begin(Holder(thread.hex(), self._shelf(shelf), self._tools, terms))

    def hurry(self, place: Place) -> None:
        """Look after a place now."""
        self._wakes[place.name].set()

    def changed(self) -> None:
        """Something may have been committed that is in no copy."""
        for place in self._noted:
            if not place.is_current:
                self._news[place.name].set()

    def trouble(self, place: Place, error: PcloudError) -> None:
        """A place is not up to date, and why."""
        problem = problem_of(error)
        if problem != place.problem:
            lost = isinstance(error, LostError)
            self._log.note(Event.COPY_LOST if lost else Event.COPY_BEHIND, code=problem)
        place.problem = problem

    # Places

    def _note(self, changes: Changes) -> None:
        for place in self._noted:
            place.trail.note(changes)

    def _begin(self, place: Place) -> None:
        self._places[place.name] = place
        self._noted = tuple(self._places.values())
        self._wakes[place.name], self._news[place.name] = asyncio.Event(), asyncio.Event()
        self._tasks[place.name] = asyncio.create_task(self._run(place), name="copies")

    def _end(self, place: Place) -> None:
        self._tasks.pop(place.name).cancel()
        del self._places[place.name], self._wakes[place.name], self._news[place.name]
        self._noted = tuple(self._places.values())

    async def _run(self, place: Place) -> None:
        assert self._tools is not None, "it was started"
        clock, wake, news = self._tools.clock, self._wakes[place.name], self._news[place.name]
        wait_s = LOOK_S
        try:
            async with place.busy:
                await place.ready()  # so that the owner sees how far it is
        except PcloudError as error:
            self.trouble(place, error)
        while True:
            if place.is_current and place.problem is None:
                await first(clock.sleep(IDLE_S), news.wait(), wake.wait())
            news.clear()
            await first(clock.sleep(wait_s), wake.wait())  # also after a start, which has other things to do
            wake.clear()
            try:
                async with place.busy:
                    await place.ready()
                    await place.step(clock.now())
                place.problem, wait_s = None, LOOK_S
            except WorkersClosedError:
                return  # the node stops
            except PcloudError as error:
                if isinstance(error, StoreError):
                    self._failed(error)
                self.trouble(place, error)
                wait_s = min(wait_s * 2, AGAIN_S_MAX)
            except Exception as error:  # noqa: BLE001 - a fault of ours at one place stops no other
                self._failed(error)
                place.problem, wait_s = "fault", AGAIN_S_MAX


def problem_of(error: PcloudError) -> str:
    """One word for what keeps a place from being up to date; `show` has the owner's sentences."""
    match error:
        case UnreachableError():
            return "unreachable"
        case LostError():
            return "lost"
        case RefusedError(outcome=Outcome.FULL) | NoRoomError():
            return "full"
        case RefusedError(outcome=Outcome.UNKNOWN):
            return "unknown"
        case RefusedError():
            return "busy"
        case HoldingsError():
            return "disk"
        case _:
            return "store"
