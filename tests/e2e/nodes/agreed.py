"""Homes whose owners have agreed on terms, for stories of disclosure."""

from collections.abc import Sequence
from typing import NamedTuple

from pcloud.engine.compose import Command
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owning import speaking
from pcloud.runtime.views import Negotiation, Peer
from pcloud.store.personal import Version
from pcloud.testing.home import Home, related, until
from pcloud.wire import cbor

TERMS = "SD-BASE"
SERVICE = "dpv:ServiceProvision"
YEAR_S = 31_536_000


class Pair(NamedTuple):
    """A person and a shop, with terms in force; each knows the other under an id of its own."""

    anna: Home
    shop: Home
    mine: Peer
    """The shop, as the person sees it."""
    theirs: Peer
    agreement: str
    """Id of the agreement."""
    negotiation: str


async def agreed(anna: Home, shop: Home, terms: str = TERMS, until_s: int | None = None) -> Pair:
    """The two become peers, and the shop accepts the terms that the person proffers, for so long."""
    mine, theirs = await related(anna, shop)
    await anna.owner.proffer(mine.id, terms, until=None if until_s is None else anna.clock.now() + until_s)

    async def offered() -> Negotiation | None:
        return next((each for each in await shop.owner.terms(theirs.id) if each.turn == "mine"), None)

    found = await until(offered)
    assert found is not None
    await shop.owner.accept_terms(found.id)

    async def sealed() -> Negotiation | None:
        here, there = await anna.owner.terms(mine.id), await shop.owner.terms(theirs.id)
        return here[0] if here[0].agreement and there[0].agreement else None

    done = await until(sealed)
    assert done is not None
    assert done.agreement is not None
    return Pair(anna, shop, mine, theirs, done.agreement, done.id)


async def know(home: Home, **values: object) -> None:
    """Give a home records: names of arguments are those of places below `profile`."""

    def job(batch: Batch) -> None:
        for name, value in values.items():
            path = f"profile.{name}"
            known = batch.store.personal.newest(path)
            version = Version(
                path, 1 if known is None else known.number + 1, cbor.encode(value), batch.now, "owner"
            )
            batch.changes.versions[path, version.number] = version

    await home.node.decider.do(job)


async def request(
    pair: Pair,
    *wanted: str,
    purposes: Sequence[str] = (SERVICE,),
    standing: bool = False,
    items: Sequence[object] = (),
) -> str:
    """The shop asks; a path with `?` is one that it can do without. Gives the id of the question."""
    places = iter(range(1, len(items) + 1))
    asked = [
        Wanted(path.rstrip("?"), not path.endswith("?"), next(places, None) if ":equal" in path else None)
        for path in wanted
    ]

    def job(batch: Batch) -> bytes:
        scope = batch.scope(bytes.fromhex(pair.theirs.id))
        message = DisclosureRequest(
            bytes.fromhex(pair.agreement),
            tuple(asked),
            "dpv:Use",
            tuple(purposes),
            batch.now + YEAR_S // 2,
            standing,
        )
        encoded = tuple(cbor.encode(item) for item in items)
        return speaking.speak(batch, scope, Command(message, None, encoded, message.agreement))

    return (await pair.shop.node.decider.do(job)).hex()


async def state_at(home: Home, peer: str, thread: str) -> tuple[str, dict[str, object]]:
    """How a thread stands at a home, and what it holds; nothing where it is not there."""

    def job(batch: Batch) -> tuple[str, dict[str, object]]:
        found = batch.scope(bytes.fromhex(peer)).log.thread(bytes.fromhex(thread))
        return ("", {}) if found is None else (found.state, dict(found.data))

    return await home.node.decider.do(job)


async def reaches(home: Home, peer: str, thread: str, state: str) -> dict[str, object]:
    """Wait until a thread stands so; gives what it holds."""

    async def there() -> bool:
        return (await state_at(home, peer, thread))[0] == state

    await until(there)
    return (await state_at(home, peer, thread))[1]
