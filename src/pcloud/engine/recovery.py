"""Recovery of one relationship: `recover`, `recovered`, and what each side gives the other (spec 06)."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, takewhile

from pcloud.engine.compose import Command, Setting, command, reissue
from pcloud.engine.keeping import take_key
from pcloud.engine.lines import in_new_epochs, parties, take_events
from pcloud.engine.mending import returned_ids, suspended_threads
from pcloud.engine.refold import refold
from pcloud.engine.registry import Registry
from pcloud.engine.sealing import announced, fresh_receiving
from pcloud.engine.snapshot import APPLIED, REJECTED, Decision, Entry, History, Overlay, Relationship
from pcloud.engine.statement import Statement
from pcloud.errors import Code
from pcloud.features.relationship.returned import RelationshipReturned, ReturnedEntry
from pcloud.kernel.context import Draw
from pcloud.kernel.gate import Mark
from pcloud.limits import (
    CLOSED_RECOVER_S_MAX,
    MESSAGE_BYTES_MAX,
    PARTS_MAX,
    POSITION_LINES_MAX,
    POSITION_REFUSALS_MAX,
    RETURNED_ENTRIES_MAX,
)
from pcloud.wire import cose
from pcloud.wire.answers import Refusal
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.keys import SigningKey
from pcloud.wire.position import LineHeads, Position, sign_position, steps

NOWHERE = (-1, 0)
LINES_EACH = POSITION_LINES_MAX // 2
"""Lines named of one direction, the newest."""


def position_of(relationship: Relationship, history: History, event: bytes | None) -> Position:
    """Where this side stands: the newest lines of the log that is held.

    Own messages are claimed up to the first that is unaffirmed. So the peer gives the rest back once more,
    and both sides mark the same entries (spec 06 §6).
    """
    me, marked = relationship.me, relationship.unaffirmed
    own = takewhile(lambda entry: entry.first_id not in marked, history.sequence(mine=True))
    lines = (
        *_line_heads(own, outgoing=True),
        *_line_heads(history.sequence(mine=False), outgoing=False),
    )
    events = tuple(item.data for item in me.log.events)
    key = announced(relationship)
    return Position(parties(relationship), key, event, events, me.mailbox, me.endpoints, lines)


def _line_heads(entries: Iterable[Entry], *, outgoing: bool) -> list[LineHeads]:
    found = []
    for epochs, run in groupby(sorted(entries, key=_place), key=_epochs):
        line = dict(_unbroken(run))
        if not line:
            continue
        heads = tuple((number, line[number].signed.id) for number in steps(max(line)))
        refusals = tuple(
            Refusal(number, entry.verdict)
            for number, entry in line.items()
            if entry.verdict not in (None, APPLIED)
        )
        found.append(LineHeads(outgoing, *epochs, heads, refusals[-POSITION_REFUSALS_MAX:]))
    return found[-LINES_EACH:]


def _unbroken(line: Iterable[Entry]) -> Iterator[tuple[int, Entry]]:
    """A line from number 1 to the first gap: what was reissued since stands elsewhere."""
    for number, entry in enumerate(line, 1):
        if entry.signed.header.number != number:
            return
        yield number, entry


def _epochs(entry: Entry) -> tuple[int, int]:
    return entry.signed.header.sender_epoch, entry.signed.header.recipient_epoch


def _place(entry: Entry) -> tuple[int, int, int, int]:
    header = entry.signed.header
    return (header.generation, *_epochs(entry), header.number)


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
    """The signed answer to every repeat of a `recover`: the log as it stood when the epochs began."""
    return relationship.recovered or _sign_recovered(relationship, history)


def _sign_recovered(relationship: Relationship, history: History) -> bytes:
    position = position_of(relationship, history, relationship.peer.log.current.id)
    return sign_position(relationship.me.key, cose.RECOVERED, position)


def accept_recover(
    relationship: Relationship, statement: Statement, history: History, setting: Setting
) -> Decision:
    """Judge a `recover`: a new epoch, a repeat, or an outdated or conflicting copy (spec 06 §3).

    The decision's `due` is not set: `refused` None means that `recovered` is to be sent. While this side
    recovers too, it takes the events, and nothing else before its own `recover` is answered.
    """
    position, log, relation = statement
    if relation is Relation.SAME:
        return Decision(_take_key(relationship, position))
    if relation is not Relation.EXTENDS:
        return Decision(relationship, refused=Code.STALE)
    if relationship.stopped:
        return Decision(relationship, refused=Code.OUTDATED)
    if _is_behind(relationship, position, history):
        return Decision(relationship._replace(stopped=BEHIND), refused=Code.OUTDATED)
    now = max(setting.now, relationship.clock)
    if closed_too_long(relationship, history, setting.registry, now):
        return Decision(relationship, refused=Code.CLOSED)
    relationship = relationship._replace(clock=now)
    relationship = _take_position(take_events(relationship, log), position)
    if relationship.recovering:
        return Decision(relationship)
    return _exchange(relationship, position, history, setting)


def closed_too_long(relationship: Relationship, history: History, registry: Registry, now: int) -> bool:
    """Whether this side closed more than 90 days ago. The peer's own close may have been a thief's."""
    thread = relationship.thread
    if thread is None or not relationship.closed or now - relationship.closed <= CLOSED_RECOVER_S_MAX:
        return False
    return any(
        entry.mine and (message := registry.messages.get(entry.signed.header.name)) and message.SUSPENDED
        for entry in history.entries(thread.id)
        if entry.verdict in (None, APPLIED)
    )


BEHIND = "the peer's position holds what this copy never sent"


def _is_behind(relationship: Relationship, position: Position, history: History) -> bool:
    """Whether the peer holds a message under this side's present key that this copy never sent."""
    epoch = relationship.me.log.epoch
    if position.parties.recipient_epoch > epoch:
        return True
    for line in position.lines:
        if not line.outgoing and line.sender_epoch == epoch:
            number, id_ = line.heads[0]
            held = history.at(mine=True, epochs=(epoch, line.recipient_epoch), number=number)
            if held is None or held.signed.id != id_:
                return True
    return False


