"""What one line to a relay brings, on its way to be judged: each mailbox by itself, deleted only then."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import NamedTuple, Protocol

from pcloud.errors import Code, Violation
from pcloud.limits import RELAY_WINDOW_BYTES, RELAY_WINDOW_FRAMES
from pcloud.net.port import Packet
from pcloud.runtime.relaying.calls import Call, Given
from pcloud.wire.services.relay import Frame, Taken
from pcloud.wire.services.service import Outcome

BYTES_WAITING_MAX = 33_554_432
"""Bytes of all mailboxes of one line that wait for the inbox; then the line is not read."""


class Receive(Protocol):
    """The inbox."""

    def __call__(
        self, packet: Packet, link: None, source: str, judged: Callable[[bool], None], /
    ) -> Awaitable[None]:
        """Take a packet once there is room, and say when it was judged."""


class _Held(NamedTuple):
    number: int
    size: int


class _Box:
    """One mailbox that is watched."""

    __slots__ = ("done", "handle", "held", "mailbox", "seen", "size", "taken", "task", "waiting")

    def __init__(self, mailbox: bytes, handle: int) -> None:
        self.mailbox, self.handle = mailbox, handle
        self.seen = self.taken = 0
        """The highest number that came, and the one up to which all was judged."""
        self.held: deque[_Held] = deque()
        """What came and was not deleted, in order."""
        self.size = 0
        self.done: set[int] = set()
        self.waiting: deque[Frame] = deque()
        self.task: asyncio.Task[None] | None = None

    def put(self, frame: Frame) -> bool:
        """Take a frame; false for one that was there. Raises Violation beyond what may be under way."""
        if frame.number <= self.seen:
            return False
        size = len(frame.frame)
        full = len(self.held) >= RELAY_WINDOW_FRAMES or (self.held and self.size >= RELAY_WINDOW_BYTES)
        if full:
            raise Violation(Code.SHAPE, "more than was asked for")
        self.seen = frame.number
        self.held.append(_Held(frame.number, size))
        self.size += size
        self.waiting.append(frame)
        return True

    def judge(self, number: int) -> bool:
        """A frame was judged; whether more can be deleted now."""
        self.done.add(number)
        before = self.taken
        while self.held and self.held[0].number in self.done:
            first = self.held.popleft()
            self.done.discard(first.number)
            self.size -= first.size
            self.taken = first.number
        return self.taken > before


class Boxes:
    """Everything that is watched on one line."""

    def __init__(self, receive: Receive, source: str, failed: Callable[[], None]) -> None:
        """`failed` is told where something could not be judged: the line has to begin anew."""
        self._receive, self._source, self._failed = receive, source, failed
        self._by_handle: dict[int, _Box] = {}
        self._by_mailbox: dict[bytes, _Box] = {}
        self._taken: dict[int, _Box] = {}
        """What can be deleted, by handle."""
        self._wake, self._emptier = asyncio.Event(), asyncio.Event()
        self._waiting = 0
        """Bytes that wait for the inbox."""
        self.collected = 0
        """Frames that came."""

    def answered(self, mailbox: bytes, given: Given) -> None:
        """Note the handle under which a mailbox is watched now. Raises Violation for one in use."""
        if given.outcome is not Outcome.DONE:
            return
        (handle,) = given.values
        if handle in self._by_handle:
            raise Violation(Code.SHAPE, "a handle twice")
        self._by_handle[handle] = self._by_mailbox[mailbox] = _Box(mailbox, handle)

    def watches(self, mailbox: bytes) -> bool:
        """Whether a mailbox is watched."""
        return mailbox in self._by_mailbox

    def pushed(self, frame: Frame) -> None:
        """Take a frame. Raises Violation for one that was not asked for."""
        box = self._by_handle.get(frame.handle)
        if box is None:
            raise Violation(Code.SHAPE, "no such handle")
        if box.put(frame):
            self.collected += 1
            self._waiting += len(frame.frame)
            if box.task is None or box.task.done():
                box.task = asyncio.create_task(self._pump(box), name="relay-box")

    async def _pump(self, box: _Box) -> None:
        """Let what came be judged, as fast as there is room for this mailbox."""
        while box.waiting:
            frame = box.waiting.popleft()
            judged = partial(self._judged, box, frame.number)
            await self._receive(Packet(box.mailbox, frame.frame), None, self._source, judged)
            self._waiting -= len(frame.frame)
            self._emptier.set()

    async def room(self) -> None:
        """Wait until so little waits that more may be read, whatever a relay would like to give at once."""
        while self._waiting > BYTES_WAITING_MAX:
            self._emptier.clear()
            await self._emptier.wait()

    def _judged(self, box: _Box, number: int, stands: bool) -> None:  # noqa: FBT001 - the inbox calls it so
        if not stands:
            self._failed()
        elif box.judge(number):
            self._taken[box.handle] = box
            self._wake.set()

    async def delete(self, call: Call) -> None:
        """Tell the relay what it need not keep any more, for ever. Raises UnreachableError."""
        while True:
            self._wake.clear()
            while self._taken:
                handle = next(iter(self._taken))
                box = self._taken.pop(handle)
                await call.tell(Taken(handle, box.taken))
            await self._wake.wait()

    async def close(self) -> None:
        """The line has ended: what was not judged comes again over the next."""
        tasks = [box.task for box in self._by_handle.values() if box.task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
