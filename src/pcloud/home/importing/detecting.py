"""Which format a file has, and its reader."""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, Final, NamedTuple

from pcloud.errors import PcloudError
from pcloud.home.importing import calendars, cards, documents, mails, tables
from pcloud.home.importing.components import text_of
from pcloud.home.importing.found import FORMATS, Format, Item, Problem

LOOK_BYTES: Final = 4_096
"""Of the beginning of a file, by which its format is told."""
_BY_NAME: Final[Mapping[str, Format]] = {
    ".vcf": "vcard",
    ".ics": "ical",
    ".eml": "mail",
    ".mbox": "mail",
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonld": "jsonld",
    ".json": "jsonld",
}
_HEADERS: Final = frozenset(
    "received return-path from to date subject message-id mime-version delivered-to".split()  # noqa: SIM905 - words
)


DAMAGE: Final = (gzip.BadGzipFile, EOFError, zlib.error)
"""What unpacking raises where a file is damaged."""
DAMAGED: Final = Problem("the rest of the file", "it is damaged and cannot be unpacked")


class FormatError(PcloudError):
    """A file whose format is not known. The text says what to do."""


class DamagedError(FormatError):
    """A file that is packed, and cannot be unpacked."""


class Wishes(NamedTuple):
    """What the owner says of a file."""

    mine: bool = False
    """Its first card is the owner's own."""
    mapping: Mapping[str, str] = {}
    """Columns of a table and the properties they hold."""
    into: str = ""
    """The collection that rows of a table belong to."""


def open_packed(stream: BinaryIO) -> BinaryIO:
    """The same stream, unpacked while it is read where it is gzip. It has to be one that can go back."""
    packed = stream.read(2) == b"\x1f\x8b"
    stream.seek(0)
    return gzip.GzipFile(fileobj=stream) if packed else stream  # type: ignore[return-value]  # it reads as one


def format_of(stream: BinaryIO, name: str) -> Format:
    """Tell a format by how the file begins, or else by its name. Raises FormatError.

    Reads from where the stream stands; damage that is found so early is a FormatError too.
    """
    try:
        start = text_of(stream.read(LOOK_BYTES)).lstrip()
    except DAMAGE:
        raise DamagedError("The file is damaged from its beginning on: it cannot be unpacked.") from None
    first = start.partition("\n")[0].strip()
    if first.upper() == "BEGIN:VCARD":
        return "vcard"
    if first.upper() == "BEGIN:VCALENDAR":
        return "ical"
    if start.startswith("From ") or first.partition(":")[0].lower() in _HEADERS:
        return "mail"
    if start.startswith(("{", "[")):
        return "jsonld"
    for ending, known in _BY_NAME.items():
        if name.lower().removesuffix(".gz").endswith(ending):
            return known
    raise FormatError(f"What kind of file {name} is cannot be told. Say it: --as {'|'.join(FORMATS)}.")


def items(stream: BinaryIO, known: Format, wishes: Wishes) -> Iterator[Item]:
    """Everything in a file that stands at its beginning and can go back to it.

    Raises ColumnsError before anything is read of a table.
    """
    try:
        found = _items(stream, known, wishes)
    except DAMAGE:
        return iter((DAMAGED,))
    return _until_damage(found)


def _items(stream: BinaryIO, known: Format, wishes: Wishes) -> Iterator[Item]:
    if known == "vcard":
        return cards.cards(stream, mine=wishes.mine)
    if known == "ical":
        return calendars.events(stream)
    if known == "csv":
        return tables.rows(stream, wishes.mapping, wishes.into)
    if known == "jsonld":
        return documents.documents(stream)
    begins = stream.read(5)
    stream.seek(0)
    return mails.mailbox(stream) if begins == b"From " else mails.letter(stream)


def _until_damage(found: Iterator[Item]) -> Iterator[Item]:
    """What comes before damage goes through; then the damage is told."""
    try:
        yield from found
    except DAMAGE:
        yield DAMAGED
