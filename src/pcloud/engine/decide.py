"""One received message, judged: order, gate, content, and one commit (spec 05 §4). Names no feature."""

from typing import NamedTuple

from pcloud.engine import gatekeeper, mending
from pcloud.engine.compose import Command, Setting, command, context, find_thread, keep
from pcloud.engine.fold import act_of
from pcloud.engine.intake import Opened
from pcloud.engine.lines import judged
from pcloud.engine.order import REPEAT, judge_order
from pcloud.engine.refold import refold
from pcloud.engine.snapshot import APPLIED, Decision, Due, Entry, History, Overlay, Relationship
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Effect, Keep, Send
from pcloud.kernel.gate import Evidence
from pcloud.kernel.machine import Row, advance, find_row
from pcloud.kernel.thread import Thread
from pcloud.wire.header import SignedHeader
from pcloud.wire.parts import Part, check_parts


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
    if signed is None:
        raise AssertionError("no message to judge")
    if relationship.recovering or relationship.stopped:
        return Decision(relationship, refused=Code.RECOVERING)
    due = judge_order(relationship, signed, opened.session, history)
    if due is not None:
        refused = None if due.kind == REPEAT else due.kind
        return Decision(_halt(relationship, due), due=due, refused=refused)
    now = max(setting.now, relationship.clock)
    due = Due(REPEAT, opened.session)
    repeated = _repeated(signed, history)
    if repeated is not None:
        relationship = _affirmed(relationship, signed)
        return _consume(relationship, signed, parts, repeated, now, due)
    try:
        judgement = _judge(relationship, signed, parts, now, history, setting)
        return _apply(relationship, signed, parts, judgement, due, history, setting)
    except Violation as violation:
        relationship = _count(relationship, signed, violation)
        return _consume(relationship, signed, _unread(parts, violation), violation.code, now, due)
    except UsageError:
        return _consume(relationship, signed, parts, Code.INTERNAL, now, due)


def _halt(relationship: Relationship, due: Due) -> Relationship:
    """A fork halts the line until its sender recovers; the other direction goes on."""
    if due.kind != "fork":
        return relationship
    return relationship._replace(incoming=relationship.incoming._replace(halted=True))


def _repeated(signed: SignedHeader, history: History) -> str | None:
    """The verdict of a reissued message that this side judged before: it stands, without effect."""
    if signed.header.first is None:
        return None
    known = history.find(signed.first_id)
    return None if known is None or known.mine else known.verdict


def _affirmed(relationship: Relationship, signed: SignedHeader) -> Relationship:
    """Who sends a message again owns up to it (spec 06 §6)."""
    return relationship._replace(unaffirmed=relationship.unaffirmed - {signed.first_id})


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
    agreement = gatekeeper.require_standing(relationship, message, signed, now)
    if header.expiry is not None and header.expiry < now:
        raise Violation(Code.EXPIRED)
    check_parts(header.digests, parts)
    if len(parts) - 1 > message.ITEMS_MAX:
        raise Violation(Code.PART_MISMATCH)
    act = act_of(registry, signed, parts)
    grant = gatekeeper.require_allowed(relationship, agreement, act.message, signed, now, setting.rosters)
    machine = registry.machines[header.name]
    thread = find_thread(relationship, machine, header.thread, act, setting, history)
    row = find_row(machine, thread, act, reissued=header.first is not None)
    evidence = Evidence(agreement, grant, gatekeeper.provable(relationship), setting.rosters)
    ctx = context(relationship, setting, now, evidence)
    if row.check is not None:
        row.check(act, thread, ctx)
    after, keeps = advance(row, thread, act)
    if keeps:
        mending.check_keeps(relationship, keeps)
    return Judgement(act, row, after, keeps, ctx)


def _unread(parts: tuple[Part | None, ...], violation: Violation) -> tuple[Part | None, ...]:
    """Items of a message that crossed an end are erased unread (spec 05 §6)."""
    return (*parts[:1], *(None for _ in parts[1:])) if violation.code is Code.CROSSED else parts


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
    known = thread if thread.machine == setting.registry.relation else relationship.thread
    line = judged(relationship.incoming, signed, APPLIED)
    relationship = relationship._replace(incoming=line, thread=known, clock=ctx.now)
    entry = Entry(signed, parts, APPLIED, mine=False)
    decision = Decision(relationship, (entry,), (thread,), due=due)
    if keeps:
        decision = keep(decision, keeps, act.sender, history, setting)
    if signed.header.first is not None:
        decision = _in_its_place(decision, entry, history, setting)
    if row.reply is None:
        return decision
    return _reply(decision, row.reply(act, thread, ctx), history, setting)


def _in_its_place(decision: Decision, entry: Entry, history: History, setting: Setting) -> Decision:
    """A reissued message may come after returned ones that followed it: its thread is folded anew."""
    changed = {entry.first_id: entry}
    folded = refold(decision.relationship, [entry.signed.thread_id], changed, history, setting.registry)
    return decision._replace(relationship=folded.relationship, threads=decision.threads + folded.threads)


def _reply(decision: Decision, effects: tuple[Effect, ...], history: History, setting: Setting) -> Decision:
    """What the receiver does next, in the same commit."""
    rest = tuple(effect for effect in effects if not isinstance(effect, Send))
    if rest:
        decision = decision._replace(effects=decision.effects + rest)
    for effect in effects:
        if isinstance(effect, Send):
            wanted = Command(effect.message, effect.thread, agreement=effect.agreement)
            more = command(decision.relationship, wanted, Overlay(history, decision), setting)
            decision = decision._replace(
                relationship=more.relationship,
                entries=decision.entries + more.entries,
                threads=decision.threads + more.threads,
                verdicts=decision.verdicts + more.verdicts,
            )
    return decision
