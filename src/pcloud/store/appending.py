"""Rows of the log as a commit adds them: new entries in a batch, those that replace others one by one."""

from collections.abc import Callable, Container, Mapping

from pcloud.engine.snapshot import Entry
from pcloud.kernel.thread import Thread
from pcloud.store import statements as sql
from pcloud.store.database import Database, Row
from pcloud.store.log import LogRows, machine_tag, place_of, tag
from pcloud.store.records import EntryRow, ThreadRow, entry_row, item_rows, read_signed, thread_row
from pcloud.store.schema import Kind

Numbers = Callable[[bytes], int]
"""The number that stands for a scope."""
Id = tuple[bytes, bytes]
"""A scope, and an id in it."""

_MINE, _THEIRS = Kind.MINE, Kind.THEIRS  # to look them up in their enum takes as long as to make a row


def _keys(entry: Entry, row: EntryRow) -> tuple[int, int, Kind, int, int]:
    """Tags of first id and thread, then the place."""
    header, first_id = entry.signed.header, row.first_id
    kind = _MINE if entry.mine else _THEIRS
    return tag(first_id), tag(header.thread or first_id), kind, place_of(header), header.number


class LogWriter:
    """Writes inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rows = LogRows(database)
        self.newest = self._newest(sql.NEWEST_ENTRY)
        """Number of the newest entry. Whoever rolls back takes it back."""
        self.newest_thread = self._newest(sql.NEWEST_THREAD)

    def _newest(self, statement: str) -> int:
        ((number,),) = self._database.rows(statement)
        return number or 0

    def add(self, entries: Mapping[Id, Entry], number_of: Numbers) -> None:
        """Add entries that replace none; no item goes.

        Raises apsw.ConstraintError where one replaces another, or claims a place that is taken.
        """
        if not entries:
            return
        rows, items, keys, more = [], [], [], []
        number, known, scope = self.newest, b"", 0
        for (scope_id, _), entry in entries.items():
            number += 1
            if scope_id != known:
                known, scope = scope_id, number_of(scope_id)
            row = entry_row(entry)
            rows.append((number, scope, *row))
            keys.append((scope, number, *_keys(entry, row)))
            if row.id is not None:
                more.append((scope, Kind.ID, tag(row.id), 0, number))
            if len(entry.parts) > 1:
                items += [(number, *item) for item in item_rows(entry)]
        database = self._database
        database.run_many(sql.ADD_ENTRY, rows)
        database.run_many(sql.ADD_ENTRY_KEYS, keys)
        database.run_many(sql.ADD_KEY, more)
        database.run_many(sql.ADD_ITEM, items)
        database.run(sql.COUNT_ENTRIES, (len(rows),))
        self.newest = number

    def put(self, entries: Mapping[Id, Entry], number_of: Numbers) -> bool:
        """Add entries that may replace others; gives whether an item went."""
        erased = False
        for (scope_id, _), entry in entries.items():
            erased |= self._put(number_of(scope_id), entry, entry_row(entry))
        return erased

    def _put(self, scope: int, entry: Entry, row: EntryRow) -> bool:
        database = self._database
        old = self._held(scope, row.first_id)
        self.newest += 1
        number, kept = self.newest, item_rows(entry)
        erased = old is not None and self._retire(scope, old, row) > len(kept)
        database.run(sql.ADD_ENTRY, (number, scope, *row))
        database.run_many(sql.ADD_ITEM, [(number, *item) for item in kept])
        _, thread, kind, line, place = _keys(entry, row)
        self._shadow(scope, kind, line, place, row.first_id)
        for key in ((Kind.ORDER, number, 0), (Kind.THREAD, thread, number), (kind, line, place)):
            database.run(sql.PUT_KEY, (scope, *key, number))
        for id_ in (row.first_id, row.id):
            if id_ is not None:
                self._put_id(scope, id_, number, None if old is None else old[0])
        if old is None:
            database.run(sql.COUNT_ENTRIES, (1,))
        return erased

    def _held(self, scope: int, first_id: bytes) -> Row | None:
        row = self._rows.find_row(scope, first_id)
        return row if row is not None and row[1] == first_id else None

    def _retire(self, scope: int, old: Row, row: EntryRow) -> int:
        """Take an entry out of the log; how it was signed is still found. Gives how many items went."""
        database, (number, *_) = self._database, old
        signed = read_signed(old[6])
        items = len(database.rows(sql.ITEMS, (number,)))
        line = place_of(signed.header)
        for key in ((Kind.ORDER, number, 0), (Kind.THREAD, tag(signed.thread_id), number)):
            database.run(sql.DROP_KEY, (scope, *key))
        database.run(sql.DROP_KEY, (scope, Kind.SHADOWED, line, number))
        if old[6] != row.signed:
            database.run(sql.ADD_EARLIER, (number,))
        database.run(sql.ERASE_ITEMS, (number,))
        database.run(sql.DROP_ENTRY, (number,))
        return items

    def _shadow(self, scope: int, kind: Kind, line: int, place: int, first_id: bytes) -> None:
        """Remember an own entry that loses its place to another one, so that it still counts as waiting."""
        taken = self._database.row(sql.AT, (scope, kind, line, place))
        if taken is not None and taken[1] != first_id and kind is Kind.MINE:
            self._database.run(sql.PUT_KEY, (scope, Kind.SHADOWED, line, taken[0], taken[0]))

    def _put_id(self, scope: int, id_: bytes, number: int, replaced: int | None) -> None:
        """Let an id lead to an entry: in place of the replaced one, else beside others that begin alike."""
        keys = self._database.rows(sql.KEYS_LIKE, (scope, Kind.ID, tag(id_)))
        at = next((b for b, held in keys if held == replaced), len(keys))
        self._database.run(sql.PUT_KEY, (scope, Kind.ID, tag(id_), at, number))

    def judge(self, verdicts: Mapping[Id, str], number_of: Numbers) -> None:
        """Set verdicts of stored entries."""
        self._database.run_many(
            sql.PUT_VERDICT,
            [
                (number_of(scope), tag(first_id), first_id, verdict)
                for (scope, first_id), verdict in verdicts.items()
            ],
        )

    def put_threads(
        self, threads: Mapping[Id, Thread], number_of: Numbers, opened: Container[Id] = ()
    ) -> None:
        """Write threads; a new one takes its place behind the others of its scope.

        Those `opened` are taken to be new, and added together. Raises apsw.ConstraintError where one is not.
        """
        rows: list[Row] = []
        keys: list[Row] = []
        for id_, thread in threads.items():
            scope, row = number_of(id_[0]), thread_row(thread)
            if id_ in opened:
                self.newest_thread += 1
                rows.append((self.newest_thread, scope, *row))
                keys += _thread_keys(scope, row, 0, self.newest_thread)
            elif not self._database.run(sql.PUT_THREAD, (scope, tag(row.id), *row)):
                self._add_thread(scope, row)
        self._database.run_many(sql.ADD_THREAD, rows)
        self._database.run_many(sql.ADD_KEY, keys)

    def _add_thread(self, scope: int, row: ThreadRow) -> None:
        database = self._database
        self.newest_thread += 1
        number = self.newest_thread
        alike = len(database.rows(sql.KEYS_LIKE, (scope, Kind.THREAD_ID, tag(row.id))))
        database.run(sql.ADD_THREAD, (number, scope, *row))
        database.run_many(sql.PUT_KEY, _thread_keys(scope, row, alike, number))


def _thread_keys(scope: int, row: ThreadRow, alike: int, number: int) -> tuple[Row, Row]:
    """How a thread is found: by its id, of which so many begin alike, and among those of its machine."""
    return (
        (scope, Kind.THREAD_ID, tag(row.id), alike, number),
        (scope, Kind.MACHINE, machine_tag(row.machine), number, number),
    )
