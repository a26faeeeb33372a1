"""Two nodes between which custody is asked, granted, refused and ended."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from tests.unit.engine.probe import Pair, pair

from pcloud.features.custody.ask import CustodyAsk
from pcloud.features.custody.end import CustodyEnd
from pcloud.features.custody.grant import CustodyGrant
from pcloud.features.custody.refuse import CustodyRefuse
from pcloud.testing.node import Node, exchange

ADDRESS, TOKEN = b"\x07" * 32, b"\x08" * 32
WHERE = ("https://holder.example",)
GIB, DAYS = 2**30, 90


class Custody(NamedTuple):
    """Anna asks; the shop is her holder."""

    two: Pair
    thread: bytes

    @property
    def anna(self) -> Node:
        return self.two.anna

    @property
    def shop(self) -> Node:
        return self.two.shop

    def grant(self, bytes_max: int = GIB, *, token: bytes = TOKEN) -> bytes:
        """The shop's yes; gives the frame."""
        message, items = CustodyGrant.pack(bytes_max, DAYS, WHERE, token)
        return self.shop.say(message, self.thread, items)

    def granted(self) -> "Custody":
        exchange(self.shop, self.anna, self.grant())
        return self

    def refuse(self, reason: str | None = None) -> bytes:
        return self.shop.say(CustodyRefuse(reason), self.thread)

    def end(self, node: Node) -> bytes:
        return node.say(CustodyEnd(), self.thread)

    def alike(self, state: str, data: Mapping[str, Any]) -> None:
        """Both copies stand there, with these data."""
        for node in (self.anna, self.shop):
            found = node.log.threads[self.thread]
            assert (found.machine, found.state, dict(found.data)) == ("custody", state, dict(data))
        assert self.anna.state().digest() == self.shop.state().digest()


@pytest.fixture
def asked() -> Custody:
    two = pair()
    exchange(two.anna, two.shop, two.anna.say(CustodyAsk(ADDRESS, GIB, DAYS), None))
    return Custody(two, two.anna.relationship.outgoing.head)
