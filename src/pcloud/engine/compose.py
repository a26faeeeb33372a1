"""Own messages: the same row of the same table, then a signed header at the next number (spec 05 §4)."""

from typing import NamedTuple

from pcloud.engine import gatekeeper, mending
from pcloud.engine.fold import act_of
from pcloud.engine.keeping import closed_since, keep_all
from pcloud.engine.registry import Registry
from pcloud.engine.retry import take_back, withdraw_waiting
from pcloud.engine.snapshot import Decision, Entry, History, Outgoing, Overlay, Relationship, Sent
from pcloud.errors import Code, UsageError, Violation
from pcloud.kernel.context import Act, Context, Draw, Me, They
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Evidence, Rosters
from pcloud.kernel.machine import Machine, advance, find_row, open_thread
from pcloud.kernel.message import Message
from pcloud.kernel.thread import START, Thread
from pcloud.limits import SALT_BYTES
from pcloud.wire.header import First, Header, SignedHeader, sign_header
from pcloud.wire.parts import Part, digest


class Setting(NamedTuple):
    """What every decision is given from outside: time, entropy, rosters, the tables."""

    now: int
    draw: Draw
    rosters: Rosters
    registry: Registry


class Command(NamedTuple):
    """What the owner, or a row's reply, wants to say."""

    message: Message
    thread: bytes | None = None
    items: tuple[bytes, ...] = ()
    agreement: bytes | None = None
    expiry: int | None = None


def context(relationship: Relationship, setting: Setting, now: int, evidence: Evidence) -> Context:
    """What a check may know."""
    me, peer = relationship.me, relationship.peer
    return Context(
        now,
        setting.draw,
        Me(me.log.persona, me.kind, me.key, me.nonce, me.invitation),
        They(peer.log.persona, peer.kind, peer.log.current.signing_key),
        evidence,
    )


def find_thread(
    relationship: Relationship,
    machine: Machine,
    thread_id: bytes | None,
    act: Act,
    setting: Setting,
    history: History,
) -> Thread:
    """The thread an act belongs to, new where it opens one. Raises Violation at stage content."""
    known = relationship.thread
    if thread_id is None:
        if machine.name == setting.registry.relation and known is not None:
            raise Violation(Code.NOT_IN_STATE, act.message.NAME)
        return open_thread(machine, act)
    thread = known if known is not None and known.id == thread_id else history.thread(thread_id)
    if thread is None or thread.machine != machine.name or thread.state == START:
        raise Violation(Code.UNKNOWN_THREAD)
    return thread


def require_may_send(relationship: Relationship) -> None:
    """Raise UsageError where nothing may be numbered now (spec 06 §3, §10; spec 05 §4)."""
    if relationship.stopped:
        raise UsageError(Code.OUTDATED, relationship.stopped)
    if relationship.recovering:
        raise UsageError(Code.RECOVERING)


def command(relationship: Relationship, wanted: Command, history: History, setting: Setting) -> Decision:
    """Decide an own message. Raises UsageError with the code a peer would refuse it with."""
    require_may_send(relationship)
    now = max(setting.now, relationship.clock)
    parts = make_parts(wanted, setting.draw)
    signed = sign(relationship, wanted, parts, now)
    if size_of(signed, parts) > wanted.message.BYTES_MAX:
        raise UsageError(Code.CONTENT_TOO_LARGE)
    try:
        thread, keeps = _take_row(relationship, wanted, signed, parts, now, history, setting)
    except Violation as violation:
        raise UsageError(violation) from violation
    known = thread if thread.machine == setting.registry.relation else relationship.thread
    relationship = relationship._replace(
        clock=now,
        thread=known,
        outgoing=sent(relationship.outgoing, signed),
        closed=closed_since(relationship, known, now),
    )
    decision = Decision(relationship, (Entry(signed, parts, None, mine=True),), (thread,))
    if thread.state == gatekeeper.CLOSED:
        decision = withdraw_waiting(decision, history)
    if wanted.message.ENDS:
        decision = take_back(decision, wanted.message, thread.id, history, setting.registry)
    return keep(decision, keeps, signed, history, setting) if keeps else decision


