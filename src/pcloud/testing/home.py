"""Whole nodes for tests and programs of one's own: real ones on loopback, or in memory under a moved clock.

    street = Street(folder)                                   # real stores, real sockets
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)

`Village` has the same homes without a folder, a socket or a thread, and entropy that can be repeated.
"""

import asyncio
import dataclasses
import io
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TextIO, TypeVar

from pcloud.ambient.fixed import FixedClock, InlineWorkers, SeededEntropy
from pcloud.ambient.port import Clock, Entropy, Workers
from pcloud.ambient.system import SystemClock, ThreadWorkers, system_entropy
from pcloud.discovery.memory import MemoryDiscovery, Neighbourhood
from pcloud.holdings.copies import Copies, FolderCopies, MemoryCopies
from pcloud.holdings.folder import FolderHoldings
from pcloud.holdings.memory import MemoryHoldings
from pcloud.holdings.port import Holdings
from pcloud.mailboxes.memory import MemoryMailboxes
from pcloud.mailboxes.port import Mailboxes
from pcloud.net.http import HttpNet
from pcloud.net.memory import MemoryNet, Switchboard
from pcloud.net.port import Net
from pcloud.net.settings import Caps, NetSettings
from pcloud.runtime import facts
from pcloud.runtime.config import Config, Limits, Reach
from pcloud.runtime.logs import Log
from pcloud.runtime.node import Adapters, Node
from pcloud.runtime.owner import Owner
from pcloud.runtime.relaying.opening import open_mailboxes
from pcloud.runtime.views import Contact, Peer
from pcloud.store.memory import MemoryStore
from pcloud.store.port import Changes, Store
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.memory import MemoryVault
from pcloud.vault.port import Vault
from pcloud.wire.keylog import pool

T = TypeVar("T")

TRIES = 2_000
PAUSE_S = 0.01
POOL = 16
"""Relationships that a home can begin."""
PASSPHRASE = "a passphrase of a test"


async def until(look: Callable[[], Awaitable[T]]) -> T:
    """What it gives once that is true in the sense of Python. Fails after twenty seconds of asking."""
    for _ in range(TRIES):
        found = await look()
        if found:
            return found
        await asyncio.sleep(PAUSE_S)
    raise AssertionError("it never came")


class Kept:
    """Where a node keeps copies, its own and those of others: in memory, or in folders."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self.copies: Copies | None = None
        """What its owner wants beside: a folder on another disk."""
        self._holdings = MemoryHoldings()
        self._shelves: dict[str, Copies] = {}

    def holdings(self) -> Holdings:
        """What it keeps for others."""
        return self._holdings if self.folder is None else FolderHoldings(self.folder / "holdings")

    def shelf(self, name: str) -> Copies:
        """Its own, of one place."""
        if self.folder is not None:
            return FolderCopies(self.folder / "copies" / name, make=True)
        return self._shelves.setdefault(name, MemoryCopies())


def assemble(
    store: Store,
    net: Net,
    clock: Clock,
    limits: Limits,
    log: TextIO,
    *,
    entropy: Entropy = system_entropy,
    workers: Workers | None = None,
    endpoints: tuple[str, ...] = (),
    mailboxes: Callable[[], Mailboxes] | None = None,
    kept: "Kept | None" = None,
) -> Node:
    """The node over these bodies."""
    config = dataclasses.replace(Config(), limits=limits, reach=Reach(endpoints=endpoints))
    discovery = MemoryDiscovery(Neighbourhood(), "127.0.0.1", entropy, clock.sleep)
    kept = kept or Kept()
    adapters = Adapters(
        store,
        net,
        clock,
        entropy,
        workers or ThreadWorkers(),
        discovery,
        mailboxes or MemoryMailboxes,
        kept.holdings,
        kept.shelf,
        kept.copies,
    )
    return Node(adapters, config, Log(log, clock, entropy, config.log))


def loopback(port: int, *, listens: bool = True) -> HttpNet:
    """Real sockets on this machine, which may dial this machine."""
    caps = Caps(connections_per_source=256)  # all homes of a test are one source
    return HttpNet(NetSettings(port=port, allow_private=("127.0.0.0/8",), caps=caps, listens=listens))


def furnish(store: Store, name: str, kind: str, entropy: Entropy, relationships: int = POOL) -> bytes:
    """What `pcloud init` puts into a store; gives the rotation secret, which the store does not keep."""
    secret = entropy(32)
    commitments = pool(secret, 0, 0, relationships)
    told = {facts.NAME: name, facts.KIND: kind, facts.GENERATION: "0", facts.POOL_END: str(relationships)}
    known = {fact: value.encode() for fact, value in told.items()}
    changes = Changes(facts={**known, **facts.of_words(secret), facts.POOL_FIRST: commitments[0]})
    changes.commitments.update(enumerate(commitments))
    store.commit(changes)
    return secret


class Home:
    """One owner's folder, and the node that runs there now."""

    def __init__(self, folder: Path, name: str, kind: str, clock: Clock, limits: Limits) -> None:
        folder.mkdir(mode=0o700)
        self.folder, self.name, self.kind, self.clock, self.limits = folder, name, kind, clock, limits
        self.vault: Vault = MemoryVault()
        self.key = self.vault.create(PASSPHRASE).derive("store")
        self.port = 0
        self.kept = Kept(folder)
        self.listens = True
        """Whether its node opens a port the next time it comes up."""
        self.log = io.StringIO()
        self._node: Node | None = None
        store = SqliteStore.create(folder / "store.db", self.key)
        self.secret = furnish(store, name, kind, system_entropy)
        """What the owner's 24 words stand for; on paper, and not in the folder."""
        store.close()

    @property
    def node(self) -> Node:
        """The node. Raises LookupError while it is down."""
        if self._node is None:
            raise LookupError(f"{self.name} is not up")
        return self._node

    @property
    def owner(self) -> Owner:
        """What its owner can ask of it."""
        return Owner(self.node)

    def assemble(self) -> Node:
        """The node that would run now."""
        store = SqliteStore.open(self.folder / "store.db", self.key)
        net = loopback(self.port, listens=self.listens)
        boxes = partial(open_mailboxes, self.folder, self.key)
        return assemble(store, net, self.clock, self.limits, self.log, mailboxes=boxes, kept=self.kept)

    async def up(self) -> "Home":
        """Start it, on the port that it had."""
        self._node = self.assemble()
        await self._node.start()
        self.port = self._node.port
        return self

    async def down(self) -> None:
        """Stop it as an owner does; nothing happens where it is down."""
        if self._node is not None:
            await self._node.stop()
            self._node = None


