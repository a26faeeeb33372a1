"""Recovery of one relationship: `recover`, `recovered`, and what each side gives the other (spec 06)."""

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from pcloud.engine import gatekeeper
from pcloud.engine.compose import Command, Setting, command, reissue
from pcloud.engine.lines import in_new_epochs, parties, take_events
from pcloud.engine.mending import suspended_threads
from pcloud.engine.refold import refold
from pcloud.engine.sealing import announced, fresh_receiving
from pcloud.engine.snapshot import APPLIED, Decision, Entry, History, Overlay, Relationship
from pcloud.engine.statement import Statement
from pcloud.errors import Code
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedEntry
from pcloud.kernel.context import Draw
from pcloud.limits import (
    CLOSED_RECOVER_S_MAX,
    MESSAGE_BYTES_MAX,
    PARTS_MAX,
    POSITION_LINES_MAX,
    POSITION_REFUSALS_MAX,
    RETURNED_ENTRIES_MAX,
)
from pcloud.wire import cose, keylog
from pcloud.wire.answers import Refusal
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.keys import SigningKey
from pcloud.wire.position import LineHeads, Position, sign_position, steps


class Point(NamedTuple):
    """The highest shared (generation, number) of each direction, (-1, 0) where nothing is shared."""

    mine: tuple[int, int]
    theirs: tuple[int, int]


NOWHERE = (-1, 0)
LINES_EACH = POSITION_LINES_MAX // 2
"""Lines named of one direction, the newest."""


def position_of(relationship: Relationship, history: History, event: bytes | None) -> Position:
    """Where this side stands: all lines of the log that is held."""
    me = relationship.me
    lines = tuple(
        heads for mine in (True, False) for heads in _line_heads(history.sequence(mine=mine), outgoing=mine)
    )
    events = tuple(item.data for item in me.log.events)
    key = announced(relationship)
    return Position(parties(relationship), key, event, events, me.mailbox, me.endpoints, lines)


def _line_heads(entries: Sequence[Entry], *, outgoing: bool) -> list[LineHeads]:
    found = []
    for epochs, run in groupby(sorted(entries, key=_place), key=_epochs):
        line = {entry.signed.header.number: entry for entry in run}
        heads = tuple((number, line[number].signed.id) for number in steps(max(line)) if number in line)
        refusals = tuple(
            Refusal(number, entry.verdict)
            for number, entry in sorted(line.items())
            if entry.verdict not in (None, APPLIED)
        )
        found.append(LineHeads(outgoing, *epochs, heads, refusals[-POSITION_REFUSALS_MAX:]))
    return found[-LINES_EACH:]


def _epochs(entry: Entry) -> tuple[int, int]:
    return entry.signed.header.sender_epoch, entry.signed.header.recipient_epoch


def _place(entry: Entry) -> tuple[int, int, int]:
    return (*_epochs(entry), entry.signed.header.number)


def begin(
    relationship: Relationship, log: KeyLog, key: SigningKey, history: History, draw: Draw
) -> tuple[Relationship, bytes]:
    """Open a new epoch: the scope that waits to be answered, and the signed `recover`.

    `log` already ends in the new event and `key` is its signing key. Sessions and receiving keys are
    discarded (spec 06 §3).
    """
    fresh = in_new_epochs(relationship, log, relationship.peer)
    fresh = fresh._replace(
        me=fresh.me._replace(key=key, introduction=None),
        sealing=fresh.sealing._replace(receiving=fresh_receiving(draw, 1), offered=None, offered_number=0),
        recovering=True,
        stopped="",
    )
    return fresh, repeat_recover(fresh, history)


def repeat_recover(relationship: Relationship, history: History) -> bytes:
    """The signed `recover`, to be sealed afresh to the peer's contact key until it is answered."""
    position = position_of(relationship, history, None)
    return sign_position(relationship.me.key, cose.RECOVER, position)


def make_recovered(relationship: Relationship, history: History) -> bytes:
    """The signed answer to every repeat of a `recover`."""
    position = position_of(relationship, history, relationship.peer.log.current.id)
    return sign_position(relationship.me.key, cose.RECOVERED, position)


def accept_recover(
    relationship: Relationship, statement: Statement, history: History, setting: Setting
) -> Decision:
    """Judge a `recover`: a new epoch, a repeat, or an outdated or conflicting copy (spec 06 §3).

    The decision's `due` is not set: `refused` None means that `recovered` is to be sent.
    """
    position, log = statement
    relation = keylog.compare(relationship.peer.log, log).relation
    if relation is Relation.SAME:
        return Decision(relationship)
    if relation is not Relation.EXTENDS:
        return Decision(relationship, refused=Code.STALE)
    if _closed_too_long(relationship, setting.now):
        return Decision(relationship, refused=Code.CLOSED)
    shared = shared_points(position, history)
    relationship = take_events(relationship, log)
    return _exchange(_take_position(relationship, position), position, shared, history, setting)


