"""The holders of `bench/fanout.py`: many nodes in one process, with rows in memory and real sockets.

What a person does at a holder is done at once: who asks is let in, what is proffered is accepted. What comes
is taken over and acknowledged as everywhere.
"""

import asyncio
import io
import time
from multiprocessing.connection import Connection
from typing import Any

from pcloud.ambient.fixed import InlineWorkers
from pcloud.ambient.system import SystemClock, settle_memory, system_entropy
from pcloud.runtime.config import Limits
from pcloud.runtime.node import Node
from pcloud.store.memory import MemoryStore
from pcloud.testing.home import Home, Kept, assemble, furnish, loopback

OFFLINE = 10
"""One in so many holders is offline."""


class Holder(Home):
    """A home without a folder, whose node opens a port."""

    def __init__(self, name: str) -> None:
        self.name, self.kind, self.limits, self.clock = name, "organisation", Limits(), SystemClock()
        self.log = io.StringIO()
        self.port, self.listens, self.kept = 0, True, Kept()
        self._node = None
        self._store = MemoryStore()
        self.secret = furnish(self._store, self.name, self.kind, system_entropy, 2)

    def assemble(self) -> Node:
        """The node that would run now."""
        workers, net = InlineWorkers(), loopback(self.port)
        return assemble(self._store, net, self.clock, self.limits, self.log, workers=workers, kept=self.kept)


async def _welcome(holder: Holder) -> None:
    """Let in who asks, and accept what they proffer."""
    async for happening in holder.owner.happenings():
        if happening.what == "relationship.request" and happening.peer is not None:
            await holder.owner.accept(happening.peer)
        if happening.what == "terms.proffer":
            (proffered,) = await holder.owner.terms()
            await holder.owner.accept_terms(proffered.id)
            return


class Holders:
    """All of them, and what is asked of them."""

    def __init__(self) -> None:
        self._homes: list[Holder] = []
        self._welcomes: set[asyncio.Task[None]] = set()

    async def do(self, asked: str) -> Any:
        """`more N`: so many more, gives their links; `away`, `back`: some of them; `spent`: CPU seconds."""
        what, _, count = asked.partition(" ")
        if what == "more":
            return [await self._add() for _ in range(int(count))]
        if what == "away":
            await asyncio.gather(*(home.down() for home in self._homes[::OFFLINE]))
        elif what == "back":
            await asyncio.gather(*(home.up() for home in self._homes[::OFFLINE]))
        elif what == "settle":
            settle_memory()
        return time.process_time()

    async def _add(self) -> str:
        home = Holder(f"Shop{len(self._homes)}")
        self._homes.append(home)
        await home.up()
        welcome = asyncio.create_task(_welcome(home))
        self._welcomes.add(welcome)
        welcome.add_done_callback(self._welcomes.discard)
        return (await home.owner.invite("to deliver")).link

    async def down(self) -> None:
        """End all."""
        for home in self._homes:
            await home.down()


def hold(pipe: Connection) -> None:
    """Run in this process until told to end."""

    async def run() -> None:
        holders, loop = Holders(), asyncio.get_running_loop()
        while (asked := await loop.run_in_executor(None, pipe.recv)) != "end":
            pipe.send(await holders.do(asked))
        await holders.down()

    asyncio.run(run())
