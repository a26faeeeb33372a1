"""Mailboxes in a SQLite file of their own, beside the node's store and encrypted as that is (spec 20 §6).

Who opens the file is the runtime; here is what stands in it. One connection, used from one thread at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

from pcloud.mailboxes import statements as sql
from pcloud.mailboxes.judging import Blob, Box, Judge, number_of
from pcloud.mailboxes.port import EXPIRED_AT_ONCE, Change, OpenBox, Quota, Result, Stats, Waiting

NUMBER_MIN: Final = -(2**63)
"""No mailbox has a lower number."""

_Row = tuple[Any, ...]


class Database(Protocol):
    """An open encrypted file, such as `store.opening` gives. Raises StoreError for every fault."""

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[_Row]:
        """All rows of a query."""

    def row(self, statement: str, values: Sequence[Any] = ()) -> _Row | None:
        """The row of a query that gives at most one."""

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement inside a transaction."""

    def run_many(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of these."""

    def transact(self, write: Callable[[], None]) -> None:
        """Run `write` as one transaction, durable when this returns; or none of it."""

    def empty_log(self) -> bool:
        """Leave nothing that was deleted in the write-ahead log."""

    def close(self, last: str) -> None:
        """Run a last statement, and let go of the file."""


class SqliteRows:
    """Rows of a file. A transaction reads a mailbox once, and writes it and all new frames at its end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._boxes: dict[int, Box | None] = {}
        self._changed: dict[int, Box] = {}
        self._came: list[tuple[int, int, int, bytes]] = []

    def flush(self) -> None:
        """Write what became of the mailboxes, and what came for them."""
        self._database.run_many(sql.PUT_BOX, list(self._changed.values()))
        self._database.run_many(sql.ADD_FRAME, self._came)
        self._changed.clear()
        self._came.clear()

    def voucher(self, hash_: bytes) -> int | None:
        """Until when a voucher is good."""
        row = self._database.row(sql.VOUCHER, (hash_,))
        return None if row is None else row[0]

    def add_voucher(self, hash_: bytes, until: int) -> None:
        """Keep one."""
        self._database.run(sql.ADD_VOUCHER, (hash_, until))

    def drop_voucher(self, hash_: bytes) -> None:
        """It is spent, or over."""
        self._database.run(sql.DROP_VOUCHER, (hash_,))

    def vouchers_over(self, now: int, limit: int) -> Sequence[bytes]:
        """Some whose time is over."""
        return [hash_ for (hash_,) in self._database.rows(sql.VOUCHERS_OVER, (now, limit))]

    def box(self, number: int) -> Box | None:
        """A mailbox by its number."""
        if number not in self._boxes:
            row = self._database.row(sql.BOX, (number,))
            self._boxes[number] = None if row is None else Box(*row)
        return self._boxes[number]

    def box_of(self, pickup: bytes) -> Box | None:
        """A mailbox by the hash of its pickup token."""
        self.flush()
        row = self._database.row(sql.BOX_OF, (pickup,))
        return None if row is None else self._known(row)

    def boxes_over(self, now: int, limit: int) -> Sequence[Box]:
        """Some whose lease is over."""
        self.flush()
        return [self._known(row) for row in self._database.rows(sql.BOXES_OVER, (now, limit))]

    def put_box(self, box: Box) -> None:
        """Keep it, or what became of it."""
        self._changed[box.number] = box
        if self._boxes.get(box.number) is None:
            self.flush()  # frames refer to it
        self._boxes[box.number] = box

    def _known(self, row: _Row) -> Box:
        box = Box(*row)
        self._boxes[box.number] = box
        return box

    def drop_box(self, box: Box) -> None:
        """Delete it; it has no frames, so none of it waits to be written."""
        self._changed.pop(box.number, None)
        self._boxes[box.number] = None
        self._database.run(sql.DROP_BOX, (box.number,))

    def blob(self, box: Box) -> Blob | None:
        """What is published there."""
        row = self._database.row(sql.BLOB, (box.number,))
        return None if row is None else Blob(*row)

    def put_blob(self, box: Box, blob: Blob) -> None:
        """Publish it."""
        self._database.run(sql.PUT_BLOB, (box.number, *blob))

    def drop_blob(self, box: Box) -> None:
        """Publish nothing there."""
        self._database.run(sql.DROP_BLOB, (box.number,))

    def add_frame(self, box: Box, number: int, hour: int, frame: bytes) -> None:
        """Keep a frame."""
        self._came.append((box.number, number, hour, frame))

    def sizes(self, box: Box, upto: int, limit: int) -> Sequence[tuple[int, int]]:
        """Number and bytes of its first frames."""
        self.flush()
        return [(number, size) for number, size in self._database.rows(sql.SIZES, (box.number, upto, limit))]

    def drop_frames(self, box: Box, upto: int) -> None:
        """Delete its first frames."""
        self._database.run(sql.DROP_FRAMES, (box.number, upto))

    def oldest_frames(self, limit: int) -> Sequence[tuple[int, int, int]]:
        """Those that came first."""
        found = self._database.rows(sql.OLDEST_FRAMES, (limit,))
        return [(box, number, hour) for box, number, hour in found]


class SqliteMailboxes:
    """See `port.Mailboxes`. Raises StoreError for every fault of the file."""

    def __init__(
        self, database: Database, quota: Quota | None = None, room: Callable[[], int] | None = None
    ) -> None:
        """Take an open file of the schema of `schema.py`.

        `room` says how many bytes more the disk has for what is kept here; without it only the quota counts.
        """
        self._database = database
        self._quota, self._room = quota or Quota(), room
        self._sorted = False
        """Whether no mailbox was opened since they were written in the order of their numbers."""

    def commit(self, changes: Sequence[Change], now: int) -> list[Result]:
        """Make these changes in one transaction."""
        results: list[Result] = []
        if changes:
            self._sorted = self._sorted and not any(isinstance(change, OpenBox) for change in changes)
            self._judged(now, lambda judge: results.extend(map(judge.change, changes)))
        return results

    def expire(self, now: int) -> bool:
        """Delete what is over, some of it, and leave nothing that was deleted in the write-ahead log."""
        told: list[bool] = []
        self._judged(now, lambda judge: told.append(judge.expire(EXPIRED_AT_ONCE)))
        if not self._sorted:
            self._database.transact(self._sort)
            self._sorted = True
        self._database.empty_log()
        return told[0]

    def _sort(self) -> None:
        """Write all mailboxes anew: a page holds rows as they came, and so shows what was opened together."""
        self._database.run(sql.CHECK_AT_END)
        boxes = self._database.rows(sql.BOXES, (NUMBER_MIN,))
        self._database.run(sql.DROP_BOXES, (NUMBER_MIN,))
        self._database.run_many(sql.PUT_BOX, boxes)

    def _judged(self, now: int, work: Callable[[Judge], None]) -> None:
        before, quota = self.stats(), self._quota
        if self._room is not None:
            quota = replace(quota, bytes_in_all=min(quota.bytes_in_all, before.bytes + max(self._room(), 0)))

        def write() -> None:
            rows = SqliteRows(self._database)
            judge = Judge(rows, quota, before, now)
            work(judge)
            rows.flush()
            if judge.tally != before:
                self._database.run(sql.PUT_TALLY, tuple(judge.tally))

        self._database.transact(write)

    def find(self, pickup_hash: bytes, now: int) -> int | None:
        """The mailbox that a pickup token opens."""
        row = self._database.row(sql.BOX_OF, (pickup_hash,))
        return None if row is None or Box(*row).until <= now else Box(*row).number

    def read(self, box: int, after: int, frames_max: int, bytes_max: int) -> list[Waiting]:
        """The first frames of a mailbox above a number."""
        last, total = after, 0
        for number, size in self._database.rows(sql.SIZES_AFTER, (box, after, frames_max)):
            total += size
            if total > bytes_max and last != after:
                break
            last = number
        return [Waiting(*row) for row in self._database.rows(sql.FRAMES, (box, after, last))]

    def blob(self, address: bytes, now: int) -> bytes | None:
        """The blob that is served under an address."""
        rows = SqliteRows(self._database)
        box = rows.box(number_of(address))
        blob = None if box is None or box.address != address or box.until <= now else rows.blob(box)
        return None if blob is None or blob.until <= now else blob.data

    def stats(self) -> Stats:
        """How much is kept."""
        row = self._database.row(sql.TALLY)
        assert row is not None, "the schema has it"
        return Stats(*row)

    def close(self) -> None:
        """Let the file go."""
        self._database.close(sql.MARK_CLOSED)
