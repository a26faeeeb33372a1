"""The store of a node that runs: one encrypted SQLite file (ADR 17).

One connection, used from one thread at a time. A commit is one transaction, synced before it returns.
"""

import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Self

import apsw

from pcloud.engine.ledger.index import DISCLOSURE
from pcloud.engine.snapshot import Entry, History, Relationship
from pcloud.kernel.thread import Thread
from pcloud.limits import INTEGER_MAX
from pcloud.store import opening
from pcloud.store import statements as sql
from pcloud.store.appending import LogWriter
from pcloud.store.copying import SqliteCopying
from pcloud.store.database import Database, Row
from pcloud.store.files.disk import SYSTEM, Disk
from pcloud.store.lists import ListRows, folded, offer_of
from pcloud.store.log import LogRows, line_of
from pcloud.store.personal import PersonalTables
from pcloud.store.personal.sqlite import PersonalWriter, SqlitePersonal, disclosures
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
    ScopeKind,
    StoreError,
    Timer,
)
from pcloud.store.records import read_signed
from pcloud.store.relays import SqliteRelays
from pcloud.store.scopes import SCOPES_KEPT, ScopeRows
from pcloud.wire.header import SignedHeader
from pcloud.wire.keys import HybridKey

CLASHING = "The node's store refuses what it was given. This is a fault of the program; nothing was stored."
FAULTY = "The node's store holds rows that do not fit together. Restore the newest backup."

SOUND = "ok"
IDS_BYTES_MAX = 64
"""More than any id of a scope has."""


class SqliteHistory(NamedTuple):
    """One relationship's log and threads as committed."""

    scopes: ScopeRows
    log: LogRows
    scope: bytes

    def thread(self, thread_id: bytes) -> Thread | None:
        """The thread as it stands."""
        number = self.scopes.number(self.scope)
        return None if number is None else self.log.thread(number, thread_id)

    def entries(self, thread_id: bytes) -> Sequence[Entry]:
        """All entries of a thread, each side's in its own order."""
        number = self.scopes.number(self.scope)
        return () if number is None else self.log.of_thread(number, thread_id)

    def holding(self, thread_id: bytes) -> Sequence[Entry]:
        """Those of them that still hold an item."""
        number = self.scopes.number(self.scope)
        return () if number is None else self.log.holding(number, thread_id)

    def find(self, id_: bytes) -> Entry | None:
        """The entry of that message id or first id."""
        number = self.scopes.number(self.scope)
        return None if number is None else self.log.find(number, id_)

    def at(self, *, mine: bool, epochs: tuple[int, int], number: int) -> Entry | None:
        """The entry at a place of a line."""
        scope = self.scopes.number(self.scope)
        return None if scope is None else self.log.at(scope, mine=mine, line=line_of(*epochs), number=number)

    def sequence(self, *, mine: bool) -> Sequence[Entry]:
        """All entries of one side in their order."""
        number = self.scopes.number(self.scope)
        return () if number is None else self.log.sequence(number, mine=mine)


