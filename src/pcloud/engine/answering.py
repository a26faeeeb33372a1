"""Answers made and taken: receipts free the sender, and show when a copy is outdated (spec 05 §5)."""

from pcloud.engine.keeping import take_key
from pcloud.engine.lines import parties
from pcloud.engine.refold import refold
from pcloud.engine.registry import Registry
from pcloud.engine.sealing import announced
from pcloud.engine.snapshot import (
    APPLIED,
    REJECTED,
    Decision,
    Due,
    Entry,
    History,
    Outgoing,
    Relationship,
    Sent,
    Side,
)
from pcloud.errors import Code, Violation
from pcloud.kernel.gate import Mark
from pcloud.limits import ANSWER_INTERVAL_S, NOTICE_INTERVAL_S, WINDOW_MESSAGES
from pcloud.wire import cose, keylog
from pcloud.wire.answers import (
    Answer,
    Busy,
    Expected,
    Fork,
    Parties,
    Receipt,
    Stale,
    read_answer,
    sign_answer,
)
from pcloud.wire.content import read_start
from pcloud.wire.cose import Signed
from pcloud.wire.header import SignedHeader
from pcloud.wire.keylog import Relation

BUSY = "busy"
"""Kind of the answer that a node under load gives; it judged nothing."""


def make_answer(relationship: Relationship, due: Due) -> bytes:
    """Sign the answer that is due. Call it after the commit; one for a whole batch (spec 05 §5)."""
    key = None if due.session is None else announced(relationship)
    who, line = parties(relationship), relationship.incoming
    answer: Answer
    match due.kind:
        case "expected":
            answer = Expected(who, due.session, key, due.number)
        case "fork":
            answer = Fork(who, due.session, key, due.number, due.id)
        case "busy":
            answer = Busy(who, due.session, key)
        case _:
            head = line.head if line.number else None
            answer = Receipt(who, due.session, key, line.number, head, line.refusals)
    return sign_answer(relationship.me.key, answer)


def make_stale(relationship: Relationship) -> bytes:
    """For a peer's outdated copy, sealed to its old contact key: its own key log as known here."""
    log = tuple(event.data for event in relationship.peer.log.events)
    return sign_answer(relationship.me.key, Stale(parties(relationship), None, None, log))


UNLIMITED = "receipt"
"""Kind of the one answer that always goes out: to what was judged, and to a start."""
NOTICE, STALE = "notice", "stale"
"""Kinds of what goes to an outdated copy: its own words back, and the newer key log."""


def may_answer(relationship: Relationship, kind: str, now: int) -> Relationship | None:
    """The scope with the time noted if this may go out now, each kind every 10 s at most (spec 05 §5).

    Kinds are those of `Due`, and `recovered` and `resend` for what is sent again because the peer asked.
    """
    return relationship if kind == UNLIMITED else _may(relationship, kind, now, ANSWER_INTERVAL_S)


def may_notify(relationship: Relationship, kind: str, now: int) -> Relationship | None:
    """The scope with the time noted if a notice of this kind may go out now, hourly at most."""
    return _may(relationship, kind, now, NOTICE_INTERVAL_S)


def _may(relationship: Relationship, kind: str, now: int, every_s: int) -> Relationship | None:
    notices = relationship.notices
    last = notices.sent_at.get(kind)
    if last is not None and 0 <= now - last < every_s:  # below 0 the clock was set back
        return None
    return relationship._replace(notices=notices._replace(sent_at={**notices.sent_at, kind: now}))


def may_be_busy(signed: SignedHeader | None, registry: Registry) -> bool:
    """Whether a node under load may answer `busy`: not to an answer, nor to what restricts (spec 05 §5)."""
    if signed is None:
        return False
    message = registry.messages.get(signed.header.name)
    return message is None or message.MARK is not Mark.RESTRICTS


def peer_behind(relationship: Relationship, answer: Answer) -> bool:
    """Whether an answer shows the peer's copy to be older than its own words (spec 06 §10)."""
    if isinstance(answer, Stale):
        return False
    if answer.key is not None and answer.key.number < relationship.sealing.offered_number:
        return True
    receipted = relationship.outgoing.receipted
    if isinstance(answer, Expected):
        return answer.number <= receipted  # it asks for what it has acknowledged
    return isinstance(answer, Receipt) and answer.number < receipted


