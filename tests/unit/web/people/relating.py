"""Two homes that have met and agreed on terms, for pages that show relationships."""

from pathlib import Path
from typing import NamedTuple

from pcloud.runtime.giving.views import Ask
from pcloud.runtime.views import Peer
from pcloud.testing.home import PASSPHRASE, Home, quiet, related, until
from pcloud.vault.memory import MemoryVault

TERMS = "SD-BASE"
NAME = "profile.name"
MAIL = "profile.email"
BORN = "profile.birthDate"
MINE = {NAME: "Anna Quittenbaum", MAIL: "anna@quittenbaum.example", BORN: "1990-04-01"}


class Pair(NamedTuple):
    """Anna and a shop, and what each calls the relationship."""

    anna: Home
    shop: Home
    hers: Peer
    theirs: Peer

    async def ask(self, *paths: str, **more: object) -> Ask:
        """The shop asks for data; gives the question as Anna has it."""
        known = {each.id for each in await self.anna.owner.asks()}
        about = {"purposes": ["DeliveryOfGoods"], **more}
        await self.shop.owner.ask(self.theirs.id, list(paths), **about)  # type: ignore[arg-type]  # whatever the surface takes

        async def new() -> list[Ask]:
            return [each for each in await self.anna.owner.asks() if each.id not in known]

        return (await until(new))[0]


def furnished(home: Home, folder: Path) -> Home:
    """A home in memory with what its page needs: a folder for where it is, and a vault to ask."""
    folder.mkdir()
    home.folder, home.vault = folder, MemoryVault()
    home.vault.create(PASSPHRASE)
    return home


async def agreed(anna: Home, shop: Home) -> Pair:
    """They meet, and agree on Anna's terms."""
    for path, value in MINE.items():
        await anna.owner.data_set(path, value)
    hers, theirs = await related(anna, shop)
    await anna.owner.proffer(hers.id, TERMS)

    async def proffered() -> list[str]:
        return [each.id for each in await shop.owner.terms(theirs.id) if each.turn == "mine"]

    await shop.owner.accept_terms((await until(proffered))[0])

    async def both() -> bool:
        here, there = await anna.owner.peer(hers.id), await shop.owner.peer(theirs.id)
        return bool(here.terms and there.terms)

    await until(both)
    await quiet(anna, shop)
    return Pair(anna, shop, hers, theirs)