def _take_position(relationship: Relationship, position: Position) -> Relationship:
    peer = relationship.peer._replace(mailbox=position.mailbox, endpoints=position.endpoints)
    sealing = relationship.sealing
    if sealing.out is None:
        sealing = sealing._replace(offered=position.key, offered_number=position.key.number)
    return relationship._replace(peer=peer, sealing=sealing)


def _closed_too_long(relationship: Relationship, now: int) -> bool:
    thread = relationship.thread
    if thread is None or thread.state != gatekeeper.CLOSED:
        return False
    return now - relationship.clock > CLOSED_RECOVER_S_MAX


def accept_recovered(
    relationship: Relationship, statement: Statement, history: History, setting: Setting
) -> Decision:
    """Take the answer to one's own `recover`; what is already settled resets nothing (spec 06 §3)."""
    position, _ = statement
    if not relationship.recovering or position.event != relationship.me.log.current.id:
        return Decision(relationship, refused=Code.STALE)
    shared = shared_points(position, history)
    relationship = _take_position(relationship._replace(recovering=False), position)
    return _exchange(relationship, position, shared, history, setting)


def shared_points(position: Position, history: History) -> Point:
    """The highest id of each direction that both logs hold."""
    best = {True: NOWHERE, False: NOWHERE}
    for line in position.lines:
        mine = not line.outgoing
        epochs = (line.sender_epoch, line.recipient_epoch)
        for number, id_ in line.heads:
            entry = history.at(mine=mine, epochs=epochs, number=number)
            if entry is not None and entry.signed.id == id_:
                best[mine] = max(best[mine], (sum(epochs), number))
                break
    return Point(best[True], best[False])


def _exchange(
    relationship: Relationship, position: Position, shared: Point, history: History, setting: Setting
) -> Decision:
    """Return what the peer lacks of its own, then send one's own again (spec 06 §4)."""
    mine, theirs = history.sequence(mine=True), history.sequence(mine=False)
    lost = [entry for entry in theirs if _at(entry) > shared.theirs]
    again = [entry for entry in mine if _at(entry) > shared.mine]
    marked = {entry.first_id for entry in lost if entry.verdict == APPLIED}
    relationship = relationship._replace(unaffirmed=relationship.unaffirmed | marked)
    corrected = _corrected(position, [entry for entry in mine if _at(entry) <= shared.mine])
    changed = {entry.first_id: entry for entry in corrected}
    touched = {entry.signed.thread_id for entry in corrected}
    touched |= suspended_threads(lost, setting.registry)
    folded = refold(relationship, touched, changed, history, setting.registry)
    decision = Decision(
        folded.relationship,
        threads=folded.threads,
        verdicts=tuple((entry.first_id, str(entry.verdict)) for entry in corrected),
    )
    decision = _return(decision, lost, history, setting)
    for entry in again:
        relationship, reissued = reissue(decision.relationship, entry)
        decision = decision._replace(relationship=relationship, entries=(*decision.entries, reissued))
    return decision


def _at(entry: Entry) -> tuple[int, int]:
    header = entry.signed.header
    return header.generation, header.number


def _corrected(position: Position, held: Sequence[Entry]) -> list[Entry]:
    """Own entries that the recovering peer holds: its verdicts replace its earlier receipts."""
    refused = {
        (line.sender_epoch, line.recipient_epoch, refusal.number): refusal.code
        for line in position.lines
        if not line.outgoing
        for refusal in line.refusals
    }
    silent_below = {
        (line.sender_epoch, line.recipient_epoch): line.refusals[0].number
        for line in position.lines
        if not line.outgoing and len(line.refusals) == POSITION_REFUSALS_MAX
    }
    found = []
    for entry in held:
        if entry.signed.header.number < silent_below.get(_epochs(entry), 0):
            continue
        verdict = refused.get(_place(entry), APPLIED)
        if entry.verdict != verdict:
            found.append(entry._replace(verdict=verdict))
    return found


def _return(decision: Decision, lost: Sequence[Entry], history: History, setting: Setting) -> Decision:
    thread = decision.relationship.thread
    if thread is None:
        return decision
    for batch in batches(lost):
        message, items = RelationshipReturned.pack(batch)
        more = command(
            decision.relationship, Command(message, thread.id, items), Overlay(history, decision), setting
        )
        decision = decision._replace(
            relationship=more.relationship,
            entries=decision.entries + more.entries,
            threads=decision.threads + more.threads,
        )
    return decision


def batches(lost: Sequence[Entry]) -> list[list[ReturnedEntry]]:
    """Entries to return, as many together as one message can carry."""
    found: list[list[ReturnedEntry]] = []
    size = items = 0
    for entry in lost:
        parts = [part for part in entry.parts if part is not None]
        more = len(entry.signed.data) + sum(len(part.data) for part in parts)
        full = len(found[-1]) == RETURNED_ENTRIES_MAX if found else True
        if full or size + more > MESSAGE_BYTES_MAX or items + len(parts) > PARTS_MAX:
            found.append([])
            size = items = 0
        found[-1].append(ReturnedEntry(entry.signed.data, entry.parts, str(entry.verdict)))
        size, items = size + more, items + len(parts) - 1
    return found
