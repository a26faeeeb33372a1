"""Holdings as files in a folder: one folder for each custody, one file for each volume.

    1/terms       the agreement, replaced as a whole
    1/index       a row for each volume, in the order in which they came
    1/7.volume    a volume, at place 7
    1/begun       what is here of a volume that is being put; what it is to become stands in begun.terms

A volume counts from the moment when its row is on the disk: a file without a row is taken away at the next
start, as is a row that was cut short. No name has a token, an id or a digest in it.
"""

import errno
import os
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest, sha256
from io import BufferedReader
from pathlib import Path
from threading import RLock
from typing import Any, Final

from pcloud.errors import Violation
from pcloud.holdings.port import Custody, Held, HoldingsError, NoRoomError, UnknownError
from pcloud.holdings.shelves import Begun, Shelf, Shelves
from pcloud.wire import cbor
from pcloud.wire.services.custody import Kept

FREE_BYTES_MIN: Final = 268_435_456
"""So much of the disk is left to the node itself, whatever it keeps for others."""
TERMS: Final = "terms"
INDEX: Final = "index"
BEGUN: Final = "begun"
BEGUN_TERMS: Final = "begun.terms"
VOLUME: Final = ".volume"
NEW: Final = ".new"
_ROW: Final = struct.Struct(">QBQ32sQ")
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_FULL_DISK: Final = "There is no room on the disk for what peers put here. Make room: they try again."
_FAILED: Final = "What is kept for peers cannot be read or written. Check the disk and the folder's rights."
_DAMAGED: Final = (
    "The terms of what is kept for a peer are damaged. Take them from a backup of this node's folder."
)


