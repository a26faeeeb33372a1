"""The log and the threads of each relationship: read as `History` and as a feed, written row by row."""

from collections.abc import Callable
from hashlib import sha256

from pcloud.engine.snapshot import Entry, Outgoing, Relationship, Sent
from pcloud.kernel.thread import Thread
from pcloud.store import statements as sql
from pcloud.store.codec import UNREADABLE
from pcloud.store.database import Database, Row
from pcloud.store.port import DamagedError, Fed
from pcloud.store.records import (
    EntryRow,
    ItemRow,
    ThreadRow,
    read_entry,
    read_signed,
    read_thread,
)
from pcloud.store.schema import Kind
from pcloud.wire.header import Header

EPOCHS = 32
"""More than a key log has, so that generation and sender's epoch make one number, a line."""
_TAG_BYTES = 8


def tag(id_: bytes) -> int:
    """The beginning of an id as SQLite's integer. Whoever looks one up compares the whole id too."""
    return int.from_bytes(id_[:_TAG_BYTES], "big", signed=True)


def machine_tag(machine: str) -> int:
    """The same for the name of a machine."""
    return tag(sha256(machine.encode()).digest())


def line_of(sender_epoch: int, recipient_epoch: int) -> int:
    """A line of one side as one number, which grows with the generation."""
    return (sender_epoch + recipient_epoch) * EPOCHS + sender_epoch


def place_of(header: Header) -> int:
    """The line of a header."""
    return line_of(header.sender_epoch, header.recipient_epoch)


def own_order(entry: Entry) -> tuple[bool, int, int]:
    """By side, generation and number."""
    header = entry.signed.header
    return entry.mine, header.generation, header.number


def chain(line: Outgoing, find: Callable[[bytes], Entry | None]) -> tuple[Sent, ...]:
    """Messages without a receipt as they are linked from the head of the line back. Raises DamagedError.

    A place alone does not tell them where the peer gave back what another copy said there (spec 06 §10).
    """
    found: list[Sent] = []
    id_ = line.head
    for number in range(line.number, line.receipted, -1):
        entry = find(id_)
        if entry is None or entry.signed.header.number != number:
            raise DamagedError(UNREADABLE)
        found.append(Sent(number, id_, entry.first_id))
        id_ = entry.signed.header.prev
    return tuple(reversed(found))


class LogRows:
    """Reads of the log, by the number that stands for a scope."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def entry(self, row: Row) -> Entry:
        """The entry of a row that begins with its number."""
        found = EntryRow(*row[1:])
        signed = read_signed(found.signed)
        return read_entry(found, signed, self._items(row[0]) if len(signed.header.digests) > 1 else ())

    def _items(self, number: int) -> list[ItemRow]:
        return [ItemRow(*item) for item in self._database.rows(sql.ITEMS, (number,))]

    def find(self, scope: int, id_: bytes) -> Entry | None:
        """By message id or first id, also one under which it was sent earlier."""
        row = self.find_row(scope, id_)
        if row is None:
            earlier = self._database.row(sql.FIND_EARLIER, (scope, tag(id_), id_))
            row = None if earlier is None else self.find_row(scope, earlier[0])
        return None if row is None else self.entry(row)

    def find_row(self, scope: int, id_: bytes) -> Row | None:
        """The row of an entry, by its first id or its present one."""
        return self._database.row(sql.FIND, (scope, tag(id_), id_))

    def at(self, scope: int, *, mine: bool, line: int, number: int) -> Entry | None:
        """By place; what stood there earlier is given as it was signed then, with the parts it still has."""
        place = (scope, Kind.MINE if mine else Kind.THEIRS, line, number)
        row = self._database.row(sql.AT, place)
        if row is not None:
            return self.entry(row)
        earlier = self._database.row(sql.AT_EARLIER, place)
        if earlier is None:
            return None
        now = self.find(scope, earlier[1])
        before = read_entry(EntryRow(*(*earlier[1:], None, None)), read_signed(earlier[6]), ())
        return before if now is None else before._replace(parts=now.parts)

    def of_thread(self, scope: int, thread: bytes) -> list[Entry]:
        """All entries of a thread, each side's in its own order."""
        rows = self._database.rows(sql.OF_THREAD, (scope, tag(thread)))
        found = (self.entry(row) for row in rows)
        return sorted((entry for entry in found if entry.signed.thread_id == thread), key=own_order)

    def holding(self, scope: int, thread: bytes) -> list[Entry]:
        """Entries of a thread that still hold an item."""
        rows = self._database.rows(sql.HOLDING, (scope, tag(thread)))
        found = (self.entry(row) for row in rows)
        return [entry for entry in found if entry.signed.thread_id == thread]

    def sequence(self, scope: int, *, mine: bool) -> list[Entry]:
        """All entries of one side in their order."""
        rows = self._database.rows(sql.SEQUENCE, (scope, mine))
        return sorted((self.entry(row) for row in rows), key=own_order)

    def page(self, id_: bytes, scope: int, before: int, limit: int) -> list[Fed]:
        """Entries of a scope, newest first."""
        rows = self._database.rows(sql.LOG, (scope, before, limit))
        return [Fed(row[0], id_, self.entry(row)) for row in rows]

    def feed(self, after: int, limit: int) -> list[Fed]:
        """Entries of all scopes, oldest first."""
        rows = self._database.rows(sql.FEED, (after, limit))
        return [Fed(row[1], row[0], self.entry(row[1:])) for row in rows]

    def pending(self, scope: int, of: Relationship) -> tuple[Sent, ...]:
        """Own messages of the present pair of epochs without a receipt, in order. Raises DamagedError."""
        line = of.outgoing
        if line.number <= line.receipted:
            return ()
        epochs = line_of(of.me.log.epoch, of.peer.log.epoch)
        rows = self._database.rows(sql.PENDING, (scope, epochs, line.receipted, line.number))
        shadowed = self._database.rows(sql.SHADOWED, (scope, epochs))
        if shadowed or len(rows) != line.number - line.receipted:
            return chain(line, lambda id_: self.find(scope, id_))
        return tuple(Sent(number, id_ or first_id, first_id) for number, id_, first_id in rows)

    def thread(self, scope: int, thread: bytes) -> Thread | None:
        """A thread as it stands."""
        row = self._database.row(sql.THREAD, (scope, tag(thread), thread))
        return None if row is None else read_thread(ThreadRow(*row[1:]))

    def threads(self, scope: int, machine: str, state: str | None) -> list[Thread]:
        """The threads of one feature, oldest first: all, or those in one state."""
        rows = self._database.rows(sql.THREADS, (scope, machine_tag(machine), state))
        return [read_thread(ThreadRow(*row[1:])) for row in rows]

    def named(self, machine: str, bounds: tuple[bytes, bytes], limit: int) -> list[tuple[bytes, Thread]]:
        """Threads of all scopes with ids between these, with their scopes."""
        rows = self._database.rows(sql.THREADS_NAMED, (machine, *bounds, limit))
        return [(row[0], read_thread(ThreadRow(*row[1:]))) for row in rows]