def in_flight(relationship: Relationship) -> tuple[Sent, ...]:
    """Own messages that may travel now: the oldest without receipt, up to the window."""
    return relationship.outgoing.pending[:WINDOW_MESSAGES]


def take_answer(
    relationship: Relationship,
    answer: Answer,
    data: bytes,
    session: bytes | None,
    history: History,
    registry: Registry,
) -> Decision:
    """Take an answer whose signature holds. `session` is to be named, where its frame carried a start."""
    due = None if session is None else Due("receipt", session)
    if isinstance(answer, Stale):
        try:
            return Decision(_take_stale(relationship, answer), due=due)
        except Violation as violation:
            return Decision(relationship, due=due, refused=violation.code)
    relationship = _take_session(relationship, answer)
    if relationship.recovering or isinstance(answer, Busy):
        return Decision(relationship, due=due)
    if isinstance(answer, Receipt):
        return _take_receipt(relationship, answer, data, history, registry)._replace(due=due)
    if isinstance(answer, Expected):
        return _take_expected(relationship, answer)._replace(due=due)
    return Decision(_take_fork(relationship, answer), due=due)


def _take_session(relationship: Relationship, answer: Answer) -> Relationship:
    """The start of the named session was seen: it need not travel any more. Take a newer key."""
    sealing = take_key(relationship.sealing, answer.key)
    out = sealing.out
    if out is not None and answer.session == out.frame_key.session and out.block is not None:
        sealing = sealing._replace(out=out._replace(block=None, start=None))
    return relationship._replace(sealing=sealing)


def _stop(relationship: Relationship, why: str) -> Relationship:
    """This copy is not the newest: it stops and demands `recover` (spec 06 §10)."""
    return relationship._replace(stopped=why)


def _take_stale(relationship: Relationship, answer: Stale) -> Relationship:
    """The log inside proves itself: only the owner's words could have made it longer, or another."""
    seen = keylog.read_log(answer.log)
    if seen.persona != relationship.me.log.persona:
        raise Violation(Code.WRONG_PARTY)
    relation = keylog.compare(relationship.me.log, seen).relation
    if relation is Relation.EXTENDS:
        return _stop(relationship, "the peer knows a newer key event of mine")
    if relation is Relation.CONFLICT:
        return _stop(relationship, "the peer knows another key event of mine")
    return relationship


def _take_receipt(
    relationship: Relationship, receipt: Receipt, data: bytes, history: History, registry: Registry
) -> Decision:
    line = relationship.outgoing
    if receipt.number > line.number:
        return Decision(_stop(relationship, "the peer has judged a number never sent"))
    if receipt.number < line.receipted:
        return Decision(relationship, refused=Code.RECEIPT_UNKNOWN)
    done = tuple(sent for sent in line.pending if sent.number <= receipt.number)
    if _id_of(relationship, receipt.number, done, history) != receipt.id:
        return Decision(_stop(relationship, "the peer has judged another message of mine"))
    notices = relationship.notices._replace(peer_receipt=data)
    relationship = relationship._replace(
        outgoing=Outgoing(line.number, line.head, receipt.number, line.pending[len(done) :]),
        notices=notices,
        me=_introduced(relationship, done),
    )
    codes = dict(receipt.refusals)
    verdicts = tuple(
        (sent.first_id, _verdict(codes.get(sent.number, APPLIED), sent, history, registry)) for sent in done
    )
    return settle(Decision(relationship, verdicts=verdicts), history, registry)


def _verdict(code: str, sent: Sent, history: History, registry: Registry) -> str:
    """What a receipt leaves of one message's verdict. Only an own reject rejects an end (spec 05 §4, §10)."""
    entry = history.find(sent.first_id)
    if entry is not None and entry.verdict == REJECTED:
        return REJECTED
    ends = entry is not None and registry.messages[entry.signed.header.name].ENDS
    # A peer that claims a reject its sender never made has failed, and is refused no more than that.
    return Code.INTERNAL.value if ends and code == REJECTED else code


def _id_of(relationship: Relationship, number: int, done: tuple[Sent, ...], history: History) -> bytes | None:
    """The id of the own message of that number."""
    if done:
        return done[-1].id
    me, peer = relationship.me.log, relationship.peer.log
    entry = history.at(mine=True, epochs=(me.epoch, peer.epoch), number=number) if number else None
    return None if entry is None else entry.signed.id


def _introduced(relationship: Relationship, done: tuple[Sent, ...]) -> Side:
    """Once a message of the successor persona has its receipt, the peer knows the persona."""
    return relationship.me._replace(introduction=None) if done else relationship.me


