"""What `Keep` effects change in the scope of a relationship (spec 05 §8), and where its peer is reached."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from pcloud.engine.fold import AGREEMENTS, GRANTS
from pcloud.engine.gatekeeper import CLOSED
from pcloud.engine.snapshot import APPLIED, History, Relationship, Sealing
from pcloud.features.relationship.accept import RelationshipAccept
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.kernel.effects import Keep
from pcloud.kernel.thread import Thread
from pcloud.wire.answers import KeyOffer

ADDRESS, KEY, KIND, RENEWED = "address", "key", "kind", "renewed"

OF_THE_MOMENT = frozenset({ADDRESS, KEY, RENEWED})
"""What a reissued message no longer says: the position that came before it names the newest."""
_PLACING: Final = {each.NAME: each for each in (RelationshipRequest, RelationshipAccept, RelationshipMove)}
"""Messages that say where their sender is reached."""


def keep_all(relationship: Relationship, keeps: Iterable[Keep], thread_id: bytes) -> Relationship:
    """Store what a row keeps. Tables of recovery are the business of `recovery`."""
    for table, key, value in keeps:
        if table in (AGREEMENTS, GRANTS):
            relationship = _keep_proof(relationship, table, key, value, thread_id)
        elif table == ADDRESS:
            relationship = _keep_address(relationship, key, value)
        elif table == KEY and key == relationship.peer.log.persona:
            relationship = relationship._replace(sealing=take_key(relationship.sealing, value))
        elif table == KIND and key == relationship.peer.log.persona:
            relationship = relationship._replace(peer=relationship.peer._replace(kind=value))
        elif table == RENEWED:
            relationship = relationship._replace(sealing=relationship.sealing._replace(due=True))
    return relationship


def closed_since(relationship: Relationship, thread: Thread | None, now: int) -> int:
    """When this side took the relationship to be closed, by its own clock; 0 while it is not."""
    if thread is None or thread.state != CLOSED:
        return 0
    return relationship.closed or now


def keep_proofs(relationship: Relationship, keeps: Iterable[Keep], thread_id: bytes) -> Relationship:
    """Store only what both sides share: a fold never moves an address back or takes an old key."""
    shared = [keep for keep in keeps if keep.table in (AGREEMENTS, GRANTS)]
    return keep_all(relationship, shared, thread_id)


def forget_thread(relationship: Relationship, thread_id: bytes) -> Relationship:
    """Drop the agreements and grants of a thread, before it is folded anew."""
    gone = {key for key, origin in relationship.origins.items() if origin == thread_id}
    return relationship._replace(
        agreements=_without(relationship.agreements, gone),
        grants=_without(relationship.grants, gone),
        origins=_without(relationship.origins, gone),
    )


def _without(table: Mapping[bytes, Any], gone: set[bytes]) -> dict[bytes, Any]:
    return {key: value for key, value in table.items() if key not in gone}


def _keep_proof(
    relationship: Relationship, table: str, key: bytes, value: Any, thread_id: bytes
) -> Relationship:
    origins = {**relationship.origins, key: thread_id}
    if table == GRANTS:
        return relationship._replace(grants={**relationship.grants, key: value}, origins=origins)
    return relationship._replace(agreements={**relationship.agreements, key: value}, origins=origins)


def _keep_address(
    relationship: Relationship, persona: bytes, value: tuple[bytes, tuple[str, ...]]
) -> Relationship:
    """Where a side is reached; a new mailbox of the peer means a new session to it (spec 04 §9)."""
    mailbox, endpoints = value
    if persona == relationship.peer.log.persona:
        peer = relationship.peer._replace(mailbox=mailbox, endpoints=endpoints)
        sealing = relationship.sealing._replace(due=True, moved=True)
        return relationship._replace(peer=peer, sealing=sealing)
    me = relationship.me._replace(mailbox=mailbox, endpoints=endpoints)
    return relationship._replace(me=me)


def take_key(sealing: Sealing, key: KeyOffer | None) -> Sealing:
    """Take an announced receiving key; only a higher number than any before is new."""
    if key is None or key.number <= sealing.offered_number:
        return sealing
    return sealing._replace(offered=key, offered_number=key.number)


class Place(NamedTuple):
    """A mailbox, and the endpoints that take frames for it."""

    mailbox: bytes
    endpoints: tuple[str, ...]


def place(relationship: Relationship) -> Place:
    """Where the peer is reached now."""
    return Place(relationship.peer.mailbox, relationship.peer.endpoints)


def place_in(relationship: Relationship, epoch: int, history: History) -> Place:
    """Where the peer was at the end of one of its epochs; where it is now, if the log does not say.

    What `recover` named is not kept, and a reissue does not show when its place was named.
    """
    thread = relationship.thread
    for entry in reversed(history.entries(thread.id)) if thread is not None else ():
        header, body = entry.signed.header, entry.parts[0]
        said = not entry.mine and entry.verdict == APPLIED and header.first is None
        if said and body is not None and header.sender_epoch == epoch and header.name in _PLACING:
            placed = _PLACING[header.name].read(body.data)
            return Place(placed.mailbox, placed.endpoints)
    return place(relationship)
