"""A relationship as an archive keeps it, and what it is restored to (spec 21 §6)."""

from collections.abc import Iterable
from typing import NamedTuple

from pcloud.engine.archive.rows import Kept, Lines, Met, Mine, Proofs
from pcloud.engine.export.write import Origin
from pcloud.engine.lines import new_lines
from pcloud.engine.snapshot import Notices, Receiving, Relationship, Sealing, Side
from pcloud.limits import ARCHIVE_MAILBOXES_MAX, KEY_EVENTS_MAX
from pcloud.wire import cose
from pcloud.wire.answers import read_answer
from pcloud.wire.keys import HybridKey, SigningKey


class Beside(NamedTuple):
    """What a node keeps of a relationship beside its scope."""

    met: Met
    origin: Origin
    mailboxes: tuple[bytes, ...] = ()
    """All own ones, in any order; the scope has the present one."""
    contact_keys: tuple[HybridKey, ...] = ()


def can_come_back(relationship: Relationship) -> bool:
    """Whether its own key log can grow: a request to an invitation cannot (spec 06 §1)."""
    return relationship.me.log.events[0].commitment is not None


def kept(scope: bytes, relationship: Relationship, beside: Beside) -> Kept:
    """The row of a relationship that `can_come_back`."""
    me, line = relationship.me, relationship.outgoing
    shown = {event.contact_key for event in me.log.events}
    older = [mailbox for mailbox in beside.mailboxes if mailbox != me.mailbox]
    mine = Mine(
        relationship.sealing.founding[0],
        me.log,
        me.kind,
        (me.mailbox, *older[: ARCHIVE_MAILBOXES_MAX - 1]),
        me.endpoints,
        me.nonce,
        tuple(key.seed for key in beside.contact_keys if key.public in shown)[-KEY_EVENTS_MAX:],
    )
    return Kept(
        scope,
        beside.met,
        mine,
        relationship.peer,
        relationship.sealing.founding[1],
        _proofs(relationship, beside.origin),
        Lines(*line[:3], *relationship.incoming[:2]),
        relationship.clock,
        relationship.closed,
    )


def _proofs(relationship: Relationship, origin: Origin) -> Proofs:
    """The signed objects; one that needs another to be proven stays only with it."""
    receipt = relationship.notices.peer_receipt
    if receipt is not None and origin.invitation is None:
        sender = read_answer(cose.RECEIPT, cose.parse_sign1(receipt, cose.RECEIPT).payload).parties.sender
        receipt = receipt if sender == relationship.peer.log.persona else None
    succession = None if origin.invitation is None else origin.succession
    return Proofs(origin.invitation, succession, receipt)


def restored(
    row: Kept, key: SigningKey, receiving: Receiving, unaffirmed: Iterable[bytes] = ()
) -> Relationship:
    """The scope that a recovery begins from: without sessions and lines, and threads still to be folded.

    `key` and `receiving` are fresh. Until `recovery.begin` has announced them, nothing is to be sealed; what
    waited for a receipt is sent again in the new epoch (spec 06 §4).
    """
    me, proofs = row.me, row.proofs
    side = Side(me.log, key, me.kind, me.mailboxes[0], me.endpoints, me.nonce, None, row.met.invitation)
    outgoing, incoming = new_lines(me.log, row.peer.log)
    return Relationship(
        side,
        row.peer,
        Sealing((me.founding, row.peer_founding), receiving, None, 0),
        outgoing,
        incoming,
        unaffirmed=frozenset(unaffirmed),
        notices=Notices(peer_receipt=proofs.receipt),
        clock=row.clock,
        recovering=True,
        closed=row.closed,
    )