@contextmanager
def _told() -> Iterator[None]:
    """What the system reports, as a sentence without a path."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoomError(_FULL_DISK) from error
        raise HoldingsError(_FAILED) from error


class FolderHoldings:
    """Volumes as files of the owner alone."""

    def __init__(self, root: Path) -> None:
        """Open the folder, or make it. Raises HoldingsError."""
        self._root, self._shelves, self._lock = root, Shelves(), RLock()
        self.damaged: list[HoldingsError] = []
        """What could not be opened. Nothing of it is touched."""
        with _told():
            root.mkdir(0o700, exist_ok=True)
            names = sorted((entry.name for entry in root.iterdir() if entry.name.isdecimal()), key=int)
            self._next = 1 + max(map(int, names), default=0)
            for name in names:
                try:
                    self._load(name)
                except HoldingsError as error:
                    self.damaged.append(error)  # of one peer: the others have theirs

    # Custodies

    def allow(self, custody: Custody) -> None:
        """Begin a custody, or change one."""
        with self._lock, _told():
            shelf = self._shelves.get(custody.id)
            if shelf is None:
                shelf = Shelf(custody, str(self._next))
                self._folder(shelf).mkdir(0o700)
                self._next += 1
            self._write_terms(shelf, custody)
            self._shelves.add(shelf)

    def end(self, id_: bytes, now: int) -> None:
        """Take nothing more."""
        with self._lock, _told():
            shelf = self._shelves.get(id_)
            if shelf is not None and (shelf.custody.ended is None or shelf.custody.ended > now):
                self._write_terms(shelf, shelf.custody._replace(ended=now))
                self._drop_begun(shelf)

    def held(self) -> Sequence[Held]:
        """Every custody."""
        with self._lock:
            return [shelf.shown() for shelf in self._shelves]

    # Putting

    def begin(self, token: bytes, kind: int, size: int, digest: bytes) -> int:
        """Begin or go on with a volume."""
        with self._lock, _told():
            shelf = self._shelves.open_to(token)
            known = shelf.find(digest)
            if known is not None:
                return known.size
            wanted = Begun(kind, size, digest)
            if shelf.begun != wanted:
                shelf.check_room(wanted)
                if shutil.disk_usage(self._root).free - size < FREE_BYTES_MIN:
                    raise NoRoomError(_FULL_DISK)
                self._drop_begun(shelf)
                # Not durable: what is lost of it is put again.
                _make(self._folder(shelf) / BEGUN_TERMS, cbor.encode(list(wanted)))
                _make(self._coming(shelf), b"")
                shelf.begun = wanted
            return self._coming(shelf).stat().st_size

    def add(self, token: bytes, digest: bytes, offset: int, data: bytes) -> int:
        """Take bytes that follow."""
        with self._lock, _told():
            shelf, begun = self._shelves.begun(token, digest)
            path = self._coming(shelf)
            here = path.stat().st_size
            if offset != here or offset + len(data) > begun.size:
                return here
            with path.open("ab", buffering=0) as file:
                written = file.write(data)
            return here + written

    def finish(self, token: bytes, digest: bytes, now: int) -> None:
        """Keep a volume, durably."""
        with self._lock, _told():
            if self._shelves.open_to(token).find(digest) is not None:
                return
            shelf, begun = self._shelves.begun(token, digest)
            path = self._coming(shelf)
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_size != begun.size:
                    raise UnknownError
                if file_digest(file, sha256).digest() != digest:
                    self._drop_begun(shelf)
                    raise UnknownError
                try:
                    os.fsync(file.fileno())
                except OSError:
                    self._drop_begun(shelf)  # what is read of it may be on no disk: it is put again
                    raise
            self._keep(shelf, begun, now)

    def _keep(self, shelf: Shelf, begun: Begun, now: int) -> None:
        folder = self._folder(shelf)
        place = self._shelves.next_place(shelf.custody.address)
        kept = Kept(place, begun.kind, begun.size, begun.digest, now)
        shelf.begun = None  # its bytes are a volume's now, or a file's without a row
        self._coming(shelf).replace(folder / f"{place}{VOLUME}")
        _sync(folder)
        self._append(shelf, kept)
        shelf.volumes.append(kept)
        self._drop_begun(shelf)

    def _append(self, shelf: Shelf, kept: Kept) -> None:
        path = self._folder(shelf) / INDEX
        if not path.exists():
            _write(path, b"")
        with path.open("r+b") as file:
            file.truncate(len(shelf.volumes) * _ROW.size)  # half a row is left where the disk was full
            file.seek(0, os.SEEK_END)
            file.write(_ROW.pack(*kept))
            file.flush()
            os.fsync(file.fileno())

    # Asking

    def volumes(self, address: bytes, after: int, limit: int) -> Sequence[Kept]:
        """What is kept under an address."""
        with self._lock:
            return self._shelves.volumes(address, after, limit)

    def read(self, address: bytes, digest: bytes, offset: int, size: int) -> bytes:
        """Bytes of a volume."""
        with self._lock, _told():
            shelf, kept = self._shelves.find(address, digest)
            with self._opened(shelf, kept) as file:
                file.seek(offset)
                return file.read(size)

    def prove(self, token: bytes, digest: bytes, prefix: bytes) -> bytes:
        """A proof that it is here; others are served while it is computed."""
        with _told():
            with self._lock:
                shelf = self._shelves.open_to(token)
                kept = shelf.find(digest)
                if kept is None:
                    raise UnknownError
                file = self._opened(shelf, kept)
            with file:
                return file_digest(file, lambda: sha256(prefix)).digest()

    # Time

    def expire(self, now: int) -> None:
        """Let go what is over."""
        with self._lock, _told():
            for shelf in list(self._shelves):
                over = shelf.expired(now)
                if over:
                    left = [each for each in shelf.volumes if each not in over]
                    _write(self._folder(shelf) / INDEX, b"".join(_ROW.pack(*each) for each in left))
                    shelf.volumes = left  # only now: what is appended goes behind the rows of the file
                    for volume in over:
                        self._volume(shelf, volume).unlink(missing_ok=True)
                if shelf.custody.ended is not None and not shelf.volumes:
                    shutil.rmtree(self._folder(shelf))
                    self._shelves.drop(shelf)

    def close(self) -> None:
        """Nothing stays open between two calls."""

    # Files

    def _folder(self, shelf: Shelf) -> Path:
        return self._root / shelf.name

    def _volume(self, shelf: Shelf, kept: Kept) -> Path:
        return self._folder(shelf) / f"{kept.place}{VOLUME}"

    def _opened(self, shelf: Shelf, kept: Kept) -> BufferedReader:
        """A volume to be read. Raises UnknownError for one that somebody took away."""
        try:
            return self._volume(shelf, kept).open("rb")
        except FileNotFoundError:
            raise UnknownError from None

    def _coming(self, shelf: Shelf) -> Path:
        return self._folder(shelf) / BEGUN

    def _write_terms(self, shelf: Shelf, custody: Custody) -> None:
        _write(self._folder(shelf) / TERMS, cbor.encode(list(custody)))
        shelf.custody = custody

    def _drop_begun(self, shelf: Shelf) -> None:
        shelf.begun = None
        self._coming(shelf).unlink(missing_ok=True)
        (self._folder(shelf) / BEGUN_TERMS).unlink(missing_ok=True)

    def _load(self, name: str) -> None:
        folder = self._root / name
        if not (folder / TERMS).exists():
            shutil.rmtree(folder)  # it never began, or it was being taken away
            return
        shelf = Shelf(_read_custody((folder / TERMS).read_bytes()), name)
        rows = (folder / INDEX).read_bytes() if (folder / INDEX).exists() else b""
        whole = len(rows) // _ROW.size * _ROW.size
        found = [Kept(*row) for row in _ROW.iter_unpack(rows[:whole])]
        shelf.volumes = [each for each in found if self._volume(shelf, each).exists()]
        if len(shelf.volumes) * _ROW.size != len(rows):
            _write(folder / INDEX, b"".join(_ROW.pack(*each) for each in shelf.volumes))
        named = {self._volume(shelf, each) for each in shelf.volumes}
        for path in folder.iterdir():
            if path.suffix == NEW or (path.suffix == VOLUME and path not in named):
                path.unlink()
        shelf.begun = _read_begun(folder)
        if shelf.begun is None:
            self._drop_begun(shelf)
        self._shelves.add(shelf)


def _read_custody(data: bytes) -> Custody:
    values = _fields(data, len(Custody._fields))
    types = (bytes, bytes, bytes, int, int)
    ended = values[-1]
    right = all(type(value) is kind for value, kind in zip(values, types, strict=False))
    if not right or not (ended is None or type(ended) is int):
        raise HoldingsError(_DAMAGED)
    return Custody(*values)


def _read_begun(folder: Path) -> Begun | None:
    """What was being put; None where it was nothing, or a stop has left too little of it."""
    if not (folder / BEGUN_TERMS).exists() or not (folder / BEGUN).exists():
        return None
    try:
        values = cbor.decode_list((folder / BEGUN_TERMS).read_bytes())
    except Violation:
        return None
    right = [type(value) for value in values] == [int, int, bytes]
    return Begun(*list[Any](values)) if right else None


def _fields(data: bytes, count: int) -> list[Any]:
    try:
        values = cbor.decode_list(data)
    except Violation as violation:
        raise HoldingsError(_DAMAGED) from violation
    if len(values) != count:
        raise HoldingsError(_DAMAGED)
    return values


def _write(path: Path, data: bytes) -> None:
    """A file that is there whole, or as it was before."""
    new = path.with_name(path.name + NEW)
    _make(new, data)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    new.replace(path)
    _sync(path.parent)


def _make(path: Path, data: bytes) -> None:
    """A file of the owner alone; nothing promises that it is whole after a stop."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
        file.write(data)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
