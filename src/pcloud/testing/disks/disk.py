"""A disk in memory with a real SQLite on it, and what a power cut at any instant leaves of it."""

import errno
import io
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from pcloud.testing.disks.access import ENCRYPTED, Operation, mount
from pcloud.testing.disks.file import File, Tear

FREE_BYTES: Final = 2**50
"""What a disk has left on which nothing was said."""


Watch = Callable[[Operation, str], None]
"""Gets the operation and the file before it happens. May take an image; an OSError makes it fail."""

Names = dict[str, File]


class MemoryDisk:
    """See `pcloud.store.files.disk.Disk`; paths are absolute, and there is one folder."""

    def __init__(self, bytes_max: int | None = None, states: Sequence[Names] = ({},)) -> None:
        """One that takes so many bytes in all; blank, or with a folder as it was synced and changed since."""
        self.bytes_max = bytes_max
        self.watch: Watch | None = None
        self._states = list(states)
        """The folder as it was synced, and after each change since."""
        self._names = dict(states[-1])
        self._locks: set[Path] = set()
        self._root = mount(self)

    # What a fault leaves

    def image(self, tear: Tear | None = None) -> "MemoryDisk":
        """The disk after a power cut now: what was synced, and of the rest what the tear lets through."""
        state = self._states[0 if tear is None else tear.choose(len(self._states))]
        return MemoryDisk(self.bytes_max, [{name: file.image(tear) for name, file in state.items()}])

    def killed(self) -> "MemoryDisk":
        """The disk after a kill of who writes: nothing is lost, and what waits still waits."""
        files = {file: file.copy() for state in self._states for file in state.values()}
        states = [{name: files[file] for name, file in state.items()} for state in self._states]
        return MemoryDisk(self.bytes_max, states)

    # What SQLite asks for

    def open(self, name: str, *, make: bool) -> File:
        """A file by its name. Raises FileNotFoundError."""
        self._told(Operation.OPEN, name)
        file = self._names.get(name)
        if file is None:
            if not make:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            file = self._names[name] = File()
            self._states.append(dict(self._names))
        return file

    def write(self, name: str, file: File, offset: int, data: bytes) -> None:
        """Write; of a write that fails or finds no room a part is there."""
        try:
            self._told(Operation.WRITE, name)
        except OSError:
            file.write(offset, data[: len(data) // 2])
            raise
        more = offset + len(data) - len(file.now)
        if more > 0 and self.bytes_max is not None and more > self.free_bytes(Path("/")):
            file.write(offset, data[: max(0, len(data) - more + self.free_bytes(Path("/")))])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        file.write(offset, data)

    def truncate(self, name: str, file: File, size: int) -> None:
        """Give a file a new end."""
        self._told(Operation.TRUNCATE, name)
        file.truncate(size)

    def sync(self, name: str, file: File) -> None:
        """Sync a file, and its name where that is new, as SQLite does for its logs on Unix."""
        try:
            self._told(Operation.SYNC, name)
        except OSError:
            file.forsake()
            raise
        file.sync()
        if self._states[0].get(name) is not file:
            self._sync_folder(name)

    def delete(self, name: str, *, durably: bool) -> None:
        """Take a file away. Raises FileNotFoundError."""
        self._told(Operation.DELETE, name)
        if self._names.pop(name, None) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        self._states.append(dict(self._names))
        if durably:
            self._sync_folder(name)

    def _sync_folder(self, name: str) -> None:
        self._told(Operation.SYNC_FOLDER, name)
        self._states = [dict(self._names)]

    def _told(self, operation: Operation, name: str) -> None:
        if self.watch is not None:
            self.watch(operation, name)

    # What the store asks for beside it

    @property
    def vfs(self) -> str:
        """The name of SQLite's access to its files."""
        return ENCRYPTED

    def named(self, path: Path) -> str:
        """What SQLite calls the file: the disk, and the file on it."""
        return f"{self._root}{path}"

    def exists(self, path: Path) -> bool:
        """Whether there is a file of that name."""
        return self.has(str(path))

    def has(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return name in self._names

    def names(self) -> list[str]:
        """All files."""
        return sorted(self._names)

    def require_private(self, path: Path) -> None:
        """Nobody else is here."""

    def lock(self, path: Path) -> Callable[[], None]:
        """Keep others out. Raises BlockingIOError."""
        if path in self._locks:
            raise BlockingIOError(errno.EWOULDBLOCK, os.strerror(errno.EWOULDBLOCK))
        self._locks.add(path)
        return lambda: self._locks.discard(path)

    def reading(self, path: Path) -> BinaryIO:
        """A file, opened to be read."""
        return io.BytesIO(self.open(str(path), make=False).now)

    def settle(self, path: Path, start: bytes = b"") -> None:
        """Write a file as it is read, with this start, and sync it."""
        name, file = str(path), self.open(str(path), make=False)
        self.write(name, file, 0, start + bytes(file.now[len(start) :]))
        self.sync(name, file)

    def make(self, path: Path) -> None:
        """A new, empty file."""
        self.open(str(path), make=True)

    def remove(self, path: Path) -> None:
        """Take a file away, if it is there."""
        if self.exists(path):
            self.delete(str(path), durably=False)

    def rename(self, path: Path, name: Path) -> None:
        """Give a file its name, and make that durable."""
        self._told(Operation.RENAME, str(name))
        self._names[str(name)] = self._names.pop(str(path))
        self._states.append(dict(self._names))
        self._sync_folder(str(name))

    def free_bytes(self, folder: Path) -> int:  # noqa: ARG002 - there is one folder
        """How much more it takes."""
        if self.bytes_max is None:
            return FREE_BYTES
        return max(0, self.bytes_max - sum(len(file.now) for file in self._names.values()))
