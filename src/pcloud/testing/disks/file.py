"""One file as a disk has it: what programs read, what a power cut leaves, and what waits between the two."""

from random import Random
from typing import Final, NamedTuple

SECTOR_BYTES: Final = (512, 4_096)
"""What disks write at once; a sector is there as it was, as it is to be, or cut once in its middle."""
KEPT: Final = (0.0, 0.5, 0.9, 1.0)
"""How likely a sector that was not synced is there all the same."""
TORN: Final = 0.02
"""How likely a sector is cut in its middle."""


class Write(NamedTuple):
    """Bytes from an offset on."""

    offset: int
    data: bytes


class Cut(NamedTuple):
    """A new end of the file."""

    size: int


class Tear:
    """What becomes of writes that were not synced: each sector by itself, so in any order."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._sector_bytes = random.choice(SECTOR_BYTES)
        self._kept = random.choice(KEPT)

    def choose(self, count: int) -> int:
        """One of so many, by its index."""
        return self._random.randrange(count)

    def apply(self, data: bytearray, waiting: list[Write | Cut]) -> None:
        """Let some of these reach the disk, and of some a part."""
        for change in waiting:
            if isinstance(change, Cut):
                if self._random.random() < self._kept:
                    cut(data, change.size)
            else:
                self._scatter(data, change)

    def _scatter(self, data: bytearray, write: Write) -> None:
        offset, end = write.offset, write.offset + len(write.data)
        while offset < end:
            upto = min(end, offset - offset % self._sector_bytes + self._sector_bytes)
            if self._random.random() < self._kept:
                lands = (
                    offset + self._random.randrange(upto - offset) if self._random.random() < TORN else upto
                )
                put(data, offset, write.data[offset - write.offset : lands - write.offset])
            offset = upto


class File:
    """Bytes in memory. What is synced stays, what waits may be lost."""

    def __init__(self, data: bytes = b"") -> None:
        """One that is on the disk already."""
        self.now = bytearray(data)
        """What a program reads."""
        self._synced = bytearray(data)
        self._waiting: list[Write | Cut] = []

    def write(self, offset: int, data: bytes) -> None:
        """Write bytes; a gap before them is zeros."""
        put(self.now, offset, data)
        self._waiting.append(Write(offset, data))

    def truncate(self, size: int) -> None:
        """Give it a new end."""
        cut(self.now, size)
        self._waiting.append(Cut(size))

    def sync(self) -> None:
        """Let all of it stay."""
        for change in self._waiting:
            if isinstance(change, Cut):
                cut(self._synced, change.size)
            else:
                put(self._synced, *change)
        self._waiting.clear()

    def forsake(self) -> None:
        """A sync has failed: what waited is read as before and never reaches the disk, as on Linux."""
        self._waiting.clear()

    def image(self, tear: Tear | None) -> "File":
        """What a power cut leaves: what was synced, and of the rest what the tear lets through."""
        data = bytearray(self._synced)
        if tear is not None:
            tear.apply(data, self._waiting)
        return File(bytes(data))

    def copy(self) -> "File":
        """The same again, with what waits."""
        twin = File()
        twin.now, twin._synced = bytearray(self.now), bytearray(self._synced)
        twin._waiting = list(self._waiting)
        return twin


def put(data: bytearray, offset: int, new: bytes) -> None:
    """Write bytes at an offset; a gap before them becomes zeros."""
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset : offset + len(new)] = new


def cut(data: bytearray, size: int) -> None:
    """Give it a new end; where it grows it is zeros."""
    if size < len(data):
        del data[size:]
    else:
        data.extend(bytes(size - len(data)))
