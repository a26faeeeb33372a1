"""An event loop of virtual time: it never waits, and what is ready runs in an order that the seed draws.

Nobody blocks in it, no thread runs beside it, and time passes only while nothing is ready. A task belongs to
the `Life` that is current where it was begun; once that life is over, none of its callbacks run any more, as
after a kill: no `finally`, no last word.
"""

import asyncio
import random
from collections import deque
from collections.abc import Coroutine, Iterable
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final, TypeVar

T = TypeVar("T")

RESOLUTION_S: Final = 1e-6
"""Timers that are closer together than this are due at once."""


class StuckError(RuntimeError):
    """Something is waited for that will never come: nothing is ready, and no timer is set."""


class Life:
    """The time between the start of a process and its end."""

    def __init__(self) -> None:
        self.over = False
        self.frozen: list[asyncio.Handle] = []
        """What would have run since it was over."""
        self.context = copy_context()
        """In which its tasks run."""
        self.context.run(_LIFE.set, self)


_LIFE: Final[ContextVar[Life | None]] = ContextVar("life", default=None)


def outside() -> Context:
    """A context that belongs to no life: of the world itself."""
    context = copy_context()
    context.run(_LIFE.set, None)
    return context


class _Ready(deque[asyncio.Handle]):
    """What is ready, taken in any order."""

    def __init__(self, dice: random.Random, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._roll = dice.random
        self._none = asyncio.Handle(_nothing, (), loop)
        self._none.cancel()

    def popleft(self) -> asyncio.Handle:
        """Any of them; nothing of a life that is over."""
        size = len(self)
        if size > 1:
            at = int(self._roll() * size)
            self[0], self[at] = self[at], self[0]
        handle = super().popleft()
        life = handle._context.get(_LIFE)  # type: ignore[attr-defined]  # noqa: SLF001 - whose callback it is
        if life is None or not life.over:
            return handle
        life.frozen.append(handle)
        return self._none


def _nothing() -> None:
    """What runs in place of a callback that does not."""


class _NoSockets:
    """In place of sockets: to wait for them is to let time pass."""

    def __init__(self, loop: "VirtualLoop") -> None:
        self._loop = loop

    def select(self, timeout: float | None) -> tuple[()]:
        """Let time pass. Raises StuckError where that would be for ever."""
        if timeout is None:
            raise StuckError("nothing is ready, and nothing will be")
        self._loop.moment += timeout
        return ()


class VirtualLoop(asyncio.BaseEventLoop):
    """The loop. `moment` is the time in seconds since it began."""

    def __init__(self, dice: random.Random) -> None:
        super().__init__()
        self.moment = 0.0
        self.faults: list[str] = []
        """What nobody has caught."""
        self._clock_resolution = RESOLUTION_S
        self._selector = _NoSockets(self)
        self._ready = _Ready(dice, self)
        self.set_exception_handler(self._note)

    def time(self) -> float:
        """Virtual seconds since the loop began."""
        return self.moment

    def _process_events(self, event_list: tuple[()]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody waits who would have to be woken."""

    def _note(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep what would be written to a log."""
        error = context.get("exception")
        self.faults.append(f"{context.get('message')}: {error!r}")

    def thaw(self, lives: Iterable[Life]) -> None:
        """Let what was frozen go on, so that it can be ended: nothing that it does may count any more."""
        for life in lives:
            life.over = False
            self._ready.extend(life.frozen)
            life.frozen.clear()


def run_virtually(work: Coroutine[Any, Any, T], dice: random.Random) -> T:
    """Run it to its end in a loop of its own; gives what it gives. Raises what it raises, StuckError."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(dice)) as runner:
        return runner.run(work)


def virtual() -> VirtualLoop:
    """The loop that runs. Raises TypeError where it is another kind."""
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        raise TypeError("this runs in a simulation only")
    return loop
