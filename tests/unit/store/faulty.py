"""A disk that fails once: at the n-th write, truncation or sync from the moment it is armed."""

import errno
from functools import cache
from typing import Any

import apsw

from pcloud.store.files.disk import SystemDisk


def failure(kind: type[apsw.Error], result: int) -> apsw.Error:
    """An error as SQLite's own access to files gives it."""
    error = kind()
    error.extendedresult = result  # type: ignore[attr-defined]  # how apsw carries it
    return error


class Disk(apsw.VFS):
    """SQLite's access to files below the encryption."""

    def __init__(self, name: str) -> None:
        super().__init__(name, "unix")
        self.writing: apsw.Error = failure(apsw.FullError, apsw.SQLITE_FULL)
        self.syncing: apsw.Error = failure(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
        self.left: int | None = None
        """Operations before the one that fails; None where none will."""
        self.seen: list[str] = []
        """The operations since it was armed."""

    def arm(self, left: int | None) -> None:
        self.left, self.seen = left, []

    def xOpen(self, name: Any, flags: list[int]) -> "DiskFile":
        return DiskFile(self, name, flags)

    def xGetLastError(self) -> tuple[int, str]:
        """That of this disk, not what another file of this process met last."""
        return errno.EIO, ""

    def passes(self, operation: str) -> None:
        """Count an operation; raise where it is the one that fails."""
        self.seen.append(operation)
        if self.left is None:
            return
        self.left -= 1
        if self.left < 0:
            self.left = None
            raise self.syncing if operation == "sync" else self.writing


class DiskFile(apsw.VFSFile):
    """One file on it."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self.disk = disk

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.passes("write")
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:
        self.disk.passes("truncate")
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:
        """Counted, and otherwise left out: no test cuts the power, and syncs are most of the time."""
        self.disk.passes("sync")


@cache
def disk() -> tuple[Disk, SystemDisk]:
    """The disk, and the same as an encrypted store is opened on it.

    There is one for the whole process: the layer that encrypts keeps hold of what it was put upon.
    """
    return Disk("faulty"), SystemDisk("multipleciphers-faulty")
