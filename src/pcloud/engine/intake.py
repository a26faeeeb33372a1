"""Bytes to one authentic object: stages size, form and authentic (spec 05 §4, spec 14 §1).

Nothing of the scope changes unless all three pass; then the session is stored and a spent
receiving key destroyed, whatever the later stages say.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pcloud.engine import sealing
from pcloud.engine.lines import take_events
from pcloud.engine.snapshot import Incoming, Relationship
from pcloud.engine.statement import Statement, read_statement
from pcloud.errors import Code, Violation
from pcloud.kernel.context import Draw
from pcloud.wire import content as wire_content
from pcloud.wire import cose, session
from pcloud.wire.answers import ANSWER_TYPES, Answer, Parties, read_answer
from pcloud.wire.content import Content, Introduction, Start, read_content, read_introduced
from pcloud.wire.cose import Signed
from pcloud.wire.header import Header, SignedHeader, genesis, read_header
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.keys import Check, HybridKey, verify
from pcloud.wire.parts import Part
from pcloud.wire.session import ContactFrame, FrameKey


class Opened(NamedTuple):
    """A frame that was authentic: the scope with its session, and what was inside."""

    relationship: Relationship
    header: SignedHeader | None
    parts: tuple[Part | None, ...]
    answer: Answer | None
    statement: Statement | None
    answer_data: bytes | None
    session: bytes | None
    """The session an answer has to name, because the frame carried its start block."""
    key: FrameKey
    """What it opened under."""


Named = Parties | Header | Start
"""What says who signed it, for whom, in which epochs."""


class Unproven(NamedTuple):
    """A frame that is authentic if one signature holds, which may be checked beside, with others.

    Only `proven` takes out of it what was inside.
    """

    claimed: Opened
    check: Check


class Authentic(NamedTuple):
    """One signed object whose signature holds, or will be checked."""

    header: SignedHeader | None = None
    answer: Answer | None = None
    check: Check | None = None
    """What is still to be checked."""


def open_frame(relationship: Relationship, data: bytes, now: int, draw: Draw) -> Opened:
    """Open a session frame of this relationship. Raises Violation; then nothing has changed."""
    found = open_unproven(relationship, data, now, draw)
    if isinstance(found, Opened):
        return found
    verify(*found.check)
    return found.claimed


def proven(unproven: Unproven, *, holds: bool) -> Opened:
    """What was inside, where the signature holds. Raises Violation `bad-signature`."""
    if not holds:
        raise Violation(Code.BAD_SIGNATURE)
    return unproven.claimed


def open_unproven(relationship: Relationship, data: bytes, now: int, draw: Draw) -> Opened | Unproven:
    """Open a session frame as far as the signature of its message, its last check. Raises Violation."""
    frame = session.read_frame(data)
    if isinstance(frame, ContactFrame):
        raise Violation(Code.UNKNOWN_SESSION)
    unsealed = sealing.frame_key_for(relationship.sealing, frame, now)
    content = read_content(session.open_frame(unsealed.key, frame))
    if frame.block is not None and content.start is None:
        raise Violation(Code.START_MISSING)
    before = relationship
    if content.introduction is not None:
        relationship = _introduce(relationship, content.introduction)
    typ = None if content.signed is None else cose.peek_type(content.signed)
    statement, authentic = None, NOTHING
    if content.signed is not None and typ == cose.RECOVERED:
        statement = read_statement(relationship, content.signed, cose.RECOVERED)
        relationship = _take_events(relationship, statement)
    if unsealed.fresh is not None:
        relationship = _take_start(relationship, before, content, unsealed, draw)
    if content.signed is not None and typ is not None and statement is None:
        authentic = authenticate(relationship, content.signed, typ)
    opened = Opened(
        relationship,
        authentic.header,
        content.parts,
        authentic.answer,
        statement,
        content.signed if authentic.answer is not None else None,
        None if frame.block is None else frame.session,
        unsealed.key,
    )
    if authentic.check is None:
        return opened
    if relationship is not before:
        verify(*authentic.check)  # what changes the scope is taken only with all that came with it
        return opened
    return Unproven(opened, authentic.check)


def carry_over(opened: Opened, before: Relationship, now: Relationship) -> Opened | None:
    """What opening a frame gave `before`, for the scope as it is `now`; None where it has to be opened anew.

    So frames can be opened and verified beside the decisions that come first: what a frame holds follows from
    its key, and who may sign from both key logs. What changed the scope by itself, such as a start, is
    carried over only to the very scope that it was opened against.
    """
    if now is before:
        return opened
    same = (
        opened.relationship is before
        and now.me.log is before.me.log
        and now.peer.log is before.peer.log
        and any(known.frame_key == opened.key for known in now.sealing.sessions)
    )
    return Opened(now, *opened[1:]) if same else None


NOTHING = Authentic()


def _introduce(relationship: Relationship, introduction: Introduction) -> Relationship:
    """Take the successor of the invitation persona, once it proves to be that (spec 07 §4).

    Only a one-time persona has a successor, and only one: afterwards the peer is another persona.
    """
    peer, me = relationship.peer, relationship.me
    one_time = peer.log.persona == relationship.sealing.founding[1] and peer.log.current.commitment is None
    if relationship.incoming.number or not one_time:
        return relationship
    log = read_introduced(
        introduction,
        known=peer.log.persona,
        known_key=peer.log.current.signing_key,
        peer=me.log.persona,
    )
    if log.persona == peer.log.persona:
        return relationship
    line = Incoming(0, genesis(log.current.id, me.log.current.id))
    known = peer._replace(log=log, succession=introduction.succession)
    return relationship._replace(peer=known, incoming=line)


def _take_events(relationship: Relationship, statement: Statement) -> Relationship:
    """The events of a `recovered` come first: they may be newer than those known (spec 06 §3)."""
    if statement.relation is Relation.EXTENDS:
        return take_events(relationship, statement.log)
    if statement.relation is not Relation.SAME:
        raise Violation(Code.STALE)
    return relationship


def open_contact_frame(contact_keys: Sequence[HybridKey], data: bytes) -> bytes:
    """Open a contact frame with the key its tag names: the signed object inside. Raises Violation."""
    frame = session.read_frame(data)
    if not isinstance(frame, ContactFrame):
        raise Violation(Code.UNKNOWN_SESSION)
    for key in contact_keys:
        if session.contact_tag(key.public) == frame.tag:
            content = read_content(session.open_contact(key, frame))
            if content.start is not None or content.introduction is not None or content.parts:
                raise Violation(Code.SHAPE, "contact frame")
            assert content.signed is not None, "a content has a start or a signed element"
            return content.signed
    raise Violation(Code.NOT_OPENED)


def _take_start(
    relationship: Relationship,
    before: Relationship,
    content: Content,
    unsealed: sealing.Unsealed,
    draw: Draw,
) -> Relationship:
    """Take the session. Its start may be older than the introduction: signed by the invitation persona."""
    fresh, data = unsealed.fresh, content.start
    assert data is not None, "checked by the caller"
    assert fresh is not None, "checked by the caller"
    ids = (fresh.frame_key.session, fresh.number, unsealed.key_number)
    try:
        check_start(relationship, data, *ids)
    except Violation:
        if before is relationship:
            raise
        check_start(before, data, *ids)
    taken = sealing.take_session(relationship.sealing, fresh, draw)
    return relationship._replace(sealing=taken._replace(peer_start=data))


def check_start(
    relationship: Relationship, data: bytes, session_id: bytes, number: int, key_number: int
) -> None:
    """Verify a signed start. Raises Violation at stages form, authentic and order."""
    signed = cose.parse_sign1(data, cose.START)
    start = wire_content.read_start(signed.payload)
    _verify(relationship, signed, start)
    if (start.session, start.number, start.key_number) != (session_id, number, key_number):
        raise Violation(Code.START_MISMATCH)


def authenticate(relationship: Relationship, data: bytes, typ: str) -> Authentic:
    """Read and verify the signed object of a content, of this type. Raises Violation.

    The signature of a message is left to check, where nothing is to be judged after it.
    """
    signed = cose.parse_sign1(data, typ)
    if typ == cose.HEADER:
        header = read_header(signed.payload)
        check = None
        if header.recipient_epoch > relationship.me.log.epoch:
            _verify(relationship, signed, header)
        else:
            check = cose.check_sign1(signed, _signer(relationship, header))
        return Authentic(SignedHeader(header, signed.id, signed.kid, data), check=check)
    if typ in ANSWER_TYPES:
        answer = read_answer(typ, signed.payload)
        _verify(relationship, signed, answer.parties)
        return Authentic(answer=answer)
    raise Violation(Code.TYPE_MISMATCH)


def _verify(relationship: Relationship, signed: Signed, parties: Named) -> None:
    cose.verify_sign1(signed, _signer(relationship, parties))
    if parties.recipient_epoch > relationship.me.log.epoch:
        raise Violation(Code.OUTDATED)


def after_refusal(relationship: Relationship, violation: Violation) -> Relationship:
    """The scope after a refused frame: the same, unless what verified shows this copy to be outdated."""
    if violation.code is not Code.OUTDATED:
        return relationship
    return relationship._replace(stopped="the peer knows a newer epoch of mine")


def _signer(relationship: Relationship, parties: Named) -> bytes:
    """The key that may sign for these parties now. Raises Violation for others, and other epochs.

    Epochs come before the signature: what a newer epoch would sign cannot be checked yet, and what
    an older one signs is refused whoever sends it (spec 06 §7).
    """
    me, peer = relationship.me.log, relationship.peer.log
    recipient = parties.recipient
    if parties.sender != peer.persona:
        raise Violation(Code.WRONG_PARTY)
    if recipient != me.persona and recipient != relationship.sealing.founding[0]:
        raise Violation(Code.WRONG_PARTY)
    check_epochs(peer, me, parties)
    return peer.events[-1].signing_key


def check_epochs(peer: KeyLog, me: KeyLog, parties: Named) -> None:
    """Refuse what was signed in another pair of epochs. Raises Violation at stage order.

    An epoch of one's own that is newer shows an outdated copy, once the signature holds: see `_verify`.
    """
    theirs, mine = peer.epoch, me.epoch
    if parties.sender_epoch > theirs:
        raise Violation(Code.EPOCH_UNKNOWN)
    if parties.sender_epoch < theirs or parties.recipient_epoch < mine:
        raise Violation(Code.STALE)
