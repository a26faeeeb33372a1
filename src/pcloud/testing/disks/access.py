"""SQLite's access to files on disks in memory. The layer that encrypts is above it, as above the system's."""

# ruff: noqa: D102, N802 - what these methods are called and do is SQLite's to say

import errno
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from itertools import count
from types import TracebackType
from typing import Final, Protocol
from weakref import WeakValueDictionary

import apsw

from pcloud.testing.disks.file import File

NAME: Final = "pcloud-memory"
ENCRYPTED: Final = f"multipleciphers-{NAME}"
"""The layer that encrypts puts itself upon the access of that name."""


class Operation(StrEnum):
    """What is done to a disk."""

    OPEN = "open"
    WRITE = "write"
    SYNC = "sync"
    TRUNCATE = "truncate"
    DELETE = "delete"
    RENAME = "rename"
    SYNC_FOLDER = "sync folder"


RESULTS: Final = {
    Operation.OPEN: apsw.SQLITE_CANTOPEN,
    Operation.WRITE: apsw.SQLITE_IOERR_WRITE,
    Operation.SYNC: apsw.SQLITE_IOERR_FSYNC,
    Operation.TRUNCATE: apsw.SQLITE_IOERR_TRUNCATE,
    Operation.DELETE: apsw.SQLITE_IOERR_DELETE,
}
"""What SQLite's own access reports."""


class Medium(Protocol):
    """A disk as SQLite sees it. All raise OSError."""

    def open(self, name: str, *, make: bool) -> File:
        """A file by its name."""

    def write(self, name: str, file: File, offset: int, data: bytes) -> None:
        """Write bytes at an offset."""

    def truncate(self, name: str, file: File, size: int) -> None:
        """Give a file a new end."""

    def sync(self, name: str, file: File) -> None:
        """Let a file stay as it is, whatever happens."""

    def delete(self, name: str, *, durably: bool) -> None:
        """Take a file away."""

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""


_numbers = count(1)
_mounted: WeakValueDictionary[int, Medium] = WeakValueDictionary()
"""SQLite has one access for the whole process, so a name says which disk is meant."""


def mount(disk: Medium) -> str:
    """Let SQLite reach a disk for as long as it is used; gives what its files' names begin with."""
    _access()
    number = next(_numbers)
    _mounted[number] = disk
    return f"/{number}"


def _found(name: str) -> tuple[Medium, str]:
    number, _, path = name[1:].partition("/")
    return _mounted[int(number)], f"/{path}"


@cache
def _access() -> "Access":
    return Access()


class Access(apsw.VFS):
    """Registered once; the layer that encrypts keeps hold of it."""

    def __init__(self) -> None:
        super().__init__(NAME, "unix")
        self._errno = 0

    def failed(self, error: OSError, operation: Operation) -> Exception:
        """What SQLite's own access makes of an error of the system."""
        self._errno = error.errno or errno.EIO
        if operation is Operation.WRITE and error.errno == errno.ENOSPC:
            return apsw.exception_for(apsw.SQLITE_FULL)
        if operation is Operation.DELETE and error.errno == errno.ENOENT:
            return apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        return apsw.exception_for(RESULTS[operation])

    def done(self, operation: Operation, work: Callable[[], None]) -> None:
        """Do it, and say it as SQLite does where it fails."""
        try:
            work()
        except OSError as error:
            raise self.failed(error, operation) from error

    def excepthook(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Hear of a failure that SQLite had no use for: it has an earlier one to report already."""
        return isinstance(error, apsw.Error) or super().excepthook(kind, error, trace)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> "OpenFile":
        if not isinstance(name, str):
            name = "" if name is None else name.filename()
        disk, path = _found(name)
        try:
            file = disk.open(path, make=bool(flags[0] & apsw.SQLITE_OPEN_CREATE))
        except OSError as error:
            raise self.failed(error, Operation.OPEN) from error
        flags[1] = flags[0]
        return OpenFile(self, disk, path, file)

    def xAccess(self, name: str, _flags: int) -> bool:
        disk, path = _found(name)
        return disk.has(path)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: FBT001 - as apsw calls it
        disk, path = _found(name)
        self.done(Operation.DELETE, lambda: disk.delete(path, durably=syncdir))

    def xFullPathname(self, name: str) -> str:
        return name

    def xGetLastError(self) -> tuple[int, str]:
        return self._errno, ""


class OpenFile(apsw.VFSFile):
    """One file, opened. Its base would be a real file, so every method is here."""

    def __init__(self, access: Access, disk: Medium, name: str, file: File) -> None:
        self._access, self._disk, self._name, self._file = access, disk, name, file

    def excepthook(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        return self._access.excepthook(kind, error, trace)

    def xRead(self, size: int, offset: int) -> bytes:
        return bytes(self._file.now[offset : offset + size])

    def xWrite(self, data: bytes, offset: int) -> None:
        kept = bytes(data)  # SQLite's own memory, good for this call alone
        write = self._disk.write
        self._access.done(Operation.WRITE, lambda: write(self._name, self._file, offset, kept))

    def xTruncate(self, size: int) -> None:
        self._access.done(Operation.TRUNCATE, lambda: self._disk.truncate(self._name, self._file, size))

    def xSync(self, _flags: int) -> None:
        self._access.done(Operation.SYNC, lambda: self._disk.sync(self._name, self._file))

    def xFileSize(self) -> int:
        return len(self._file.now)

    def xLock(self, _level: int) -> None:
        """Who may open it is settled by the store's own lock."""

    def xUnlock(self, _level: int) -> None:
        """As `xLock`."""

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, _operation: int, _pointer: int) -> bool:
        return False

    def xDeviceCharacteristics(self) -> int:
        """As on Linux: what stands beside a write is never harmed by it."""
        return apsw.SQLITE_IOCAP_POWERSAFE_OVERWRITE

    def xSectorSize(self) -> int:
        return 4_096

    def xClose(self) -> None:
        """What it holds is the disk's."""
