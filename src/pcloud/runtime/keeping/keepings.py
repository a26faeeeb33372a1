"""Everything about copies in a node that runs: its own, at every place, and those that it keeps for peers."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, Final, NamedTuple

from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.port import Clock, Entropy, Lane, Workers
from pcloud.errors import UsageError, Violation
from pcloud.features.custody.machine import ASKED, KEPT
from pcloud.holdings.copies import Copies
from pcloud.holdings.port import Custody, Holdings, HoldingsError
from pcloud.limits import LOCATOR_BYTES
from pcloud.net.port import Net
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.committed import Committed
from pcloud.runtime.deciding.decider import Decider
from pcloud.runtime.errands import Errands
from pcloud.runtime.keeping import agreeing
from pcloud.runtime.keeping.agreeing import BYTES_ASKED, DAYS_ASKED, Terms
from pcloud.runtime.keeping.places import Tools
from pcloud.runtime.keeping.running import Copying, Shelf
from pcloud.runtime.keeping.serving import Keeper
from pcloud.runtime.logs import Log
from pcloud.runtime.owning.speaking import FullOutboxError
from pcloud.wire import cbor

EVENTS: Final = "custody."
"""What the names of these begin with, where a peer has said something about custody."""
LOOK_EVERY_S: Final = 3_600
"""How often it is looked whether custodies still stand: a relationship may have closed."""
PAGE: Final = 64
"""Relationships of one look."""


class Serving(NamedTuple):
    """What the owner has said about keeping copies for peers."""

    on: bool = False
    """Whether this node takes on new ones."""
    asked: bool = True
    """Whether the owner is asked each time; else every related peer that asks is let in."""
    bytes_max: int = BYTES_ASKED
    """The most room that a peer is given."""
    days: int = DAYS_ASKED
    """The longest that older versions are kept."""

    def write(self) -> bytes:
        """For the store."""
        return cbor.encode(list(self))


def read_serving(batch: Batch) -> Serving | None:
    """What the owner has said; None where it has never served."""
    written = batch.fact(facts.HOLDING)
    if written is None:
        return None
    on, asked, bytes_max, days = list[Any](cbor.decode_list(written))
    return Serving(on, asked, bytes_max, days)


class Parts(NamedTuple):
    """What it stands on."""

    decider: Decider
    net: Net
    clock: Clock
    trust: ClockTrust
    entropy: Entropy
    workers: Workers
    shelf: Shelf
    holdings: Callable[[], Holdings]
    """Opens what is kept for peers; called where this node is a holder."""
    folder: Copies | None
    """Where the owner wants copies too."""
    log: Log
    failed: Callable[[Exception], None]
    here: Callable[[], tuple[str, ...]]
    """Where this node is found."""


class Mine(NamedTuple):
    """A custody of this node's own volumes; no terms where it is not granted."""

    thread: bytes
    shelf: str
    terms: Terms | None


class Theirs(NamedTuple):
    """A custody of which this node is the holder, or is asked to be."""

    id: bytes
    custody: Custody | None
    """What was granted; None also where its token is forgotten here, and the holdings know the rest."""
    asking: bool
    over: bool


