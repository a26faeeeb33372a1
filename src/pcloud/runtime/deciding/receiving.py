"""Received frames inside a batch: found, opened, judged; one answer for each relationship (spec 05 §4)."""

from collections.abc import Iterable
from typing import NamedTuple

from pcloud.engine import retry, turn
from pcloud.engine.intake import Opened, carry_over, open_frame
from pcloud.engine.snapshot import Relationship
from pcloud.errors import Code, Violation
from pcloud.limits import AHEAD_MESSAGES_MAX, ANSWER_INTERVAL_S
from pcloud.net.endpoint import NOWHERE
from pcloud.net.port import Link, Packet
from pcloud.runtime import facts
from pcloud.runtime.deciding import refusals
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.knocking import knock
from pcloud.runtime.deciding.scope import Scope
from pcloud.store.port import ScopeKind
from pcloud.wire import session


class Arrived(NamedTuple):
    """A packet in a batch, perhaps opened beside it."""

    packet: Packet
    number: int
    """Which of the inbox's packets this is, to report what became of it."""
    link: Link | None = None
    """The connection it came over, for what goes back."""
    up: bool = False
    """Whether its peer was known to be connected."""
    before: Relationship | None = None
    opened: Opened | None = None
    """What opening gave against `before`."""
    refused: Violation | None = None
    """Why it did not open against `before`."""


class Taken(NamedTuple):
    """What became of a packet: the relationship that it proved to be of, or the code that refused it."""

    number: int
    scope: bytes | None
    refused: Code | None = None
    fresh: bool = False
    """It was no repeat of anything: so it is from the peer itself, and not from somebody who recorded it."""


class Fault(NamedTuple):
    """An error of our own behind the verdict `internal`."""

    error: Exception


def take(batch: Batch, arrived: Iterable[Arrived], faults: list[Fault]) -> list[Taken]:
    """Take packets in their order."""
    return [_take_one(batch, each, faults) for each in arrived]


def _take_one(batch: Batch, arrived: Arrived, faults: list[Fault]) -> Taken:
    packet = arrived.packet
    loaded = batch.scopes.by_mailbox.get(packet.mailbox)
    known = None if loaded is None else batch.scope(loaded.id)
    if known is not None and arrived.opened is not None:
        return _take_session(batch, known, arrived, faults)
    try:
        frame = session.read_frame(packet.frame)
        scope = known or _find(batch, packet, frame)
        if scope is None:
            asked = knock(batch, packet)
            if arrived.link is not None:
                batch.links[asked] = arrived.link
            return Taken(arrived.number, asked, fresh=True)
    except Violation as violation:
        return Taken(arrived.number, None, violation.code)
    if isinstance(frame, session.ContactFrame):
        return _take_contact(batch, scope, arrived)
    return _take_session(batch, scope, arrived, faults)


def _take_session(batch: Batch, scope: Scope, arrived: Arrived, faults: list[Fault]) -> Taken:
    try:
        opened = _open(batch, scope, arrived)
    except Violation as violation:
        _refused(batch, scope, violation, arrived)
        return Taken(arrived.number, None, violation.code)
    _heard(batch, scope)
    entries, sessions = len(batch.changes.entries), scope.relationship.sealing.sessions
    refused = _judge(batch, scope, opened, faults)
    fresh = len(batch.changes.entries) > entries or scope.relationship.sealing.sessions is not sessions
    if fresh and arrived.link is not None:
        batch.links[scope.id] = arrived.link
        if not arrived.up:
            scope.sent = 0  # the peer can be reached again: all in flight go at once (spec 05 §5)
    elif arrived.link is not None:
        _note_repeat(batch, scope, arrived, arrived.link)
    return Taken(arrived.number, scope.id, refused, fresh)


def _note_repeat(batch: Batch, scope: Scope, arrived: Arrived, link: Link) -> None:
    """Remember where a peer without an address, which is not connected, has repeated something."""
    if not arrived.up and _has_no_address(scope):
        batch.repeats[scope.id] = link


def _has_no_address(scope: Scope) -> bool:
    return set(scope.relationship.peer.endpoints) <= {NOWHERE}


def _find(batch: Batch, packet: Packet, frame: session.Frame | session.ContactFrame) -> Scope | None:
    """The relationship a packet is for; None where it may be a stranger's. Raises Violation for neither."""
    route = batch.store.route(packet.mailbox)
    if route is None:
        raise Violation(Code.UNKNOWN_SESSION)
    if route.kind is ScopeKind.RELATIONSHIP:
        return batch.scope(route.scope)
    if isinstance(frame, session.ContactFrame):
        key = batch.store.contact_key(frame.tag)
        if key is None:
            raise Violation(Code.UNKNOWN_SESSION)
        return batch.scope(key[0])
    asked = batch.changes.sessions.get(frame.session) or batch.store.session(frame.session)
    return None if asked is None else batch.scope(asked)


