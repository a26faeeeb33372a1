"""Entries that come back, and what their owner says of them (spec 06 §4-6)."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pcloud.engine.refold import refold
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, REJECTED, Entry, History, Relationship
from pcloud.errors import Code, Violation
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.reject import RelationshipReject
from pcloud.features.relationship.returned import RelationshipReturned
from pcloud.kernel.effects import Keep, Send
from pcloud.kernel.thread import Thread
from pcloud.wire import cose
from pcloud.wire.header import Header, SignedHeader, read_header
from pcloud.wire.parts import Part, check_parts

RETURNED, AFFIRMED, REJECT = "returned", "affirmed", "rejected"


class Mended(NamedTuple):
    """What mending changes beside the scope: rows to write, and what the node says by itself."""

    relationship: Relationship
    entries: tuple[Entry, ...] = ()
    threads: tuple[Thread, ...] = ()
    verdicts: tuple[tuple[bytes, str], ...] = ()
    replies: tuple[Send, ...] = ()
    again: tuple[Entry, ...] = ()
    """Own entries to send again: affirmed, and the peer does not hold them."""


def read_returned(
    relationship: Relationship, data: bytes, parts: tuple[Part | None, ...], verdict: str
) -> Entry:
    """An own message as the peer gives it back, verified under the key of its epoch.

    Raises Violation `entry-invalid` for anything that this side did not send to this peer.
    """
    try:
        signed = cose.parse_sign1(data, cose.HEADER)
        header = read_header(signed.payload)
        log = relationship.me.log
        _require_own(relationship, header)
        cose.verify_sign1(signed, log.events[header.sender_epoch].signing_key)
        parts += (None,) * (len(header.digests) - len(parts))
        check_parts(header.digests, parts)
    except Violation as violation:
        raise Violation(Code.ENTRY_INVALID, str(violation.code)) from violation
    return Entry(SignedHeader(header, signed.id, signed.kid, data), parts, verdict, mine=True)


def _require_own(relationship: Relationship, header: Header) -> None:
    log = relationship.me.log
    known = (relationship.peer.log.persona, relationship.sealing.founding[1])
    if header.sender != log.persona or header.recipient not in known or header.sender_epoch > log.epoch:
        raise Violation(Code.WRONG_PARTY)


def mend(
    relationship: Relationship,
    keeps: Iterable[Keep],
    said: SignedHeader,
    history: History,
    registry: Registry,
) -> Mended:
    """Apply what a message of recovery keeps: entries returned, affirmed or rejected."""
    kept = [keep for keep in keeps if keep.table in (RETURNED, AFFIRMED, REJECT)]
    if not kept:
        return Mended(relationship)
    table, _, value = kept[0]
    if table == RETURNED:
        if said.header.sender != relationship.peer.log.persona:
            return Mended(relationship)
        entries = [read_returned(relationship, *returned) for returned in value]
        return _take_back(relationship, entries, history, registry)
    ids = [key for _, key, _ in kept]
    return (_rejected if table == REJECT else _affirmed)(relationship, ids, said, history, registry)


def _take_back(
    relationship: Relationship, returned: Sequence[Entry], history: History, registry: Registry
) -> Mended:
    """Own entries come back. What the log held is spoken for; what it did not waits for the owner."""
    added: dict[bytes, Entry] = {}
    judged: dict[bytes, Entry] = {}
    owned: list[bytes] = []
    disowned: list[bytes] = []
    marked = set(relationship.unaffirmed)
    for entry in returned:
        if entry.verdict != APPLIED:
            continue  # it has no effect here, and the peer's word alone takes none away
        id_, held = entry.first_id, history.find(entry.first_id)
        if held is None:
            added[id_] = entry
            marked.add(id_)
        elif held.verdict == REJECTED:
            disowned.append(id_)
        elif id_ not in marked and not _is_current(relationship, held):
            owned.append(id_)
            if held.verdict not in (None, APPLIED):  # refused when judged again, by a copy that is gone
                judged[id_] = held._replace(verdict=APPLIED)
    for epoch, id_ in _named_by_rejects(added.values()):
        known = added.get(id_) or history.find(id_)
        if known is None or not known.mine or known.signed.header.sender_epoch >= epoch:
            continue
        if _may_reject(known, registry):
            judged[id_] = known._replace(verdict=REJECTED)
            marked.discard(id_)
    relationship = relationship._replace(unaffirmed=frozenset(marked))
    if any(_is_newest(relationship, entry) for entry in added.values()):
        relationship = relationship._replace(stopped="the peer gives back what this copy never sent")
    changed = {**added, **judged}
    folded = refold(relationship, _threads(changed), changed, history, registry)
    thread = folded.relationship.thread
    replies: tuple[Send, ...] = ()
    if thread is not None and not relationship.stopped:
        pairs = ((RelationshipAffirm, owned), (RelationshipReject, disowned))
        replies = tuple(Send(make(tuple(ids)), thread.id) for make, ids in pairs if ids)
    verdicts = tuple((id_, str(entry.verdict)) for id_, entry in judged.items())
    return Mended(folded.relationship, tuple(added.values()), folded.threads, verdicts, replies)


def _may_reject(entry: Entry, registry: Registry) -> bool:
    """Whether a reject can reach the entry at all: it acts, and something would be left without it."""
    message = registry.messages.get(entry.signed.header.name)  # none for what another version has written
    return entry.verdict in (None, APPLIED) and message is not None and not message.LASTING


def _named_by_rejects(added: Iterable[Entry]) -> list[tuple[int, bytes]]:
    """Epochs and ids that own rejects name which come back: they act as they did at the peer (spec 06 §6)."""
    return [
        (entry.signed.header.sender_epoch, id_)
        for entry in added
        if entry.signed.header.name == RelationshipReject.NAME and entry.parts[0] is not None
        for id_ in RelationshipReject.read(entry.parts[0].data).ids
    ]


def _is_current(relationship: Relationship, entry: Entry) -> bool:
    """Whether an own entry was signed in the present pair of epochs: then it is on its way, or there."""
    header = entry.signed.header
    epochs = (relationship.me.log.epoch, relationship.peer.log.epoch)
    return (header.sender_epoch, header.recipient_epoch) == epochs


def _is_newest(relationship: Relationship, entry: Entry) -> bool:
    """Whether the present key signed it, so that the log would hold it if this copy were the newest."""
    return entry.signed.header.sender_epoch == relationship.me.log.epoch


def _affirmed(
    relationship: Relationship, ids: Sequence[bytes], said: SignedHeader, history: History, registry: Registry
) -> Mended:
    """The owner owns up to marked entries. What the peer has lost meanwhile goes to it again."""
    found = {entry.first_id: entry for entry in _own(relationship, ids, said, history)}
    touched = {id_: entry for id_, entry in found.items() if id_ in relationship.unaffirmed}
    relationship = relationship._replace(unaffirmed=relationship.unaffirmed - touched.keys())
    folded = refold(relationship, _threads(touched), touched, history, registry)
    again = [entry for entry in touched.values() if entry.mine and entry.verdict is None]
    again.sort(key=lambda entry: entry.signed.rank)
    return Mended(folded.relationship, (), folded.threads, again=tuple(again))


def _rejected(
    relationship: Relationship, ids: Sequence[bytes], said: SignedHeader, history: History, registry: Registry
) -> Mended:
    """The owner does not own up to marked entries. What it affirmed or never lost it cannot take back.

    Where it says so again, this side may have lost the mark with the first saying: then the epoch decides.
    """
    epoch = said.header.sender_epoch if said.header.first is not None else 0
    touched = {
        entry.first_id: entry._replace(verdict=REJECTED)
        for entry in _own(relationship, ids, said, history)
        if _may_reject(entry, registry)
        and (entry.first_id in relationship.unaffirmed or entry.signed.header.sender_epoch < epoch)
    }
    relationship = relationship._replace(unaffirmed=relationship.unaffirmed - touched.keys())
    folded = refold(relationship, _threads(touched), touched, history, registry)
    verdicts = tuple((id_, REJECTED) for id_ in touched)
    return Mended(folded.relationship, (), folded.threads, verdicts)


def _own(
    relationship: Relationship, ids: Sequence[bytes], said: SignedHeader, history: History
) -> list[Entry]:
    """The entries named by their own sender that act, or would if they were not suspended."""
    mine = said.header.sender == relationship.me.log.persona
    found = (history.find(id_) for id_ in ids)
    return [
        entry
        for entry in found
        if entry is not None and entry.mine is mine and entry.verdict in (None, APPLIED)
    ]


def _threads(entries: Mapping[bytes, Entry]) -> set[bytes]:
    return {entry.signed.thread_id for entry in entries.values()}


def suspended_threads(entries: Iterable[Entry], registry: Registry) -> set[bytes]:
    """Threads of the entries that do not act while they are unaffirmed."""
    return {
        entry.signed.thread_id
        for entry in entries
        if (message := registry.messages.get(entry.signed.header.name)) is not None and message.SUSPENDED
    }


def returned_ids(message: RelationshipReturned) -> list[bytes]:
    """First ids of the entries that a message of one's own gives back."""
    found = []
    for entry in message.entries:
        signed = cose.parse_sign1(entry.signed, cose.HEADER)
        first = read_header(signed.payload).first
        found.append(signed.id if first is None else first.id)
    return found
