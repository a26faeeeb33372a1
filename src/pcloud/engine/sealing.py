"""Sessions as a relationship keeps them: begin, seal, open, renew (spec 04 §3-4)."""

from itertools import pairwise
from typing import NamedTuple

from pcloud.engine.snapshot import InSession, OutSession, Receiving, Relationship, Sealing
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.context import Draw
from pcloud.limits import (
    SESSION_AGE_S_MAX,
    SESSION_FRAMES_DUE,
    SESSION_FRAMES_MAX,
    SESSION_KEPT_S_MAX,
    SESSIONS_KEPT_MAX,
)
from pcloud.wire import session as wire
from pcloud.wire.answers import KeyOffer
from pcloud.wire.content import Content, Start, sign_start, write_content
from pcloud.wire.keys import NONCE_BYTES, SEED_BYTES, HybridKey
from pcloud.wire.parts import Part
from pcloud.wire.session import Frame, FrameKey, StartBlock

INVITATION_KEY = 0
"""Number of an invitation's receiving key, which is not one-time."""


class Sealed(NamedTuple):
    """A frame ready to go, and the scope after it."""

    relationship: Relationship
    frame: bytes


def fresh_receiving(draw: Draw, number: int) -> Receiving:
    """Two receiving keys, the first of the given number. Each is computed when it is announced."""
    return Receiving(number, HybridKey.later(draw(SEED_BYTES)), HybridKey.later(draw(SEED_BYTES)))


def announced(relationship: Relationship) -> KeyOffer:
    """The receiving key to name in answers, requests and accepts."""
    receiving = relationship.sealing.receiving
    return KeyOffer(receiving.number, receiving.current.public)


def session_due(sealing: Sealing, now: int) -> bool:
    """Whether a new session ought to begin (spec 04 §4)."""
    out = sealing.out
    return (
        out is None or sealing.due or now - out.began >= SESSION_AGE_S_MAX or out.frames >= SESSION_FRAMES_DUE
    )


def renew(relationship: Relationship) -> Relationship:
    """Ask for a new session: after an erasure, a new mailbox, a start of the node."""
    return relationship._replace(sealing=relationship.sealing._replace(due=True))


def _begin(relationship: Relationship, now: int, draw: Draw) -> Relationship:
    """Spend the peer's offered key on a new session."""
    sealing = relationship.sealing
    offered = sealing.offered
    if offered is None:
        raise UsageError(Code.UNKNOWN_SESSION, "no unused receiving key of the peer")
    number = sealing.started + 1
    mine, theirs = sealing.founding
    founding = (None if offered.number == INVITATION_KEY else mine, theirs)
    block, frame_key = wire.make_start(offered.public, draw(SEED_BYTES), founding, number, offered.number)
    me, peer = relationship.me, relationship.peer
    start = Start(
        me.log.persona,
        peer.log.persona,
        me.log.epoch,
        peer.log.epoch,
        frame_key.session,
        number,
        offered.number,
    )
    out = OutSession(frame_key, number, block, sign_start(me.key, start), now, 0)
    begun = sealing._replace(out=out, started=number, offered=None, due=False, moved=False)
    return relationship._replace(sealing=begun)


def can_seal(sealing: Sealing) -> bool:
    """Whether anything can be sealed now: in a session that is left, or to a receiving key of the peer."""
    return sealing.offered is not None or not _used_up(sealing.out)


def _used_up(out: OutSession | None) -> bool:
    return out is None or out.frames >= SESSION_FRAMES_MAX


def seal(
    relationship: Relationship,
    signed: bytes | None,
    parts: tuple[Part | None, ...],
    now: int,
    draw: Draw,
    *,
    answer: bool = False,
) -> Sealed:
    """Seal one signed object, or a start alone, for the peer.

    An answer makes a new session only where there is none that serves. Raises UsageError where no session
    can be.
    """
    sealing = relationship.sealing
    wanted = sealing.moved or (not answer and session_due(sealing, now))
    if _used_up(sealing.out) or (wanted and sealing.offered is not None):
        relationship = _begin(relationship, now, draw)
        sealing = relationship.sealing
    out = sealing.out
    assert out is not None, "begun above where there was none"
    content = Content(out.start, relationship.me.introduction, signed, parts)
    frame = wire.seal_frame(out.frame_key, out.block, write_content(content), draw(NONCE_BYTES))
    used = OutSession(out.frame_key, out.number, out.block, out.start, out.began, out.frames + 1)
    return Sealed(relationship._replace(sealing=sealing._replace(out=used)), frame)


class Unsealed(NamedTuple):
    """The key a frame opens under; `fresh` is the session it would add."""

    key: FrameKey
    fresh: InSession | None
    key_number: int


def frame_key_for(sealing: Sealing, frame: Frame, now: int) -> Unsealed:
    """Find or open the session of a frame. Raises Violation at stages form and authentic."""
    for known in forget_sessions(sealing.sessions, now):
        # Its block has that hash too, so it is the one that was read when the session began.
        if known.frame_key.session == frame.session and (
            frame.block is None or wire.session_of(frame.block) == frame.session
        ):
            return Unsealed(known.frame_key, None, 0)
    if frame.block is None:
        raise Violation(Code.UNKNOWN_SESSION)
    start, receiving = read_block(frame), sealing.receiving
    if start.key_number != receiving.number:
        spent = INVITATION_KEY < start.key_number < receiving.number
        raise Violation(Code.KEY_SPENT if spent else Code.UNKNOWN_SESSION)
    mine, theirs = sealing.founding
    key = wire.open_start(receiving.current, frame.block, (theirs, mine))
    return Unsealed(key, InSession(key, start.number, now), start.key_number)


def read_block(frame: Frame) -> StartBlock:
    """Read the start block of a frame. Raises Violation `start-mismatch` for a block of another session."""
    block = frame.block or b""
    start = wire.read_start(block)
    if wire.session_of(block) != frame.session:
        raise Violation(Code.START_MISMATCH)
    return start


def take_session(sealing: Sealing, fresh: InSession, draw: Draw) -> Sealing:
    """Store a session and destroy the receiving key it spent, taking the next (spec 04 §4).

    Raises Violation `start-mismatch` where the number does not rise.
    """
    if sealing.sessions and fresh.number <= sealing.sessions[-1].number:
        raise Violation(Code.START_MISMATCH)
    receiving = sealing.receiving
    following = Receiving(receiving.number + 1, receiving.spare, HybridKey.later(draw(SEED_BYTES)))
    kept = forget_sessions(sealing.sessions, fresh.began)
    return sealing._replace(sessions=(*kept, fresh)[-SESSIONS_KEPT_MAX:], receiving=following)


def forget_sessions(sessions: tuple[InSession, ...], now: int) -> tuple[InSession, ...]:
    """Drop each session whose successor began a day ago or more; the newest stays."""
    pairs = pairwise(sessions)
    old = sum(1 for _, successor in pairs if now - successor.began >= SESSION_KEPT_S_MAX)
    return sessions[old:]


def tidy_sessions(relationship: Relationship, now: int) -> Relationship:
    """What a timer does: destroy the secrets that are a day past their use."""
    sealing = relationship.sealing
    return relationship._replace(sealing=sealing._replace(sessions=forget_sessions(sealing.sessions, now)))


def erase_sessions(relationship: Relationship) -> Relationship:
    """An item of the peer was erased: no secret is kept but that of its newest session (spec 04 §10)."""
    sealing = relationship.sealing
    return relationship._replace(sealing=sealing._replace(sessions=sealing.sessions[-1:]))
