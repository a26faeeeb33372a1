"""Which devices may show the page, and which ask to: one file in the node's folder.

Page and command line both write it, one after the other, and the page looks at it with every request of a
device: what is taken back at a terminal is taken back at once. It is no part of a copy: a device belongs to
this machine's address and certificate, and what a thief paired does not come back with a restored node.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from pcloud.errors import PcloudError

FOLDER: Final = "page"
"""In the node's folder: what its page keeps."""
FILE_NAME: Final = "devices.json"

DEVICES_MAX: Final = 32
ASKING_MAX: Final = 8
"""That wait for the owner's word; one more lets the oldest go."""
ASKING_S_MAX: Final = 600
"""How long they wait."""
NAME_CHARACTERS_MAX: Final = 60
ID_BYTES: Final = 8
_FILE_BYTES_MAX: Final = 65_536
_NUMBER_DIGITS: Final = 6


class BookError(PcloudError):
    """The file cannot be read, or what is asked of it cannot be. The text is a sentence for the owner."""


class Device(msgspec.Struct, frozen=True):
    """A device that may show the page."""

    id: str
    name: str
    key: str
    """Its public key: a point of P-256, uncompressed, in hex (SEC 1 section 2.3.3)."""
    paired: int
    used: int
    """When it last came in."""


class Asking(msgspec.Struct, frozen=True):
    """A device that has used a link and waits to be paired."""

    id: str
    name: str
    key: str
    number: str
    """What it shows, to be compared."""
    code: str
    """Which link it used: the nonce of its code."""
    since: int


class Book(msgspec.Struct, frozen=True):
    """What the file says."""

    lan: bool = False
    """Whether the page is served to this network."""
    devices: tuple[Device, ...] = ()
    asking: tuple[Asking, ...] = ()

    def device(self, id_: str) -> Device | None:
        """One that is paired."""
        return next((each for each in self.devices if each.id == id_), None)

    def waiting(self, now: int) -> tuple[Asking, ...]:
        """Those that have not waited for too long."""
        return tuple(each for each in self.asking if now - each.since <= ASKING_S_MAX)

    def ask(self, asking: Asking) -> "Book":
        """One more waits."""
        others = [each for each in self.waiting(asking.since) if each.id != asking.id]
        return self._with(asking=(*others, asking)[-ASKING_MAX:])

    def confirm(self, id_: str, now: int) -> "Book":
        """Let one in. Raises BookError for one that does not wait, and where there are too many."""
        found = next((each for each in self.waiting(now) if each.id == id_), None)
        if found is None:
            raise BookError("This device does not wait any more. Let it use a new link.")
        if len(self.devices) >= DEVICES_MAX:
            raise BookError(f"There are {DEVICES_MAX} devices already. Take one away first.")
        device = Device(found.id, found.name, found.key, now, now)
        others = tuple(each for each in self.devices if each.id != id_)
        return self._with(
            devices=(*others, device), asking=tuple(each for each in self.asking if each.id != id_)
        )

    def without(self, id_: str) -> "Book":
        """Let one out for good, paired or waiting."""
        return self._with(
            devices=tuple(each for each in self.devices if each.id != id_),
            asking=tuple(each for each in self.asking if each.id != id_),
        )

    def use(self, id_: str, now: int) -> "Book":
        """One has come in."""
        return self._with(
            devices=tuple(
                msgspec.structs.replace(each, used=now) if each.id == id_ else each for each in self.devices
            )
        )

    def serve(self, *, lan: bool) -> "Book":
        """Let the page be served to this network, or not."""
        return self._with(lan=lan)

    def _with(self, **changed: object) -> "Book":
        return msgspec.structs.replace(self, **changed)


class Shelf:
    """Where the book is kept. Both processes may change it; neither sees half of a change."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER
        self._path = self.folder / FILE_NAME
        self._seen: tuple[int, int, int] | None = None
        self._book = Book()

    def read(self) -> Book:
        """The book as it is now; the file is read where it has changed. Raises BookError."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self._seen, self._book = None, Book()
            return self._book
        seen = found.st_ino, found.st_mtime_ns, found.st_size
        if seen != self._seen:
            self._book = self._load()
            self._seen = seen
        return self._book

    def change(self, work: Callable[[Book], Book]) -> Book:
        """Change it. Raises what `work` raises, then nothing has changed; BookError, OSError."""
        with self._alone():
            book = self.read()
            changed = work(book)
            if changed != book:
                self._write(changed)
        return changed

    def write_file(self, name: str, data: bytes) -> Path:
        """Put a file beside the book, for the owner alone, whole or not at all. Raises OSError."""
        self._make_folder()
        path = self.folder / name
        fresh = path.with_name(f"{name}.new")
        fresh.unlink(missing_ok=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(fresh, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        return path

    def _load(self) -> Book:
        try:
            with self._path.open("rb") as file:
                data = file.read(_FILE_BYTES_MAX + 1)
            if len(data) > _FILE_BYTES_MAX:
                raise BookError(
                    "The list of your devices is too long to be one. Remove the file and pair anew."
                )
            return msgspec.json.decode(data, type=Book)
        except (OSError, msgspec.DecodeError) as fault:
            raise BookError(
                "The list of your devices cannot be read. Remove the file and pair anew."
            ) from fault

    def _write(self, book: Book) -> None:
        self.write_file(FILE_NAME, msgspec.json.encode(book))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._make_folder()
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)


def number_of(fingerprint: str, code: str, key: bytes) -> str:
    """What both screens show: of this certificate, this link and this device's key, and of no other."""
    told = b"\0".join([b"pcloud device number", fingerprint.encode(), code.encode(), key])
    found = int.from_bytes(hashlib.sha256(told).digest()[:8], "big") % 10**_NUMBER_DIGITS
    digits = f"{found:0{_NUMBER_DIGITS}}"
    return f"{digits[:3]} {digits[3:]}"