def _take_position(relationship: Relationship, position: Position) -> Relationship:
    peer = relationship.peer._replace(mailbox=position.mailbox, endpoints=position.endpoints)
    return _take_key(relationship._replace(peer=peer), position)


def _take_key(relationship: Relationship, position: Position) -> Relationship:
    """Take the receiving key. A session that was begun to an older one may have found it spent."""
    sealing = relationship.sealing
    if sealing.out is None:
        sealing = sealing._replace(offered=position.key, offered_number=position.key.number)
    elif position.key.number > sealing.offered_number:
        sealing = take_key(sealing, position.key)._replace(due=True)
    return relationship._replace(sealing=sealing)


def accept_recovered(
    relationship: Relationship, statement: Statement, history: History, setting: Setting
) -> Decision:
    """Take the answer to one's own `recover`, or the events of a peer that recovers too (spec 06 §3).

    Intake has taken the events already. What is settled resets nothing.
    """
    position, _, relation = statement
    answered = position.event == relationship.me.log.current.id
    asked = relationship.recovering and answered
    if relation is not Relation.EXTENDS and not asked:
        return Decision(relationship, refused=Code.STALE)
    now = max(setting.now, relationship.clock)
    if not asked and closed_too_long(relationship, history, setting.registry, now):
        return Decision(relationship, refused=Code.CLOSED)
    relationship = _take_position(relationship, position)
    if relationship.stopped or (relationship.recovering and not answered):
        return Decision(relationship)
    if not relationship.recovering and _is_behind(relationship, position, history):
        return Decision(relationship._replace(stopped=BEHIND), refused=Code.OUTDATED)
    return _exchange(relationship, position, history, setting)


def shared_point(position: Position, history: History, *, mine: bool) -> tuple[int, int]:
    """Generation and number of the highest id of one direction that both logs hold; else `NOWHERE`."""
    best = NOWHERE
    for line in position.lines:
        if line.outgoing is mine:
            continue
        epochs = (line.sender_epoch, line.recipient_epoch)
        for number, id_ in line.heads:
            entry = history.at(mine=mine, epochs=epochs, number=number)
            if entry is not None and entry.signed.id == id_:
                best = max(best, (sum(epochs), number))
                break
    return best


def _told_point(stated: Position, known: tuple[int, int]) -> tuple[int, int]:
    """The highest own message that the peer finds in one's own position, as far as can be known here."""
    heads = (
        (line.sender_epoch + line.recipient_epoch, number)
        for line in stated.lines
        if line.outgoing
        for number, _ in line.heads
    )
    return max((head for head in heads if head <= known), default=NOWHERE)


