"""What a giver says to a taker, word by word, and what the taker has: for stories of the taker's side."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.e2e.nodes.agreed import SERVICE, YEAR_S, Pair, agreed

from pcloud.engine.compose import Command
from pcloud.engine.snapshot import Entry
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.disclosure.rights import DisclosureRights
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owning import speaking
from pcloud.runtime.taking.views import HeldField
from pcloud.testing.home import Home, Village, until
from pcloud.wire import cbor

HOME, NAME, MAIL = "profile.address.home", "profile.name", "profile.email"
STREET_ = {"streetAddress": "Quendelweg 7", "addressLocality": "Sagehorn"}
ANNA = {"givenName": "Anna", "familyName": "Quittenbaum"}


async def pair_in(village: Village, terms: str = "SD-BASE") -> Pair:
    """A person and a shop with terms in force, in memory."""
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    return await agreed(anna, shop, terms)


async def say(home: Home, peer: str, message: Message, thread: str | None, *values: Any, **named: Any) -> str:
    """Something in a relationship, as its table allows it; gives the first id."""

    def job(batch: Batch) -> bytes:
        items = tuple(cbor.encode(value) for value in values)
        into = None if thread is None else bytes.fromhex(thread)
        wanted = Command(message, into, items, named.get("agreement"))
        return speaking.speak(batch, batch.scope(bytes.fromhex(peer)), wanted)

    return (await home.node.decider.do(job)).hex()


async def give(
    pair: Pair,
    values: Mapping[str, Any],
    *,
    version: int = 1,
    standing: bool = True,
    for_s: int = YEAR_S // 2,
) -> str:
    """The person gives fields unasked; the id of the grant is that of its thread."""
    agreement = bytes.fromhex(pair.agreement)
    end = pair.anna.clock.now() + for_s
    fields = tuple(Field(path, version) for path in values)
    message = DisclosurePresent(agreement, fields, "dpv:Use", (SERVICE,), end, standing)
    return await say(pair.anna, pair.mine.id, message, None, *values.values(), agreement=agreement)


async def given(village: Village) -> tuple[Pair, str]:
    """A name and an address that the shop holds, and the id of the grant."""
    pair = await pair_in(village)
    grant = await give(pair, {NAME: ANNA, HOME: STREET_})
    await holds(pair, {NAME: 1, HOME: 1})
    return pair, grant


async def update(pair: Pair, grant: str, values: Mapping[str, Any], version: int) -> str:
    """Newer versions."""
    agreement = bytes.fromhex(pair.agreement)
    fields = tuple(Field(path, version) for path in values)
    message = DisclosureUpdate(bytes.fromhex(grant), fields, "dpv:Use", (SERVICE,))
    return await say(pair.anna, pair.mine.id, message, grant, *values.values(), agreement=agreement)


async def revoke(pair: Pair, grant: str, *paths: str) -> str:
    return await say(pair.anna, pair.mine.id, DisclosureRevoke(paths or None), grant)


async def erase(pair: Pair, grant: str, *paths: str) -> str:
    return await say(pair.anna, pair.mine.id, DisclosureErase(paths or None), grant)


async def claim(
    pair: Pair, right: str, *paths: str, values: Sequence[Any] = (), due: int | None = None
) -> str:
    return await say(pair.anna, pair.mine.id, DisclosureRights(right, paths or None, due), None, *values)


async def held(pair: Pair) -> dict[str, HeldField]:
    """What the shop holds, by path."""
    return {row.path: row for row in (await pair.shop.owner.held()).fields}


async def versions(pair: Pair) -> dict[str, int]:
    return {path: row.version for path, row in (await held(pair)).items()}


async def holds(pair: Pair, wanted: Mapping[str, int]) -> dict[str, HeldField]:
    """Wait until the shop holds exactly these versions, and has said all that is to be said of them."""

    async def there() -> bool:
        return await versions(pair) == wanted and not await _to_do(pair.shop)

    await until(there)
    return await held(pair)


async def _to_do(home: Home) -> int:
    """Timers that are due."""
    now = home.clock.now()
    return await home.node.decider.do(lambda batch: len(batch.store.timers_due(now, 100)))


async def done(*homes: Home) -> None:
    """Wait until nothing is due anywhere, and every peer has acknowledged everything."""

    async def nothing_is_left() -> bool:
        for home in homes:
            if await _to_do(home) or any(peer.waiting for peer in await home.owner.peers()):
                return False
        return True

    await until(nothing_is_left)


async def settled(pair: Pair) -> None:
    """Wait until nothing is due at either."""
    await done(pair.anna, pair.shop)


async def thread_at(home: Home, peer: str, thread: str) -> Thread:
    found = await home.node.decider.do(
        lambda batch: batch.scope(bytes.fromhex(peer)).log.thread(bytes.fromhex(thread))
    )
    assert found is not None
    return found


async def said(home: Home, peer: str, name: str) -> list[Entry]:
    """Messages of one name that this side has said, oldest first."""

    def job(batch: Batch) -> list[Entry]:
        rows = [fed.entry for fed in batch.store.log(bytes.fromhex(peer), None, 200)]
        return [entry for entry in reversed(rows) if entry.mine and entry.signed.header.name == name]

    return await home.node.decider.do(job)


async def traces(home: Home, *values: Any) -> list[str]:
    """Names of messages in the log in which one of these values still stands."""
    sought = [cbor.encode(value) for value in values]

    def job(batch: Batch) -> list[str]:
        return [
            fed.entry.signed.header.name
            for fed in batch.store.feed(0, 10_000)
            if any(part is not None and each in part.data for part in fed.entry.parts for each in sought)
        ]

    return await home.node.decider.do(job)
