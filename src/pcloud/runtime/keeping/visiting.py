"""A service line to a holder, from the other end: one request after the other (spec 22 §5)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from pcloud.errors import PcloudError, Violation
from pcloud.net.port import Line, Net, UnreachableError
from pcloud.wire.services.custody import CUSTODY
from pcloud.wire.services.service import Answer, Outcome

ANSWER_S = 120.0
"""How long a holder may take for an answer: a proof reads a whole volume."""


class RefusedError(PcloudError):
    """The holder does not do it: `outcome` says no more than it may."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name.lower())
        self.outcome = outcome


class Visit:
    """One line, while it is open."""

    def __init__(self, line: Line) -> None:
        self._line, self._number = line, 0

    async def ask(self, request: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a request gives. Raises RefusedError; UnreachableError, also for what no holder answers."""
        self._number += 1
        try:
            async with asyncio.timeout(ANSWER_S):
                await self._line.send(CUSTODY.write_request(self._number, request))
                message = await self._line.receive()
        except TimeoutError:
            raise UnreachableError("the holder does not answer") from None
        if message is None:
            raise UnreachableError("the holder has ended the connection")
        try:
            answer = CUSTODY.read_back(message)
            if not isinstance(answer, Answer) or answer.number != self._number:
                raise UnreachableError("the holder answers something else")
            if answer.outcome is not Outcome.DONE:
                raise RefusedError(answer.outcome)
            return CUSTODY.given(type(request), answer)
        except Violation as violation:
            raise UnreachableError("the holder answers in another form") from violation


@asynccontextmanager
async def visit(net: Net, endpoint: str) -> AsyncIterator[Visit]:
    """Call a holder, for as long as one works with it. Raises UnreachableError."""
    line = await net.call(endpoint)
    try:
        yield Visit(line)
    finally:
        await line.close()
