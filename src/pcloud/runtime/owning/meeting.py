"""How two owners meet: a pending contact, a yes, a relationship (spec 07 §3-4)."""

from typing import NamedTuple

from pcloud.engine import handshake, invitations
from pcloud.engine.compose import Command, command
from pcloud.engine.export.write import Origin
from pcloud.engine.snapshot import Relationship
from pcloud.errors import Code, UsageError
from pcloud.features.relationship.close import RelationshipClose
from pcloud.features.relationship.decline import RelationshipDecline
from pcloud.limits import DISPLAY_NAME_BYTES_MAX
from pcloud.runtime import facts
from pcloud.runtime.deciding.asking import ask_for_use
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.knocking import SCOPE_BYTES, ended
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import customers, keypool
from pcloud.runtime.owning.offering import end
from pcloud.runtime.relaying import berths
from pcloud.store.port import Contact, Direction, Offer, Route, ScopeKind, Store
from pcloud.wire import cbor
from pcloud.wire.invitation import Invitation, stored_invitation
from pcloud.wire.keys import SEED_BYTES, HybridKey
from pcloud.wire.session import contact_tag

PENDING = "pending"


class Self(NamedTuple):
    """What this node says of itself to somebody it meets."""

    kind: str
    endpoints: tuple[str, ...]


def pend(batch: Batch, invitation: Invitation, me: Self) -> Scope:
    """Keep what an invitation leads to as a pending contact: local, and nothing is sent (spec 07 §2)."""
    known = batch.fact(facts.INVITED + invitation.id.hex())
    if known is not None:
        return batch.scope(known)
    id_ = batch.draw(SCOPE_BYTES)
    persona = _persona(batch, id_)
    relationship = invitations.answer_invitation(
        invitation, persona.persona, me.kind, me.endpoints, batch.draw
    )
    contact = Contact(
        id_,
        Direction.OUT,
        PENDING,
        invitation.title,
        invitation.purpose,
        invitation.kind,
        invitation.role,
        invitation.id,
        batch.now,
        0,
    )
    scope = Scope(contact.scope, relationship, contact, batch.store)
    batch.found(scope)
    batch.changes.facts[facts.INVITED + invitation.id.hex()] = scope.id
    batch.changes.facts[facts.INVITATION + scope.id.hex()] = invitation.data
    _reach(batch, scope, persona.contact)
    return scope


class _Persona(NamedTuple):
    persona: invitations.Persona
    contact: HybridKey


def _persona(batch: Batch, scope: bytes) -> _Persona:
    """A fresh persona for one relationship, with a commitment of the owner's words (spec 03 §4)."""
    commitment = keypool.take(batch.store, batch.changes, scope)
    if commitment is None:
        raise UsageError(
            Code.NOT_IN_STATE, "no key is left for it: stop the node, and make more with `pcloud pool extend`"
        )
    contact = HybridKey.from_seed(batch.draw(SEED_BYTES))
    return _Persona(invitations.new_persona(batch.draw, contact, commitment), contact)


def _reach(batch: Batch, scope: Scope, contact: HybridKey) -> None:
    """Frames for its mailbox and its contact key lead here from now on."""
    _lead_here(batch, scope)
    batch.changes.contact_keys[contact_tag(contact.public)] = (scope.id, contact)


def _lead_here(batch: Batch, scope: Scope) -> None:
    mailbox = scope.relationship.me.mailbox
    batch.steps += 1
    batch.changes.routes[mailbox] = Route(mailbox, scope.id, ScopeKind.RELATIONSHIP)


def invitation_of(batch: Batch, scope: Scope) -> Invitation | None:
    """The invitation by which two met, where this node keeps it."""
    data = batch.fact(facts.INVITATION + scope.id.hex())
    return None if data is None else stored_invitation(data)


def origin_of(batch: Batch, scope: Scope) -> Origin:
    """How the two met, as it was signed (spec 19 §2)."""
    return stored_origin(batch.store, scope.id, scope.relationship)


