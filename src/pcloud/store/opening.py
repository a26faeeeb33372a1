"""How a store's file is made and opened: alone, private, encrypted, whole.

The file and its write-ahead log are encrypted and authenticated page by page (ChaCha20-Poly1305, SQLite3
Multiple Ciphers) under a key that is derived already. The first 16 bytes of the file stand in clear and are
the key's check value: so another vault's file is told from a damaged one.
"""

import hmac
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import apsw

from pcloud.store.database import Database, close, keep_log
from pcloud.store.faults import DAMAGED, FULL, IN_USE, UNWRITABLE, is_no_room, told
from pcloud.store.files import wal
from pcloud.store.files.disk import SYSTEM, Disk
from pcloud.store.migrations import STEPS, Step, migrate
from pcloud.store.port import DamagedError, FullError, InUseError, StoreError, WrongKeyError

KEY_BYTES: Final = 32
CACHE_KIB: Final = 2_048
"""Pages kept in memory."""
PAGE_BYTES: Final = 4_096
STATEMENTS_KEPT: Final = 256
"""Prepared statements; more than there are."""

_CHECK_BYTES: Final = 16

WRONG_KEY = "The node's store does not open with this vault: one of the two files belongs to another node."
MISSING = "There is no store in this folder. Make a node with `pcloud init`, or give the folder of yours."
EXISTS = "There is a store in this folder already. Give another folder."
LOG_MISSING = (
    "The node was not stopped properly, and the file store.db-wal, which holds its last messages, is gone."
    " Put it back beside store.db, or restore the newest backup."
)
LOG_DAMAGED = (
    "The file store.db-wal is damaged, and messages in it would be lost. Stop the node, keep both files, and"
    " restore the newest backup."
)

MARK_OPEN = "UPDATE opened SET now = 1 WHERE one = 1"
MARK_CLOSED = "UPDATE opened SET now = 0 WHERE one = 1"
IS_OPEN = "SELECT now FROM opened WHERE one = 1"


def create(
    path: Path, key: bytes, lock: Path, disk: Disk = SYSTEM, steps: Sequence[Step] = STEPS
) -> Database:
    """Make a new store and open it. It gets its name only when it is whole. Raises StoreError."""
    with ExitStack() as held:
        _lock(lock, disk, held)
        if disk.exists(path):
            raise StoreError(EXISTS)
        unfinished = path.with_name(path.name + ".new")
        try:
            disk.require_private(path.parent)
            for end in ("", "-wal", "-shm", "-journal"):  # what an earlier attempt left
                disk.remove(path.with_name(unfinished.name + end))
            disk.make(unfinished)
            _make_schema(unfinished, key, disk, steps)
            disk.rename(unfinished, path)
        except OSError as error:
            raise _told_of_system(error) from error
        return _open(path, key, disk, steps, held)


def open_existing(
    path: Path, key: bytes, lock: Path, disk: Disk = SYSTEM, steps: Sequence[Step] = STEPS
) -> Database:
    """Open a store. Raises InUseError, WrongKeyError, DamagedError, NewerSchemaError, StoreError."""
    if not disk.exists(path):
        raise StoreError(MISSING)
    with ExitStack() as held:
        _lock(lock, disk, held)
        return _open(path, key, disk, steps, held)


def _lock(path: Path, disk: Disk, held: ExitStack) -> None:
    """Keep every other process out, from before the first look until the store is closed."""
    try:
        held.callback(disk.lock(path))
    except BlockingIOError:
        raise InUseError(IN_USE) from None
    except OSError as error:
        raise _told_of_system(error) from error


def _make_schema(path: Path, key: bytes, disk: Disk, steps: Sequence[Step]) -> None:
    connection = _connect(path, key, disk)
    try:
        connection.pragma("page_size", PAGE_BYTES)
        _settle(connection)
        migrate(connection, steps)
        # To close would do it too, and say nothing where it fails.
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.Error as error:
        raise told(error, connection.system_errno) from error
    finally:
        close(connection)


def _open(path: Path, key: bytes, disk: Disk, steps: Sequence[Step], held: ExitStack) -> Database:
    """Open a file that is there. What `held` holds passes to the database where this succeeds."""
    try:
        disk.require_private(path.parent)
        disk.require_private(path)
        _require_key(path, key, disk)
        connection = _opened(path, key, disk, steps)
    except OSError as error:
        raise _told_of_system(error) from error
    return Database(connection, held.pop_all().close)