class Keepings:
    """One node's copies, kept here and elsewhere, and those of others."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.copying = Copying(parts.shelf, parts.failed, parts.log)
        self.keeper: Keeper | None = None
        self._opening = asyncio.Lock()
        self._errands = Errands("keepings", parts.failed)

    async def start(self) -> None:
        """Begin to copy, and to serve where the owner wants it. Raises StoreError."""
        parts = self._parts
        public = await parts.decider.do(lambda batch: batch.fact(facts.MANIFEST_PUBLIC))
        if public is not None:
            tools = Tools(parts.decider, parts.net, parts.clock, parts.entropy, parts.workers, public)
            self.copying.start(tools, parts.folder)
        if await parts.decider.do(read_serving) is not None:
            try:
                await self.open()
            except HoldingsError as error:
                parts.failed(error)  # the node is there for its owner without it
        self._errands.begin(self._look())

    async def stop(self) -> None:
        """Copy no more; the keeper stays until `close`."""
        await self._errands.stop()
        await self.copying.stop()

    async def close(self) -> None:
        """Let go of what is kept for others, once no line is open any more."""
        if self.keeper is not None:
            await self.keeper.stop()
            self.keeper.holdings.close()

    async def open(self) -> Keeper:
        """Be a holder: what is kept is answered for from here on. Raises HoldingsError."""
        async with self._opening:
            if self.keeper is None:
                parts = self._parts
                holdings = await parts.workers.run(Lane.KEEP, parts.holdings)
                self.keeper = Keeper(holdings, parts.clock, parts.trust, parts.workers, parts.failed)
                self.keeper.start()
            return self.keeper

    def committed(self, committed: Committed) -> None:
        """React to what peers have said, and to what is in no copy yet."""
        self.copying.changed()
        for scope in {told.scope for told in committed.told if told.event.startswith(EVENTS)}:
            self._errands.begin(self.settle(scope))

    # Bringing what is done in line with what is agreed

    async def settle(self, scope: bytes) -> None:
        """Do at this node what the custodies of a relationship say. Raises PcloudError."""
        do = self._parts.decider.do
        mine, theirs = await do(partial(agreed, scope=scope))
        alone = partial(say_alone, scope=scope, here=self._parts.here())
        if theirs and self.keeper is not None and await do(alone):
            mine, theirs = await do(partial(agreed, scope=scope))
        for one in mine:
            self.copying.keep_with(one.thread, one.shelf, one.terms)
        if self.keeper is not None and theirs:
            now = self._parts.trust.believed().begins
            await self.keeper.do(partial(_bring_in_line, theirs=theirs, now=now))

    async def _look(self) -> None:
        while True:
            after: bytes | None = None
            while True:
                scopes, after = await self._parts.decider.do(partial(_with_custody, after=after))
                for scope in scopes:
                    await self._errands.do(self.settle(scope))
                if after is None:
                    break
            await self._parts.clock.sleep(LOOK_EVERY_S)


def _with_custody(batch: Batch, after: bytes | None) -> tuple[list[bytes], bytes | None]:
    """Relationships of one page in which there is any; and where to go on, None after the last."""
    rows = batch.store.contacts(after, PAGE)
    found = [row.scope for row in rows if agreeing.threads(batch.store, row.scope)]
    return found, rows[-1].scope if len(rows) == PAGE else None


def agreed(batch: Batch, scope: bytes) -> tuple[list[Mine], list[Theirs]]:
    """The custodies of a relationship, as this node is to follow them."""
    threads = agreeing.threads(batch.store, scope)
    if not threads:
        return [], []
    held = batch.scope(scope)
    mine, theirs = [], []
    for thread in threads:
        if agreeing.is_mine(held, thread):
            shelf = _shelf(batch, thread.data["address"])
            mine.append(Mine(thread.id, shelf, agreeing.terms_of(held, thread)))
        else:
            asking, over = thread.state == ASKED, thread.state not in (ASKED, KEPT)
            closed = agreeing.is_closed(held)
            name, custody = agreeing.name_of(thread), agreeing.custody_of(held, thread)
            theirs.append(Theirs(name, custody, asking and not closed, over or closed))
    return mine, theirs


def _shelf(batch: Batch, address: bytes) -> str:
    """Where what is on its way to a holder lies: its number, and nothing that says who it is."""
    whole = batch.fact(facts.ADDRESSES) or b""
    addresses = [whole[at : at + LOCATOR_BYTES] for at in range(0, len(whole), LOCATOR_BYTES)]
    return f"holder-{addresses.index(address) if address in addresses else len(addresses)}"


def say_alone(batch: Batch, scope: bytes, here: tuple[str, ...]) -> bool:
    """Grant what the owner's rule allows, and say anew where this node is. Says whether it did either."""
    serving, held = read_serving(batch), batch.scope(scope)
    if serving is None or not agreeing.can_hold(here) or agreeing.is_closed(held):
        return False
    said = False
    theirs = [each for each in agreeing.threads(batch.store, scope) if not agreeing.is_mine(held, each)]
    for thread in theirs:
        room, days = thread.data.get("bytes", 0), thread.data.get("days", 0)
        # Only the first time: what has ended is kept for its days, and a peer could ask again and again.
        asked = thread.state == ASKED and serving.on and not serving.asked and len(theirs) == 1
        moved = thread.state == KEPT and tuple(thread.data["endpoints"]) != here
        try:
            if asked:
                room, days = min(room, serving.bytes_max), min(days, serving.days)
            if asked or moved:
                agreeing.grant(batch, held, thread, room, days, here)
                said = True
        except (UsageError, Violation, FullOutboxError):
            continue  # it cannot be said now; it is looked at again within the hour
    return said


def _bring_in_line(holdings: Holdings, theirs: list[Theirs], now: int) -> None:
    known = {held.custody.id: held.custody for held in holdings.held()}
    for each in theirs:
        custody = known.get(each.id)
        if each.custody is not None and custody != each.custody:
            holdings.allow(each.custody)
        elif each.over and custody is not None and (custody.ended is None or custody.ended > now):
            holdings.end(each.id, now)
