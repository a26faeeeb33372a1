"""One open database: statements, one transaction at a time, checkpoints on an own schedule."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Final

import apsw

from pcloud.store.faults import DAMAGED, FAILED, FULL, goes_on, told
from pcloud.store.port import DamagedError, FullError, StoreError

CHECKPOINT_FRAMES: Final = 1_024
"""Pages in the write-ahead log after which they move to the database: 4 MiB, some 20 ms of work."""

Row = tuple[Any, ...]


class Database:
    """Raises StoreError for every fault. After one that leaves open what reached the disk it refuses all."""

    def __init__(self, connection: apsw.Connection, let_go: Callable[[], None]) -> None:
        self._connection = connection
        self._let_go = let_go
        self._frames = 0
        """Pages in the write-ahead log."""
        self._left_over = False
        """Whether pages may stand in the log of a commit that found no room."""
        self._failed: StoreError | None = None
        connection.set_wal_hook(self._noted)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """All rows of a query."""
        self._require_sound()
        try:
            return self._connection.execute(statement, values).fetchall()
        except apsw.Error as error:
            raise self._fault(error) from error

    def row(self, statement: str, values: Sequence[Any] = ()) -> Row | None:
        """The row of a query that gives at most one."""
        found = self.rows(statement, values)
        return found[0] if found else None

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run one statement; gives how many rows it changed. Raises apsw.ConstraintError too."""
        self._connection.execute(statement, values)
        return self._connection.changes()

    def run_many(self, statement: str, values: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each of these. Raises apsw.ConstraintError too."""
        if values:
            self._connection.executemany(statement, values)

    def transact(self, write: Callable[[], None]) -> None:
        """Run `write` as one transaction: all of it stands durably, or none. Raises what `write` raises."""
        self._require_sound()
        self._require_clean_log()
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            write()
            connection.execute("COMMIT")
        except apsw.ConstraintError:
            self._roll_back()
            raise
        except apsw.Error as error:
            fault = self._fault(error)
            self._roll_back()
            self._left_over = True
            raise fault from error
        except BaseException:
            self._roll_back()
            raise
        if self._frames >= CHECKPOINT_FRAMES:
            self._checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE)

    def empty_log(self) -> bool:
        """Move the write-ahead log into the database and cut it off, so that nothing erased is left in it.

        Gives whether that was done.
        """
        return self._checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _checkpoint(self, mode: int) -> bool:
        """What was committed stands whether this succeeds or not.

        Where there is no room it is tried again later; after another fault the store goes on no more.
        """
        try:
            self._connection.wal_checkpoint(mode=mode)
        except apsw.Error as error:
            self._fault(error)
            return False
        self._frames = 0
        self._left_over &= mode != apsw.SQLITE_CHECKPOINT_TRUNCATE
        return True

    def close(self, last: str) -> None:
        """Run a last statement, empty the log, and let go of the file.

        Where that cannot be done the log stays, and the next opening reads it: nothing is lost.
        """
        connection = self._connection
        keep_log(connection, keep=True)
        try:
            with suppress(FullError):
                if self._failed is None:
                    self.transact(lambda: self.run_many(last, [()]))
                    keep_log(connection, keep=not self.empty_log())
        finally:
            connection.set_wal_hook(None)
            try:
                close(connection)
            finally:
                self._let_go()

    def bytes_used(self) -> int:
        """Size of the database file."""
        connection = self._connection
        return int(connection.pragma("page_count")) * int(connection.pragma("page_size"))

    def _require_sound(self) -> None:
        if isinstance(self._failed, DamagedError):
            raise DamagedError(DAMAGED) from self._failed
        if self._failed is not None:
            raise StoreError(FAILED) from self._failed

    def _require_clean_log(self) -> None:
        """Take out of the log what a commit left in it that found no room. Raises StoreError.

        Behind a later commit that a crash has torn it would look like a commit that was lost (`files.wal`).
        """
        if self._left_over and not self.empty_log():
            self._require_sound()
            raise FullError(FULL)

    def _fault(self, error: apsw.Error) -> StoreError:
        fault = told(error, self._connection.system_errno)
        if not goes_on(fault):
            self._failed = fault
        return fault

    def _roll_back(self) -> None:
        """Undo what is left of a transaction; SQLite has undone it itself after some faults."""
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error as error:
                self._fault(error)

    def _noted(self, _connection: apsw.Connection, _schema: str, frames: int) -> int:
        self._frames = frames
        return apsw.SQLITE_OK


def close(connection: apsw.Connection) -> None:
    """Let go of a file. Raises StoreError."""
    try:
        connection.close()
    except apsw.Error as error:
        raise told(error, 0) from error  # one that is closed knows no more of the system


def keep_log(connection: apsw.Connection, *, keep: bool) -> None:
    """Whether the write-ahead log stays as it is when the connection closes."""
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, int(keep))
