"""A person and shops in memory, with agreements; a shop asks as its node would, by commands."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from pcloud.engine.compose import Command
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import changing
from pcloud.runtime.giving.views import Ask, LedgerRow
from pcloud.runtime.owning import speaking
from pcloud.testing.home import Home, Village, quiet, related, until
from pcloud.wire import cbor

T = TypeVar("T")

DAY = 86_400
NAME, HOME, MAIL, BORN = "profile.name", "profile.address.home", "profile.email", "profile.birthDate"
USE, DELIVER, MARKET = "dpv:Use", "dpv:DeliveryOfGoods", "dpv:Marketing"
BREMEN = {"@type": "PostalAddress", "addressLocality": "Bremen", "postalCode": "28195"}
KIEL = {"@type": "PostalAddress", "addressLocality": "Kiel", "postalCode": "24103"}


class Side(NamedTuple):
    """A home, and the id of a relationship there."""

    home: Home
    peer: str

    async def do(self, job: Callable[[Batch, Scope], T]) -> T:
        """A job in the relationship."""
        return await self.home.node.decider.do(
            lambda batch: job(batch, batch.scope(bytes.fromhex(self.peer)))
        )

    async def says(
        self, message: Message, thread: bytes | None = None, items: tuple[bytes, ...] = ()
    ) -> bytes:
        """A command; under the agreement that the message names."""
        named = getattr(message, "agreement", None)
        return await self.do(
            lambda batch, scope: speaking.speak(batch, scope, Command(message, thread, items, named))
        )

    async def threads(self) -> list[Thread]:
        """The disclosures of the relationship."""
        return await self.do(lambda batch, scope: list(batch.store.threads(scope.id, "disclosure")))

    async def said(self, name: str) -> int:
        """How many messages of a name stand in the log."""
        return sum(entry.what == name for entry in await self.home.owner.log(self.peer, limit=100))

    async def has_said(self, name: str) -> None:
        """Wait until a message of a name stands in the log, and only one."""

        async def once() -> bool:
            return await self.said(name) == 1

        await until(once)


class Pair(NamedTuple):
    """Anna and a shop that have agreed on terms."""

    anna: Side
    shop: Side
    agreement: bytes
    village: Village

    @property
    def now(self) -> int:
        return self.village.clock.now()

    async def quiet(self) -> None:
        await quiet(self.anna.home, self.shop.home)

    def wants(self, *paths: str, **more: Any) -> DisclosureRequest:
        """A wish of the shop for delivery, 30 days, with later versions."""
        fields: dict[str, Any] = {
            "agreement": self.agreement,
            "wanted": tuple(Wanted(path, required=True) for path in paths),
            "action": USE,
            "purposes": (DELIVER,),
            "until": self.now + 30 * DAY,
            "standing": True,
        }
        return DisclosureRequest(**{**fields, **more})

    async def asks(self, *paths: str, **more: Any) -> Ask:
        """The shop asks; gives the question as Anna sees it."""
        thread = await self.shop.says(self.wants(*paths, **more))
        return await self.asked(thread)

    async def asked(self, thread: bytes) -> Ask:
        """A question, once it has come."""

        async def came() -> list[Ask]:
            return [each for each in await self.anna.home.owner.asks() if each.id == thread.hex()]

        await until(came)
        return await self.anna.home.owner.show_ask(thread.hex())

    async def rows(self, **how: Any) -> list[LedgerRow]:
        """Anna's ledger of this shop."""
        return (await self.anna.home.owner.ledger(peer=self.anna.peer, **how)).rows

    async def settled(self) -> dict[str, str]:
        """How each field stands once the shop's node has said so, and nothing waits."""

        async def no_row_waits() -> bool:
            found = await self.states()
            return not set(found.values()) & {"queued", "sent", "applied", "erasing"}

        await until(no_row_waits)
        await self.quiet()
        return await self.states()

    async def states(self) -> dict[str, str]:
        """How each field stands there, where it was given once."""
        return {row.path: row.state for row in await self.rows()}

    async def holds(self) -> dict[str, Any]:
        """What the shop's node has of each field that it may hold: the newest item in its log."""

        def job(batch: Batch, scope: Scope) -> dict[str, Any]:
            found: dict[str, Any] = {}
            for thread in batch.store.threads(scope.id, "disclosure"):
                if thread.state not in ("granted", "given"):
                    continue
                items = changing.items_given(batch, scope, thread.id)
                for path, (_, standing) in thread.data["fields"].items():
                    item = items[path]
                    if standing == 0 and "ended" not in thread.data and item is not None:
                        found[path] = cbor.decode(item)
            return found

        return await self.shop.do(job)


async def put(home: Home, path: str, value: Any) -> int:
    """A new version of a record, as its owner sets it; gives its number."""
    return (await home.owner.data_set(path, value)).version


async def agreed(village: Village, anna: Home, name: str, terms: str = "SD-BASE") -> Pair:
    """Anna and a new shop become peers and agree."""
    shop = await village.home(name, "organisation")
    mine, theirs = await related(anna, shop)
    made = await anna.owner.proffer(mine.id, terms)
    await until(lambda: _proffered(shop, theirs.id))
    waiting = (await shop.owner.terms(theirs.id))[-1]
    await shop.owner.accept_terms(waiting.id)

    async def sealed() -> str | None:
        return (await anna.owner.show_terms(made.id)).agreement

    agreement = await until(sealed)
    await quiet(anna, shop)
    return Pair(Side(anna, mine.id), Side(shop, theirs.id), bytes.fromhex(str(agreement)), village)


async def _proffered(shop: Home, peer: str) -> bool:
    return bool(await shop.owner.terms(peer))


async def offline(home: Home) -> Callable[[], Awaitable[Home]]:
    """The home goes down; what is given back brings it up again."""
    await home.down()
    return home.up
