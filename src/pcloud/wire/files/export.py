"""The file of an export: a line of text, then records, each an encoding in a byte string (spec 19 §2).

Read and written as a stream: nothing here holds more than one record.
"""

from collections.abc import Callable, Iterable, Iterator
from enum import IntEnum
from hashlib import sha256
from typing import Any, Final, NamedTuple, assert_never

from pcloud.errors import Code, Violation
from pcloud.limits import CODE_BYTES_MAX, EXPORT_RECORD_BYTES_MAX, KEY_EVENTS_MAX, PROTOCOL_VERSION
from pcloud.wire import cbor, cose
from pcloud.wire.answers import Parties, read_parties
from pcloud.wire.content import read_parts
from pcloud.wire.files.stream import Stream, content_of, framed, take_framed
from pcloud.wire.keys import SigningKey
from pcloud.wire.parts import Part
from pcloud.wire.shape import (
    array,
    epoch,
    fixed,
    flag,
    octets,
    persona,
    raw,
    shape,
    text,
    unsigned,
    versioned,
)

MAGIC: Final = b"pcloud-export/1\n"
"""The first bytes of a file; the number in them is the protocol version."""
_FAMILY: Final = b"pcloud-export/"
"""What the files of every version begin with."""


class Items(IntEnum):
    """Which of the items that the exporter holds are in the file."""

    NONE = 0
    ALL = 1
    SOME = 2
    """Those that it chose to show."""


class Opening(NamedTuple):
    """How the two met: founding personas, the exporter's first, and the signed objects that tie them."""

    founding: tuple[bytes, bytes]
    invitation: bytes | None
    succession: bytes | None
    items: Items
    left_out: int
    """Messages that the exporter holds, and that nobody could prove: no key of the logs has signed them."""


class Log(NamedTuple):
    """A key log, event 0 first."""

    events: tuple[bytes, ...]


class Message(NamedTuple):
    """A message under its newest header, as the exporter holds it."""

    signed: bytes
    verdict: str | None
    unaffirmed: bool
    first_epoch: int | None
    """Of a message sent again: the epoch of its sender in which it was first signed, where that is known."""
    parts: tuple[Part | None, ...]


class Former(NamedTuple):
    """An earlier header of a message that was sent again."""

    signed: bytes


class Receipted(NamedTuple):
    """A receipt of the peer."""

    signed: bytes


class End(NamedTuple):
    """The signed end, with what it has to say of the records before it: how many, and their digest."""

    signed: bytes
    records: int
    digest: bytes


Record = Opening | Log | Message | Former | Receipted


class Closing(NamedTuple):
    """What the exporter signs of a file: who and whose, when, how many records, and their digest."""

    parties: Parties
    time: int
    records: int
    digest: bytes


# Writing


def write_file(records: Iterable[Record], parties: Parties, now: int, key: SigningKey) -> Iterator[bytes]:
    """The pieces of a file: its first line, the records, and the end that `key` signs."""
    summed = sha256(MAGIC)
    count = 0
    yield MAGIC
    for record in records:
        piece = _frame(_fields(record))
        summed.update(piece)
        count += 1
        yield piece
    payload = cbor.encode([PROTOCOL_VERSION, *parties, now, count, summed.digest()])
    yield _frame([_END, cose.sign1(key, cose.EXPORT, payload)])


def _fields(record: Record) -> list[Any]:
    match record:
        case Opening():
            return [_OPENING, *record.founding, *record[1:3], int(record.items), record.left_out]
        case Log():
            return [_LOG, list(record.events)]
        case Message():
            parts = [None if part is None else list(part) for part in record.parts]
            return [_MESSAGE, *record[:-1], parts]
        case Former():
            return [_FORMER, record.signed]
        case Receipted():
            return [_RECEIPTED, record.signed]
        case _ as never:
            assert_never(never)


def _frame(fields: list[Any]) -> bytes:
    content = cbor.encode(fields)
    assert len(content) <= EXPORT_RECORD_BYTES_MAX, "messages, logs and invitations are bounded"
    return framed(content)


_OPENING, _LOG, _MESSAGE, _FORMER, _RECEIPTED, _END = range(6)
"""Kinds of records, the first element of each."""