class MemoryHome(Home):
    """A home without a folder: its store outlives its node, and nothing else does."""

    def __init__(self, village: "Village", name: str, kind: str) -> None:
        self.name, self.kind, self.limits, self.clock = name, kind, Limits(), village.clock
        self.log = io.StringIO()
        self._entropy = SeededEntropy(f"{village.seed}/{name}")
        self._switchboard = village.switchboard
        self._store = MemoryStore()
        self._boxes = MemoryMailboxes()
        self.kept = Kept()
        self.listens = True
        self._node = None
        self.secret = furnish(self._store, name, kind, self._entropy)

    def assemble(self) -> Node:
        """The node that would run now."""
        endpoint = f"https://{self.name.lower()}.example" if self.listens else ""
        return assemble(
            self._store,
            MemoryNet(self._switchboard, endpoint, self.name),
            self.clock,
            self.limits,
            self.log,
            entropy=self._entropy,
            workers=InlineWorkers(),
            endpoints=(endpoint,) if endpoint else (),
            mailboxes=lambda: self._boxes,
            kept=self.kept,
        )


class Street:
    """Real homes, all taken down at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._homes: list[Home] = []

    async def home(
        self,
        name: str,
        kind: str = "person",
        clock: Clock | None = None,
        limits: Limits | None = None,
        *,
        listens: bool = True,
    ) -> Home:
        """A new home, up; with an open port or without."""
        home = Home(self._folder / name, name, kind, clock or SystemClock(), limits or Limits())
        home.listens = listens
        self._homes.append(home)
        return await home.up()

    async def clear(self) -> None:
        """Take all down."""
        for home in self._homes:
            await home.down()


class Village:
    """Homes in memory, on one switchboard and under one clock."""

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self.clock = FixedClock()
        self.switchboard = Switchboard()
        self._homes: list[MemoryHome] = []

    async def home(self, name: str, kind: str = "person", *, listens: bool = True) -> Home:
        """A new home, up; with an open port or without."""
        home = MemoryHome(self, name, kind)
        home.listens = listens
        self._homes.append(home)
        return await home.up()

    async def clear(self) -> None:
        """Take all down."""
        for home in self._homes:
            await home.down()


# ---------------------------------------------------------------- what owners do


async def asked(guest: Home, host: Home, purpose: str = "to meet", *, uses: int = 1) -> Contact:
    """The guest asks to be let in; gives the contact as the host sees it."""
    invitation = await host.owner.invite(purpose, uses=uses)
    contact = await guest.owner.connect(invitation.link)
    await guest.owner.accept(contact.id)
    waiting = await until(lambda: requests(host))
    return waiting[0]


async def requests(host: Home) -> list[Contact]:
    """Who asks to be let in."""
    contacts = await host.owner.contacts()
    return [each for each in contacts if each.direction == "in" and each.state == "requested"]


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
    if found is None:
        raise AssertionError("it gives nothing but what is true")
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