def keep(
    decision: Decision, keeps: tuple[Keep, ...], said: SignedHeader, history: History, setting: Setting
) -> Decision:
    """Store what the row of a message keeps, mending the log where it says so."""
    relationship = keep_all(decision.relationship, keeps, said.thread_id)
    mended = mending.mend(relationship, keeps, said, Overlay(history, decision), setting.registry)
    relationship, again = mended.relationship, []
    for entry in mended.again:
        relationship, reissued = reissue(relationship, entry)
        again.append(reissued)
    return decision._replace(
        relationship=relationship,
        entries=(*decision.entries, *mended.entries, *again),
        threads=decision.threads + mended.threads,
        verdicts=mended.verdicts,
        effects=mended.replies,
    )


def _take_row(
    relationship: Relationship,
    wanted: Command,
    signed: SignedHeader,
    parts: tuple[Part, ...],
    now: int,
    history: History,
    setting: Setting,
) -> tuple[Thread, tuple[Keep, ...]]:
    message = wanted.message
    registry = setting.registry
    machine = registry.machines.get(message.NAME)
    if machine is None:
        raise Violation(Code.UNKNOWN_NAME)
    unsure = gatekeeper.unsure(relationship, history, registry)
    agreement = gatekeeper.require_standing(relationship, type(message), signed, now, unsure=unsure)
    if wanted.expiry is not None and wanted.expiry < now:
        raise Violation(Code.EXPIRED)
    if len(wanted.items) > message.ITEMS_MAX:
        raise Violation(Code.PART_MISMATCH)
    act = act_of(registry, signed, parts)
    grant = gatekeeper.require_allowed(relationship, agreement, message, signed, now, setting.rosters)
    gatekeeper.require_ground(relationship, message, signed, history, registry)
    thread = find_thread(relationship, machine, wanted.thread, act, setting, history)
    row = find_row(machine, thread, act, own=True)
    if row.check is not None:
        evidence = Evidence(agreement, grant, gatekeeper.provable(relationship), setting.rosters)
        row.check(act, thread, context(relationship, setting, now, evidence))
    return advance(row, thread, act)


def size_of(signed: SignedHeader, parts: tuple[Part | None, ...]) -> int:
    """What a message's bound counts: the signed header and the data of its parts, in bytes (spec 05 §1)."""
    return len(signed.data) + sum([len(part.data) for part in parts if part is not None])


def make_parts(wanted: Command, draw: Draw) -> tuple[Part, ...]:
    """The salted parts of an own message: the body, then its items."""
    values = (wanted.message.write(), *wanted.items)
    salts = draw(SALT_BYTES * len(values))
    return tuple(
        [Part(salts[at * SALT_BYTES : (at + 1) * SALT_BYTES], value) for at, value in enumerate(values)]
    )


def sign(
    relationship: Relationship,
    wanted: Command,
    parts: tuple[Part, ...],
    now: int,
) -> SignedHeader:
    """Sign a header at the next number of the own line."""
    incoming, line = relationship.incoming, relationship.outgoing
    me, peer = relationship.me, relationship.peer
    header = Header(
        me.log.persona,
        peer.log.persona,
        me.log.epoch,
        peer.log.epoch,
        wanted.message.NAME,
        line.number + 1,
        line.head,
        wanted.thread,
        now,
        wanted.expiry,
        incoming.number,
        incoming.head if incoming.number else None,
        wanted.agreement,
        tuple([digest(salt, data) for salt, data in parts]),
    )
    return sign_header(me.key, header)


def sent(line: Outgoing, signed: SignedHeader) -> Outgoing:
    """The own line after one more message."""
    number = signed.header.number
    pending = (*line.pending, Sent(number, signed.id, signed.first_id))
    return Outgoing(number, signed.id, line.receipted, pending)


def reissue(relationship: Relationship, entry: Entry) -> tuple[Relationship, Entry]:
    """Send an own message again in new lines, under its first id and with its parts (spec 06 §4)."""
    incoming, line = relationship.incoming, relationship.outgoing
    old = entry.signed.header
    header = old._replace(
        recipient=relationship.peer.log.persona,
        sender_epoch=relationship.me.log.epoch,
        recipient_epoch=relationship.peer.log.epoch,
        number=line.number + 1,
        prev=line.head,
        highest=incoming.number,
        highest_id=incoming.head if incoming.number else None,
        first=First(entry.first_id, *entry.signed.rank, entry.signed.knew[1]),
    )
    signed = sign_header(relationship.me.key, header)
    relationship = relationship._replace(outgoing=sent(line, signed))
    return relationship, Entry(signed, entry.parts, None, mine=True, first_signer=entry.signer)
