"""One line on which mailboxes are opened, watched and emptied; what it may ask is spec 20 §5."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from pcloud.ambient.port import Clock
from pcloud.errors import PcloudError
from pcloud.limits import RELAY_WATCHED_MAX, RELAY_WINDOW_BYTES, RELAY_WINDOW_FRAMES
from pcloud.mailboxes.port import (
    Change,
    CloseBox,
    Mailboxes,
    OpenBox,
    PublishBlob,
    RenewBox,
    Result,
    TakeFrames,
    Waiting,
)
from pcloud.net.port import Line
from pcloud.runtime.relaying.counter import Counter
from pcloud.wire.services.relay import (
    RELAY,
    Close,
    Frame,
    Open,
    Publish,
    Renew,
    Taken,
    Watch,
    pickup_hash,
    voucher_hash,
)
from pcloud.wire.services.service import Asked, Outcome, write_answer

UNKNOWN_WAIT_S = 0.1
"""Before the answer to a request that names nothing kept here, so that guessing is slow."""
READ_AT_ONCE = 16
"""Mailboxes of one line that are looked into in one go."""
READ_BYTES = RELAY_WINDOW_BYTES
"""What is read of them in one go: all that a line that nobody reads holds in memory, but for one frame."""


class _Watched:
    """One mailbox that is watched on this line."""

    __slots__ = ("_flight", "_ready", "_size", "box", "handle", "sent")

    def __init__(self, box: int, handle: int, ready: "Callable[[_Watched], None]") -> None:
        self.box, self.handle, self._ready = box, handle, ready
        self.sent = 0
        """The highest number that was pushed."""
        self._flight: deque[tuple[int, int]] = deque()
        """Number and size of what was pushed and not taken."""
        self._size = 0

    def arrived(self) -> None:
        """Something may be there to push."""
        self._ready(self)

    @property
    def room(self) -> tuple[int, int]:
        """Frames and bytes that may still be pushed."""
        return RELAY_WINDOW_FRAMES - len(self._flight), RELAY_WINDOW_BYTES - self._size

    def push(self, waiting: Waiting) -> None:
        """Note that a frame goes."""
        self.sent = waiting.number
        self._flight.append((waiting.number, len(waiting.frame)))
        self._size += len(waiting.frame)

    def take(self, number: int) -> None:
        """Note that all up to a number were taken."""
        while self._flight and self._flight[0][0] <= number:
            self._size -= self._flight.popleft()[1]


class _Wanted(NamedTuple):
    """One mailbox that is read for a push: above which number, and how much at most."""

    watched: _Watched
    sent: int
    frames: int
    size: int


class Visit:
    """A customer, or anybody, at the counter: one line from its first request to its end."""

    def __init__(self, counter: Counter, line: Line, clock: Clock) -> None:
        self._counter, self._line, self._clock = counter, line, clock
        self._watched: dict[int, _Watched] = {}
        self._ready: dict[int, _Watched] = {}
        """Those with something to push, by handle."""
        self._wake = asyncio.Event()
        self._sending = asyncio.Lock()
        self._pusher: asyncio.Task[None] | None = None

    async def hear(self, message: bytes) -> None:
        """Answer one request. Raises Violation for what is none, UnreachableError, StoreError."""
        asked = RELAY.read_request(message)
        if isinstance(asked.request, Watch):
            await self._watch(asked, asked.request)
            return
        if isinstance(asked.request, Taken):
            result = await self._take(asked.request)
        else:
            result = await self._counter.change(_change(asked.request))
        gives = (result.until,) if isinstance(asked.request, Open | Renew) else ()
        await self._answer(asked, result.outcome, *gives)

    async def end(self) -> None:
        """The line has ended: nothing is pushed any more, and nothing else changes."""
        for watched in self._watched.values():
            if self._counter.watched.get(watched.box) is watched:
                del self._counter.watched[watched.box]
        if self._pusher is not None:
            self._pusher.cancel()
            await asyncio.wait([self._pusher])

    async def _answer(self, asked: Asked, outcome: Outcome, *gives: int) -> None:
        if outcome is Outcome.UNKNOWN:
            await self._clock.sleep(UNKNOWN_WAIT_S)
        values = gives if outcome is Outcome.DONE else ()
        await self._send(write_answer(asked.number, outcome, *values))

    async def _send(self, *messages: bytes) -> None:
        async with self._sending:
            for message in messages:
                await self._line.send(message)

    # Watching

    async def _watch(self, asked: Asked, request: Watch) -> None:
        digest = pickup_hash(request.pickup)
        box = await self._counter.look(lambda kept, now: kept.find(digest, now))
        if box is None:
            await self._answer(asked, Outcome.UNKNOWN)
            return
        if len(self._watched) >= RELAY_WATCHED_MAX:
            await self._answer(asked, Outcome.FULL)
            return
        watched = _Watched(box, len(self._watched) + 1, self._is_ready)
        self._watched[watched.handle] = watched
        await self._answer(asked, Outcome.DONE, watched.handle)
        self._counter.watched[box] = watched  # whoever watched it before is given nothing more
        watched.arrived()

    def _is_ready(self, watched: _Watched) -> None:
        self._ready[watched.handle] = watched
        self._wake.set()
        if self._pusher is None:
            self._pusher = asyncio.create_task(self._push(), name="visit")

    async def _take(self, request: Taken) -> Result:
        watched = self._watched.get(request.handle)
        if watched is None or request.number > watched.sent:
            return Result(Outcome.UNKNOWN)
        result = await self._counter.change(TakeFrames(watched.box, request.number))
        watched.take(request.number)
        watched.arrived()
        return result

    async def _push(self) -> None:
        """Push what is kept, as far as the windows go. What ends it ends the line."""
        try:
            while True:
                self._wake.clear()
                while self._ready:
                    await self._push_some()
                await self._wake.wait()
        except PcloudError:  # it has ended, or the counter was told of a fault
            await self._line.close()
        except Exception as error:  # noqa: BLE001 - a fault of ours ends this line and no other
            self._counter.failed(error)
            await self._line.close()

    async def _push_some(self) -> None:
        some = [self._ready.pop(handle) for handle in list(self._ready)[:READ_AT_ONCE]]
        wanted = [_Wanted(each, each.sent, *each.room) for each in some if self._may_push(each)]
        found = await self._counter.look(lambda kept, _now: _read(kept, wanted))
        for (watched, *_), (frames, more) in zip(wanted, found, strict=True):
            for waiting in frames:
                if self._counter.watched.get(watched.box) is not watched:
                    break  # somebody else watches it since it was read
                watched.push(waiting)
                await self._send(RELAY.write_push(Frame(watched.handle, waiting.number, waiting.frame)))
            if more:
                watched.arrived()

    def _may_push(self, watched: _Watched) -> bool:
        frames, size = watched.room
        return frames > 0 and size > 0 and self._counter.watched.get(watched.box) is watched


def _read(kept: Mailboxes, wanted: list[_Wanted]) -> list[tuple[list[Waiting], bool]]:
    """What may be pushed, no more than `READ_BYTES` of all; and of which mailbox there may be more."""
    found: list[tuple[list[Waiting], bool]] = []
    left = READ_BYTES
    for watched, sent, frames, size in wanted:
        some = kept.read(watched.box, sent, frames, min(size, left)) if left > 0 else []
        found.append((some, left < size and (left <= 0 or bool(some))))
        left -= sum(len(waiting.frame) for waiting in some)
    return found


def _change(request: Open | Renew | Publish | Close) -> Change:
    """What is kept of a request: hashes, and never a token."""
    if isinstance(request, Open):
        return OpenBox(voucher_hash(request.voucher), request.address, request.pickup_hash)
    if isinstance(request, Renew):
        return RenewBox(voucher_hash(request.voucher), pickup_hash(request.pickup))
    if isinstance(request, Publish):
        return PublishBlob(pickup_hash(request.pickup), request.blob, request.until)
    return CloseBox(pickup_hash(request.pickup))