def settle(decision: Decision, history: History, registry: Registry) -> Decision:
    """Fold anew the threads in which an own message turned out refused."""
    changed: dict[bytes, Entry] = {}
    for id_, verdict in decision.verdicts:
        entry = None if verdict == APPLIED else history.find(id_)
        if entry is not None:
            changed[id_] = entry._replace(verdict=verdict)
    if not changed:
        return decision
    threads = (entry.signed.thread_id for entry in changed.values())
    folded = refold(decision.relationship, threads, changed, history, registry)
    return decision._replace(relationship=folded.relationship, threads=decision.threads + folded.threads)


def _take_expected(relationship: Relationship, answer: Expected) -> Decision:
    line = relationship.outgoing
    if answer.number > line.number + 1:
        return Decision(_stop(relationship, "the peer expects a number never sent"))
    if answer.number <= line.receipted:
        return Decision(relationship, refused=Code.RECEIPT_UNKNOWN)
    return Decision(relationship, resend_from=answer.number)


def _take_fork(relationship: Relationship, answer: Fork) -> Relationship:
    """Whoever is right, this line goes on only after `recover` (spec 05 §4)."""
    if answer.number < relationship.outgoing.receipted:
        return relationship
    return _stop(relationship, "the peer has judged another message of mine")


def take_notice(relationship: Relationship, data: bytes) -> Relationship:
    """Take what came to a contact key beside `recover`: this copy may be outdated (spec 06 §10).

    Either the peer's `stale`, or an own receipt or start that the peer gives back. Raises Violation where
    it is none of these, or its signature does not hold.
    """
    typ = cose.peek_type(data)
    if typ == cose.START:
        return _take_own_start(relationship, data)
    if typ not in (cose.STALE, cose.RECEIPT):
        raise Violation(Code.TYPE_MISMATCH)
    signed = cose.parse_sign1(data, typ)
    answer = read_answer(typ, signed.payload)
    if isinstance(answer, Stale):
        me, peer = relationship.me.log, relationship.peer.log
        if (answer.parties.sender, answer.parties.recipient) != (peer.persona, me.persona):
            raise Violation(Code.WRONG_PARTY)
        stopped = _take_stale(relationship, answer)
        if stopped is relationship:  # else the peer may have a newer key than the one known here
            cose.verify_sign1(signed, peer.current.signing_key)
        return stopped
    _verify_own(relationship, signed, answer.parties)
    if _knew_more(relationship, answer.parties):
        return _stop(relationship, "an own receipt names an epoch of the peer that this copy does not know")
    ahead = isinstance(answer, Receipt) and answer.number > relationship.incoming.number
    if ahead and answer.parties == parties(relationship):
        return _stop(relationship, "an own receipt is ahead of this copy")
    return relationship


def _verify_own(relationship: Relationship, signed: Signed, named: Parties) -> None:
    """Verify one's own object, by the key of the epoch that it names. Raises Violation."""
    me = relationship.me.log
    if (named.sender, named.recipient) != (me.persona, relationship.peer.log.persona):
        raise Violation(Code.WRONG_PARTY)
    if named.sender_epoch > me.epoch:
        raise Violation(Code.KEY_MISMATCH)
    cose.verify_sign1(signed, me.events[named.sender_epoch].signing_key)


def _knew_more(relationship: Relationship, named: Parties) -> bool:
    """Whether an own object names an epoch of the peer that is unknown here, and no answer will bring it."""
    return named.recipient_epoch > relationship.peer.log.epoch and not relationship.recovering


def _take_own_start(relationship: Relationship, data: bytes) -> Relationship:
    """A session that this copy never began: it was set back, and the keys it knows are spent."""
    signed = cose.parse_sign1(data, cose.START)
    start = read_start(signed.payload)
    named = Parties(start.sender, start.recipient, start.sender_epoch, start.recipient_epoch)
    _verify_own(relationship, signed, named)
    if _knew_more(relationship, named):
        return _stop(relationship, "an own session names an epoch of the peer that this copy does not know")
    if named != parties(relationship):
        return relationship
    keys = relationship.sealing
    mine = keys.out is not None and keys.out.frame_key.session == start.session
    if start.number > keys.started or (start.number == keys.started and not mine):
        return _stop(relationship, "an own session is unknown to this copy")
    return relationship
