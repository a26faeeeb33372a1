"""The scope of an invitation, and how a relationship begins from either side (spec 07 §2-4)."""

from typing import NamedTuple

from pcloud.engine import sealing
from pcloud.engine.intake import Opened, check_start
from pcloud.engine.lines import new_lines
from pcloud.engine.sealing import INVITATION_KEY, fresh_receiving
from pcloud.engine.snapshot import InSession, Peer, Relationship, Sealing, Side
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.context import Draw
from pcloud.limits import MAILBOX_BYTES, PENDING_REQUESTS_MAX
from pcloud.wire import content as wire_content
from pcloud.wire import cose, keylog, session
from pcloud.wire.answers import KeyOffer
from pcloud.wire.content import Content, Introduction, read_content
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.invitation import Invitation
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.session import ContactFrame

NONCE_BYTES = 32
"""The handshake nonce behind the short code."""


class InvitationScope(NamedTuple):
    """An invitation as its maker keeps it: a scope of its own, consumed by accept."""

    invitation: Invitation
    key: SigningKey
    receiving: HybridKey
    used: int = 0
    pending: tuple[bytes, ...] = ()
    """Ids of requests that wait for the owner's word, oldest first."""


class Persona(NamedTuple):
    """Keys for a persona of one's own in one relationship."""

    log: KeyLog
    key: SigningKey


def new_persona(draw: Draw, contact: HybridKey, commitment: bytes | None) -> Persona:
    """A fresh persona; without a commitment it is one-time."""
    key = SigningKey.from_seed(draw(32))
    return Persona(keylog.KeyLog((keylog.first_event(key, contact.public, commitment),)), key)


def may_use(scope: InvitationScope, now: int) -> None:
    """Raise Violation `invitation-used` where an accept would go beyond its uses or its time."""
    expires = scope.invitation.expires
    if scope.used >= scope.invitation.uses or (expires is not None and now > expires):
        raise Violation(Code.INVITATION_USED)


def consume(scope: InvitationScope, request: bytes, now: int) -> InvitationScope:
    """Use the invitation once, for one pending request. Raises Violation `invitation-used`."""
    may_use(scope, now)
    return leave(scope, request)._replace(used=scope.used + 1)


def leave(scope: InvitationScope, request: bytes) -> InvitationScope:
    """The owner has answered: the request counts as pending no more."""
    return scope._replace(pending=tuple(other for other in scope.pending if other != request))


def admit(scope: InvitationScope, request: bytes) -> tuple[InvitationScope, bytes | None]:
    """Add a pending request; beyond the bound the oldest goes, never an established peer.

    Gives the scope, and the id of the request that went.
    """
    if request in scope.pending:
        return scope, None
    pending = (*scope.pending, request)
    if len(pending) <= PENDING_REQUESTS_MAX:
        return scope._replace(pending=pending), None
    return scope._replace(pending=pending[1:]), pending[0]


def answer_invitation(
    invitation: Invitation, persona: Persona, kind: str, endpoints: tuple[str, ...], draw: Draw
) -> Relationship:
    """The requester's scope: a pending contact, local only; nothing is sent."""
    outgoing, incoming = new_lines(persona.log, invitation.log)
    events = tuple(event.data for event in persona.log.events)
    me = Side(
        persona.log,
        persona.key,
        kind,
        draw(MAILBOX_BYTES),
        endpoints,
        draw(NONCE_BYTES),
        Introduction(events, None),
        invitation.id,
    )
    peer = Peer(invitation.log, invitation.kind, invitation.mailbox, invitation.endpoints)
    keys = Sealing(
        (persona.log.persona, invitation.log.persona),
        fresh_receiving(draw, 1),
        KeyOffer(INVITATION_KEY, invitation.receiving),
        INVITATION_KEY,
    )
    return Relationship(me, peer, keys, outgoing, incoming)


def open_request(scope: InvitationScope, data: bytes, now: int, draw: Draw) -> Opened:
    """Open a stranger's first frame: a new scope with the request to judge. Raises Violation.

    Whether the invitation still has uses is judged when the owner accepts (spec 07 §2).
    """
    frame = session.read_frame(data)
    if isinstance(frame, ContactFrame) or frame.block is None:
        raise Violation(Code.UNKNOWN_SESSION)
    invitation = scope.invitation
    start = sealing.read_block(frame)
    if start.key_number != INVITATION_KEY:
        raise Violation(Code.UNKNOWN_SESSION)
    key = session.open_start(scope.receiving, frame.block, (None, invitation.log.persona))
    content = read_content(session.open_frame(key, frame))
    return _stranger(scope, content, InSession(key, start.number, now), draw)


def _stranger(scope: InvitationScope, content: Content, fresh: InSession, draw: Draw) -> Opened:
    if content.start is None or content.introduction is None or content.signed is None:
        raise Violation(Code.START_MISSING)
    log = keylog.read_log(content.introduction.events)
    relationship = _requested_of(scope, log, fresh, draw)
    session_id = fresh.frame_key.session
    check_start(relationship, content.start, session_id, fresh.number, INVITATION_KEY)
    signed = cose.parse_sign1(content.signed, cose.HEADER)
    header = read_header(signed.payload)
    me = scope.invitation.log
    if (header.sender, header.recipient) != (log.persona, me.persona):
        raise Violation(Code.WRONG_PARTY)
    if (header.sender_epoch, header.recipient_epoch) != (log.epoch, me.epoch):
        raise Violation(Code.STALE)
    cose.verify_sign1(signed, log.current.signing_key)
    header_signed = SignedHeader(header, signed.id, signed.kid, content.signed)
    return Opened(relationship, header_signed, content.parts, None, None, None, session_id, fresh.frame_key)


def _requested_of(scope: InvitationScope, log: KeyLog, fresh: InSession, draw: Draw) -> Relationship:
    invitation = scope.invitation
    outgoing, incoming = new_lines(invitation.log, log)
    me = Side(
        invitation.log,
        scope.key,
        invitation.kind,
        invitation.mailbox,
        invitation.endpoints,
        draw(NONCE_BYTES),
        invitation=invitation.id,
    )
    keys = Sealing(
        (invitation.log.persona, log.persona),
        fresh_receiving(draw, 1),
        None,
        INVITATION_KEY,
        sessions=(fresh,),
    )
    peer = Peer(log, invitation.kind, invitation.mailbox, invitation.endpoints)
    return Relationship(me, peer, keys, outgoing, incoming)


def become(
    relationship: Relationship, persona: Persona, draw: Draw, endpoints: tuple[str, ...]
) -> Relationship:
    """Go on as another persona than the invitation's, before the accept (spec 07 §4).

    Both sign the succession, which travels sealed until the peer has judged the accept. Raises
    UsageError once anything was said in the own line.
    """
    me, peer = relationship.me, relationship.peer
    if relationship.outgoing.number:
        raise UsageError(Code.NOT_IN_STATE)
    personas = (me.log.persona, persona.log.persona, peer.log.persona)
    succession = wire_content.make_succession(me.key, persona.key, personas)
    events = tuple(event.data for event in persona.log.events)
    outgoing, _ = new_lines(persona.log, peer.log)
    return relationship._replace(
        me=Side(
            persona.log,
            persona.key,
            me.kind,
            draw(MAILBOX_BYTES),
            endpoints,
            me.nonce,
            Introduction(events, succession),
            me.invitation,
        ),
        outgoing=outgoing,
    )
