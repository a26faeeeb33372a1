"""Owners whose nodes are processes: what they did before a browser opens, done quickly and without it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.browser import world
from tests.e2e.processes.cli import House
from tests.e2e.processes.pair import stop

from pcloud.api import Client
from pcloud.runtime.giving.views import Ask

T = TypeVar("T")


class Neighbours(NamedTuple):
    """A person and a shop."""

    anna: House
    flora: House


def do(house: House, what: Callable[[Client], Awaitable[T]]) -> T:
    """Ask a node something, as its owner. In a thread: the browser's driver has this one's event loop."""

    async def asked() -> T:
        async with Client.at(house.folder) as node:
            return await what(node)

    return _elsewhere(asked)


def both(one: House, other: House, what: Callable[[Client, Client], Awaitable[T]]) -> T:
    """Let two owners do something with each other."""

    async def asked() -> T:
        async with Client.at(one.folder) as here, Client.at(other.folder) as there:
            return await what(here, there)

    return _elsewhere(asked)


def _elsewhere(asked: Callable[[], Awaitable[T]]) -> T:
    async def run() -> T:
        return await asked()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


@contextmanager
def houses(folder: Path, *people: tuple[str, str]) -> Iterator[list[House]]:
    """Nodes of these names and kinds, up, who do not know each other."""
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(lambda who: House(folder, *who), people))
        try:
            list(pool.map(House.up, made))
            yield made
        finally:
            stop(*made)


def meet(guest: House, host: House, purpose: str = "flowers on order") -> None:
    """The guest becomes a peer of the host."""
    both(guest, host, lambda here, there: world.meet(here, there, purpose))


def active(house: House) -> list[str]:
    """Ids of its peers with whom all is arranged."""
    return do(house, world.active)


def peer(house: House, name: str) -> str:
    """The id of its peer of that name."""
    return do(house, lambda node: world.peer(node, name))


def agree(mine: House, theirs: House, name: str, terms: str = world.TERMS) -> None:
    """Terms of one's own are proffered to a peer and accepted there."""
    both(mine, theirs, lambda here, there: world.agree(here, there, name, terms))


def ask(asker: House, asked: House, name: str, *paths: str, purpose: str = "DeliveryOfGoods") -> Ask:
    """A peer is asked for data that it keeps up to date; gives the question as the asked one sees it."""
    return both(asker, asked, lambda here, there: world.ask(here, there, name, *paths, purpose=purpose))


def fill(house: House) -> None:
    """Somebody's own data."""
    do(house, world.fill)


@contextmanager
def pair(folder: Path) -> Iterator[Neighbours]:
    """Anna, a person, and Flora, a flower shop, who do not know each other."""
    with houses(folder, ("Anna", "person"), ("Flora", "organisation")) as (anna, flora):
        yield Neighbours(anna, flora)
