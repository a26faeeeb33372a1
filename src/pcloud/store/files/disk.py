"""Where a store's file is: what SQLite reads and writes it by, and what is done to files beside that.

Everything that opening a store does to a disk goes through here, so that a simulated disk can take its place.
"""

import fcntl
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Protocol

from pcloud.store.port import ExposedError

VFS: Final = "multipleciphers-unix"
"""SQLite's own access to files, with encryption above it."""

READABLE = (
    "Others on this machine can read the node's data. Take that away: chmod 700 on its folder, chmod 600 on"
    " the files in it."
)
PIECE_BYTES: Final = 1_048_576
"""Of a file that is written again, so much at once."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Disk(Protocol):
    """A disk. All raise OSError."""

    @property
    def vfs(self) -> str:
        """The name of SQLite's access to its files; of one that encrypts."""

    def named(self, path: Path) -> str:
        """What SQLite calls the file."""

    def exists(self, path: Path) -> bool:
        """Whether there is a file of that name."""

    def require_private(self, path: Path) -> None:
        """Raise ExposedError where others may read or write a file or folder, or it is somebody else's."""

    def lock(self, path: Path) -> Callable[[], None]:
        """Keep every other process out until what this gives is called. Raises BlockingIOError."""

    def reading(self, path: Path) -> BinaryIO:
        """A file, opened to be read."""

    def settle(self, path: Path, start: bytes = b"") -> None:
        """Write a file as it is read, and sync it: after a sync that failed no disk may have what is read.

        `start` is written in place of its first bytes.
        """

    def make(self, path: Path) -> None:
        """A new, empty file for its owner only."""

    def remove(self, path: Path) -> None:
        """Take a file away, if it is there."""

    def rename(self, path: Path, name: Path) -> None:
        """Give a file its name in the same folder, durably."""

    def free_bytes(self, folder: Path) -> int:
        """How much more it takes."""


class SystemDisk(NamedTuple):
    """The disk of this machine."""

    vfs: str = VFS

    def named(self, path: Path) -> str:
        """The folder may be reached by links, the file may not be one."""
        return str(path.parent.resolve() / path.name)

    def exists(self, path: Path) -> bool:
        """Whether there is a file of that name."""
        return path.exists()

    def require_private(self, path: Path) -> None:
        """Raise ExposedError where others may read or write it, or it is somebody else's."""
        found = path.stat()
        if found.st_mode & _OTHERS or found.st_uid != os.geteuid():
            raise ExposedError(READABLE)

    def lock(self, path: Path) -> Callable[[], None]:
        """Keep every other process out; the lock ends with the process at the latest."""
        self.require_private(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            self.require_private(path)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(descriptor)
            raise
        return lambda: os.close(descriptor)

    def reading(self, path: Path) -> BinaryIO:
        """A file, opened to be read."""
        return path.open("rb")

    def settle(self, path: Path, start: bytes = b"") -> None:
        """Write a file as it is read, with this start, and sync it."""
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            at = os.pwrite(descriptor, start, 0)
            while piece := os.pread(descriptor, PIECE_BYTES, at):
                at += os.pwrite(descriptor, piece, at)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def make(self, path: Path) -> None:
        """A new, empty file for its owner only."""
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def remove(self, path: Path) -> None:
        """Take a file away, if it is there."""
        path.unlink(missing_ok=True)

    def rename(self, path: Path, name: Path) -> None:
        """Give a file its name, and make that durable."""
        path.rename(name)
        descriptor = os.open(name.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free_bytes(self, folder: Path) -> int:
        """How much more it takes."""
        return shutil.disk_usage(folder).free


SYSTEM: Final = SystemDisk()
