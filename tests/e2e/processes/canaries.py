"""Values that nobody could mistake, and a watch over the places where none of them may stand (T60, T69)."""

import base64
import os
import secrets
import stat
from collections import Counter
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path
from typing import NamedTuple

MARK_BYTES = 6


class Form(NamedTuple):
    """One way in which bytes may stand somewhere."""

    name: str
    data: bytes


def _base64(data: bytes, offset: int) -> bytes:
    """The letters of base64 that these bytes alone decide, so many bytes behind the beginning of a text."""
    letters = base64.b64encode(bytes(offset) + data)
    return letters[ceil(offset * 8 / 6) : (offset + len(data)) * 8 // 6]


def forms_of_bytes(data: bytes) -> Iterator[Form]:
    """As bytes, and as text that holds bytes."""
    yield Form("bytes", data)
    yield Form("hex", data.hex().encode())
    yield Form("upper hex", data.hex().upper().encode())
    for offset in range(3):
        plain = _base64(data, offset)
        yield Form(f"base64+{offset}", plain)
        yield Form(f"base64url+{offset}", plain.translate(bytes.maketrans(b"+/", b"-_")))
    yield Form("repr", repr(data)[2:-1].encode())


def forms_of_text(text: str) -> Iterator[Form]:
    """As text in several encodings, and each of these as bytes may stand."""
    yield from forms_of_bytes(text.encode())
    yield Form("upper case", text.upper().encode())
    yield Form("UTF-16, little end first", text.encode("utf-16-le"))
    yield Form("UTF-16, big end first", text.encode("utf-16-be"))


class Canaries:
    """Texts with two marks in common, so that one look finds any of them, whole or cut, in any form."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._first, self._last = (secrets.token_hex(MARK_BYTES) for _ in range(2))
        self._needles: dict[bytes, str] = {}
        for mark in (self._first, self._last):
            self._add("canary", forms_of_text(mark))

    def text(self) -> str:
        """Another one; 37 letters that may stand in a name, a path and a header."""
        made = f"canary-{self._first}-{len(self.texts):04d}-{self._last}"
        self.texts.append(made)
        return made

    def keep(self, what: str, value: bytes | str) -> None:
        """Look also for something that is secret and was not made here."""
        self._add(what, forms_of_text(value) if isinstance(value, str) else forms_of_bytes(value))

    def _add(self, what: str, forms: Iterable[Form]) -> None:
        for form in forms:
            self._needles.setdefault(form.data, f"{what} as {form.name}")

    def found(self, data: bytes) -> list[str]:
        """What stands in these bytes, and in which form."""
        return [told for needle, told in self._needles.items() if needle in data]


class Sighting(NamedTuple):
    """Where something was seen, and what."""

    kind: str
    place: str
    told: str


class Watch:
    """Looks into place after place, and remembers where something was seen."""

    def __init__(self, canaries: Canaries) -> None:
        self._canaries = canaries
        self.seen: list[Sighting] = []
        self.looked: Counter[str] = Counter()
        """Bytes looked at, by kind of place."""

    def look(self, kind: str, place: object, data: bytes) -> None:
        """Look at what stands in one place."""
        self.looked[kind] += len(data)
        self.seen += [Sighting(kind, str(place), told) for told in self._canaries.found(data)]

    def folder(self, folder: Path, but: str = "") -> None:
        """All names below a folder, and the bytes of all files but those of one name."""
        for path in sorted(folder.rglob("*")):
            self.look("file name", path, os.fsencode(path.name))
            if path.name != but and stat.S_ISREG(path.lstat().st_mode):
                self.look("file", path, path.read_bytes())

    def process(self, pid: int) -> None:
        """What others see of one that runs: words, environment, names of its threads and open files."""
        home = Path(f"/proc/{pid}")
        for name in ("cmdline", "environ"):
            self.look(name, pid, _readable(home / name))
        for thread in sorted(home.glob("task/*/comm")):
            self.look("thread", thread, _readable(thread))
        for file in sorted(home.glob("fd/*")):
            self.look("open file", file, _target(file))

    def sockets(self) -> None:
        """Names of all Unix sockets of this machine, abstract ones too."""
        self.look("socket name", "", Path("/proc/net/unix").read_bytes())


def _readable(path: Path) -> bytes:
    """What stands there; nothing where the system hides it from everybody but root, or it has just ended."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _target(link: Path) -> bytes:
    try:
        return os.fsencode(os.readlink(link))  # noqa: PTH115 - a path would fold what stands there
    except OSError:
        return b""
