"""Stage gate: authority is judged here and nowhere else (spec 05 §6).

Only stored state and the message's claims are looked at. What is not allowed is refused, and a
prohibition wins over a permission.
"""

from collections.abc import Iterator, Mapping
from itertools import product

from pcloud.engine.fold import replay
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, Entry, History, Relationship
from pcloud.errors import Code, Violation
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.kernel.gate import (
    Agreement,
    Claims,
    Clause,
    Ended,
    Gate,
    Grant,
    Mark,
    Policy,
    Rosters,
)
from pcloud.kernel.machine import party, unseen
from pcloud.kernel.message import Message
from pcloud.wire.header import SignedHeader

ACTIVE = "active"
RESTING = frozenset({"paused-by-opener", "paused-by-other", "paused-by-both"})
CLOSED = "closed"
MET = RESTING | {ACTIVE, CLOSED}
"""States of a relationship that was made."""
_OPEN, _RELATED = Gate.OPEN, Gate.RELATED  # to look them up in their enum takes as long as to judge them
DENIED = Policy(())
"""What an agreement allows whose roster this node does not hold: nothing."""


def require_standing(
    relationship: Relationship,
    message: type[Message],
    signed: SignedHeader,
    now: int,
    *,
    unsure: bool = False,
) -> Agreement | None:
    """Judge the first step, before any part is read: may this sender say this at all.

    Returns the agreement that the header names, if the gate asks for one. Raises Violation at stage gate.
    """
    gate = message.GATE
    if gate is _OPEN:
        return None
    _require_active(relationship, message, signed)
    if unsure and message.MARK is not Mark.RESTRICTS:
        raise Violation(Code.UNAFFIRMED)
    if gate is _RELATED:
        return None
    named = signed.header.agreement
    if named is None:
        raise Violation(Code.NO_AGREEMENT)
    agreement = relationship.agreements.get(named)
    if agreement is None:
        raise Violation(Code.UNKNOWN_AGREEMENT)
    if not relationship.unaffirmed.isdisjoint(agreement.entries):
        raise Violation(Code.UNAFFIRMED)
    _require_in_force(agreement.ended, agreement.until, signed, now)
    return agreement


def require_allowed(
    relationship: Relationship,
    agreement: Agreement | None,
    message: Message,
    signed: SignedHeader,
    now: int,
    rosters: Rosters,
) -> Grant | None:
    """Judge the second step, with the body read: do agreement and grant allow what is claimed.

    Raises Violation `terms-forbid` with the clause, `no-grant`, `unaffirmed`, and as the first step.
    """
    if agreement is None:
        return None
    claims = message.claims()
    terms = rosters.get((agreement.roster, agreement.terms))
    require_policy(DENIED if terms is None else terms.policy, claims, agreement.until, now)
    if message.GATE is not Gate.GRANTED:
        return None
    grant = None if claims.grant is None else relationship.grants.get(claims.grant)
    if grant is None or grant.agreement != agreement.id:
        raise Violation(Code.NO_GRANT)
    if not relationship.unaffirmed.isdisjoint(grant.entries):
        raise Violation(Code.UNAFFIRMED)
    _require_in_force(grant.ended, grant.until, signed, now)
    return grant


def unsure(relationship: Relationship, history: History, registry: Registry) -> bool:
    """Whether something that made the relationship is unaffirmed, so that it carries no gate (spec 06 §6)."""
    thread = relationship.thread
    if not relationship.unaffirmed or thread is None:
        return False
    return any(
        entry.signed.header.name != RelationshipAffirm.NAME
        for entry in _unaffirmed(relationship, thread.id, history, registry)
    )


def as_it_stood(
    relationship: Relationship, signed: SignedHeader, history: History, registry: Registry
) -> Relationship:
    """The scope by which the gates judge a message: for a reissue as its sender knew it.

    Its receiver had judged it, and has lost that together with own entries, such as a thief's pause, or the
    seal of the agreement that it names. Until the owner has looked at those, they count where the sender had
    seen them, and refuse nothing that was said before (spec 06 §4).
    """
    thread = relationship.thread
    if signed.header.first is None or thread is None or not relationship.unaffirmed:
        return relationship
    entries = history.entries(thread.id)
    lost = {entry.first_id for entry in entries if entry.mine and entry.first_id in relationship.unaffirmed}
    marked = relationship.unaffirmed - lost - _own_seen(relationship, signed, history)
    seen = (entry for entry in entries if entry.first_id not in lost or entry.signed.rank <= signed.knew)
    stood, _ = replay(seen, registry, marked, relationship.logs)
    return relationship._replace(thread=stood, unaffirmed=marked)


