"""One received message, judged: order, gate, content, and one commit (spec 05 §4). Names no feature."""

from typing import NamedTuple

from pcloud.engine import gatekeeper
from pcloud.engine.compose import Command, Setting, command, context, find_thread, keep, size_of
from pcloud.engine.fold import act_of, replay, signers_of
from pcloud.engine.intake import Opened
from pcloud.engine.keeping import OF_THE_MOMENT, closed_since
from pcloud.engine.lines import FORK, REPEAT, judge_order, judged
from pcloud.engine.refold import refold
from pcloud.engine.registry import Registry
from pcloud.engine.retry import withdraw_waiting
from pcloud.engine.sealing import erase_sessions
from pcloud.engine.snapshot import APPLIED, Decision, Due, Entry, History, Overlay, Relationship
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Effect, Keep, Send
from pcloud.kernel.gate import Evidence
from pcloud.kernel.machine import Row, advance, find_row, party, unseen
from pcloud.kernel.thread import START, Thread
from pcloud.wire.header import SignedHeader
from pcloud.wire.parts import Part, check_parts

RECEIPT = "receipt"


class Judgement(NamedTuple):
    """What an accepted message does: its thread after it, what to keep, what the receiver does next."""

    act: Act
    row: Row
    thread: Thread
    keeps: tuple[Keep, ...]
    ctx: Context


def judge(opened: Opened, history: History, setting: Setting) -> Decision:
    """Judge a message that was authentic. The verdict, like the message, is one commit."""
    relationship, signed, parts = opened.relationship, opened.header, opened.parts
    assert signed is not None, "no message to judge"
    if relationship.recovering or relationship.stopped:
        return Decision(relationship, refused=Code.RECOVERING)
    if not _is_mine(relationship, signed, history):
        stopped = relationship._replace(stopped="the peer has judged what this copy never sent")
        return Decision(stopped, refused=Code.OUTDATED)
    due = judge_order(relationship, signed, opened.session, history)
    if due is not None:
        return _out_of_order(relationship, signed, due)
    now = max(setting.now, relationship.clock)
    due = Due(RECEIPT, opened.session)
    if signed.header.first is not None:
        known = history.find(signed.first_id)
        if not _is_again(signed, known):
            line = relationship.incoming
            due = Due(FORK, opened.session, line.number, line.head if line.number else None)
            return _out_of_order(relationship, signed, due)
        if known is not None:
            repeated = _consume(relationship, signed, known.parts, str(known.verdict), now, due)
            (entry,) = repeated.entries
            repeated = repeated._replace(entries=(entry._replace(first_signer=known.signer),))
            return _affirm(repeated, signed, history, setting)
    try:
        judgement = _judge(relationship, signed, parts, now, history, setting)
        return _apply(relationship, signed, parts, judgement, due, history, setting)
    except Violation as violation:
        if violation.code is Code.UNKNOWN_THREAD and _is_kept(
            relationship, signed, history, setting.registry
        ):
            return _consume(relationship, signed, parts, APPLIED, now, due)
        relationship = _count(relationship, signed, violation)
        refused = _refuse(relationship, signed, parts, violation.code, now, due)
        return refused._replace(detail=violation.detail)
    except Exception as error:  # noqa: BLE001 - one message neither ends a node nor blocks a line (spec 05 §4)
        failed = _refuse(relationship, signed, parts, Code.INTERNAL, now, due)
        return failed._replace(error=error)


def _refuse(
    relationship: Relationship,
    signed: SignedHeader,
    parts: tuple[Part | None, ...],
    code: str,
    now: int,
    due: Due,
) -> Decision:
    """Nothing of a refused message is kept but its header, nor what would open its items (spec 05 §3)."""
    if any(parts[1:]):
        relationship = erase_sessions(relationship)
    return _consume(relationship, signed, tuple(None for _ in signed.header.digests), code, now, due)


def _is_mine(relationship: Relationship, signed: SignedHeader, history: History) -> bool:
    """Whether the message of mine that the header names is one that this copy has sent (spec 06 §10)."""
    header, line = signed.header, relationship.outgoing
    if header.highest in (0, line.number):
        return header.highest == 0 or header.highest_id == line.head
    epochs = (header.recipient_epoch, header.sender_epoch)
    entry = history.at(mine=True, epochs=epochs, number=header.highest)
    return entry is not None and entry.signed.id == header.highest_id


