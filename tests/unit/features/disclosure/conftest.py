"""A person and a shop with an agreement, between which data are asked for, given, changed and taken back."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from tests.unit.engine.probe import DAY, Pair, forged, pair, rosters, tell, verdict

from pcloud.engine.ledger.holding import Holding
from pcloud.engine.ledger.projection import ledger
from pcloud.errors import STAGE_OF, Code, Stage, UsageError
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.gate import Clause
from pcloud.kernel.message import Message
from pcloud.testing.node import Node, exchange
from pcloud.wire import cbor

NAME, HOME, MAIL = "profile.name", "profile.address", "profile.email"
USE, DELIVER, SERVE = "dpv:Use", "dpv:DeliveryOfGoods", "dpv:ServiceProvision"
ANNA, BREMEN, KIEL = cbor.encode("Anna"), cbor.encode({"addressLocality": "Bremen"}), cbor.encode("Kiel")
RETENTION = 90 * DAY
TERMS = (
    Clause(
        "service-delivery",
        allowed=True,
        actions=(USE,),
        categories=(
            "pd:Name",
            "pd:PhysicalAddress",
            "pd:EmailAddress",
            "pd:City",
            "pd:AgeRange",
            "pd:Purchase",
        ),
        purposes=(DELIVER, SERVE),
    ),
    Clause("no-marketing", allowed=False, purposes=("dpv:Marketing",)),
)


class Shared(NamedTuple):
    """Anna and a shop; the agreement allows name, address and mail for delivery, 90 days, not onward."""

    two: Pair
    agreement: bytes
    deal: bytes
    """The thread of the agreement."""

    @property
    def anna(self) -> Node:
        return self.two.anna

    @property
    def shop(self) -> Node:
        return self.two.shop

    @property
    def now(self) -> int:
        return self.two.clock.now

    def other(self, node: Node) -> Node:
        return self.shop if node is self.anna else self.anna

    def request(self, *paths: str, **more: Any) -> DisclosureRequest:
        """A wish for fields, by default all three."""
        fields: dict[str, Any] = {
            "agreement": self.agreement,
            "wanted": tuple(Wanted(path, required=True) for path in paths or (NAME, HOME, MAIL)),
            "action": USE,
            "purposes": (DELIVER,),
            "until": self.now + 30 * DAY,
            "standing": True,
        }
        return DisclosureRequest(**{**fields, **more})

    def present(self, *fields: tuple[str, int], **more: Any) -> DisclosurePresent:
        """Name and address, by default."""
        given: dict[str, Any] = {
            "agreement": self.agreement,
            "fields": tuple(Field(*field) for field in fields or ((NAME, 1), (HOME, 1))),
            "action": USE,
            "purposes": (DELIVER,),
            "until": self.now + 30 * DAY,
            "standing": True,
        }
        return DisclosurePresent(**{**given, **more})

    def update(self, grant: bytes, *fields: tuple[str, int], **more: Any) -> DisclosureUpdate:
        given: dict[str, Any] = {
            "grant": grant,
            "fields": tuple(Field(*field) for field in fields),
            "action": USE,
            "purposes": (DELIVER,),
        }
        return DisclosureUpdate(**{**given, **more})

    def under(self, message: Message) -> bytes | None:
        """The agreement that the header of a message names."""
        agreed = isinstance(message, DisclosureRequest | DisclosurePresent | DisclosureUpdate)
        return self.agreement if agreed else None

    def say(
        self, node: Node, message: Message, thread: bytes | None = None, items: tuple[bytes, ...] = ()
    ) -> bytes:
        """A command; gives its frame, which nobody has got yet."""
        return tell(node, message, thread, items=items, agreement=self.under(message))

    def does(
        self, node: Node, message: Message, thread: bytes | None = None, items: tuple[bytes, ...] = ()
    ) -> bytes:
        """A command that arrives, and all that follows; gives the first id."""
        frame = self.say(node, message, thread, items)
        said = node.relationship.outgoing.head
        exchange(node, self.other(node), frame)
        self.alike()
        assert node.log.by_first_id[said].verdict == "applied"
        return said

    def asked(self, *paths: str, **more: Any) -> bytes:
        return self.does(self.shop, self.request(*paths, **more))

    def granted(self) -> tuple[bytes, bytes]:
        """Asked for three fields, given two: thread and grant."""
        thread = self.asked()
        return thread, self.does(self.anna, self.present(), thread, (ANNA, BREMEN))

    def given(self) -> bytes:
        """Given unasked: thread and grant are one id."""
        return self.does(self.anna, self.present(), None, (ANNA, BREMEN))

    def acknowledged(self, thread: bytes, *outcomes: tuple[str, int, str]) -> bytes:
        message = DisclosureAcknowledge(tuple(Outcome(*each) for each in outcomes))
        return self.does(self.shop, message, thread)

    def gone(self, *fields: tuple[str, int], **more: Any) -> DisclosureErased:
        """The shop's receipt for what it deleted."""
        return DisclosureErased(tuple(Field(*field) for field in fields), self.now + 30 * DAY, **more)

    def alike(self) -> None:
        """Both copies fold to the same, and what is stored is what they fold to."""
        one, two = self.anna.state(), self.shop.state()
        assert one.digest() == two.digest()
        for node in (self.anna, self.shop):
            kept = {id_: (t.state, t.data) for id_, t in node.state().threads.items()}
            assert {id_: (t.state, t.data) for id_, t in node.log.threads.items() if id_ in kept} == kept
        assert self.anna.relationship.grants == self.shop.relationship.grants

    def data(self, thread: bytes) -> Mapping[str, Any]:
        self.alike()
        return self.shop.log.threads[thread].data

    def fields(self, thread: bytes) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.data(thread)["fields"]
        return found

    def ledger(self, node: Node, sent: tuple[bytes, ...] = ()) -> tuple[Holding, ...]:
        known = node.relationship
        entries = node.log.by_first_id.values()
        return ledger(entries, node.registry, known.unaffirmed, known.agreements, sent)

    def refuses(
        self,
        node: Node,
        message: Message,
        thread: bytes | None = None,
        items: tuple[bytes, ...] = (),
        *,
        code: Code,
        commanded: bool = True,
    ) -> None:
        """A node refuses what the other says, and the other's own node would not send it."""
        sender = self.other(node)
        if commanded:
            before = sender.relationship.outgoing
            with pytest.raises(UsageError) as found:
                self.say(sender, message, thread, items)
            assert found.value.code is code
            assert sender.relationship.outgoing == before
        threads, told, grants = dict(node.log.threads), list(node.told), node.relationship.grants
        frame = forged(sender, message, thread, items=items, agreement=self.under(message))
        assert verdict(node, frame) == code
        assert STAGE_OF[code] in (Stage.GATE, Stage.CONTENT)
        entry = node.log.sequence(mine=False)[-1]
        assert not any(entry.parts), "nothing of it is kept but the header"
        assert (dict(node.log.threads), node.told, node.relationship.grants) == (threads, told, grants)


@pytest.fixture
def shared() -> Shared:
    return agreed()


def agreed(until: int | None = None, *, onward: bool = False) -> Shared:
    """Both have agreed on the terms above."""
    two = pair()
    for node in (two.anna, two.shop):
        node.rosters = rosters(*TERMS, retention=RETENTION, onward=onward)
    thread, agreement = two.dealt(until)
    return Shared(two, agreement, thread)