# Reading


class File(NamedTuple):
    """A file as it is read: its opening, both logs, and the others as they come, the end last.

    What is behind a log is read only once it is asked for: the log is verified before it (spec 19 §4).
    """

    opening: Opening
    logs: Iterator[Log]
    """The exporter's, then the peer's. They are to be taken before the records."""
    records: Iterator[Message | Former | Receipted | End]


def open_file(pieces: Iterable[bytes]) -> File:
    """Read a file in pieces of any length. Raises Violation at stage form, here and as records are taken."""
    stream = Stream(pieces)
    _check_magic(stream.take(len(MAGIC)))
    summed = sha256(MAGIC)

    def first(kind: int) -> list[Any]:
        record = take_framed(stream, EXPORT_RECORD_BYTES_MAX)
        summed.update(record)
        return _of_kind(record, (kind,))

    opening = _opening(first(_OPENING))
    return File(opening, (_log(first(_LOG)) for _ in range(2)), _records(stream, summed))


def _records(stream: Stream, summed: Any) -> Iterator[Message | Former | Receipted | End]:
    count = _FIXED
    allowed: tuple[int, ...] = _ANYWHERE
    while True:
        record = take_framed(stream, EXPORT_RECORD_BYTES_MAX)
        values = _of_kind(record, allowed)
        kind = values[0]
        if kind == _END:
            break
        if kind == _RECEIPTED:
            allowed = (_RECEIPTED, _END)
        summed.update(record)
        count += 1
        yield _READERS[kind](values)
    end = End(raw(fixed(values, 2)[1]), count, summed.digest())
    if not stream.is_over():
        raise Violation(Code.CBOR_MALFORMED, "bytes after the end")
    yield end


_FIXED: Final = 3
"""Records before the lines."""
_ANYWHERE: Final = (_MESSAGE, _FORMER, _RECEIPTED, _END)


def read_closing(payload: bytes) -> Closing:
    """Read the payload of a signed end. Raises Violation at stage form."""
    values: list[Any] = versioned(cbor.decode_list(payload), 8)
    return Closing(read_parties(values), unsigned(values[5]), unsigned(values[6]), octets(values[7], 32))


def _check_magic(line: bytes) -> None:
    if line == MAGIC:
        return
    if line.startswith(_FAMILY):
        raise Violation(Code.VERSION_UNKNOWN, "version of the file")
    raise shape("first line")


def _of_kind(record: bytes, allowed: tuple[int, ...]) -> list[Any]:
    """The elements of a record that is of one of these kinds. Raises Violation at stage form."""
    values = cbor.decode_list(content_of(record))
    if not values or type(values[0]) is not int or values[0] not in allowed:
        raise shape("kind of a record")
    return values


def _opening(values: list[Any]) -> Opening:
    _, mine, theirs, invitation, succession, items, left_out = fixed(values, 7)
    return Opening(
        (persona(mine), persona(theirs)),
        None if invitation is None else raw(invitation),
        None if succession is None else raw(succession),
        _items(items),
        unsigned(left_out),
    )


def _items(value: Any) -> Items:
    try:
        return Items(unsigned(value))
    except ValueError as error:
        raise shape("which items") from error


def _log(values: list[Any]) -> Log:
    _, events = fixed(values, 2)
    return Log(tuple(raw(event) for event in array(events, 1, KEY_EVENTS_MAX)))


def _message(values: list[Any]) -> Message:
    _, signed, verdict, unaffirmed, first_epoch, parts = fixed(values, 6)
    return Message(
        raw(signed),
        None if verdict is None else text(verdict, CODE_BYTES_MAX),
        flag(unaffirmed),
        None if first_epoch is None else epoch(first_epoch),
        read_parts(parts),
    )


def _former(values: list[Any]) -> Former:
    _, signed = fixed(values, 2)
    return Former(raw(signed))


def _receipted(values: list[Any]) -> Receipted:
    _, signed = fixed(values, 2)
    return Receipted(raw(signed))


_READERS: Final[dict[int, Callable[[list[Any]], Message | Former | Receipted]]] = {
    _MESSAGE: _message,
    _FORMER: _former,
    _RECEIPTED: _receipted,
}