def _exchange(relationship: Relationship, position: Position, history: History, setting: Setting) -> Decision:
    """Return what the peer lacks of its own, then send one's own again (spec 06 §4)."""
    stated = position_of(relationship, history, relationship.peer.log.current.id)
    answer = sign_position(relationship.me.key, cose.RECOVERED, stated)
    relationship = relationship._replace(recovering=False, recovered=answer)
    known = shared_point(position, history, mine=True)
    told = _told_point(stated, known)
    mine = history.sequence(mine=True)
    above = [entry for entry in mine if _at(entry) > told and entry.verdict in (None, APPLIED)]
    again = [
        entry
        for entry in above
        if entry.signed.header.name != RelationshipReturned.NAME
        and entry.first_id not in relationship.unaffirmed
    ]
    lost = _lost(position, above, history)
    # Unaffirmed, and the peer has lost it: once affirmed it is sent again (spec 06 §6).
    alone = (entry for entry in mine if entry.first_id in relationship.unaffirmed and _at(entry) > known)
    unheld = tuple(entry._replace(verdict=None) for entry in alone)
    held = [entry for entry in mine if _at(entry) <= known]
    corrected = _corrected(position, held, setting.registry)
    marks = relationship.unaffirmed
    relationship = _mark(relationship, lost, corrected, history)
    decision = _return(Decision(relationship, unheld), lost, history, setting)
    for entry in again:
        relationship, reissued = reissue(decision.relationship, entry)
        decision = decision._replace(relationship=relationship, entries=(*decision.entries, reissued))
    decision = decision._replace(verdicts=tuple((entry.first_id, str(entry.verdict)) for entry in corrected))
    changed = {entry.first_id: entry for entry in corrected}
    turned = (history.find(id_) for id_ in marks ^ decision.relationship.unaffirmed)
    threads = {entry.signed.thread_id for entry in corrected}
    threads |= suspended_threads((entry for entry in turned if entry is not None), setting.registry)
    folded = refold(decision.relationship, threads, changed, Overlay(history, decision), setting.registry)
    return decision._replace(relationship=folded.relationship, threads=decision.threads + folded.threads)


def _lost(position: Position, above: Sequence[Entry], history: History) -> list[Entry]:
    """The peer's messages that it does not hold, or was to be given back by messages it has not got.

    What gave back entries of this side is not among them: it holds nothing of the peer's own.
    """
    point = shared_point(position, history, mine=False)
    again = {
        id_
        for entry in above
        if entry.signed.header.name == RelationshipReturned.NAME and entry.parts[0] is not None
        for id_ in returned_ids(RelationshipReturned.read(entry.parts[0].data))
    }
    return [
        entry
        for entry in history.sequence(mine=False)
        if (_at(entry) > point or entry.first_id in again)
        and entry.verdict == APPLIED
        and entry.signed.header.name != RelationshipReturned.NAME
    ]


def _mark(
    relationship: Relationship, lost: Sequence[Entry], corrected: Sequence[Entry], history: History
) -> Relationship:
    """Mark the peer's entries that it did not claim, and no others; one's own marks stay."""
    gone = {entry.first_id for entry in corrected if entry.verdict != APPLIED}
    own = {
        id_
        for id_ in relationship.unaffirmed - gone
        if (entry := history.find(id_)) is not None and entry.mine
    }
    marked = {entry.first_id for entry in lost}
    return relationship._replace(unaffirmed=frozenset(own | marked))


def _at(entry: Entry) -> tuple[int, int]:
    header = entry.signed.header
    return header.generation, header.number


def _corrected(position: Position, held: Sequence[Entry], registry: Registry) -> list[Entry]:
    """Own entries that the recovering peer holds: its verdicts replace its earlier receipts.

    But for what restricts: an end that the peer once took it cannot give back.
    """
    refused = {
        (line.sender_epoch, line.recipient_epoch, refusal.number): refusal.code
        for line in position.lines
        if not line.outgoing
        for refusal in line.refusals
        if refusal.code not in (APPLIED, REJECTED)
    }
    silent_below = {
        (line.sender_epoch, line.recipient_epoch): line.refusals[0].number
        for line in position.lines
        if not line.outgoing and len(line.refusals) == POSITION_REFUSALS_MAX
    }
    listed = {
        (line.sender_epoch, line.recipient_epoch): line.heads[0][0]
        for line in position.lines
        if not line.outgoing
    }
    found = []
    for entry in held:
        line, number = _epochs(entry), entry.signed.header.number
        if entry.verdict == REJECTED or not silent_below.get(line, 0) <= number <= listed.get(line, 0):
            continue
        verdict = refused.get((*line, number), APPLIED)
        restricts = registry.messages[entry.signed.header.name].MARK is Mark.RESTRICTS
        if entry.verdict == APPLIED and restricts:
            continue
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
