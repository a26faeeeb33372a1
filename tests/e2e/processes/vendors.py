"""A person and vendors, each a process of its own: related under terms, and what either side says of data."""

import asyncio
import dataclasses
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pexpect
from tests.e2e.processes.cli import PROGRAM, House, environment_of, until
from tests.e2e.processes.pair import stop

from pcloud.api import Client
from pcloud.runtime.giving.views import LedgerRow
from pcloud.runtime.views import Peer

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 3
"""Commands that run at a time: more than that wait for processors anyhow."""
TERMINAL = (40, 80)
"""Lines and columns."""
THERE = frozenset({"queued", "sent", "applied", "confirmed", "refused", "need-more", "kept"})
"""States of the ledger in which a vendor has a value, if it ever said so."""

Holding = tuple[str, str, int]
"""Who holds which field in which version."""


class Vendor(NamedTuple):
    """Who it is, under which terms, and what it asks for; a path with `?` it can do without."""

    name: str
    terms: str
    purpose: str
    wanted: tuple[str, ...]
    standing: bool = True


@dataclasses.dataclass(frozen=True)
class Street:
    """All of them, up."""

    anna: House
    shops: dict[str, House]

    def __getitem__(self, name: str) -> House:
        return self.shops[name]


def each(does: Callable[[T], R], ones: Iterable[T]) -> list[R]:
    """Do it for each, some at a time."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(does, ones))


@contextmanager
def street(folder: Path, vendors: Sequence[Vendor]) -> Iterator[Street]:
    """A person and vendors, up, who do not know each other."""
    people = [("Anna", "person"), *((vendor.name, "organisation") for vendor in vendors)]
    anna, *shops = each(lambda who: House(folder, *who), people)
    try:
        each(House.up, [anna, *shops])
        yield Street(anna, {vendor.name: shop for vendor, shop in zip(vendors, shops, strict=True)})
    finally:
        stop(anna, *shops)


def relate(all_: Street, vendor: Vendor) -> None:
    """An invitation, a request, a yes; the person's terms, and a yes to them."""
    anna, shop = all_.anna, all_[vendor.name]
    link = shop.pcloud("invite", "--purpose", "to be a customer")["link"]
    anna.pcloud("connect", "--yes", link)
    (waiting,) = until(lambda: look(shop, lambda node: node.contacts()))
    shop.pcloud("accept", waiting.id)

    def peer() -> list[Peer]:
        return [one for one in look(anna, lambda node: node.peers()) if one.name == vendor.name]

    until(lambda: [one.state for one in peer()] == ["active"])
    anna.pcloud("terms", "proffer", vendor.name, vendor.terms)
    (proffer,) = until(lambda: look(shop, lambda node: node.terms()))
    shop.pcloud("terms", "accept", proffer.id)
    until(lambda: peer()[0].terms == look(shop, lambda node: node.peers())[0].terms == [vendor.terms])


def look(house: House, question: Callable[[Client], Awaitable[T]]) -> T:
    """Look at a node while waiting for something, which its owner does by the command line for much more."""

    async def asked() -> T:
        async with Client.at(house.folder) as node:
            return await question(node)

    return asyncio.run(asked())


def ask(all_: Street, vendor: Vendor) -> None:
    """A vendor asks for what it wants."""
    paths = [path.rstrip("?") for path in vendor.wanted]
    needed = [word for path in vendor.wanted if not path.endswith("?") for word in ("--need", path)]
    often = ["--standing"] if vendor.standing else []
    all_[vendor.name].pcloud("ask", "Anna", *paths, "--for", vendor.purpose, *often, *needed)


def told(rows: Iterable[dict[str, Any]]) -> set[Holding]:
    """What the ledger says that vendors have said to have."""
    return {(row["name"], row["path"], row["has"]) for row in rows if row["has"] and row["state"] in THERE}


def held(house: House) -> dict[str, tuple[int, Any]]:
    """What a vendor holds: version and value by path."""
    return {row["path"]: (row["version"], row["value"]) for row in house.pcloud("held")}


def settle(all_: Street, wanted: set[Holding], *, shown: bool = True) -> None:
    """Wait until the vendors hold exactly this, as the ledger says; and see that owners are shown it."""

    def ledger() -> list[LedgerRow]:
        return look(all_.anna, lambda node: node.ledger()).rows

    def at_vendors() -> set[Holding]:
        return {
            (name, one.path, one.version)
            for name, shop in all_.shops.items()
            if shop.process is not None
            for one in look(shop, lambda node: node.held()).fields
        }

    until(lambda: at_vendors() == {one for one in wanted if all_[one[0]].process is not None})
    until(lambda: told(map(dataclasses.asdict, ledger())) == wanted)
    if not shown:
        return
    assert told(all_.anna.pcloud("ledger")) == wanted
    running = [(name, shop) for name, shop in all_.shops.items() if shop.process is not None]
    for (name, _), fields in zip(running, each(lambda one: held(one[1]), running), strict=True):
        assert {(name, path, fields[path][0]) for path in fields} == {one for one in wanted if one[0] == name}


def quiet(*houses: House) -> None:
    """Wait until every peer of these has acknowledged everything."""

    def rests(house: House) -> bool:
        return not any(peer.waiting for peer in look(house, lambda node: node.peers()))

    until(lambda: all(rests(house) for house in houses))


def typed(house: House, *words: str) -> "pexpect.spawn[str]":
    """A command at a terminal, waiting for what a person says."""
    return pexpect.spawn(
        sys.executable,
        [*PROGRAM, *words],
        env={**environment_of(house.folder), "TERM": "dumb"},
        encoding="utf-8",
        timeout=60,
        dimensions=TERMINAL,
    )
