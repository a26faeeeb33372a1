"""A stranger at an invitation's mailbox: a request becomes a pending contact, no more (spec 07 §3)."""

from pcloud.engine import invitations, turn
from pcloud.engine.compose import Command, command
from pcloud.engine.fold import act_of
from pcloud.engine.intake import Opened, open_frame
from pcloud.engine.invitations import InvitationScope
from pcloud.engine.snapshot import APPLIED, Decision
from pcloud.errors import Code, Violation
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.features.relationship.request import RelationshipRequest
from pcloud.net.port import Packet
from pcloud.runtime.deciding.batch import LET_IN, Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.store.port import Contact, Direction, Offer
from pcloud.wire import session

TRIED_MAX = 16
"""Pending requests that a frame of an unknown session is tried on, the newest first: 0.3 ms each."""
TRIED_BATCH_MAX = 64
"""The same for all such frames of one commit, so that nobody waits long for what strangers make up."""
SCOPE_BYTES = 16
"""A relationship's id in this node."""


def knock(batch: Batch, packet: Packet) -> bytes:
    """Take a frame of an unknown session at an invitation's mailbox: gives the scope. Raises Violation."""
    route = batch.store.route(packet.mailbox)
    offer = None if route is None else batch.offer(route.scope)
    if offer is None:
        raise Violation(Code.UNKNOWN_SESSION)
    if ended(offer, batch.now):
        return _again(batch, offer, packet)
    try:
        opened = invitations.open_request(offer.state, packet.frame, batch.now, batch.draw)
    except Violation as violation:
        if violation.code is not Code.UNKNOWN_SESSION:
            raise
        return _again(batch, offer, packet)
    scope = _pending(batch, offer, opened)
    decision, _ = turn.act(opened, scope.log, batch.setting)
    if not decision.entries or decision.entries[0].verdict != APPLIED:
        # A stranger's word that is no request, or not its first, leaves nothing behind.
        raise Violation(Code.INVITATION_MISMATCH)
    scope.contact = _described(scope.contact, decision, batch)
    batch.found(scope)
    batch.changes.sessions[session_of(opened)] = scope.id
    batch.apply(scope, decision)
    _admit(batch, offer, scope)
    batch.tell("asked", scope)
    if LET_IN in batch.handlers:
        batch.ask(scope.id, LET_IN, b"")
    return scope.id


def ended(offer: Offer, now: int) -> bool:
    """Whether no request for it can be accepted any more (spec 07 §1)."""
    expires, state = offer.state.invitation.expires, offer.state
    return offer.withdrawn or state.used >= state.invitation.uses or (expires is not None and now > expires)


def session_of(opened: Opened) -> bytes:
    """The session of a request, which begins one."""
    return opened.relationship.sealing.sessions[-1].frame_key.session


def _pending(batch: Batch, offer: Offer, opened: Opened) -> Scope:
    invitation = offer.state.invitation
    contact = Contact(
        batch.draw(SCOPE_BYTES),
        Direction.IN,
        "requested",
        None,
        invitation.purpose,
        "person",
        None,
        invitation.id,
        batch.now,
        batch.now,
    )
    return Scope(contact.scope, opened.relationship, contact, batch.store)


def _described(contact: Contact, decision: Decision, batch: Batch) -> Contact:
    """What the request says of who asks."""
    entry = decision.entries[0]
    message = act_of(batch.setting.registry, entry.signed, entry.parts).message
    assert isinstance(message, RelationshipRequest), "the table lets nothing else open a relationship"
    return contact._replace(purpose=message.purpose or contact.purpose, kind=message.kind, role=message.role)


def _admit(batch: Batch, offer: Offer, scope: Scope) -> None:
    """Count it as pending; beyond the bound the oldest goes, declined (spec 07 §1)."""
    thread = scope.relationship.thread
    assert thread is not None, "an applied request has opened it"
    state, gone = invitations.admit(offer.state, thread.id)
    batch.changes.offers[offer.scope] = offer._replace(state=state)
    if gone is not None:
        decline_oldest(batch, state, gone)


def decline_oldest(batch: Batch, state: InvitationScope, thread: bytes) -> None:
    """Decline a pending request that made room for another one."""
    invitation = state.invitation.id
    new = (id_ for id_, row in batch.changes.contacts.items() if row and row.invitation == invitation)
    for id_ in (*reversed(batch.store.pending(invitation)), *new):
        scope = batch.scope(id_)
        known = scope.relationship.thread
        if known is not None and known.id == thread:
            wanted = Command(RelationshipDecline(reason="later"), thread)
            batch.apply(scope, command(scope.relationship, wanted, scope.log, batch.setting))
            return


def _again(batch: Batch, offer: Offer, packet: Packet) -> bytes:
    """A second session of somebody who has not heard the owner's word. Raises Violation for nobody's."""
    invitation = offer.state.invitation.id
    declined = (id_ for id_ in batch.store.declined(invitation, TRIED_MAX) if batch.store.delivery(id_))
    for id_ in (*batch.store.pending(invitation)[:TRIED_MAX], *declined):
        batch.tried += 1
        if batch.tried > TRIED_BATCH_MAX:
            break
        scope = batch.scope(id_)
        try:
            opened = open_frame(scope.relationship, packet.frame, batch.now, batch.draw)
        except Violation:
            continue
        frame = session.read_frame(packet.frame)
        assert isinstance(frame, session.Frame), "a contact frame has its own way"
        batch.changes.sessions[frame.session] = scope.id
        decision, behind = turn.act(opened, scope.log, batch.setting)
        batch.apply(scope, decision)
        scope.behind = scope.behind or behind
        scope.sent = 0  # who asked can be reached again: the owner's word goes at once (spec 05 §5)
        return scope.id
    raise Violation(Code.UNKNOWN_SESSION)
