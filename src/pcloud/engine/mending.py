"""Entries that come back, and what their owner says of them (spec 06 §4-6)."""

from collections.abc import Iterable
from typing import NamedTuple

from pcloud.engine.refold import refold
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import APPLIED, REJECTED, Entry, History, Relationship
from pcloud.errors import Code, Violation
from pcloud.kernel.effects import Keep
from pcloud.kernel.thread import Thread
from pcloud.wire import cose
from pcloud.wire.header import Header, SignedHeader, read_header
from pcloud.wire.parts import Part, check_parts

RETURNED, AFFIRMED, REJECT = "returned", "affirmed", "rejected"


class Mended(NamedTuple):
    """What mending changes beside the scope: rows to write."""

    relationship: Relationship
    entries: tuple[Entry, ...] = ()
    threads: tuple[Thread, ...] = ()
    verdicts: tuple[tuple[bytes, str], ...] = ()


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
    personas = (header.sender, header.recipient)
    if personas != (log.persona, relationship.peer.log.persona) or header.sender_epoch > log.epoch:
        raise Violation(Code.WRONG_PARTY)


def check_keeps(relationship: Relationship, keeps: Iterable[Keep]) -> None:
    """Refuse a message that returns what cannot be one's own. Raises Violation `entry-invalid`."""
    for table, _, value in keeps:
        if table == RETURNED:
            for returned in value:
                read_returned(relationship, *returned)


def mend(
    relationship: Relationship, keeps: Iterable[Keep], sender: bytes, history: History, registry: Registry
) -> Mended:
    """Apply what messages of recovery keep: entries returned, affirmed or rejected."""
    entries: dict[bytes, Entry] = {}
    verdicts: list[tuple[bytes, str]] = []
    marked, lifted = set(relationship.unaffirmed), set()
    for table, key, value in keeps:
        if table == RETURNED and sender == relationship.peer.log.persona:
            for returned in value:
                entry = read_returned(relationship, *returned)
                if history.find(entry.first_id) is None:
                    entries[entry.first_id] = entry
                    if entry.verdict == APPLIED:
                        marked.add(entry.first_id)
        elif table in (AFFIRMED, REJECT) and key in marked and _owns(history, key, sender):
            lifted.add(key)
            if table == REJECT:
                verdicts.append((key, REJECTED))
    touched = dict(entries)
    for id_ in lifted:
        found = history.find(id_)
        if found is not None:
            touched[id_] = found
    touched.update((id_, touched[id_]._replace(verdict=verdict)) for id_, verdict in verdicts)
    relationship = relationship._replace(unaffirmed=frozenset(marked - lifted))
    threads = (entry.signed.thread_id for entry in touched.values())
    folded = refold(relationship, threads, touched, history, registry)
    return Mended(folded.relationship, tuple(entries.values()), folded.threads, tuple(verdicts))


def suspended_threads(entries: Iterable[Entry], registry: Registry) -> set[bytes]:
    """Threads of unaffirmed entries that do not act until affirmed."""
    return {
        entry.signed.thread_id
        for entry in entries
        if entry.verdict == APPLIED and registry.messages[entry.signed.header.name].SUSPENDED
    }


def _owns(history: History, id_: bytes, sender: bytes) -> bool:
    """Only who sent an entry says whether it is theirs."""
    entry = history.find(id_)
    return entry is not None and entry.signed.header.sender == sender