def _own_seen(relationship: Relationship, signed: SignedHeader, history: History) -> frozenset[bytes]:
    """Own unaffirmed entries that made agreements and grants, as far as a sender had seen them."""
    makers = {id_ for agreement in relationship.agreements.values() for id_ in agreement.entries}
    makers.update(id_ for grant in relationship.grants.values() for id_ in grant.entries)
    found = [history.find(id_) for id_ in makers & relationship.unaffirmed]
    seen = (entry for entry in found if entry is not None and entry.mine and entry.signed.rank <= signed.knew)
    return frozenset(entry.first_id for entry in seen)


def require_ground(
    relationship: Relationship, message: Message, signed: SignedHeader, history: History, registry: Registry
) -> None:
    """Refuse what permits and stands on its sender's unaffirmed word. Raises Violation `unaffirmed`."""
    if not relationship.unaffirmed or message.MARK is not Mark.PERMITS:
        return
    if isinstance(message, RelationshipAffirm):
        return  # it builds on nothing
    for entry in _unaffirmed(relationship, signed.thread_id, history, registry):
        if entry.signed.header.sender == signed.header.sender:
            raise Violation(Code.UNAFFIRMED)


def _unaffirmed(
    relationship: Relationship, thread_id: bytes, history: History, registry: Registry
) -> Iterator[Entry]:
    """Entries of a thread that would permit something, had they been affirmed."""
    marked = relationship.unaffirmed
    for entry in history.entries(thread_id):
        message = registry.messages.get(entry.signed.header.name)
        permits = message is not None and message.MARK is Mark.PERMITS
        if permits and entry.first_id in marked and entry.verdict in (None, APPLIED):
            yield entry


def provable(relationship: Relationship) -> Mapping[bytes, Agreement]:
    """The agreements that may support something: those of which nothing is unaffirmed."""
    if not relationship.unaffirmed:
        return relationship.agreements
    return {
        id_: agreement
        for id_, agreement in relationship.agreements.items()
        if relationship.unaffirmed.isdisjoint(agreement.entries)
    }


def require_policy(policy: Policy, claims: Claims, until: int | None, now: int) -> None:
    """Judge claims by a compiled agreement that lasts `until`. Raises Violation `terms-forbid`."""
    for clause in policy.clauses:
        if not clause.allowed and _touches(clause, claims):
            raise Violation(Code.TERMS_FORBID, clause.name)
    for category, purpose in product(claims.categories or (None,), claims.purposes or (None,)):
        if not any(_allows(clause, claims.action, category, purpose) for clause in policy.clauses):
            raise Violation(Code.TERMS_FORBID, "no clause allows it")
    if claims.onward is not None and not policy.onward:
        raise Violation(Code.TERMS_FORBID, "onward")
    last = min((bound for bound in (until, _retained(policy, now)) if bound is not None), default=None)
    if claims.until is not None and last is not None and claims.until > last:
        raise Violation(Code.TERMS_FORBID, "until")


def _retained(policy: Policy, now: int) -> int | None:
    return None if policy.retention_s_max is None else now + policy.retention_s_max


def _allows(clause: Clause, action: str, category: str | None, purpose: str | None) -> bool:
    """Whether one clause allows this action on this category for this purpose, None where none is claimed."""
    return (
        clause.allowed
        and _covers(clause.actions, action)
        and _covers(clause.categories, category)
        and _covers(clause.purposes, purpose)
    )


def _covers(spoken_of: tuple[str, ...], claimed: str | None) -> bool:
    """An empty list in a clause speaks of everything."""
    return not spoken_of or claimed is None or claimed in spoken_of


def _touches(clause: Clause, claims: Claims) -> bool:
    return (
        _covers(clause.actions, claims.action)
        and (not clause.categories or not set(clause.categories).isdisjoint(claims.categories))
        and (not clause.purposes or not set(clause.purposes).isdisjoint(claims.purposes))
    )


def _require_active(relationship: Relationship, message: type[Message], signed: SignedHeader) -> None:
    """The relationship must be active; what restricts passes while it rests and after its end."""
    thread = relationship.thread
    if thread is None or thread.state not in MET:
        raise Violation(Code.NOT_RELATED)
    if thread.state == ACTIVE or message.MARK is Mark.RESTRICTS:
        return
    sender = signed.header.sender
    if sender != relationship.me.log.persona and unseen(thread, party(thread, sender), *signed.knew):
        raise Violation(Code.CROSSED)  # an own word that is still to be said crosses nothing (spec 05 §7)
    raise Violation(Code.CLOSED if thread.state == CLOSED else Code.PAUSED)


def _require_in_force(ended: tuple[Ended, ...], until: int | None, signed: SignedHeader, now: int) -> None:
    """Refuse what has ended: as crossed where only the receiver ended it and the sender had not seen that."""
    if ended:
        sender = signed.header.sender
        crossed = all(end.sender != sender and (end.generation, end.number) > signed.knew for end in ended)
        raise Violation(Code.CROSSED if crossed else Code.AGREEMENT_ENDED)
    if until is not None and now > until:
        raise Violation(Code.AGREEMENT_ENDED)
