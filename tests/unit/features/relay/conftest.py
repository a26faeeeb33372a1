"""Two nodes between which mailboxes are asked for, granted, refused and ended."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from tests.unit.engine.probe import Pair, pair

from pcloud.features.relay.ask import RelayAsk
from pcloud.features.relay.end import RelayEnd
from pcloud.features.relay.grant import RelayGrant
from pcloud.features.relay.refuse import RelayRefuse
from pcloud.testing.node import Node, exchange

VOUCHERS = (b"\x07" * 32, b"\x08" * 32)
WHERE = ("https://relay.example",)
LEASE, FRAMES, BYTES, UNTIL = 31_536_000, 1_024, 2**23, 1_900_000_000


class Relay(NamedTuple):
    """Anna asks; the shop is her relay."""

    two: Pair
    thread: bytes

    @property
    def anna(self) -> Node:
        return self.two.anna

    @property
    def shop(self) -> Node:
        return self.two.shop

    def ask(self, vouchers: int = 9) -> bytes:
        return self.anna.say(RelayAsk(vouchers), self.thread)

    def grant(self, frames_max: int = FRAMES, *, vouchers: tuple[bytes, ...] = VOUCHERS) -> bytes:
        """The shop's yes; gives the frame."""
        message, items = RelayGrant.pack(WHERE, LEASE, frames_max, BYTES, UNTIL, vouchers)
        return self.shop.say(message, self.thread, items)

    def granted(self) -> dict[str, Any]:
        """The yes has come; gives the data of the thread."""
        exchange(self.shop, self.anna, self.grant())
        return data(self.shop.relationship.outgoing.head)

    def refuse(self, reason: str | None = None) -> bytes:
        return self.shop.say(RelayRefuse(reason), self.thread)

    def end(self, node: Node) -> bytes:
        return node.say(RelayEnd(), self.thread)

    def alike(self, state: str, data: Mapping[str, Any]) -> None:
        """Both copies stand there, with these data."""
        for node in (self.anna, self.shop):
            found = node.log.threads[self.thread]
            assert (found.machine, found.state, dict(found.data)) == ("relay", state, dict(data))
        assert self.anna.state().digest() == self.shop.state().digest()


def data(grant: bytes, frames_max: int = FRAMES) -> dict[str, Any]:
    """What a thread holds after a grant."""
    return {
        "grant": grant,
        "endpoints": list(WHERE),
        "lease": LEASE,
        "frames": frames_max,
        "bytes": BYTES,
        "until": UNTIL,
    }


@pytest.fixture
def asked() -> Relay:
    two = pair()
    exchange(two.anna, two.shop, two.anna.say(RelayAsk(2), None))
    return Relay(two, two.anna.relationship.outgoing.head)
