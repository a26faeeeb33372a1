"""What owners do with each other before a browser opens: over any `Surface`, near or in a process."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from pcloud.runtime.giving.views import Ask
from pcloud.runtime.surface import Surface

T = TypeVar("T")

TERMS = "SD-BASE"
HOME = {"streetAddress": "Quendelweg 7", "postalCode": "27386", "addressLocality": "Sagehorn"}
MINE: Mapping[str, Any] = {
    "profile.name": "Anna Quittenbaum",
    "profile.email": "anna@quittenbaum.example",
    "profile.birthDate": "1990-04-01",
    "profile.size.shoe": "39",
    "profile.address.home": HOME,
}
WAIT_S_MAX = 60.0
PAUSE_S_MAX = 0.4


async def until(look: Callable[[], Awaitable[T]]) -> T:
    """What it gives once that is true in the sense of Python."""
    end, pause_s = time.monotonic() + WAIT_S_MAX, 0.02
    while time.monotonic() < end:
        if found := await look():
            return found
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, PAUSE_S_MAX)
    raise AssertionError("it never came")


async def active(node: Surface) -> list[str]:
    """Ids of the peers with whom all is arranged."""
    return [peer.id for peer in await node.peers() if peer.state == "active"]


async def peer(node: Surface, name: str) -> str:
    """The id of the newest peer of that name."""
    return next(each.id for each in await node.peers() if each.name == name)


async def meet(guest: Surface, host: Surface, purpose: str = "flowers on order") -> None:
    """The guest becomes a peer of the host."""
    known, there = len(await active(guest)), len(await active(host))
    contact = await guest.connect((await host.invite(purpose)).link)
    await guest.accept(contact.id)

    async def waiting() -> list[str]:
        rows = await host.contacts()
        return [row.id for row in rows if row.direction == "in" and row.state == "requested"]

    async def both() -> bool:
        return len(await active(guest)) > known and len(await active(host)) > there

    await host.accept((await until(waiting))[0])
    await until(both)


async def agree(mine: Surface, theirs: Surface, name: str, terms: str = TERMS) -> None:
    """Terms of one's own are proffered to a peer and accepted there."""
    one = await peer(mine, name)
    await mine.proffer(one, terms)

    async def proffered() -> list[str]:
        return [row.id for row in await theirs.terms() if row.turn == "mine" and not row.mine]

    async def signed() -> bool:
        return terms in (await mine.peer(one)).terms

    await theirs.accept_terms((await until(proffered))[0])
    await until(signed)


async def ask(
    asker: Surface, asked: Surface, name: str, *paths: str, purpose: str = "DeliveryOfGoods"
) -> Ask:
    """A peer is asked for data that it keeps up to date; gives the question as the asked one sees it."""
    known = {one.id for one in await asked.asks()}
    one = await peer(asker, name)

    async def arrived() -> list[Ask]:
        return [each for each in await asked.asks() if each.id not in known]

    async def in_force() -> bool:
        return TERMS in (await asker.peer(one)).terms or bool((await asker.peer(one)).terms)

    await until(in_force)
    await asker.ask(one, list(paths), [purpose], standing=True)
    return (await until(arrived))[0]


async def fill(node: Surface, mark: str = "") -> None:
    """Somebody's own data."""
    for path, value in MINE.items():
        await node.data_set(path, f"{value}{mark}" if path == "profile.name" else value)


async def relate(
    anna: Surface, flora: Surface, *, names: tuple[str, str] = ("Anna", "Flora"), own: str = ""
) -> None:
    """Anna and a flower shop, related under her terms; the shop's first question waits for her."""
    await fill(anna, own)
    await meet(anna, flora)
    await agree(anna, flora, names[1])
    await ask(flora, anna, names[0], "profile.name", "profile.address.home")


async def furnish(
    anna: Surface,
    flora: Surface,
    mark: str = "",
    *,
    names: tuple[str, str] = ("Anna", "Flora"),
    own: str = "",
) -> None:
    """A life: some of everything that a page can show.

    `mark` stands in every text that another wrote, `own` in those of Anna's that a file may have brought.
    """
    await relate(anna, flora, names=names, own=own)
    flower, customer = await peer(anna, names[1]), await peer(flora, names[0])
    await anna.answer((await anna.asks())[0].id)
    await ask(flora, anna, names[0], "profile.email")
    await ask(flora, anna, names[0], "profile.size.shoe", "profile.birthDate:over-18")
    await flora.say(customer, f"Welcome! Tulips came in this morning. {mark}")
    await anna.say(flower, "Two bunches, please.")
    await flora.handback(
        customer, [{"path": "profile.address.work", "value": {"streetAddress": f"Salbeigasse 3 {mark}"}}]
    )
    await anna.data_set("receipts/tulips", {"orderNumber": "7", "seller": {"name": f"Flora {own}".strip()}})
    await anna.connect((await flora.invite(f"a course in binding bouquets {mark}")).link)
    again = await anna.connect((await flora.invite(f"a stall at the fair {mark}")).link)
    await anna.accept(again.id, name=f"Anna again {mark}".strip())
    await anna.rule_add("no", paths=["profile.birthDate"], note=f"Nobody needs it {own}".strip())
    await anna.letter_add(f"Old Library {own}".strip(), ["profile.name"], address="Marktplatz 1")
    await anna.rights_claim("access", peers=[flower])
    await _haggle(anna, flora, flower)

    async def arrived() -> bool:
        asked = [row for row in await flora.contacts() if row.direction == "in"]
        held = (await flora.held()).fields
        return bool(asked and held and await flora.rights_asked() and await anna.returned())

    await until(arrived)


async def _haggle(anna: Surface, flora: Surface, flower: str) -> None:
    """Anna proffers other terms, and the shop names others still."""
    await anna.proffer(flower, "SD-BASE-DP")

    async def proffered() -> list[str]:
        return [row.id for row in await flora.terms() if row.turn == "mine" and not row.agreement]

    async def countered() -> bool:
        return any(row.turn == "mine" and not row.agreement for row in await anna.terms())

    await flora.counter_terms((await until(proffered))[0], "SD-BASE-A")
    await until(countered)
