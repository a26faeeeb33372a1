"""What `Keep` effects change in the scope of a relationship (spec 05 §8)."""

from collections.abc import Iterable, Mapping
from typing import Any

from pcloud.engine.fold import AGREEMENTS, GRANTS
from pcloud.engine.gatekeeper import CLOSED
from pcloud.engine.snapshot import Relationship, Sealing
from pcloud.kernel.effects import Keep
from pcloud.kernel.thread import Thread
from pcloud.wire.answers import KeyOffer

ADDRESS, KEY, KIND, RENEWED = "address", "key", "kind", "renewed"

OF_THE_MOMENT = frozenset({ADDRESS, KEY, RENEWED})
"""What a reissued message no longer says: the position that came before it names the newest."""


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
