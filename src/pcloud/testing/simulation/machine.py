"""A machine with a node on it: it can be switched off at any instant, and keeps what its disk keeps."""

import asyncio
import errno
import io
import os
import random
from collections.abc import Callable, Coroutine
from functools import cache, partial
from pathlib import Path
from typing import Any, Final, TypeVar

from pcloud.ambient.fixed import SeededEntropy
from pcloud.errors import PcloudError
from pcloud.mailboxes.port import Mailboxes
from pcloud.runtime.config import Limits
from pcloud.runtime.node import Node
from pcloud.runtime.owner import Owner
from pcloud.runtime.relaying.opening import open_mailboxes
from pcloud.store.database import Database
from pcloud.store.port import Changes, Store, StoreError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.access import Operation
from pcloud.testing.disks.disk import FREE_BYTES, MemoryDisk
from pcloud.testing.disks.file import Tear
from pcloud.testing.home import Kept, assemble, furnish
from pcloud.testing.simulation import losing
from pcloud.testing.simulation.loop import Life, virtual
from pcloud.testing.simulation.losing import Paper
from pcloud.testing.simulation.lying import LyingMailboxes
from pcloud.testing.simulation.net import Town, TownNet
from pcloud.testing.simulation.plan import Role
from pcloud.testing.simulation.timing import MachineClock, SlowWorkers

T = TypeVar("T")

STORE: Final = Path("/store.db")
LAST: Final = "simulation"
"""The fact that says which commit was the last."""
KEY: Final = bytes(32)
"""Of every store: who reads a simulated disk is not the one to hide from."""


class DownError(PcloudError):
    """The machine is switched off, or was switched off meanwhile."""


@cache
def _blank() -> MemoryDisk:
    """A disk with an empty store, to be copied: making one takes as long as a hundred commits."""
    disk = MemoryDisk()
    SqliteStore.create(STORE, KEY, disk=disk).close()
    return disk


class _Store(SqliteStore):
    """Knows what it was writing when its machine went off."""

    starts = 0
    """How often the machine was switched on before it was opened."""
    commits = 0

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.making: dict[bytes, Changes] = {}
        """What was begun since the newest commit that stands, by what would be `last` then."""

    @property
    def last(self) -> bytes:
        """What tells its newest commit from all others of the machine."""
        return f"{self.starts} {self.commits}".encode()

    def commit(self, changes: Changes) -> None:
        """Write everything or nothing, and with it which commit it was."""
        self.commits += 1
        self.making[self.last] = changes
        changes.facts[LAST] = self.last
        super().commit(changes)
        self.making.clear()


