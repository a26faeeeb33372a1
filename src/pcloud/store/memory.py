"""A store in memory, for tests and for nodes that are to leave nothing behind.

It keeps rows, made and read by the same codec as those on disk: it cannot keep what a file would lose.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pcloud.engine.asks import Inbound
from pcloud.engine.ledger.index import DISCLOSURE
from pcloud.engine.snapshot import History, Relationship
from pcloud.kernel.thread import Thread
from pcloud.store import codec
from pcloud.store.codec import Identity, Keys, Line
from pcloud.store.copying import MemoryCopying
from pcloud.store.lists import folded
from pcloud.store.memory_log import Held, ScopeLog
from pcloud.store.personal import PersonalTables
from pcloud.store.personal.memory import MemoryPersonal
from pcloud.store.personal.port import NUMBERED
from pcloud.store.port import (
    FOUND_BY_ID,
    Changes,
    Contact,
    CopyTables,
    Delivery,
    Desk,
    Direction,
    Fed,
    Offer,
    RelayTables,
    Route,
    Timer,
)
from pcloud.store.records import (
    OfferRow,
    SourceRow,
    UseRow,
    offer_row,
    outbound_row,
    read_desk,
    read_offer,
    read_signed,
    read_thread,
    source_rows,
    thread_row,
    use_row,
)
from pcloud.store.relays import MemoryRelays, berth_row, relay_row
from pcloud.wire.header import SignedHeader
from pcloud.wire.keys import HybridKey

Key = TypeVar("Key")
Value = TypeVar("Value")

HeldKey = tuple[bytes, bytes, bytes]
"""Scope, seed and public key."""


class ScopeRows(NamedTuple):
    """A relationship as its three rows."""

    identity: Identity
    keys: Keys
    line: Line


_UNCONFIRMED = ("requested", "accepted")


class OfferRows(NamedTuple):
    """An invitation of one's own as its two rows."""

    offer: OfferRow
    use: UseRow


class DeskRows(NamedTuple):
    """A scope's asks."""

    outbound: bytes
    sources: Mapping[str, SourceRow]


