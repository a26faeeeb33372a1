"""The old machine, after a move: it passes on what comes for the node, and does nothing else (spec 13 §1)."""

from collections import OrderedDict
from hashlib import sha256

from pcloud.net.port import Link, Net, Packet, UnreachableError
from pcloud.net.quiet import Quiet
from pcloud.store.port import Store

PAGE = 256
"""Relationships whose mailboxes are read at once."""
PASSED_MAX = 4_096
"""Packets that are remembered, so that none goes round between two machines that pass on to each other."""


def mailboxes_of(store: Store) -> frozenset[bytes]:
    """All mailboxes that lead to this node, also those of its invitations."""
    found = {offer.state.invitation.mailbox for offer in store.offers()}
    after: bytes | None = None
    while rows := store.contacts(after, PAGE):
        for row in rows:
            found.update(store.copying.mailboxes(row.scope))
        after = rows[-1].scope
    return frozenset(found)


class Forwarder(Quiet):
    """Takes packets, and gives those for known mailboxes to one endpoint (`Receiver`).

    It holds no key and opens nothing. What cannot be passed on now is dropped: its sender tries again.
    """

    def __init__(self, net: Net, to: str, mailboxes: frozenset[bytes]) -> None:
        self._net, self._to, self._mailboxes = net, to, mailboxes
        self._passed: OrderedDict[bytes, None] = OrderedDict()
        self.passed_on = 0

    async def receive(self, packet: Packet, _link: Link | None, _source: str) -> None:
        """Pass a packet on; the sender is read no faster than the new machine takes it."""
        seen = sha256(packet.mailbox + packet.frame).digest()
        if packet.mailbox not in self._mailboxes or seen in self._passed:
            return
        self._passed[seen] = None
        if len(self._passed) > PASSED_MAX:
            self._passed.popitem(last=False)
        try:
            await self._net.post(self._to, packet)
        except UnreachableError:
            self._passed.pop(seen, None)
            return
        self.passed_on += 1
