"""One place where copies of this node are kept, with a chain of its own: a folder (spec 22 §8)."""

from asyncio import Lock
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Final, NamedTuple, TypeVar

from pcloud.ambient.port import Clock, Entropy, Lane, Workers
from pcloud.holdings.copies import Copies, Copy, name_of, outlived
from pcloud.net.port import Net
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.keeping.agreeing import DAYS_ASKED
from pcloud.runtime.keeping.progress import DAY_S, Known, Progress, Prover, read
from pcloud.runtime.keeping.source import Trail, volume
from pcloud.wire.services.custody import proof_prefix

FULL_EVERY_S: Final = DAY_S
"""A full volume is made so long after the last, where something changed since."""
NONCE_BYTES: Final = 32

T = TypeVar("T")


class Tools(NamedTuple):
    """What every place works with."""

    decider: Decider
    net: Net
    clock: Clock
    entropy: Entropy
    workers: Workers
    public: bytes
    """The manifest key that copies are sealed to."""

    async def keep(self, work: Callable[[], T]) -> T:
        """Something with files, in their lane. Raises what it raises."""
        return await self.workers.run(Lane.KEEP, work)


class Made(NamedTuple):
    """A volume in a file of this node."""

    name: str
    number: int
    size: int
    test: Known


class Place:
    """A folder of copies. One task works with it at a time; `trail` is noted in by every commit."""

    def __init__(self, name: str, copies: Copies, tools: Tools) -> None:
        self.name, self.copies, self.tools = name, copies, tools
        self.progress = Progress()
        self.trail = Trail()
        self._loaded = False
        self._underway = False
        """Whether a volume was begun that is not where it is to go."""
        self.busy = Lock()
        """Held by who works with it."""
        self.problem: str | None = None
        """Why the last try failed, in one word; None where it did not."""

    async def ready(self) -> None:
        """Load it before the first step. Raises PcloudError."""
        if not self._loaded:
            await self.load()
            self._loaded = True

    async def load(self) -> None:
        """Go on counting where it was; the first volume after a start is a full one. Raises PcloudError."""
        mark = sha256(b"pcloud copies" + self.tools.public).hexdigest()
        await self.tools.keep(partial(self.copies.claim, mark))
        key = facts.KEEPING + self.name
        self.progress = read(await self.tools.decider.do(lambda batch: batch.store.fact(key)))
        self.trail.number = self.progress.number
        for copy in await self.tools.keep(self.copies.names):
            self.trail.number = max(self.trail.number, copy.number)

    @property
    def is_current(self) -> bool:
        """Whether everything that this node has is there."""
        trail = self.trail
        return (
            not self._underway
            and trail.link is not None
            and not (trail.scopes or trail.own or trail.verdicts)
        )

    async def step(self, now: int) -> None:
        """Bring it up to date. Raises PcloudError; what was begun goes on at the next step."""
        if not self.is_current or await self.is_stale(now):
            made = await self.make(now, proofs=0)
            await self.note(self.given(made))
        await self.tools.keep(partial(self._let_go, self.tools.decider.believed().ends))

    async def is_stale(self, now: int) -> bool:
        """Whether the newest full copy has something that was deleted since, and its time is over."""
        if now - self.progress.full < self.full_every_s():
            return False
        deleted = await self.tools.decider.do(lambda batch: batch.store.fact(facts.ERASED))
        return deleted is not None and 0 < self.progress.full <= int(deleted)

    def _let_go(self, now: int) -> None:
        copies: list[Copy] = list(self.copies.names())
        for copy in outlived(copies, self.days, now):
            self.copies.remove(copy.name)

    # Making

    def full_every_s(self) -> int:
        """How often a full volume is made."""
        return FULL_EVERY_S

    @property
    def days(self) -> int:
        """How long older copies are kept, from when a newer full one came."""
        return DAYS_ASKED

    async def make(self, now: int, proofs: int) -> Made:
        """The next volume, as a file. Raises PcloudError; then the next one is full."""
        trail, tools = self.trail, self.tools
        self._underway = True
        if not 0 <= now - self.progress.full < self.full_every_s():
            await tools.decider.do(lambda _batch: trail.forget())
        full = trail.link is None
        nonces = [tools.entropy(NONCE_BYTES) for _ in range(proofs)]
        prover = Prover(tuple((nonce, proof_prefix(nonce)) for nonce in nonces))
        sink = await tools.keep(self.copies.write)

        def take(data: bytes) -> None:
            sink.add(data)
            prover.add(data)

        try:
            async for data in volume(tools.decider, tools.workers, trail, tools.public, tools.entropy):
                await tools.keep(partial(take, data))
            name = name_of(now, trail.number, full=full)
            await tools.keep(partial(sink.keep, name))
        except BaseException:
            trail.link = None  # what was read for it is in no other volume
            raise
        test = Known(prover.digest.digest(), now, full, prover.proofs())
        return Made(name, trail.number, prover.size, test)

    # How far it is

    def given(self, made: Made) -> Progress:
        """A volume is where it was to go."""
        lasting_s = self.full_every_s() + self.days * DAY_S
        after = self.progress._replace(newest=made.test.came, number=made.number, lasting_s=lasting_s)
        if made.test.full:
            after = after._replace(full=made.test.came, full_bytes=made.size)
        return after

    async def note(self, progress: Progress, tell: bytes | None = None) -> None:
        """Keep how far it is; `tell` is the holder that lost something. Raises StoreError."""
        key, written = facts.KEEPING + self.name, progress.write()

        def job(batch: Batch) -> None:
            batch.changes.facts[key] = written
            if progress.lasting_s > int(batch.fact(facts.LASTING) or 0):
                batch.changes.facts[facts.LASTING] = str(progress.lasting_s).encode()
            if tell is not None:
                batch.tell("copy-lost", batch.scope(tell))

        await self.tools.decider.do(job)
        self.progress = progress
        self._underway = False
