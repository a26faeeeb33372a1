"""A node in a test: the real one, with a real store in a folder and real sockets on loopback."""

import asyncio
import dataclasses
import io
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TextIO, TypeVar

from pcloud.ambient.port import Clock
from pcloud.ambient.system import SystemClock, ThreadWorkers, system_entropy
from pcloud.discovery.memory import MemoryDiscovery, Neighbourhood
from pcloud.net.http import HttpNet
from pcloud.net.settings import NetSettings
from pcloud.runtime import facts
from pcloud.runtime.config import Config, Limits
from pcloud.runtime.logs import Log
from pcloud.runtime.node import Adapters, Node
from pcloud.runtime.owner import Owner
from pcloud.runtime.views import Contact, Peer
from pcloud.store.port import Changes, Store
from pcloud.store.sqlite import SqliteStore
from pcloud.wire.keylog import pool

T = TypeVar("T")

TRIES = 2_000
PAUSE_S = 0.01


async def until(look: Callable[[], Awaitable[T]]) -> T:
    """What it gives once that is true in the sense of Python. Fails after twenty seconds of asking."""
    for _ in range(TRIES):
        found = await look()
        if found:
            return found
        await asyncio.sleep(PAUSE_S)
    raise AssertionError("it never came")


def assemble(store: Store, port: int, clock: Clock, limits: Limits, log: TextIO) -> Node:
    """The real node over an open store, on loopback."""
    config = dataclasses.replace(Config(), limits=limits)
    adapters = Adapters(
        store,
        HttpNet(NetSettings(port=port, allow_private=("127.0.0.0/8",))),
        clock,
        system_entropy,
        ThreadWorkers(),
        MemoryDiscovery(Neighbourhood(), "127.0.0.1", system_entropy, clock.sleep),
    )
    return Node(adapters, config, Log(log, clock, system_entropy, config.log))


class Home:
    """One owner's folder, and the node that runs there now."""

    def __init__(self, folder: Path, name: str, kind: str, clock: Clock, limits: Limits) -> None:
        folder.mkdir(mode=0o700)
        self.folder, self.name, self.kind, self.clock, self.limits = folder, name, kind, clock, limits
        self.key = os.urandom(32)
        self.port = 0
        self.log = io.StringIO()
        self._node: Node | None = None
        store = SqliteStore.create(folder / "store.db", self.key)
        changes = Changes(facts={facts.NAME: name.encode(), facts.KIND: kind.encode()})
        changes.commitments.update(enumerate(pool(os.urandom(32), 0, 0, 16)))
        store.commit(changes)
        store.close()

    @property
    def node(self) -> Node:
        assert self._node is not None, "it is not up"
        return self._node

    @property
    def owner(self) -> Owner:
        return Owner(self.node)

    async def up(self) -> "Home":
        store = SqliteStore.open(self.folder / "store.db", self.key)
        self._node = assemble(store, self.port, self.clock, self.limits, self.log)
        await self._node.start()
        self.port = self._node.port
        return self

    async def down(self) -> None:
        if self._node is not None:
            await self._node.stop()
            self._node = None


class Street:
    """Homes of one test, all taken down at its end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._homes: list[Home] = []

    async def home(
        self, name: str, kind: str = "person", clock: Clock | None = None, limits: Limits | None = None
    ) -> Home:
        home = Home(self._folder / name, name, kind, clock or SystemClock(), limits or Limits())
        self._homes.append(home)
        return await home.up()

    async def clear(self) -> None:
        for home in self._homes:
            await home.down()


async def asked(guest: Home, host: Home, purpose: str = "to meet", *, uses: int = 1) -> Contact:
    """The guest asks to be let in; gives the contact as the host sees it."""
    invitation = await host.owner.invite(purpose, uses=uses)
    contact = await guest.owner.connect(invitation.link)
    await guest.owner.accept(contact.id)
    waiting = await until(lambda: requests(host))
    return waiting[0]


async def requests(host: Home) -> list[Contact]:
    return [
        each for each in await host.owner.contacts() if each.direction == "in" and each.state == "requested"
    ]


async def related(guest: Home, host: Home) -> tuple[Peer, Peer]:
    """The two become peers; gives each one's view of the other, once nothing waits."""
    known = {peer.id for peer in await host.owner.peers()}
    mine = {peer.id for peer in await guest.owner.peers()}
    contact = await asked(guest, host)
    await host.owner.accept(contact.id)

    async def both() -> tuple[Peer, Peer] | None:
        here = [peer for peer in await guest.owner.peers() if peer.id not in mine]
        there = [peer for peer in await host.owner.peers() if peer.id not in known]
        done = here and there and here[0].code and not here[0].waiting and not there[0].waiting
        return (here[0], there[0]) if done else None

    found = await until(both)
    assert found is not None
    return found


async def quiet(*homes: Home) -> None:
    """Wait until every peer has acknowledged everything."""

    async def nothing_waits() -> bool:
        for home in homes:
            if any(peer.waiting for peer in await home.owner.peers()):
                return False
        return True

    await until(nothing_waits)


async def texts(home: Home, peer: str) -> list[str]:
    """What was said in a relationship, oldest first."""
    entries = await home.owner.log(peer, limit=100)
    return [entry.text for entry in reversed(entries) if entry.text is not None]
