"""Mail, one message or a whole mailbox (RFC 5322, RFC 4155): the orders and reservations that it tells of.

Only the markup that senders put there for machines is read: JSON-LD and microdata in HTML, and calendar
parts. A mailbox is read line by line, and of each message no more is held than `MESSAGE_BYTES_MAX`: what an
attachment holds is passed over while it is read.
"""

import email
import io
import itertools
import re
from collections.abc import Iterator
from email.message import Message
from functools import partial
from typing import Any, BinaryIO, Final

from pcloud.home.importing.calendars import events
from pcloud.home.importing.found import Found, Item, Problem
from pcloud.home.importing.markup import told
from pcloud.home.importing.things import FROM_OTHERS, read_json, things

LINE_BYTES_MAX: Final = 65_536
PART_BYTES_MAX: Final = 2_097_152
"""Of one part of a message that is text; what is longer is reported and not read."""
OTHER_BYTES_MAX: Final = 4_096
"""What is held of a part that is no text: its own headers."""
MESSAGE_BYTES_MAX: Final = 8_388_608
LINES_MAX: Final = 200_000
"""Of one message: the library compares each with the borders of all parts that it stands in."""
PARTS_MAX: Final = 200
"""Parts of one message."""
MULTIPARTS_MAX: Final = 64
"""Parts of one message that hold others."""
FIELD_CHARS_MAX: Final = 2_048
"""Of a header that says what a part is: for a longer one the library's time grows with its square."""

_KIND: Final = re.compile(rb"content-type:[ \t]*(?P<kind>[a-z]+)/", re.IGNORECASE)
EMPTY: Final = frozenset({b"\n", b"\r\n"})
_HELD: Final = frozenset({b"text", b"multipart", b"message"})


class Held:
    """A message as it is read: its text, without what attachments hold."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.lines: list[bytes] = []
        self.size = 0
        self.cut = False
        """Whether some text was too long to be held."""
        self._heading = True
        """Whether the headers of a part are being read."""
        self._is_text = True
        self._room = PART_BYTES_MAX

    def take(self, line: bytes) -> None:
        """Hold a line, or pass it over where its part is no text, or where there is no room."""
        if line.startswith(b"--"):
            self._heading, self._is_text, self._room = True, True, PART_BYTES_MAX
        elif self._heading:
            self._heading = line not in EMPTY
            kind = _KIND.match(line)
            if kind is not None and kind["kind"].lower() not in _HELD:
                self._is_text, self._room = False, OTHER_BYTES_MAX
        full = len(self.lines) >= LINES_MAX
        if not full and len(line) <= min(self._room, MESSAGE_BYTES_MAX - self.size):
            self.lines.append(line)
            self.size += len(line)
            self._room -= len(line)
        else:
            self._room = 0
            self.cut = self.cut or self._is_text


class _TooManyPartsError(Exception):
    """A message with more parts in parts than are read."""


class _Part(Message):
    """A part of a message, read in a time that grows with its size only."""

    def __init__(self, counted: Iterator[int]) -> None:
        """`counted` is that of all parts of the message that hold others."""
        super().__init__()
        self._counted = counted

    def get_boundary(self, failobj: Any = None) -> Any:
        """What stands between its parts. Raises _TooManyPartsError."""
        if next(self._counted) > MULTIPARTS_MAX:
            raise _TooManyPartsError
        return super().get_boundary(failobj)

    def get_param(self, *args: Any, **named: Any) -> Any:
        """What a header says beside its kind; nothing where it is too long to be a mail's."""
        if len(str(self.get("content-type", ""))) > FIELD_CHARS_MAX:
            return args[1] if len(args) > 1 else named.get("failobj")
        return super().get_param(*args, **named)


def mailbox(stream: BinaryIO) -> Iterator[Item]:
    """Everything the messages of an mbox file tell of. A message begins at a `From ` after an empty line."""
    held: Held | None = None
    number, at, empty = 0, 0, True
    stray = False
    while line := stream.readline(LINE_BYTES_MAX):
        if empty and line.startswith(b"From "):
            if held is not None:
                yield from _message(held)
            number += 1
            held = Held(f"message {number} (at byte {at})")
        elif held is not None:
            held.take(line)
        elif not stray and line.strip():
            stray = True
            yield Problem(f"byte {at}", "this is in no message: a message begins with a line `From …`")
        at += len(line)
        empty = line in EMPTY
    if held is not None:
        yield from _message(held)


def letter(stream: BinaryIO) -> Iterator[Item]:
    """What one message tells of (`.eml`)."""
    held = Held("the message")
    while line := stream.readline(LINE_BYTES_MAX):
        held.take(line)
    yield from _message(held)


def _message(held: Held) -> Iterator[Item]:
    if held.cut:
        yield Problem(held.where, f"a part of more than {PART_BYTES_MAX} bytes is passed over")
    try:
        message = email.message_from_bytes(b"".join(held.lines), partial(_Part, itertools.count(1)))
        parts = _texts(message)
    except _TooManyPartsError:
        yield Problem(held.where, f"more than {MULTIPARTS_MAX} of its parts hold parts")
        return
    except Exception as problem:  # noqa: BLE001 - anybody may write mail, and the library raises many kinds of errors
        yield Problem(held.where, f"it is not understood ({type(problem).__name__})")
        return
    seen: set[tuple[str, str | None]] = set()
    for kind, text in parts:
        if kind is None:
            yield Problem(held.where, text)
            continue
        for one in _page(text, held.where) if kind == "html" else _calendar(text, held.where):
            if isinstance(one, Found):
                # An order in microdata and in JSON-LD is one order
                if (one.path, one.label) in seen:
                    continue
                seen.add((one.path, one.label))
            yield one


def _texts(message: Message) -> list[tuple[str | None, str]]:
    """The parts that may tell of something, by kind; None and a reason for one that cannot be read."""
    found: list[tuple[str | None, str]] = []
    for number, part in enumerate(message.walk()):
        if number >= PARTS_MAX:
            found.append((None, f"it has more than {PARTS_MAX} parts; the rest is passed over"))
            break
        kind = part.get_content_type()
        if part.is_multipart() or kind not in {"text/html", "text/calendar"}:
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            found.append((kind.removeprefix("text/"), _decoded(data, part.get_content_charset())))
    return found


def _decoded(data: bytes, charset: str | None) -> str:
    try:
        return data.decode(charset or "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _page(text: str, where: str) -> Iterator[Item]:
    for one in told(text):
        if isinstance(one, str):
            try:
                document = read_json(one)
            except (ValueError, RecursionError):
                yield Problem(where, "what it tells machines (JSON-LD) is not understood")
                continue
            yield from things(document, where, FROM_OTHERS)
        else:
            yield from things(one, where, FROM_OTHERS)


def _calendar(text: str, where: str) -> Iterator[Item]:
    for one in events(io.BytesIO(text.encode())):
        yield one._replace(where=f"{where}, {one.where}")