def _out_of_order(relationship: Relationship, signed: SignedHeader, due: Due) -> Decision:
    """No judgement, but an answer. A fork halts the line until its sender recovers; the other one goes on."""
    line = relationship.incoming
    if due.kind != FORK:
        return Decision(relationship, due=due, refused=None if due.kind == REPEAT else due.kind)
    if line.halted:
        return Decision(relationship, due=due, refused=Code.HALTED)
    halted = relationship._replace(incoming=line._replace(halted=True))
    return Decision(halted, due=due, refused=Code.FORK, evidence=signed)


def _is_again(signed: SignedHeader, known: Entry | None) -> bool:
    """Whether a reissue can be what it says: an older message of this sender, unchanged (spec 06 §4)."""
    if signed.rank[0] >= signed.header.generation:
        return False
    return known is None or known.signed.is_again(signed)


def _affirm(decision: Decision, signed: SignedHeader, history: History, setting: Setting) -> Decision:
    """Who sends a message again owns up to it (spec 06 §6)."""
    relationship = decision.relationship
    if signed.first_id not in relationship.unaffirmed:
        return decision
    relationship = relationship._replace(unaffirmed=relationship.unaffirmed - {signed.first_id})
    folded = refold(relationship, [signed.thread_id], {}, history, setting.registry)
    return decision._replace(relationship=folded.relationship, threads=folded.threads)


def _judge(
    relationship: Relationship,
    signed: SignedHeader,
    parts: tuple[Part | None, ...],
    now: int,
    history: History,
    setting: Setting,
) -> Judgement:
    header, registry = signed.header, setting.registry
    message = registry.messages.get(header.name)
    if message is None:
        raise Violation(Code.UNKNOWN_NAME)
    stood = gatekeeper.as_it_stood(relationship, signed, history, registry)
    unsure = gatekeeper.unsure(stood, history, registry)
    agreement = gatekeeper.require_standing(stood, message, signed, now, unsure=unsure)
    if header.expiry is not None and header.expiry < now:
        raise Violation(Code.EXPIRED)
    check_parts(header.digests, parts)
    if len(parts) - 1 > message.ITEMS_MAX:
        raise Violation(Code.PART_MISMATCH)
    if size_of(signed, parts) > message.BYTES_MAX:
        raise Violation(Code.BODY_FORM, "longer than a message may be")
    came = Entry(signed, parts, None, mine=False)
    act = act_of(registry, signed, parts, signers_of(came, (relationship.peer.log,)))
    grant = gatekeeper.require_allowed(stood, agreement, act.message, signed, now, setting.rosters)
    gatekeeper.require_ground(relationship, act.message, signed, history, registry)
    machine = registry.machines[header.name]
    if message.RESTORES and relationship.thread is None and header.thread is not None:
        thread = Thread(header.thread, machine.name, header.sender)
        row = machine.unopened(header.name)
    else:
        thread = find_thread(relationship, machine, header.thread, act, setting, history)
        row = find_row(machine, thread, act, reissued=header.first is not None)
    evidence = Evidence(agreement, grant, gatekeeper.provable(stood), setting.rosters)
    ctx = context(relationship, setting, now, evidence)
    if row.check is not None:
        row.check(act, thread, ctx)
    after, keeps = advance(row, thread, act)
    crossed = not row.crossing and unseen(thread, party(thread, act.sender), *signed.knew)
    if crossed and header.name not in machine.idle:
        _require_same_fold(relationship, signed, parts, after, history, registry)
    return Judgement(act, row, after, keeps, ctx)


def _is_kept(relationship: Relationship, signed: SignedHeader, history: History, registry: Registry) -> bool:
    """Whether a message acts once its thread is known, and until then changes nothing (spec 05 §7)."""
    known = relationship.thread
    if not registry.messages[signed.header.name].KEPT or (known is not None and known.id == signed.thread_id):
        return False
    thread = history.thread(signed.thread_id)
    return thread is None or thread.state == START


