"""Volumes of one's own in a folder: one file each, with time, number and kind in its name.

A file is there whole, under its name, or not at all. What has other names is not looked at.
"""

import errno
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, Protocol

from pcloud.holdings.port import HoldingsError, NoRoomError
from pcloud.holdings.shelves import expired
from pcloud.wire.services.custody import FULL, INCREMENT, Kept

_TIME: Final = "%Y%m%dT%H%M%SZ"
_NAME: Final = re.compile(r"(\d{8}T\d{6}Z)-(\d{8})-(full|more)\.volume")
_HALF: Final = ".half"
_NODE: Final = ".node"
"""Says whose folder it is: two nodes in one would let go of each other's copies."""
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class Copy(NamedTuple):
    """One file."""

    name: str
    time: int
    number: int
    full: bool


def name_of(time: int, number: int, *, full: bool) -> str:
    """What the file of a volume is called; names sort by time."""
    stamp = datetime.fromtimestamp(time, UTC).strftime(_TIME)
    return f"{stamp}-{number:08d}-{'full' if full else 'more'}.volume"


def read_name(name: str) -> Copy | None:
    """What a name says; None for one of another form."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        time = int(datetime.strptime(found[1], _TIME).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
    return Copy(name, time, int(found[2]), found[3] == "full")


class Sink(Protocol):
    """A volume that is being written. One that is never kept makes room for the next."""

    def add(self, data: bytes) -> None:
        """The next bytes. Raises HoldingsError."""

    def keep(self, name: str) -> None:
        """Let it be there, durably. Raises HoldingsError."""


class Copies(Protocol):
    """A place for volumes of one's own."""

    def claim(self, mark: str) -> None:
        """Let the place be that of one node. Raises HoldingsError where it is another's."""

    def names(self) -> Sequence[Copy]:
        """What is there, by time and number. Raises HoldingsError."""

    def write(self) -> Sink:
        """Begin a volume. Raises HoldingsError."""

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Bytes of one, fewer at its end. Raises HoldingsError."""

    def remove(self, name: str) -> None:
        """Take one away. Raises HoldingsError."""


def outlived(copies: Sequence[Copy], days: int, now: int) -> list[Copy]:
    """Those that are kept no longer, by the rule for holders (spec 22 §6)."""
    rows = [
        Kept(place, FULL if copy.full else INCREMENT, 1, b"", copy.time)
        for place, copy in enumerate(copies, 1)
    ]
    return [copies[row.place - 1] for row in expired(rows, days, None, now)]


class FolderCopies:
    """Files in a folder."""

    def __init__(self, folder: Path, *, make: bool = False) -> None:
        """`make` is for the node's own folder; one that the owner named has to be there."""
        self._folder, self._make = folder, make

    def claim(self, mark: str) -> None:
        """Let the folder be that of one node."""
        path = self._folder / _NODE
        try:
            self._open()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            with open(descriptor, "r+", errors="replace") as file:  # noqa: PTH123 - a descriptor has no path
                known = file.read(len(mark) + 1)
                if not known:
                    file.write(mark)
        except OSError as error:
            raise _told(error) from error
        if known not in ("", mark):
            raise HoldingsError("Another node keeps its copies in this folder. Name one that is yours alone.")

    def names(self) -> Sequence[Copy]:
        """What is there."""
        try:
            self._open()
            found = [read_name(entry.name) for entry in self._folder.iterdir()]
        except OSError as error:
            raise _told(error) from error
        return sorted((each for each in found if each is not None), key=lambda each: each.name)

    def write(self) -> Sink:
        """Begin a volume; what an earlier one left half done goes."""
        try:
            self._open()
            os.close(os.open(self._folder / _HALF, _NEW, 0o600))
        except OSError as error:
            raise _told(error) from error
        return _FileSink(self._folder)

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Bytes of one."""
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except OSError as error:
            raise _told(error) from error

    def remove(self, name: str) -> None:
        """Take one away."""
        try:
            (self._folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise _told(error) from error

    def _open(self) -> None:
        if self._make:
            self._folder.mkdir(0o700, parents=True, exist_ok=True)


class _FileSink:
    """Nothing stays open between two calls: whoever is interrupted leaves no more than half a file."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._half = folder, folder / _HALF

    def add(self, data: bytes) -> None:
        try:
            with self._half.open("ab") as file:
                file.write(data)
        except OSError as error:
            raise _told(error) from error

    def keep(self, name: str) -> None:
        try:
            _sync(self._half)
            self._half.replace(self._folder / name)
            _sync(self._folder)
        except OSError as error:
            raise _told(error) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _told(error: OSError) -> HoldingsError:
    """What the system reports, as a sentence without a path."""
    if error.errno in _NO_ROOM:
        return NoRoomError("There is no room on the disk for a copy. Make room: it is made then.")
    if error.errno == errno.ENOENT:
        return HoldingsError("The folder for copies is not there. Connect its disk, or name another folder.")
    return HoldingsError("A copy cannot be written or read. Check the disk and the folder's rights.")


class MemoryCopies:
    """The same without a disk."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def claim(self, mark: str) -> None:
        """It is that of one node anyway."""

    def names(self) -> Sequence[Copy]:
        """What is there."""
        found = (read_name(name) for name in sorted(self.files))
        return [each for each in found if each is not None]

    def write(self) -> Sink:
        """Begin a volume."""
        return _MemorySink(self.files)

    def read(self, name: str, offset: int, size: int) -> bytes:
        """Bytes of one."""
        return self.files[name][offset : offset + size]

    def remove(self, name: str) -> None:
        """Take one away."""
        self.files.pop(name, None)


class _MemorySink:
    def __init__(self, files: dict[str, bytes]) -> None:
        self._files, self._data = files, bytearray()

    def add(self, data: bytes) -> None:
        self._data += data

    def keep(self, name: str) -> None:
        self._files[name] = bytes(self._data)
