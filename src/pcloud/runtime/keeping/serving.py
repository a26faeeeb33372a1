"""What a holder answers on a service line: one request, one answer, nothing between them (spec 22 §5)."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.port import Clock, Lane, Workers, WorkersClosedError
from pcloud.holdings.port import Holdings, HoldingsError, NoRoomError, UnknownError
from pcloud.limits import CUSTODY_CHUNK_BYTES_MAX, CUSTODY_LISTED_MAX
from pcloud.wire.services.custody import (
    CUSTODY,
    Begin,
    Challenge,
    Chunk,
    Fetch,
    Finish,
    List,
    address_of,
    proof_prefix,
    token_hash,
)
from pcloud.wire.services.service import Outcome, unknown, write_answer

EXPIRE_EVERY_S = 3_600
"""How often what is over is let go."""
PROOF_REST = 9
"""So many times as long as a proof took, the next one waits: whoever asks for many slows nobody else down."""
UNKNOWN_WAIT_S = 0.1
"""Before the answer to a request that names nothing kept here, so that guessing is slow."""


class Keeper:
    """Volumes of others, over the lines that come in."""

    def __init__(
        self,
        holdings: Holdings,
        clock: Clock,
        trust: ClockTrust,
        workers: Workers,
        failed: Callable[[Exception], None],
    ) -> None:
        """`failed` is told where the disk is not as it should be."""
        self.holdings = holdings
        self._clock, self._trust, self._workers, self._failed = clock, trust, workers, failed
        self._proving = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to let go what is over."""
        for error in self.holdings.damaged:
            self._failed(error)
        self._task = asyncio.create_task(self._expire(), name="keeper")

    async def stop(self) -> None:
        """Let go no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def do(self, work: Callable[[Holdings], Any]) -> Any:
        """Something with what is kept, in its lane. Raises HoldingsError, WorkersClosedError."""
        return await self._workers.run(Lane.KEEP, partial(work, self.holdings))

    async def answer(self, message: bytes) -> bytes:
        """The one answer to one request. Raises Violation for what is none: the line ends."""
        asked = CUSTODY.read_request(message)
        now = self._trust.believed().begins  # a copy's days begin as it has come
        try:
            work = partial(given, request=asked.request, now=now)
            gives = await (self._prove(work) if isinstance(asked.request, Challenge) else self.do(work))
        except UnknownError:
            await self._clock.sleep(UNKNOWN_WAIT_S)
            return unknown(asked.number)
        except NoRoomError:
            return write_answer(asked.number, Outcome.FULL)
        except HoldingsError as error:
            self._failed(error)
            return write_answer(asked.number, Outcome.BUSY)
        return write_answer(asked.number, Outcome.DONE, *gives)

    async def _prove(self, work: Callable[[Holdings], Any]) -> Any:
        """One proof at a time: each reads a whole volume."""
        async with self._proving:
            began = self._clock.elapsed()
            gives = await self.do(work)
            await self._clock.sleep((self._clock.elapsed() - began) * PROOF_REST)
        return gives

    async def _expire(self) -> None:
        while True:
            try:
                await self.do(partial(_expire, now=self._trust.now()))
            except HoldingsError as error:
                self._failed(error)
            except WorkersClosedError:
                return  # the node stops
            await self._clock.sleep(EXPIRE_EVERY_S)


def _expire(holdings: Holdings, now: int) -> None:
    holdings.expire(now)


def given(holdings: Holdings, request: Any, now: int) -> tuple[Any, ...]:
    """What a request gives. Of tokens and locators only hashes go on. Raises HoldingsError."""
    match request:
        case Begin(token, kind, size, digest):
            return (holdings.begin(token_hash(token), kind, size, digest),)
        case Chunk(token, digest, offset, data):
            return (holdings.add(token_hash(token), digest, offset, data),)
        case Finish(token, digest):
            holdings.finish(token_hash(token), digest, now)
            return ()
        case List(locator, after):
            rows = holdings.volumes(address_of(locator), after, CUSTODY_LISTED_MAX)
            return ([list(row) for row in rows],)
        case Fetch(locator, digest, offset):
            return (holdings.read(address_of(locator), digest, offset, CUSTODY_CHUNK_BYTES_MAX),)
        case Challenge(token, digest, nonce):
            return (holdings.prove(token_hash(token), digest, proof_prefix(nonce)),)
    raise AssertionError("an operation without an answer")
