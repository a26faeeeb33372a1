"""From one frame to what goes back: the turn that every runtime takes, whatever it stores with (spec 05 §4).

Open, decide, commit, then let go what was sealed. Nothing here may leave the node before the decision is
committed.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pcloud.engine import answering, decide, intake, recovery, sealing
from pcloud.engine.compose import Setting
from pcloud.engine.intake import Opened, open_contact_frame
from pcloud.engine.keeping import Place, place, place_in
from pcloud.engine.snapshot import Decision, Due, History, Relationship
from pcloud.engine.statement import Statement, read_statement
from pcloud.errors import Code, Violation
from pcloud.kernel.context import Draw
from pcloud.wire import cose, session
from pcloud.wire.content import Content, write_content
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.keys import HybridKey

RESEND, RECOVERED = "resend", "recovered"
"""Kinds of what goes out again because the peer asked for it, limited as answers are."""

_OUTDATED = (Code.NOT_OPENED, Code.UNKNOWN_SESSION, Code.KEY_SPENT, Code.START_MISMATCH)
"""Refusals of a frame that a copy of the peer which was set back may meet (spec 06 §10)."""


class Notice(NamedTuple):
    """A frame for an outdated copy of the peer, which may be elsewhere than the peer (spec 06 §13)."""

    place: Place
    frame: bytes


class Out(NamedTuple):
    """The scope after sealing, and the frames to let go once it is committed."""

    relationship: Relationship
    frames: tuple[bytes, ...] = ()
    notices: tuple[Notice, ...] = ()
    """Those that go elsewhere than where the peer is now."""

    @classmethod
    def of(cls, sealed: sealing.Sealed) -> "Out":
        """One frame."""
        return cls(sealed.relationship, (sealed.frame,))

    @classmethod
    def told(cls, relationship: Relationship, notices: Iterable[Notice]) -> "Out":
        """Notices, each to its place."""
        listed, present = tuple(notices), place(relationship)
        here = tuple(notice.frame for notice in listed if notice.place == present)
        return cls(relationship, here, tuple(notice for notice in listed if notice.place != present))


class Acted(NamedTuple):
    """What an authentic frame led to: the decision to commit, and whether the peer's copy is an older one."""

    decision: Decision
    behind: bool = False


class Contacted(NamedTuple):
    """What a contact frame led to."""

    decision: Decision
    out: Out | None = None
    """What a copy that was refused is told."""
    refused: Violation | None = None
    stale: bytes = b""
    """The signed `stale` that stopped this copy: it shows a key log that the owner's words extend."""
    recovered: bool = False
    """Whether `recovered` is owed once the decision is committed."""


def act(opened: Opened, history: History, setting: Setting) -> Acted:
    """Decide on what was inside a frame that was authentic."""
    relationship, answer = opened.relationship, opened.answer
    if opened.header is not None:
        return Acted(decide.judge(opened, history, setting))
    if answer is not None and opened.answer_data is not None:
        behind = answering.peer_behind(relationship, answer)
        decision = answering.take_answer(
            relationship, answer, opened.answer_data, opened.session, history, setting.registry
        )
        return Acted(decision, behind)
    due = Due(decide.RECEIPT, opened.session)
    if opened.statement is not None:
        decision = recovery.accept_recovered(relationship, opened.statement, history, setting)
        return Acted(decision._replace(due=due))
    return Acted(Decision(relationship, due=due))


def _seal(relationship: Relationship, signed: bytes | None, now: int, draw: Draw, *, answer: bool) -> Out:
    return Out.of(sealing.seal(relationship, signed, (), now, draw, answer=answer))


def seal_contact(peer: KeyLog, signed: bytes) -> bytes:
    """Seal one signed object to the newest contact key of a log."""
    content = write_content(Content(None, None, signed, ()))
    return session.seal_contact(peer.current.contact_key, content)


def answer(relationship: Relationship, due: Due | None, now: int, draw: Draw) -> Out:
    """The answer that is due, where it may go out now."""
    if due is None or relationship.stopped or not sealing.can_seal(relationship.sealing):
        return Out(relationship)
    noted = answering.may_answer(relationship, due.kind, now)
    if noted is None:
        return Out(relationship)
    return _seal(noted, answering.make_answer(noted, due), now, draw, answer=True)


def waiting(relationship: Relationship, history: History, now: int, draw: Draw, *, above: int = 0) -> Out:
    """Messages without a receipt with numbers higher than `above`, up to the window, sealed afresh.

    Nothing goes out from a copy that has stopped.
    """
    frames: list[bytes] = []
    if relationship.stopped or not sealing.can_seal(relationship.sealing):
        return Out(relationship)
    for sent in answering.in_flight(relationship):
        if sent.number <= above:
            continue
        entry = history.find(sent.id)
        assert entry is not None, "every message in flight has its entry"
        relationship, frame = sealing.seal(relationship, entry.signed.data, entry.parts, now, draw)
        frames.append(frame)
    return Out(relationship, tuple(frames))