def _opened(path: Path, key: bytes, disk: Disk, steps: Sequence[Step]) -> apsw.Connection:
    """The connection, once the store is whole and of the newest schema. Raises StoreError, OSError."""
    log = path.with_name(path.name + "-wal")
    stopped_properly = not disk.exists(log)
    with ExitStack() as opening:
        if stopped_properly:
            opening.callback(_drop_empty, log, disk)
        else:
            with disk.reading(log) as file:
                start = wal.whole_header(file)
            disk.settle(log, start)  # what is read of it is built upon, and a sync of it may have failed
        connection = _connect(path, key, disk)
        opening.callback(close, connection)
        keep_log(connection, keep=True)
        try:
            _settle(connection)
            _require_whole(connection, log, disk, stopped_properly=stopped_properly)
            migrate(connection, steps)
            connection.execute(MARK_OPEN)
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except apsw.Error as error:
            raise told(error, connection.system_errno) from error
        keep_log(connection, keep=False)
        opening.pop_all()
        return connection


def _drop_empty(log: Path, disk: Disk) -> None:
    """Take away what SQLite made beside a store that is refused: the next start would take it for a crash."""
    if disk.exists(log):
        with disk.reading(log) as file:
            empty = not file.read(1)
        if empty:
            disk.remove(log)


def _check_value(key: bytes) -> bytes:
    return hmac.digest(key, b"pcloud store check value", "sha256")[:_CHECK_BYTES]


def _require_key(path: Path, key: bytes, disk: Disk) -> None:
    with disk.reading(path) as file:
        start = file.read(PAGE_BYTES)
    if len(start) < PAGE_BYTES:
        raise DamagedError(DAMAGED)
    if not hmac.compare_digest(start[:_CHECK_BYTES], _check_value(key)):
        raise WrongKeyError(WRONG_KEY)


def _connect(path: Path, key: bytes, disk: Disk) -> apsw.Connection:
    if len(key) != KEY_BYTES:
        raise ValueError("a store's key has 32 bytes")  # anything else would be stretched as a passphrase
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_NOFOLLOW
    try:
        connection = apsw.Connection(disk.named(path), flags, disk.vfs, STATEMENTS_KEPT)
    except apsw.Error as error:
        raise told(error, 0) from error
    connection.execute("PRAGMA cipher = 'chacha20'")
    # Not kept among the prepared statements: it is the key.
    raw = key.hex() + _check_value(key).hex()
    connection.execute(f"PRAGMA key = 'raw:{raw}'", can_cache=False)
    return connection


def _settle(connection: apsw.Connection) -> None:
    """Durable, private and defensive, whatever the library was built with. The order matters at the top."""
    for name, value in (
        ("locking_mode", "EXCLUSIVE"),
        ("journal_mode", "WAL"),
        ("synchronous", "FULL"),
        ("secure_delete", 1),
        ("foreign_keys", 1),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
        ("temp_store", "MEMORY"),
        ("mmap_size", 0),
        ("cache_size", -CACHE_KIB),
        ("cache_spill", 0),
        ("wal_autocheckpoint", 0),
    ):
        connection.pragma(name, value)
    connection.config(apsw.SQLITE_DBCONFIG_DEFENSIVE, 1)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DML, 0)
    connection.config(apsw.SQLITE_DBCONFIG_DQS_DDL, 0)
    connection.enable_load_extension(enable=False)


def _require_whole(connection: apsw.Connection, log: Path, disk: Disk, *, stopped_properly: bool) -> None:
    """Raise DamagedError where commits are missing, or after a crash where a page is not what it was."""
    was_open = connection.execute(IS_OPEN).get
    if stopped_properly:
        if was_open:
            raise DamagedError(LOG_MISSING)
        return
    taken, _ = connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)
    with disk.reading(log) as file:
        lost = wal.has_lost_commits(file, max(taken, 0))
    if lost:
        raise DamagedError(LOG_DAMAGED)
    if connection.execute("PRAGMA quick_check(1)").fetchall() != [("ok",)]:
        raise DamagedError(DAMAGED)


def _told_of_system(error: OSError) -> StoreError:
    return FullError(FULL) if is_no_room(error.errno) else StoreError(UNWRITABLE)
