"""A service line to a relay, from the customer's end: requests with their answers, and what is pushed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.net.port import Line, UnreachableError
from pcloud.wire.services.relay import RELAY, Frame
from pcloud.wire.services.service import Answer, Outcome

ANSWER_S = 60.0
"""How long a relay may take for an answer; then the line counts as broken."""
UNASKED_MAX = 4_096
"""Requests under way whose answers nobody waits for."""


class Given(NamedTuple):
    """What a relay answered."""

    outcome: Outcome
    values: tuple[Any, ...] = ()


class _Asked(NamedTuple):
    kind: type[tuple[Any, ...]]
    answer: "asyncio.Future[Given] | None"
    heard: Callable[[Given], None] | None


class Call:
    """One line. `run` has to run while anything is asked."""

    def __init__(
        self, line: Line, pushed: Callable[[Frame], None], room: Callable[[], Awaitable[None]]
    ) -> None:
        """`pushed` is given every frame; it raises Violation for one that a true relay does not push.

        `room` returns once more may be read.
        """
        self._line, self._pushed, self._room = line, pushed, room
        self._asked: dict[int, _Asked] = {}
        self._number = 0
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Read what comes until the line ends. Raises Violation for what no relay says."""
        try:
            while (message := await self._line.receive()) is not None:
                self._hear(RELAY.read_back(message))
                await self._room()
        finally:
            for asked in self._asked.values():
                if asked.answer is not None and not asked.answer.done():
                    asked.answer.set_exception(UnreachableError("the relay has ended the connection"))

    def _hear(self, heard: Any) -> None:
        if isinstance(heard, Frame):
            self._pushed(heard)
            return
        assert isinstance(heard, Answer), "a service has requests, answers and pushes"
        asked = self._asked.get(heard.number)
        if asked is None:
            raise Violation(Code.SHAPE, "an answer to nothing")
        values = RELAY.given(asked.kind, heard) if heard.outcome is Outcome.DONE else ()
        del self._asked[heard.number]
        if asked.heard is not None:
            asked.heard(Given(heard.outcome, values))
        if asked.answer is not None and not asked.answer.done():
            asked.answer.set_result(Given(heard.outcome, values))

    async def ask(self, request: tuple[Any, ...], heard: Callable[[Given], None] | None = None) -> Given:
        """Ask something and wait for its answer. Raises UnreachableError.

        `heard` is given the answer before anything is read that comes after it.
        """
        answer: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._send(request, answer, heard)
                return await answer
        except TimeoutError:
            raise UnreachableError("the relay does not answer") from None
        finally:
            if not answer.cancel() and not answer.cancelled():
                answer.exception()  # looked at: where sending has failed as well, nobody waits for it

    async def tell(self, request: tuple[Any, ...]) -> None:
        """Ask something whose answer changes nothing. Raises UnreachableError."""
        if len(self._asked) >= UNASKED_MAX:
            raise UnreachableError("the relay does not answer")
        await self._send(request, None)

    async def _send(
        self,
        request: tuple[Any, ...],
        answer: "asyncio.Future[Given] | None",
        heard: Callable[[Given], None] | None = None,
    ) -> None:
        async with self._sending:
            self._number += 1
            self._asked[self._number] = _Asked(type(request), answer, heard)
            await self._line.send(RELAY.write_request(self._number, request))