def stored_origin(store: Store, scope: bytes, relationship: Relationship) -> Origin:
    """The same of what is committed."""
    own = store.fact(facts.SUCCESSION + scope.hex())
    return Origin(store.fact(facts.INVITATION + scope.hex()), own or relationship.peer.succession)


def accept(batch: Batch, scope: Scope, me: Self, name: str | None) -> Scope:
    """The owner's yes: ask, or let in. Raises UsageError, Violation."""
    item = _item(name)
    if scope.contact.direction is Direction.OUT:
        invitation = invitation_of(batch, scope)
        if scope.contact.state != PENDING or invitation is None:
            raise UsageError(Code.NOT_IN_STATE, "it was asked already")
        scope.relationship = berths.house(batch, scope.id, scope.relationship, me.endpoints)
        _lead_here(batch, scope)
        wanted = handshake.request(scope.relationship, invitation, name=item)
        batch.apply(scope, command(scope.relationship, wanted, scope.log, batch.setting))
        return scope
    thread, offer = scope.relationship.thread, _offer_of(batch, scope)
    if thread is None or thread.state != "requested":
        raise UsageError(Code.NOT_IN_STATE, "it is not pending")
    if offer is None or ended(offer, batch.now):
        raise UsageError(Code.INVITATION_USED)
    offer = ask_for_use(batch, scope, offer, thread.id)
    persona = _persona(batch, scope.id)
    become = invitations.become(scope.relationship, persona.persona, batch.draw, me.endpoints)
    become = berths.house(batch, scope.id, become, me.endpoints)
    scope.relationship = become
    wanted = handshake.accept(become, thread.id, name=item)
    batch.apply(scope, command(become, wanted, scope.log, batch.setting))
    _reach(batch, scope, persona.contact)
    introduced = become.me.introduction
    batch.changes.facts[facts.INVITATION + scope.id.hex()] = offer.state.invitation.data
    batch.changes.facts[facts.SUCCESSION + scope.id.hex()] = introduced and introduced.succession
    if offer.state.used >= offer.state.invitation.uses:
        end(batch, offer)
    customers.came(batch, scope.contact)
    return scope


def _offer_of(batch: Batch, scope: Scope) -> Offer | None:
    route = batch.store.route(scope.relationship.me.mailbox)
    return None if route is None else batch.offer(route.scope)


def _item(name: str | None) -> bytes | None:
    """A display name as an item. Raises UsageError for one that no peer would show (spec 07 §3)."""
    if not name:
        return None
    item = cbor.encode(name)
    if len(name.encode()) > DISPLAY_NAME_BYTES_MAX:
        raise UsageError(Code.BODY_FORM, f"a name has at most {DISPLAY_NAME_BYTES_MAX} bytes")
    return item


def decline(batch: Batch, scope: Scope, reason: str | None) -> Scope:
    """The owner's no: refuse a request, take one's own back, or drop what was never sent."""
    thread = scope.relationship.thread
    if scope.contact.direction is Direction.IN:
        wanted = Command(RelationshipDecline(reason=reason), None if thread is None else thread.id)
        batch.apply(scope, command(scope.relationship, wanted, scope.log, batch.setting))
        offer = _offer_of(batch, scope)
        if offer is not None and thread is not None:
            batch.changes.offers[offer.scope] = offer._replace(
                state=invitations.leave(offer.state, thread.id)
            )
        return scope
    if thread is not None:
        if thread.state != "requested":
            raise UsageError(Code.NOT_IN_STATE, "it was answered already")
        wanted = Command(RelationshipClose(held="none"), thread.id)
        batch.apply(scope, command(scope.relationship, wanted, scope.log, batch.setting))
        return scope
    if scope.contact.state != PENDING:
        raise UsageError(Code.NOT_IN_STATE, "it was dropped already")
    batch.steps += 1
    batch.changes.facts[facts.INVITATION + scope.id.hex()] = None
    batch.changes.facts[facts.INVITED + scope.contact.invitation.hex()] = None
    scope.contact = batch.changes.contacts[scope.id] = scope.contact._replace(state="declined")
    return scope
