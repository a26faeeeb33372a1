"""Bytes with their meaning: CBOR printed item by item, each with its place, its bytes and what it is."""

from __future__ import annotations

from dataclasses import dataclass, field

from spec.kit.cbor import Reader, dec, diag
from spec.kit.keys import sha

ON_ONE_LINE = 20
IN_FULL = 64
PER_LINE = 32
COLUMN = 46


@dataclass
class Note:
    """What an item is, what its elements are, and what a byte string holds."""

    text: str = ""
    items: list[Note] = field(default_factory=list)
    inside: Note | None = None

    def element(self, index: int) -> Note:
        """The note of an element; the last one serves for all that follow."""
        return self.items[min(index, len(self.items) - 1)] if self.items else Note()


def note(text: str, *items: Note | str) -> Note:
    """An item with notes for its elements, or for keys and values of a map one after the other."""
    return Note(text, [Note(item) if isinstance(item, str) else item for item in items])


def holds(text: str, inside: Note) -> Note:
    """A byte string that holds an encoding."""
    return Note(text, inside=inside)


def abbreviated(data: bytes) -> str:
    """The beginning and the end of a long byte string."""
    return f"{data[:16].hex()} … {data[-4:].hex()}"


def long_form(data: bytes) -> str:
    """A byte string as prose gives it: whole, or its ends with length and hash."""
    if len(data) <= IN_FULL:
        return data.hex()
    return f"{abbreviated(data)}  ({len(data):,} bytes, SHA-256 {sha(data).hex()})"


def with_value(text: str, value: str) -> str:
    """What an item is, and its value; keys of a map only have a value."""
    return f"{text}: {value}" if text else value


@dataclass
class Dump:
    """The rows of one encoding."""

    rows: list[str] = field(default_factory=list)

    def row(self, at: int, text: str, said: str = "", depth: int = 0) -> None:
        """One row: place, bytes, meaning."""
        meaning = "  " * depth + said if said else ""
        self.rows.append(f"{at:>5}  {text:<{COLUMN}}{meaning}".rstrip())

    def octets(self, at: int, data: bytes) -> None:
        """A byte string on rows of its own."""
        if len(data) > IN_FULL:
            self.row(at, abbreviated(data))
            self.row(at, f"  {len(data):,} bytes, SHA-256 {sha(data).hex()}")
            return
        for place in range(0, len(data), PER_LINE):
            self.row(at + place, data[place : place + PER_LINE].hex())

    def item(self, reader: Reader, said: Note, base: int, depth: int = 0) -> None:
        """One item and what it holds."""
        at = reader.at
        major, _, argument = reader.head(key=False)
        text, place = reader.data[at : reader.at].hex(), base + at
        if major == 6:
            self.row(place, text, f"tag {argument}", depth)
            self.item(reader, said, base, depth)
        elif major in {2, 3}:
            start = base + reader.at
            data = reader.take(argument)
            self.string(place, text, start, data, said, depth)
        elif major in {4, 5}:
            kind, count = ("array", argument) if major == 4 else ("map", 2 * argument)
            self.row(place, text, f"{kind} of {argument}" + (f": {said.text}" if said.text else ""), depth)
            for index in range(count):
                self.item(reader, said.element(index), base, depth + 1)
        else:
            self.row(place, text, with_value(said.text, diag(dec(reader.data[at : reader.at]))), depth)

    def string(self, at: int, head: str, start: int, data: bytes, said: Note, depth: int) -> None:
        """A byte string or a text."""
        is_text = int(head[:2], 16) >> 5 == 3
        words = with_value(said.text, diag(data.decode())) if is_text else said.text
        if said.inside is not None:
            self.row(at, head, f"{words}, {len(data):,} bytes that hold:", depth)
            self.item(Reader(data), said.inside, start, depth + 1)
        elif len(data) <= ON_ONE_LINE:
            self.row(at, f"{head}{data.hex()}", words, depth)
        else:
            self.row(at, head, f"{words}, {len(data):,} bytes", depth)
            self.octets(start, data)


def dump(data: bytes, said: Note) -> str:
    """The rows of an encoding; a signed object shows what is inside."""
    made, reader = Dump(), Reader(data)
    made.item(reader, said, 0)
    assert reader.at == len(data)
    return "\n".join(made.rows)


def plain_rows(data: bytes) -> str:
    """A byte string in rows of 32 bytes, each with its place."""
    made = Dump()
    for place in range(0, len(data), PER_LINE):
        made.row(place, data[place : place + PER_LINE].hex())
    return "\n".join(made.rows)