class Machine:
    """One owner's machine."""

    def __init__(
        self, seed: str, role: Role, town: Town, committed: Callable[["Machine", Store, Changes], None]
    ) -> None:
        """`committed` is told of each commit, once it stands and before anything follows from it."""
        self.name, self.kind, self.listens = role
        self.lies = False
        """Whether it lies to those whose frames it keeps, where it is a relay."""
        self.clock = MachineClock(virtual())
        self.entropy = SeededEntropy(f"{seed}/{self.name}")
        self.kept = Kept()
        self.log = io.StringIO()
        self.hurt = False
        """Whether its disk has failed since it was switched on: what is kept for others may be closed."""
        self.starts = 0
        """How often it was switched on."""
        self.disk = _blank().killed()
        self._town, self._committed = town, committed
        self._dice = random.Random(f"{seed}/{self.name}/work")
        self._node: Node | None = None
        self._life: Life | None = None
        self._store: _Store | None = None
        self._untold: dict[bytes, Changes] = {}
        """Commits that were being made when it went off: nobody knows which of them stands, if any."""
        self._net: TownNet | None = None
        self._ended: asyncio.Future[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._until_off = 0
        """Commits until it is switched off by itself; 0 for never."""
        self._went_off = asyncio.Event()
        self._past: list[tuple[Life, SlowWorkers]] = []
        self._workers = SlowWorkers(self._dice)
        store = SqliteStore.open(STORE, KEY, disk=self.disk)
        self.secret = furnish(store, self.name, self.kind, self.entropy)
        """What the owner's 24 words stand for."""
        store.close()

    @property
    def endpoint(self) -> str:
        """Where it listens; empty where it opens no port."""
        return f"https://{self.name.lower()}.example" if self.listens else ""

    @property
    def is_up(self) -> bool:
        """Whether its node runs."""
        return self._node is not None

    @property
    def node(self) -> Node:
        """The node that runs there. Raises DownError."""
        if self._node is None:
            raise DownError(self.name)
        return self._node

    @property
    def store(self) -> Store:
        """What its node stores. Raises DownError."""
        return self.node.store

    async def up(self) -> None:
        """Switch it on, and wait until its node runs. Raises DownError, and StoreError of its disk."""
        if self._life is None:
            self._life, self._ended = Life(), virtual().create_future()
            self.starts += 1
            self.hurt = False
            self._workers = SlowWorkers(self._dice)
            self._net = TownNet(self._town, self.endpoint, self.name, self._life.context)
            start = self._start(self._life, self._net)
            self._starting = virtual().create_task(start, context=self._life.context)
        if self._starting is not None:
            try:
                await self._lasting(self._starting)
            except StoreError:
                self.crash()  # the program ends where it cannot keep anything
                raise

    async def _start(self, life: Life, net: TownNet) -> None:
        disk = self.disk
        self._store = store = _Store.open(STORE, KEY, disk=disk)
        await asyncio.sleep(0)  # where the power went meanwhile, it ends here
        store.starts = self.starts
        self._tell_of_untold(store)
        node = assemble(
            store,
            net,
            self.clock,
            Limits(),
            self.log,
            entropy=self.entropy,
            workers=self._workers,
            endpoints=(self.endpoint,) if self.listens else (),
            mailboxes=partial(self._open_mailboxes, disk),
            kept=self.kept,
        )
        node.decider.notes.append(partial(self._note, life, store))
        await node.start()
        self._node = node

    def _open_mailboxes(self, disk: MemoryDisk) -> Mailboxes:
        honest = open_mailboxes(STORE.parent, KEY, disk)
        return LyingMailboxes(honest, self._dice, lambda: self.lies)

    def crash(self, tear: Tear | None = None) -> None:
        """End its node, now: nothing of what it was doing is done any more.

        With `tear` the power goes: what was not synced is there only as far as the tear lets it.
        """
        if self._life is None or self._net is None or self._ended is None:
            return
        self._life.over = True
        left = self.disk
        self.disk = left.killed() if tear is None else left.image(tear)
        left.watch = left.bytes_max = None  # whatever is still done there, nothing fails any more
        if self._store is not None and self._store.making:
            self._untold = dict(self._store.making)
        self._past.append((self._life, self._workers))
        self._net.vanish()
        self._town.air.gone(self.name)
        if not self._ended.done():
            self._ended.set_result(None)
        self._life = self._node = self._store = self._net = self._starting = None

    def _tell_of_untold(self, store: _Store) -> None:
        """A commit may stand although the machine went off before anybody heard of it."""
        untold, self._untold = self._untold, {}
        stands = store.fact(LAST)
        if stands in untold:
            self._committed(self, store, untold[stands])

    def _note(self, life: Life, store: Store, changes: Changes) -> None:
        """A commit stands."""
        if life.over or not changes:
            return  # the machine is off already, or nothing was written
        self._committed(self, store, changes)
        if self._until_off:
            self._until_off -= 1
            if not self._until_off:
                self.crash()
                self._went_off.set()

    async def until_commit(self, commits: int) -> None:
        """Wait until so many commits stand, and let the machine go off right behind the last one."""
        self._went_off.clear()
        self._until_off = commits
        try:
            await self._went_off.wait()
        finally:
            self._until_off = 0

    async def until_operation(self, operations: int, tear: Tear) -> None:
        """Wait for so many operations of its disk, and let the power go in front of the next one."""
        left, disk = operations, self.disk

        def watch(_operation: Operation, _name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0 and disk is self.disk:
                self.crash(tear)
                self._went_off.set()

        self._went_off.clear()
        disk.watch = watch
        try:
            await self._went_off.wait()
        finally:
            disk.watch = None

    def lose(self, copy: bytes) -> None:
        """Lose it with all that was on it, and make its node anew from a copy; it is not switched on."""
        self.crash()
        self._untold = {}
        self.disk = _blank().killed()
        store = SqliteStore.open(STORE, KEY, disk=self.disk)
        losing.come_back(store, Paper(self.secret, copy), self.entropy, self.clock.now())
        store.close()

    def recover(self) -> None:
        """Begin a new epoch in every relationship with the words, where it is; it is not switched on."""
        self.crash()
        store = _Store.open(STORE, KEY, disk=self.disk)
        self._tell_of_untold(store)
        losing.begin_anew(store, self.secret, self.entropy, self.clock.now())
        store.close()

    async def until_broken(self, operations: int) -> None:
        """Let one of the next operations of its disk fail, and wait until its node cannot go on."""
        left, disk = operations, self.disk

        def watch(_operation: Operation, _name: str) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                self.hurt = True
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        disk.watch = watch
        try:
            while self.disk is disk and not self.is_broken:  # noqa: ASYNC110 - such a node tells nobody
                await asyncio.sleep(1)
        finally:
            disk.watch = None

    @property
    def is_broken(self) -> bool:
        """Whether its node can keep nothing any more: its program would end."""
        return self._node is not None and self._node.broken is not None

    def fill(self, left_bytes: int | None) -> None:
        """Leave so much room on its disk, or as much as anybody wants."""
        self.disk.bytes_max = None if left_bytes is None else FREE_BYTES
        if left_bytes is not None:
            used = FREE_BYTES - self.disk.free_bytes(STORE.parent)
            self.disk.bytes_max = used + left_bytes

    async def owner(self, deed: Callable[[Owner], Coroutine[Any, Any, T]]) -> T:
        """Let its owner do something. Raises what that raises, and DownError."""
        return await self._within(deed(Owner(self.node)))

    async def _within(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something as long as this life lasts. Raises what it raises, and DownError."""
        if self._life is None:
            work.close()
            raise DownError(self.name)
        return await self._lasting(virtual().create_task(work, context=self._life.context))

    async def _lasting(self, task: asyncio.Task[T]) -> T:
        """Wait for a task of this life. Raises what it raises, and DownError."""
        assert self._ended is not None, "it is on"
        task.add_done_callback(_unheard)
        await asyncio.wait((task, self._ended), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise DownError(self.name)
        return task.result()

    def bury(self) -> list[Life]:
        """Switch it off for ever; gives its lives, whose tasks can be ended now without doing anything."""
        self.crash()
        for _, workers in self._past:
            workers.close()
        return [life for life, _ in self._past]


def _unheard(task: asyncio.Task[T]) -> None:
    """Perhaps nobody is there to hear how it ended."""
    if not task.cancelled():
        task.exception()