class MemoryStore:
    """Everything in dicts of rows. A commit encodes all before it changes anything."""

    def __init__(self) -> None:
        self._facts: dict[str, bytes] = {}
        self._scopes: dict[bytes, ScopeRows] = {}
        self._logs: dict[bytes, ScopeLog] = {}
        self._fed: dict[int, tuple[bytes, bytes]] = {}
        """Scope and first id of an entry, by its number."""
        self._numbers: list[int] = []
        """All numbers of the feed, also those that were given up, in order."""
        self._offers: dict[bytes, OfferRows] = {}
        self._contacts: dict[bytes, tuple[Any, ...]] = {}
        self._routes: dict[bytes, Route] = {}
        self._sessions: dict[bytes, bytes] = {}
        self._contact_keys: dict[bytes, HeldKey] = {}
        self._deliveries: dict[bytes, Delivery] = {}
        self._desks: dict[bytes, DeskRows] = {}
        self._timers: dict[tuple[bytes, str, bytes], Timer] = {}
        self._evidence: list[tuple[bytes, bytes]] = []
        self._commitments: dict[int, bytes] = {}
        self._relays = MemoryRelays()
        self._personal = MemoryPersonal(self._logs)

    # Reads

    @property
    def copying(self) -> CopyTables:
        """What only a copy of the whole node reads."""
        return MemoryCopying(self._facts, self._routes, self._timers, self._logs)

    @property
    def relays(self) -> RelayTables:
        """The relays that this node uses."""
        return self._relays

    @property
    def personal(self) -> PersonalTables:
        """Personal data, and who holds it."""
        return self._personal

    def fact(self, key: str) -> bytes | None:
        """A small value of the node itself."""
        return self._facts.get(key)

    def relationship(self, scope: bytes) -> Relationship | None:
        """A scope as committed, with its waiting messages."""
        rows = self._scopes.get(scope)
        if rows is None:
            return None
        found = codec.relationship(*rows)
        pending = self._log(scope).pending(found.outgoing)
        return found._replace(outgoing=found.outgoing._replace(pending=pending))

    def _log(self, scope: bytes) -> ScopeLog:
        return self._logs.get(scope) or ScopeLog()

    def history(self, scope: bytes) -> History:
        """Its log and threads as committed."""
        return self._logs.setdefault(scope, ScopeLog())

    def evidence(self, scope: bytes) -> Sequence[SignedHeader]:
        """The second headers of forks that were kept for a scope, oldest first."""
        return [read_signed(data) for held, data in self._evidence if held == scope]

    def offer(self, scope: bytes) -> Offer | None:
        """An invitation of one's own."""
        rows = self._offers.get(scope)
        return None if rows is None else read_offer(scope, *rows)

    def offer_of_blob(self, mailbox: bytes) -> Offer | None:
        """The invitation whose sealed form is kept under this mailbox."""
        found = (scope for scope, rows in self._offers.items() if rows.offer.blob_mailbox == mailbox)
        return next((self.offer(scope) for scope in found), None)

    def offers(self) -> Sequence[Offer]:
        """All that are not withdrawn, oldest first."""
        return [read_offer(scope, *rows) for scope, rows in self._offers.items() if not rows.use.withdrawn]

    def contact(self, scope: bytes) -> Contact | None:
        """One row of the list."""
        row = self._contacts.get(scope)
        return None if row is None else Contact(*row)

    def contacts(self, after: bytes | None, limit: int) -> Sequence[Contact]:
        """Rows in the order of scope ids, after the given one."""
        scopes = sorted(scope for scope in self._contacts if scope > (after or b""))
        return [Contact(*self._contacts[scope]) for scope in scopes[: max(limit, 0)]]

    def find_contacts(self, text: str, limit: int) -> Sequence[Contact]:
        """Rows whose name is `text`, whatever the case, or whose scope id in hex begins with it."""
        found = [Contact(*row) for _, row in sorted(self._contacts.items())]
        named = folded(text)
        matching = [
            each for each in found if folded(each.name) == named or each.scope.hex().startswith(text.lower())
        ]
        return matching[: max(limit, 0)]

    def pending(self, invitation: bytes) -> Sequence[bytes]:
        """Scopes of who asked by an invitation id and has not confirmed yet, newest first."""
        found = (Contact(*row) for row in reversed(self._contacts.values()))
        return [
            each.scope
            for each in found
            if (each.invitation, each.direction) == (invitation, Direction.IN) and each.state in _UNCONFIRMED
        ]

    def declined(self, invitation: bytes, limit: int) -> Sequence[bytes]:
        """Scopes of who asked by an invitation id and was declined, newest first."""
        found = [Contact(*row) for row in reversed(self._contacts.values())]
        of_it = (each for each in found if (each.invitation, each.direction) == (invitation, Direction.IN))
        return [each.scope for each in of_it if each.state == "declined"][: max(limit, 0)]

    def route(self, mailbox: bytes) -> Route | None:
        """Where frames for a mailbox go."""
        return self._routes.get(mailbox)

    def session(self, session: bytes) -> bytes | None:
        """The scope of a session that came to an invitation's mailbox."""
        return self._sessions.get(session)

    def contact_key(self, tag: bytes) -> tuple[bytes, HybridKey] | None:
        """The scope and key of a contact tag."""
        held = self._contact_keys.get(tag)
        return None if held is None else (held[0], HybridKey.stored(*held[1:]))

    def contact_keys(self, scope: bytes) -> Sequence[HybridKey]:
        """All contact keys kept for a scope, oldest first."""
        return [HybridKey.stored(*held[1:]) for held in self._contact_keys.values() if held[0] == scope]

    def delivery(self, scope: bytes) -> Delivery | None:
        """When it is tried again."""
        return self._deliveries.get(scope)

    def deliveries_due(self, now: int, limit: int) -> Sequence[bytes]:
        """Scopes whose next try is not later than now, the most overdue first."""
        due = sorted((row.next_try, scope) for scope, row in self._deliveries.items() if row.next_try <= now)
        return [scope for _, scope in due[: max(limit, 0)]]

    def timers_due(self, now: int, limit: int) -> Sequence[Timer]:
        """Timers not later than now, the earliest first."""
        due = sorted((timer.at, timer) for timer in self._timers.values() if timer.at <= now)
        return [timer for _, timer in due[: max(limit, 0)]]

    def next_due(self) -> int | None:
        """The earliest time of any delivery or timer."""
        times = [row.next_try for row in self._deliveries.values()]
        times += [timer.at for timer in self._timers.values()]
        return min(times, default=None)

    def desk(self, scope: bytes) -> Desk:
        """A scope's asks; an empty desk where it has none."""
        rows = self._desks.get(scope)
        return Desk() if rows is None else read_desk(rows.outbound, rows.sources.values())

    def commitment(self, above: int = -1) -> tuple[int, bytes] | None:
        """The lowest unused next-key commitment with an index above that; None where the pool is used up."""
        return min((each for each in self._commitments.items() if each[0] > above), default=None)

    def commitments_left(self) -> int:
        """How many are unused."""
        return len(self._commitments)

    def threads(self, scope: bytes, machine: str, state: str | None = None) -> Sequence[Thread]:
        """A scope's threads of one feature, oldest first: all, or those in one state."""
        rows = self._log(scope).threads_by_id.values()
        return [read_thread(row) for row in rows if row.machine == machine and state in (None, row.state)]

    def find_threads(self, machine: str, text: str, limit: int) -> Sequence[tuple[bytes, Thread]]:
        """Scopes and threads of all relationships whose thread id in hex begins with `text`, by id."""
        found = [
            (row.id, scope, row)
            for scope, log in self._logs.items()
            for row in log.threads_by_id.values()
            if row.machine == machine in FOUND_BY_ID and row.id.hex().startswith(text.lower())
        ]
        return [(scope, read_thread(row)) for _, scope, row in sorted(found)[: max(limit, 0)]]

    def log(self, scope: bytes, before: int | None, limit: int) -> Sequence[Fed]:
        """A scope's entries, newest commit first, with numbers below `before`."""
        held = sorted(self._log(scope).by_first_id.values(), reverse=True)
        found = [each for each in held if before is None or each.number < before]
        return [Fed(each.number, scope, each.entry()) for each in found[: max(limit, 0)]]

    def feed(self, after: int, limit: int) -> Sequence[Fed]:
        """Entries of all scopes with numbers above `after`, in order."""
        found: list[Fed] = []
        for number in self._numbers[bisect_right(self._numbers, after) :]:
            if len(found) >= limit:
                break
            if number in self._fed:
                scope, first_id = self._fed[number]
                found.append(Fed(number, scope, self._logs[scope].by_first_id[first_id].entry()))
        return found

    def feed_end(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._numbers[-1] if self._numbers else 0

    def counts(self) -> Mapping[str, int]:
        """Rows of `contacts`, `entries`, `threads`, `deliveries`, and `bytes`, of which it keeps none."""
        return {
            "contacts": len(self._contacts),
            "entries": len(self._fed),
            "threads": sum(len(log.threads_by_id) for log in self._logs.values()),
            "deliveries": len(self._deliveries),
            "bytes": 0,
        }

    def contact_states(self) -> Mapping[str, int]:
        """How many contacts are in each state."""
        return Counter(Contact(*row).state for row in self._contacts.values())

    def release(self) -> None:
        """Everything is kept once, and stays."""

    def check(self) -> Sequence[str]:
        """Nothing can be damaged here."""
        return ()

    def close(self) -> None:
        """Nothing is to be let go of."""

    # Writes

    def commit(self, changes: Changes) -> None:
        """Write everything or nothing: all rows are made before the first is written."""
        scopes = {
            scope: ScopeRows(codec.identity(now), codec.keys(now), codec.line(now))
            for scope, now in changes.relationships.items()
        }
        first = self.feed_end() + 1
        entries = [
            (scope, Held.of(number, entry))
            for number, ((scope, _), entry) in enumerate(changes.entries.items(), first)
        ]
        threads = [(scope, thread_row(thread)) for (scope, _), thread in changes.threads.items()]
        offers = _encoded(changes.offers, lambda offer: OfferRows(offer_row(offer), use_row(offer)))
        desks = {scope: _desk_rows(desk) for scope, desk in changes.desks.items()}
        relays = _encoded(changes.relays, relay_row)
        berths = _encoded(changes.berths, berth_row)
        keys = _encoded(changes.contact_keys, lambda held: (held[0], held[1].seed, held[1].public))
        judged_anew = {scope for scope, rows in scopes.items() if self._proofs(scope) != rows.line.proofs}
        disclosures = [place for place, each in changes.threads.items() if each.machine == DISCLOSURE]
        numbered = [place for place, each in changes.threads.items() if each.machine in NUMBERED]

        self._scopes |= scopes
        for scope, held in entries:
            self._put(scope, held)
        for (scope, first_id), verdict in changes.verdicts.items():
            self._log(scope).judge(first_id, str(verdict))
        for scope, row in threads:
            self._logs.setdefault(scope, ScopeLog()).threads_by_id[row.id] = row
        self._desks |= desks
        self._evidence += [(scope, signed.data) for scope, signed in changes.evidence]
        _write(self._facts, changes.facts)
        _write(self._offers, offers)
        _write(self._contacts, changes.contacts)
        _write(self._routes, changes.routes)
        _write(self._sessions, changes.sessions)
        _write(self._contact_keys, keys)
        _write(self._deliveries, changes.deliveries)
        _write(self._timers, changes.timers)
        _write(self._commitments, changes.commitments)
        _write(self._relays.relays, relays)
        _write(self._relays.held, berths)
        _write(self._relays.secrets, changes.vouchers)
        self._personal.put(changes.versions)
        self._personal.number(numbered)
        for scope in judged_anew.union(scope for scope, _ in disclosures):
            if scope in self._scopes:
                self._personal.index(
                    scope, codec.relationship(*self._scopes[scope]), self.threads(scope, DISCLOSURE)
                )

    def _proofs(self, scope: bytes) -> bytes | None:
        rows = self._scopes.get(scope)
        return None if rows is None else rows.line.proofs

    def _put(self, scope: bytes, held: Held) -> None:
        replaced = self._logs.setdefault(scope, ScopeLog()).put(held)
        if replaced is not None:
            del self._fed[replaced.number]
        self._fed[held.number] = (scope, held.row.first_id)
        self._numbers.append(held.number)


def _encoded(values: Mapping[Key, Value | None], row_of: Callable[[Value], Any]) -> dict[Key, Any]:
    return {key: None if value is None else row_of(value) for key, value in values.items()}


def _write(table: dict[Key, Any], values: Mapping[Key, Any]) -> None:
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value


def _desk_rows(desk: Desk) -> DeskRows:
    rows = source_rows(desk.inbound, Inbound())
    kept = {source: row for source, row in rows.items() if row is not None}
    return DeskRows(outbound_row(desk.outbound), kept)
