"""Two owners whose nodes are processes: what they did before a browser opens, quickly and without it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from tests.e2e.processes.cli import House, until
from tests.e2e.processes.pair import stop

from pcloud.api import Client
from pcloud.runtime.giving.views import Ask

T = TypeVar("T")

TERMS = "SD-BASE"
HOME = {"streetAddress": "Quendelweg 7", "postalCode": "27386", "addressLocality": "Sagehorn"}
MINE = {
    "profile.name": "Anna Quittenbaum",
    "profile.email": "anna@quittenbaum.example",
    "profile.birthDate": "1990-04-01",
    "profile.size.shoe": "39",
    "profile.address.home": HOME,
}


class Neighbours(NamedTuple):
    """A person and a shop."""

    anna: House
    flora: House


def do(house: House, what: Callable[[Client], Awaitable[T]]) -> T:
    """Ask a node something, as its owner. In a thread: the browser's driver has this one's event loop."""

    async def asked() -> T:
        async with Client.at(house.folder) as node:
            return await what(node)

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(asked())).result()


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
    known = len(do(guest, lambda node: node.peers()))
    link = do(host, lambda node: node.invite(purpose)).link
    contact = do(guest, lambda node: node.connect(link))
    do(guest, lambda node: node.accept(contact.id))

    def waiting() -> list[str]:
        rows = do(host, lambda node: node.contacts())
        return [row.id for row in rows if row.direction == "in" and row.state == "requested"]

    do(host, lambda node: node.accept(until(waiting)[0]))
    until(lambda: len(active(guest)) > known and active(host))


def active(house: House) -> list[str]:
    """Ids of its peers with whom all is arranged."""
    return [peer.id for peer in do(house, lambda node: node.peers()) if peer.state == "active"]


def peer(house: House, name: str) -> str:
    """The id of its peer of that name."""
    return next(each.id for each in do(house, lambda node: node.peers()) if each.name == name)


def agree(mine: House, theirs: House, name: str, terms: str = TERMS) -> None:
    """Terms of one's own are proffered to a peer and accepted there."""
    do(mine, lambda node: node.proffer(peer(mine, name), terms))

    def proffered() -> list[str]:
        rows = do(theirs, lambda node: node.terms())
        return [row.id for row in rows if row.turn == "mine" and not row.mine]

    do(theirs, lambda node: node.accept_terms(until(proffered)[0]))
    until(lambda: [one for one in do(mine, lambda node: node.peers()) if one.name == name and one.terms])


def ask(asker: House, asked: House, name: str, *paths: str, purpose: str = "DeliveryOfGoods") -> Ask:
    """A peer is asked for data that it keeps up to date; gives the question as the asked one sees it."""
    known = {one.id for one in do(asked, lambda node: node.asks())}
    do(asker, lambda node: node.ask(peer(asker, name), list(paths), [purpose], standing=True))

    def arrived() -> list[Ask]:
        return [one for one in do(asked, lambda node: node.asks()) if one.id not in known]

    return until(arrived)[0]


def fill(house: House) -> None:
    """Somebody's own data."""
    for path, value in MINE.items():
        do(house, lambda node, path=path, value=value: node.data_set(path, value))  # type: ignore[misc]  # mypy knows no defaults of a lambda


@contextmanager
def related(folder: Path) -> Iterator[Neighbours]:
    """Anna and a flower shop, related under her terms; the shop's first question waits for her."""
    with houses(folder, ("Anna", "person"), ("Flora", "organisation")) as (anna, flora):
        fill(anna)
        meet(anna, flora)
        agree(anna, flora, "Flora")
        ask(flora, anna, "Anna", "profile.name", "profile.address.home")
        yield Neighbours(anna, flora)