def _require_same_fold(
    relationship: Relationship,
    signed: SignedHeader,
    parts: tuple[Part | None, ...],
    after: Thread,
    history: History,
    registry: Registry,
) -> None:
    """What crossed a message of this side has to fold to what was judged; only a lie does not (spec 05 §10).

    A fold reads the whole thread; what is idle in its table folds to what was judged wherever it stands.

    Raises Violation `not-in-state`: at its place in the fold the table has no row for it.
    """
    entries = {entry.first_id: entry for entry in history.entries(signed.thread_id)}
    entries[signed.first_id] = Entry(signed, parts, APPLIED, mine=False)
    folded = replay(entries.values(), registry, relationship.unaffirmed, relationship.logs).thread
    if folded is None or (folded.state, folded.data) != (after.state, after.data):
        raise Violation(Code.NOT_IN_STATE, "it did not know what it answers")


def _count(relationship: Relationship, signed: SignedHeader, violation: Violation) -> Relationship:
    """Asking for more than the agreement allows is counted against the peer."""
    named = signed.header.agreement
    if violation.code is not Code.TERMS_FORBID or named is None:
        return relationship
    counts = relationship.beyond_terms
    return relationship._replace(beyond_terms={**counts, named: counts.get(named, 0) + 1})


def _consume(
    relationship: Relationship,
    signed: SignedHeader,
    parts: tuple[Part | None, ...],
    verdict: str,
    now: int,
    due: Due,
) -> Decision:
    """A verdict without effect: the number is used up, nothing else changes."""
    verdict = str(verdict)  # a plain text, as it travels and is stored
    line = judged(relationship.incoming, signed, verdict)
    entry = Entry(signed, parts, verdict, mine=False)
    return Decision(relationship._replace(incoming=line, clock=now), (entry,), due=due)


def _apply(
    relationship: Relationship,
    signed: SignedHeader,
    parts: tuple[Part | None, ...],
    judgement: Judgement,
    due: Due,
    history: History,
    setting: Setting,
) -> Decision:
    act, row, thread, keeps, ctx = judgement
    threads = () if thread.state == START else (thread,)
    known = thread if threads and thread.machine == setting.registry.relation else relationship.thread
    line = judged(relationship.incoming, signed, APPLIED)
    closed = closed_since(relationship, known, ctx.now)
    relationship = relationship._replace(incoming=line, thread=known, clock=ctx.now, closed=closed)
    entry = Entry(signed, parts, APPLIED, mine=False)
    effects = () if row.reply is None else row.reply(act, thread, ctx)
    again, closed_now = signed.header.first is not None, thread.state == gatekeeper.CLOSED
    if not (keeps or again or closed_now or any(isinstance(each, Send) for each in effects)):
        return Decision(relationship, (entry,), threads, (), effects, due)
    decision = Decision(relationship, (entry,), threads, due=due)
    if closed_now:
        decision = withdraw_waiting(decision, history)
    if again:
        keeps = tuple(each for each in keeps if each.table not in OF_THE_MOMENT)
    if keeps:
        decision = keep(decision, keeps, signed, history, setting)
    if again:
        decision = _in_its_place(decision, history, setting)
    if decision.effects:
        effects = decision.effects + effects
    return _reply(decision, effects, history, setting) if effects else decision


def _in_its_place(decision: Decision, history: History, setting: Setting) -> Decision:
    """A reissued message may come after returned ones that followed it: its thread is folded anew."""
    after = Overlay(history, decision)
    thread = decision.entries[0].signed.thread_id
    folded = refold(decision.relationship, [thread], {}, after, setting.registry)
    return decision._replace(relationship=folded.relationship, threads=decision.threads + folded.threads)


def _reply(
    decision: Decision,
    effects: tuple[Effect, ...],
    history: History,
    setting: Setting,
) -> Decision:
    """What the receiver does next, in the same commit."""
    signed = decision.entries[0].signed
    decision = decision._replace(effects=tuple(each for each in effects if not isinstance(each, Send)))
    for effect in effects:
        if isinstance(effect, Send):
            wanted = Command(effect.message, effect.thread, agreement=effect.agreement)
            try:
                more = command(decision.relationship, wanted, Overlay(history, decision), setting)
            except UsageError as refused:
                if signed.header.first is None and refused.code is not Code.UNAFFIRMED:
                    raise
                continue  # said before the log was lost, or for the owner to decide (spec 06 §4, §6)
            decision = decision._replace(
                relationship=more.relationship,
                entries=decision.entries + more.entries,
                threads=decision.threads + more.threads,
                verdicts=decision.verdicts + more.verdicts,
            )
    return decision