def _open(batch: Batch, scope: Scope, arrived: Arrived) -> Opened:
    if arrived.opened is not None and arrived.before is not None:
        carried = carry_over(arrived.opened, arrived.before, scope.relationship)
        if carried is not None:
            return carried
    if arrived.refused is not None and arrived.before is scope.relationship:
        raise arrived.refused  # nothing has changed since
    return open_frame(scope.relationship, arrived.packet.frame, batch.now, batch.draw)


def _heard(batch: Batch, scope: Scope) -> None:
    """A valid frame: the peer is there. After a silence the waits begin anew, and at once (spec 05 §5)."""
    if scope.delivery is not None and retry.resets(scope.heard, batch.now):
        scope.sent = 0
        batch.set_delivery(scope, batch.next_delivery(scope, scope.delivery._replace(tries=0)))
    scope.heard = batch.now


def _judge(batch: Batch, scope: Scope, opened: Opened, faults: list[Fault]) -> Code | None:
    """Judge what was inside, and what had come before its turn."""
    header = opened.header
    later = header is not None and header.header.number > scope.relationship.incoming.number + 1
    if later and header is not None and len(scope.ahead) < AHEAD_MESSAGES_MAX:
        scope.ahead[header.header.number] = opened
    refused = _act(batch, scope, opened, faults)
    while scope.ahead:
        waited = scope.ahead.pop(scope.relationship.incoming.number + 1, None)
        if waited is None or header is None:
            break
        _act(batch, scope, waited._replace(relationship=scope.relationship), faults)
    return refused


def _act(batch: Batch, scope: Scope, opened: Opened, faults: list[Fault]) -> Code | None:
    decision, behind = turn.act(opened, scope.log, batch.setting)
    batch.apply(scope, decision)
    refusals.note(batch, scope, decision)
    scope.behind = scope.behind or behind
    if decision.error is not None:
        faults.append(Fault(decision.error))
    if decision.refused is not None:
        return Code(decision.refused)
    verdict = decision.entries[0].verdict if decision.entries and opened.header is not None else None
    return Code(verdict) if verdict in _CODES else None


_CODES = frozenset(code.value for code in Code)


def _refused(batch: Batch, scope: Scope, violation: Violation, arrived: Arrived) -> None:
    """A known peer's frame that was refused: it, or this copy, may be outdated.

    An older copy is told so where it is, and that need not be where the peer is.
    """
    before = scope.relationship
    if arrived.link is not None and not arrived.up and before.recovering and _has_no_address(scope):
        _recover_over(batch, scope, arrived.link)
    out = turn.refuse(before, violation, scope.log, batch.now)
    if out.relationship is before:
        return
    batch.steps += 1
    scope.relationship = batch.changes.relationships[scope.id] = out.relationship
    _tell(batch, scope, out, arrived.link)
    batch.touch(scope)


def _recover_over(batch: Batch, scope: Scope, link: Link) -> None:
    """Who comes back opens no frame of before, and finds who has no address by just those (TRANSPORT-41)."""
    last = scope.called.get(link)
    if last is not None and 0 <= batch.now - last < ANSWER_INTERVAL_S:
        return
    scope.called = {each: at for each, at in scope.called.items() if each.open} | {link: batch.now}
    out = turn.again(scope.relationship, scope.log, batch.now, batch.draw)
    mailbox = scope.relationship.peer.mailbox
    batch.notices.append((link, tuple(Packet(mailbox, frame) for frame in out.frames)))
    batch.steps += 1


def _tell(batch: Batch, scope: Scope, out: turn.Out, link: Link | None) -> None:
    """Tell copies of the peer where they may be, and over the connection that something refused came over."""
    batch.send(scope, out.frames, own=False)
    batch.tell_copies(out)
    mailbox = scope.relationship.peer.mailbox
    packets = [Packet(mailbox, frame) for frame in out.frames]
    packets += (Packet(place.mailbox, frame) for place, frame in out.notices)
    if link is not None and packets:
        batch.notices.append((link, tuple(packets)))


def _take_contact(batch: Batch, scope: Scope, arrived: Arrived) -> Taken:
    keys = batch.store.contact_keys(scope.id)
    try:
        found = turn.take_contact(scope.relationship, keys, arrived.packet.frame, scope.log, batch.setting)
    except Violation as violation:
        return Taken(arrived.number, None, violation.code)
    parted = len(batch.parted)
    batch.apply(scope, found.decision)
    if found.stale:
        batch.changes.facts[facts.SHOWN + scope.id.hex()] = found.stale
    if arrived.link is not None:
        if scope.id in batch.parted[parted:]:
            batch.links[scope.id] = arrived.link
        elif found.refused is None:
            _note_repeat(batch, scope, arrived, arrived.link)
    scope.recovered = scope.recovered or found.recovered
    if found.out is not None:
        _tell(batch, scope, found.out, arrived.link)
    if found.refused is not None:
        return Taken(arrived.number, scope.id, found.refused.code)
    _heard(batch, scope)
    return Taken(arrived.number, scope.id)