class SqliteStore:
    """Made by `create` or `open`. Raises StoreError for every fault; see `port`."""

    def __init__(self, database: Database, scopes_kept: int = SCOPES_KEPT) -> None:
        self._database = database
        self._scopes = ScopeRows(database, scopes_kept)
        self._lists = ListRows(database)
        self._log = LogRows(database)
        self.relays: RelayTables = SqliteRelays(database)
        self.copying: CopyTables = SqliteCopying(database)
        self.personal: PersonalTables = SqlitePersonal(database)
        self._personal = PersonalWriter(database)
        try:
            self._writer = LogWriter(database)
        except StoreError:
            self.close()
            raise

    @classmethod
    def create(cls, path: Path, key: bytes, *, lock: Path | None = None, disk: Disk = SYSTEM) -> Self:
        """Make a store in a folder that only its owner can read. The lock file stands beside it."""
        return cls(opening.create(path, key, lock or path.with_name("lock"), disk))

    @classmethod
    def open(cls, path: Path, key: bytes, *, lock: Path | None = None, disk: Disk = SYSTEM) -> Self:
        """Open a store. Raises InUseError, WrongKeyError, DamagedError, NewerSchemaError, StoreError."""
        return cls(opening.open_existing(path, key, lock or path.with_name("lock"), disk))

    # Reads

    def fact(self, key: str) -> bytes | None:
        """A small value of the node itself."""
        row = self._database.row(sql.FACT, (key,))
        return None if row is None else row[0]

    def relationship(self, scope: bytes) -> Relationship | None:
        """A scope as committed, with its waiting messages."""
        return self._scopes.relationship(scope)

    def history(self, scope: bytes) -> History:
        """Its log and threads as committed."""
        return SqliteHistory(self._scopes, self._log, scope)

    def evidence(self, scope: bytes) -> Sequence[SignedHeader]:
        """The second headers of forks."""
        return [read_signed(data) for (data,) in self._database.rows(sql.EVIDENCE, (scope,))]

    def offer(self, scope: bytes) -> Offer | None:
        """An invitation of one's own."""
        return offer_of(self._database.row(sql.OFFER, (scope,)))

    def offer_of_blob(self, mailbox: bytes) -> Offer | None:
        """The invitation whose sealed form is kept under this mailbox."""
        return offer_of(self._database.row(sql.OFFER_OF_BLOB, (mailbox,)))

    def offers(self) -> Sequence[Offer]:
        """All that are not withdrawn, oldest first."""
        found = (offer_of(row) for row in self._database.rows(sql.OFFERS))
        return [offer for offer in found if offer is not None]

    def contact(self, scope: bytes) -> Contact | None:
        """One row of the list."""
        row = self._database.row(sql.CONTACT, (scope,))
        return None if row is None else _contact(row)

    def contacts(self, after: bytes | None, limit: int) -> Sequence[Contact]:
        """Rows in the order of scope ids, after the given one."""
        return [_contact(row) for row in self._database.rows(sql.CONTACTS, (after or b"", max(limit, 0)))]

    def find_contacts(self, text: str, limit: int) -> Sequence[Contact]:
        """Rows whose name is `text`, whatever the case, or whose scope id in hex begins with it."""
        limit = max(limit, 0)
        rows = self._database.rows(sql.CONTACTS_NAMED, (folded(text), limit))
        bounds = beginning(text)
        if bounds is not None:
            rows += self._database.rows(sql.CONTACTS_BETWEEN, (*bounds, limit))
        found = {row[0]: row for row in rows}
        return [_contact(found[scope]) for scope in sorted(found)[:limit]]

    def pending(self, invitation: bytes) -> Sequence[bytes]:
        """Scopes of who asked by an invitation id and has not confirmed yet, newest first."""
        return [scope for (scope,) in self._database.rows(sql.REQUESTED, (invitation,))]

    def declined(self, invitation: bytes, limit: int) -> Sequence[bytes]:
        """Scopes of who asked by an invitation id and was declined, newest first."""
        return [scope for (scope,) in self._database.rows(sql.DECLINED, (invitation, max(limit, 0)))]

    def route(self, mailbox: bytes) -> Route | None:
        """Where frames for a mailbox go."""
        row = self._database.row(sql.ROUTE, (mailbox,))
        return None if row is None else Route(row[0], row[1], ScopeKind(row[2]))

    def session(self, session: bytes) -> bytes | None:
        """The scope of a session that came to an invitation's mailbox."""
        row = self._database.row(sql.SESSION, (session,))
        return None if row is None else row[0]

    def contact_key(self, tag: bytes) -> tuple[bytes, HybridKey] | None:
        """The scope and key of a contact tag."""
        row = self._database.row(sql.CONTACT_KEY, (tag,))
        return None if row is None else (row[0], HybridKey.stored(*row[1:]))

    def contact_keys(self, scope: bytes) -> Sequence[HybridKey]:
        """All contact keys kept for a scope, oldest first."""
        number = self._scopes.number(scope)
        return [HybridKey.stored(*row) for row in self._database.rows(sql.CONTACT_KEYS, (number,))]

    def delivery(self, scope: bytes) -> Delivery | None:
        """When it is tried again."""
        row = self._database.row(sql.DELIVERY, (self._scopes.number(scope),))
        return None if row is None else Delivery(*row)

    def deliveries_due(self, now: int, limit: int) -> Sequence[bytes]:
        """Scopes whose next try is not later than now, the most overdue first."""
        return [scope for (scope,) in self._database.rows(sql.DELIVERIES_DUE, (now, max(limit, 0)))]

    def timers_due(self, now: int, limit: int) -> Sequence[Timer]:
        """Timers not later than now, the earliest first."""
        return [Timer(*row) for row in self._database.rows(sql.TIMERS_DUE, (now, max(limit, 0)))]

    def next_due(self) -> int | None:
        """The earliest time of any delivery or timer."""
        rows = self._database.rows(sql.NEXT_DELIVERY) + self._database.rows(sql.NEXT_TIMER)
        return min((at for (at,) in rows if at is not None), default=None)

    def desk(self, scope: bytes) -> Desk:
        """A scope's asks; an empty desk where it has none."""
        return self._lists.desk(scope)

    def commitment(self, above: int = -1) -> tuple[int, bytes] | None:
        """The lowest unused next-key commitment with an index above that; None where the pool is used up."""
        row = self._database.row(sql.COMMITMENT, (above,))
        return None if row is None else (row[0], row[1])

    def commitments_left(self) -> int:
        """How many are unused."""
        return self._tally()["commitments"]

    def threads(self, scope: bytes, machine: str, state: str | None = None) -> Sequence[Thread]:
        """A scope's threads of one feature, oldest first: all, or those in one state."""
        number = self._scopes.number(scope)
        return () if number is None else self._log.threads(number, machine, state)

    def find_threads(self, machine: str, text: str, limit: int) -> Sequence[tuple[bytes, Thread]]:
        """Scopes and threads of all relationships whose thread id in hex begins with `text`, by id."""
        bounds = beginning(text)
        return (
            ()
            if bounds is None or machine not in FOUND_BY_ID
            else self._log.named(machine, bounds, max(limit, 0))
        )

    def log(self, scope: bytes, before: int | None, limit: int) -> Sequence[Fed]:
        """A scope's entries, newest commit first, with numbers below `before`."""
        number = self._scopes.number(scope)
        below = INTEGER_MAX if before is None else before
        return () if number is None else self._log.page(scope, number, below, max(limit, 0))

    def feed(self, after: int, limit: int) -> Sequence[Fed]:
        """Entries of all scopes with numbers above `after`, in order."""
        return self._log.feed(after, max(limit, 0))

    def feed_end(self) -> int:
        """The number of the newest entry; 0 before the first."""
        return self._writer.newest

    def counts(self) -> Mapping[str, int]:
        """Rows of `contacts`, `entries`, `threads`, `deliveries`, and `bytes`; nothing is counted for it."""
        tally = self._tally()
        del tally["commitments"]
        return {**tally, "bytes": self._database.bytes_used()}

    def contact_states(self) -> Mapping[str, int]:
        """How many contacts are in each state; nothing is counted for it."""
        return {state: rows for state, rows in self._database.rows(sql.CONTACT_TALLY) if rows}

    def _tally(self) -> dict[str, int]:
        return dict(self._database.rows(sql.TALLY))

    # Writes

    def commit(self, changes: Changes) -> None:
        """Write everything or nothing, durably. Raises FullError, DamagedError, StoreError.

        Nearly all entries are new, and so is a thread whose first entry comes with it; a batch of them is
        quickest where nobody looks first. Where one is not new after all, everything is written again with
        care.
        """
        try:
            self._commit(changes)
        except apsw.ConstraintError:
            try:
                self._commit(changes, carefully=True)
            except apsw.ConstraintError as error:
                raise StoreError(CLASHING) from error

    def _commit(self, changes: Changes, *, carefully: bool = False) -> None:
        writer, scopes = self._writer, self._scopes
        counters = writer.newest, writer.newest_thread
        erased = False

        def write() -> None:
            nonlocal erased
            judged_anew = scopes.write(changes.relationships)
            if carefully:
                erased = writer.put(changes.entries, scopes.number_of)
            else:
                writer.add(changes.entries, scopes.number_of)
            writer.judge(changes.verdicts, scopes.number_of)
            opened = () if carefully else changes.entries
            writer.put_threads(changes.threads, scopes.number_of, opened)
            erased |= self._personal.put(changes.versions)
            self._index(changes, judged_anew)
            self._lists.write(changes, scopes.number_of)

        try:
            self._database.transact(write)
        except BaseException:
            writer.newest, writer.newest_thread = counters
            scopes.forget()
            self._lists.forget()
            raise
        scopes.settle()
        self._lists.settle()
        if erased:
            self._database.empty_log()

    def _index(self, changes: Changes, judged_anew: Sequence[bytes]) -> None:
        """Write what disclosures say: those that changed, and all where an agreement began or ended."""
        threads: dict[bytes, Sequence[Thread]] = dict(disclosures(changes.threads))
        for scope in judged_anew:
            if scope in threads or self._personal.has_given(scope):
                threads[scope] = self.threads(scope, DISCLOSURE)
        for scope, changed in threads.items():
            relationship = changes.relationships.get(scope) or self._scopes.relationship(scope)
            if relationship is not None:
                self._personal.index(scope, relationship, changed)

    def release(self) -> None:
        """Keep no more of what was read than after a commit."""
        self._scopes.release()

    def check(self) -> Sequence[str]:
        """Look the whole store over; one sentence for each fault, none where it is whole."""
        try:
            lines = [line for (line,) in self._database.rows(sql.CHECK) if line != SOUND]
            strays = self._database.rows(sql.CHECK_REFERENCES) or self._database.rows(sql.CHECK_ITEMS)
        except StoreError as error:
            return [str(error)]
        return [f"The store's check found: {line}." for line in lines] + [FAULTY] * bool(strays)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close(opening.MARK_CLOSED)


def beginning(text: str) -> tuple[bytes, bytes] | None:
    """From which id on and below which one all begin with `text` in hex; None where it is no hex."""
    if len(text) > 2 * IDS_BYTES_MAX or not all(digit in string.hexdigits for digit in text):
        return None
    digits = len(text) + len(text) % 2
    after = int(text or "0", 16) + 1
    below = b"\xff" * IDS_BYTES_MAX
    if text and after < 16 ** len(text):
        below = bytes.fromhex(f"{after:0{len(text)}x}".ljust(digits, "0"))
    return bytes.fromhex(text.ljust(digits, "0")), below


def _contact(row: Row) -> Contact:
    return Contact(row[0], Direction(row[1]), *row[2:])
