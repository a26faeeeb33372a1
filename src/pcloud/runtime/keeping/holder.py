"""A peer that keeps copies of this node: volumes are put there, and it has to prove them (spec 22 §5, §8)."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from pcloud.errors import PcloudError
from pcloud.holdings.copies import Copies
from pcloud.holdings.port import BLOCK_BYTES
from pcloud.limits import CUSTODY_CHUNK_BYTES_MAX
from pcloud.net.port import UnreachableError
from pcloud.runtime.keeping.agreeing import Terms
from pcloud.runtime.keeping.places import FULL_EVERY_S, Made, Place, Tools
from pcloud.runtime.keeping.progress import DAY_S, Known, Progress
from pcloud.runtime.keeping.visiting import RefusedError, Visit, visit
from pcloud.wire.services.custody import FULL, INCREMENT, Begin, Challenge, Chunk, Finish
from pcloud.wire.services.service import Outcome

RENEW_EVERY_S: Final = 30 * DAY_S
"""A full volume is made so long after the last even where nothing changed: it brings new proofs."""
CHECK_EVERY_S: Final = 7 * DAY_S
"""How often a holder is asked for proofs."""
CHECKED_AT_ONCE: Final = 4
"""Volumes that it is asked for each time: the newest full one, and others in turn."""
FULL_PROOFS: Final = 12
"""Proofs computed with a full volume: one for each week until the next, and some that the owner asks for."""
INCREMENT_PROOFS: Final = 2

Work = Callable[[Visit], Awaitable[None]]


class LostError(PcloudError):
    """A holder does not have what it took, or has other bytes."""


class Holder(Place):
    """A holder, and the volume that is on its way to it."""

    def __init__(self, name: str, copies: Copies, tools: Tools, terms: Terms) -> None:
        super().__init__(name, copies, tools)
        self.terms = terms
        self.sending: Made | None = None

    async def load(self) -> None:
        """Begin anew with a full volume: one that was on its way is none of it."""
        await super().load()
        for copy in await self.tools.keep(self.copies.names):
            await self.tools.keep(partial(self.copies.remove, copy.name))

    @property
    def is_current(self) -> bool:
        """Whether it has everything."""
        return self.sending is None and super().is_current

    async def step(self, now: int) -> None:
        """Put what is new, and ask for proofs when it is time."""
        old = now - self.progress.full >= max(RENEW_EVERY_S, self.full_every_s())
        if self.sending is None and (old or not self.is_current or await self.is_stale(now)):
            self.sending = await self.make(now, FULL_PROOFS if self._makes_full(now) else INCREMENT_PROOFS)
        if self.sending is not None:
            await self._put(self.sending, now)
        if not 0 <= now - max(self.progress.checked, self.progress.failed) < CHECK_EVERY_S:
            await self.check(now)

    def _makes_full(self, now: int) -> bool:
        return self.trail.link is None or now - self.progress.full >= self.full_every_s()

    @property
    def days(self) -> int:
        """As long as it has granted."""
        return self.terms.days

    def full_every_s(self) -> int:
        """As often as a day, and less often where the room granted does not hold so many."""
        size = max(self.progress.full_bytes + BLOCK_BYTES, 1)
        fit = max(self.terms.bytes_max // size * 3 // 4, 2)  # a quarter is for what comes between
        return max(FULL_EVERY_S, -(-self.terms.days // (fit - 1)) * DAY_S)

    # Putting

    async def _put(self, made: Made, now: int) -> None:
        try:
            await self._visited(partial(self._give, made))
        except RefusedError as refused:
            if refused.outcome is Outcome.UNKNOWN:
                await self._give_up(made)
            raise
        self.sending = None
        await self.tools.keep(partial(self.copies.remove, made.name))
        progress = self.given(made).with_test(made.test, self.terms.days, now)
        if not progress.checked:
            progress = progress._replace(checked=now)  # the first proofs are asked for in a week
        await self.note(progress)

    async def _give_up(self, made: Made) -> None:
        """It cannot go on with this one: the next is a full one."""
        self.sending, self.trail.link = None, None
        await self.tools.keep(partial(self.copies.remove, made.name))

    async def _give(self, made: Made, holder: Visit) -> None:
        token, digest = self.terms.token, made.test.digest
        kind = FULL if made.test.full else INCREMENT
        (here,) = await holder.ask(Begin(token, kind, made.size, digest))
        while here < made.size:
            piece = partial(self.copies.read, made.name, here, CUSTODY_CHUNK_BYTES_MAX)
            data = await self.tools.keep(piece)
            (after,) = await holder.ask(Chunk(token, digest, here, data))
            if after <= here:
                raise UnreachableError("the holder takes nothing")
            here = after
        await holder.ask(Finish(token, digest))

    async def _visited(self, work: Work) -> None:
        """Do something at the first of the holder's addresses that answers. Raises UnreachableError."""
        for endpoint in self.terms.endpoints[:-1]:
            try:
                return await self._at(endpoint, work)
            except UnreachableError:
                continue  # the next one may be reached
        return await self._at(self.terms.endpoints[-1], work)

    async def _at(self, endpoint: str, work: Work) -> None:
        async with visit(self.tools.net, endpoint) as holder:
            await work(holder)

    # Proofs

    def _asked_now(self, now: int) -> list[Known]:
        """The volumes to ask for: the newest full one, and those that were asked for least."""
        fulls, others = self.progress.there(self.terms.days, now)
        rest = sorted([*fulls[:-1], *others], key=lambda test: -len(test.proofs))
        return [test for test in [*fulls[-1:], *rest] if test.proofs][:CHECKED_AT_ONCE]

    async def check(self, now: int) -> int:
        """Ask for proofs; gives how many were right. Raises LostError where one was not, UnreachableError."""
        asked = self._asked_now(now)
        wrong: list[Known] = []
        if asked:
            await self.note(_spent(self.progress, asked))
            await self._visited(partial(self._challenge, asked, wrong))
        progress = self.progress
        if wrong:
            for test in wrong:
                progress = progress.without(test.digest)
            await self.note(progress._replace(failed=now), tell=self.terms.scope)
            self.trail.link = None  # a full volume is put there anew
            raise LostError
        await self.note(progress._replace(checked=now))
        return len(asked)

    async def _challenge(self, asked: list[Known], wrong: list[Known], holder: Visit) -> None:
        for test in asked:
            proof = test.proofs[0]
            try:
                (answer,) = await holder.ask(Challenge(self.terms.token, test.digest, proof.nonce))
            except RefusedError as refused:
                if refused.outcome is not Outcome.UNKNOWN:
                    raise
                answer = b""
            if answer != proof.answer:
                wrong.append(test)


def _spent(progress: Progress, asked: list[Known]) -> Progress:
    """A question is asked once: who has seen it could keep the answer."""
    tests = tuple(test._replace(proofs=test.proofs[1:]) if test in asked else test for test in progress.tests)
    return progress._replace(tests=tests)