def again(relationship: Relationship, history: History, now: int, draw: Draw) -> Out:
    """What a timer sends: `recover` until it is answered, else what waits, else a start that waits."""
    if relationship.recovering:
        signed = recovery.repeat_recover(relationship, history)
        return Out(relationship, (seal_contact(relationship.peer.log, signed),))
    out = waiting(relationship, history, now, draw)
    if out.frames or not start_waits(relationship):
        return out
    return _seal(relationship, None, now, draw, answer=False)


def start_waits(relationship: Relationship) -> bool:
    """Whether a start is to travel though no message waits: it is unanswered, or due and possible."""
    keys = relationship.sealing
    begun = keys.out is not None and keys.out.block is not None
    return not relationship.stopped and (begun or (keys.due and keys.offered is not None))


def begin(relationship: Relationship, now: int, draw: Draw) -> Out:
    """A start alone, where a new session is due and the peer has offered a key for it."""
    keys = relationship.sealing
    if relationship.stopped or not keys.due or keys.offered is None:
        return Out(relationship)
    return _seal(relationship, None, now, draw, answer=False)


def may(relationship: Relationship, kind: str, now: int) -> Relationship | None:
    """The scope with the time noted, if what the peer asked for again may go out again now."""
    return answering.may_answer(relationship, kind, now)


def refuse(relationship: Relationship, violation: Violation, history: History, now: int) -> Out:
    """What a refused frame still leads to: a copy of the peer, or this one, may be outdated (spec 06 §10)."""
    relationship = intake.after_refusal(relationship, violation)
    if violation.code is Code.STALE:
        return notify(relationship, history, now, newest=False)
    if violation.code in _OUTDATED:
        return notify(relationship, history, now, newest=True)
    return Out(relationship)


def notify(relationship: Relationship, history: History, now: int, *, newest: bool) -> Out:
    """Tell a copy of the peer that it may be outdated, at most once an hour.

    One of an older epoch is shown the newer key log, at every contact key that it may hold, where the peer
    was in that epoch; one of the newest gets its own receipt and start back.
    """
    kind = answering.NOTICE if newest else answering.STALE
    noted = answering.may_notify(relationship, kind, now)
    if noted is None:
        return Out(relationship)
    log = noted.peer.log
    older = [KeyLog(log.events[: epoch + 1]) for epoch in range(log.epoch)]
    stale = answering.make_stale(noted)
    notices = [
        Notice(place_in(noted, before.epoch, history), seal_contact(before, stale)) for before in older
    ]
    own = (noted.notices.peer_receipt, noted.sealing.peer_start) if newest else ()
    here = place(noted)
    notices.extend(Notice(here, seal_contact(log, signed)) for signed in own if signed is not None)
    return Out.told(noted, notices)


def take_contact(
    relationship: Relationship,
    contact_keys: Sequence[HybridKey],
    frame: bytes,
    history: History,
    setting: Setting,
) -> Contacted:
    """Take a frame that came to a contact key: `recover`, or a notice. Raises Violation."""
    signed = open_contact_frame(contact_keys, frame)
    if cose.peek_type(signed) != cose.RECOVER:
        noted = answering.take_notice(relationship, signed)
        shown = bool(noted.stopped) and cose.peek_type(signed) == cose.STALE
        return Contacted(Decision(noted), stale=signed if shown else b"")
    statement = read_statement(relationship, signed, cose.RECOVER)
    decision = recovery.accept_recover(relationship, statement, history, setting)
    after = decision.relationship
    if decision.refused is not None:
        refused = Violation(Code(decision.refused))
        out = _show_log(after, statement, refused.code, setting.now)
        return Contacted(decision._replace(relationship=out.relationship), out, refused)
    if statement.relation is Relation.SAME:
        noted_at = may(after, RECOVERED, setting.now)
        if noted_at is None:
            return Contacted(decision)
        after = noted_at
    owed = sealing.can_seal(after.sealing)
    return Contacted(decision._replace(relationship=after), recovered=owed)


def recovered(relationship: Relationship, history: History, setting: Setting) -> Out:
    """The answer to `recover`, what waits, and to a peer that was set back since its own words."""
    signed = recovery.make_recovered(relationship, history)
    relationship, first, _ = _seal(relationship, signed, setting.now, setting.draw, answer=False)
    relationship, rest, _ = waiting(relationship, history, setting.now, setting.draw)
    begun = relationship.sealing.peer_start is not None  # it was answered, and was set back since
    told = notify(relationship, history, setting.now, newest=True) if begun else Out(relationship)
    return told._replace(frames=first + rest + told.frames)


def _show_log(relationship: Relationship, statement: Statement, code: str, now: int) -> Out:
    """Show the owner of a conflicting copy, where that copy says it is, the key log that is known here.

    Spec 06 §5 and §13.
    """
    noted = answering.may_notify(relationship, answering.STALE, now) if code == Code.STALE else None
    if noted is None:
        return Out(relationship)
    named = Place(statement.position.mailbox, statement.position.endpoints)
    return Out.told(noted, (Notice(named, seal_contact(statement.log, answering.make_stale(noted))),))
