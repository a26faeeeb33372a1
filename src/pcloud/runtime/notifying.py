"""Telling the owner that something waits: by mail, or to a system of the owner's. No value is in it.

Rules may answer in the meantime, so it is looked after a while what waits still; and who was told is left in
peace for some time. What waited before the node was started is told with what comes next.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import msgspec

from pcloud.ambient.port import Clock
from pcloud.net.port import Hook, UnreachableError
from pcloud.runtime.errands import Errands
from pcloud.runtime.logs import Event, Log
from pcloud.runtime.surface import OwnerError, Surface
from pcloud.runtime.taking.telling import SIGNATURE, sign
from pcloud.runtime.views import Happening

QUIET_S: Final = 60.0
"""From what has come to the look at what waits."""
PAUSE_S: Final = 900.0
"""Between two times the owner is told."""
AGAIN_S_FIRST: Final = 60.0
"""The wait after the first failure; each doubles."""
AGAIN_S_MAX: Final = 3_600.0
SUBJECT: Final = "Something waits for your word"
COMES: Final = frozenset({"disclosure.request", "relationship.request", "terms.proffer", "terms.counter"})
"""Messages after which something may wait."""


class Waiting(NamedTuple):
    """How much waits."""

    questions: int = 0
    requests: int = 0
    """Of others, to be let in."""
    terms: int = 0


class Teller(Protocol):
    """One way to the owner."""

    async def tell(self, waiting: Waiting) -> None:
        """Say it, once. Raises UnreachableError."""


class Letterbox(Protocol):
    """What takes a mail."""

    async def send(self, subject: str, text: str) -> None:
        """Send it, once. Raises UnreachableError."""


class ByMail:
    """A mail in which only numbers stand."""

    def __init__(self, letterbox: Letterbox) -> None:
        self._letterbox = letterbox

    async def tell(self, waiting: Waiting) -> None:
        """Say it, once. Raises UnreachableError."""
        await self._letterbox.send(SUBJECT, worded(waiting))


class ByHook:
    """A POST in which only numbers stand, signed as all of this node's are."""

    def __init__(self, hook: Hook, secret: bytes, clock: Clock) -> None:
        self._hook, self._secret, self._clock = hook, secret, clock

    async def tell(self, waiting: Waiting) -> None:
        """Say it, once. Raises UnreachableError."""
        body = msgspec.json.encode({"waiting": waiting._asdict()})
        headers = {
            "Content-Type": "application/json",
            SIGNATURE: sign(self._secret, self._clock.now(), body),
        }
        await self._hook.tell(body, headers)


class Notifying:
    """Follows what happens, and tells the owner."""

    def __init__(
        self,
        surface: Surface,
        clock: Clock,
        log: Log,
        failed: Callable[[Exception], None],
        tellers: Sequence[Teller],
    ) -> None:
        """`failed` is told of faults of ours."""
        self._surface, self._clock, self._log = surface, clock, log
        self._errands, self._tellers = Errands("notifying", failed), tellers
        self._behind: set[int] = set()
        """Places of those among the tellers that did not arrive the last time."""

    @property
    def behind(self) -> bool:
        """Whether the owner could not be told the last time, one way or another."""
        return bool(self._behind)

    @property
    def wanted(self) -> bool:
        """Whether there is a way to the owner."""
        return bool(self._tellers)

    async def start(self) -> None:
        """Begin to follow, where there is a way to the owner."""
        if self.wanted:
            told, _ = await self._waiting()
            news = [asyncio.Event() for _ in self._tellers]
            self._errands.begin(self._follow(news))
            for place, new in enumerate(news):
                self._errands.begin(self._run(place, new, told))

    async def stop(self) -> None:
        """Tell no more."""
        await self._errands.stop()

    async def try_out(self) -> None:
        """Tell the owner now what waits, be it nothing. Raises OwnerError where that did not arrive."""
        _, waiting = await self._waiting()
        arrived = [await self._tell(place, waiting) for place in range(len(self._tellers))]
        if not all(arrived):
            raise OwnerError("unreachable", "It did not go out. Look at [notify] in the settings.")

    async def _follow(self, news: Sequence[asyncio.Event]) -> None:
        async for happening in self._surface.happenings():
            if _calls(happening):
                for new in news:
                    new.set()

    async def _run(self, place: int, new: asyncio.Event, told: frozenset[str]) -> None:
        """Tell the owner one way. Each goes on by itself: one that is broken holds up no other."""
        while True:
            await new.wait()
            await self._clock.sleep(QUIET_S)
            new.clear()
            ids, waiting = await self._waiting()
            if ids - told:
                await self._arrive(place, waiting)
                await self._clock.sleep(PAUSE_S)
            told = ids

    async def _arrive(self, place: int, waiting: Waiting) -> None:
        """Tell it as often as it takes: with what waits by then."""
        wait_s = AGAIN_S_FIRST
        while not await self._tell(place, waiting):
            await self._clock.sleep(wait_s)
            wait_s = min(wait_s * 2, AGAIN_S_MAX)
            _, waiting = await self._waiting()

    async def _tell(self, place: int, waiting: Waiting) -> bool:
        """Tell it one way, once; gives whether it arrived."""
        try:
            await self._tellers[place].tell(waiting)
        except UnreachableError:
            if not self._behind:
                self._log.note(Event.NOTIFY_BEHIND)
            self._behind.add(place)
            return False
        self._behind.discard(place)
        return True

    async def _waiting(self) -> tuple[frozenset[str], Waiting]:
        """What waits, and how much: of each kind as many as one page of the owner's has."""
        asks = [ask.id for ask in await self._surface.asks()]
        requests = [
            contact.id
            for contact in await self._surface.contacts()
            if contact.direction == "in" and contact.state == "requested"
        ]
        negotiations = (await self._surface.negotiations(state="waiting")).rows
        terms = [each.id for each in negotiations if each.turn == "mine"]
        return frozenset([*asks, *requests, *terms]), Waiting(len(asks), len(requests), len(terms))


def worded(waiting: Waiting) -> str:
    """The text of a mail."""
    named = (
        (waiting.questions, "question", "questions"),
        (waiting.requests, "request to meet you", "requests to meet you"),
        (waiting.terms, "proposal of terms", "proposals of terms"),
    )
    parts = [f"{count} {one if count == 1 else many}" for count, one, many in named if count]
    counted = ", ".join(parts) or "Nothing"
    waits = "wait" if sum(waiting) > 1 else "waits"
    return (
        f"{counted} {waits} for your word. Open your page.\n\n"
        "Nothing more stands here, so that nobody learns anything who reads your mail.\n"
    )


def _calls(happening: Happening) -> bool:
    return happening.what in COMES
