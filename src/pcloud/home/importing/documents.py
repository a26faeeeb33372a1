"""JSON-LD files: one document, one a line, or the file that `pcloud data export --as jsonld` writes."""

import itertools
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO, Final

from pcloud.errors import Violation
from pcloud.features.disclosure.path import read_path
from pcloud.home import shapes
from pcloud.home.importing.components import text_of
from pcloud.home.importing.found import Found, Item, Problem
from pcloud.home.importing.things import kind_of, read_json, things
from pcloud.home.shapes import ShapeError

LINE_BYTES_MAX: Final = 262_144
"""Of one line, where each has a document of its own."""
DOCUMENT_BYTES_MAX: Final = 16_777_216
"""Of a document that stands on many lines; it is held as a whole."""
PLACE: Final = "x-place"
"""Says where a value stands, in a file that a pcloud has written."""
PLAIN: Final = "PropertyValue"
"""The type around a value that is no map (schema.org)."""
_NO_PLACE: Final = "its place is none that a record can have"


def documents(stream: BinaryIO) -> Iterator[Item]:
    """Everything a JSON-LD file tells of."""
    lines = iter(partial(stream.readline, LINE_BYTES_MAX), b"")
    first = list(itertools.islice(lines, 2))
    lines = itertools.chain(first, lines)
    if any(isinstance(_object(line), dict) for line in first):
        for number, line in enumerate(lines, 1):
            if line.strip() not in {b"", b"[", b"]"}:
                yield from _told(_object(line), f"line {number}")
        return
    rest = bytearray()
    for line in lines:
        rest += line
        if len(rest) > DOCUMENT_BYTES_MAX:
            reason = (
                f"a document of more than {DOCUMENT_BYTES_MAX} bytes; put each thing on a line of its own"
            )
            yield Problem("the document", reason)
            return
    yield from _told(_object(bytes(rest)), "the document")


def _object(line: bytes) -> Any:
    """What a text says in JSON; None where it is none."""
    try:
        return read_json(text_of(line).strip().removesuffix(","))
    except (ValueError, RecursionError):
        return None


def _told(told: Any, where: str) -> Iterator[Item]:
    if isinstance(told, list):
        for number, one in enumerate(told, 1):
            if isinstance(one, dict):
                yield from _told(one, f"{where}, thing {number}")
    elif not isinstance(told, dict):
        yield Problem(where, "it is no JSON that tells of things")
    elif isinstance(told.get(PLACE), str):
        yield _placed(told, where)
    else:
        items = list(things(told, where))
        yield from items
        if not items:
            yield Problem(where, f"{kind_of(told) or 'a thing of another vocabulary'} is not taken")


def _placed(told: dict[str, Any], where: str) -> Item:
    """A record that a pcloud has written out, with its path."""
    value: Any = {key: one for key, one in told.items() if key not in {PLACE, "@context"}}
    if value.get("@type") == PLAIN and value.keys() == {"@type", "value"}:
        value = value["value"]
    return placed(where, told[PLACE], value)


def placed(where: str, path: str, value: Any) -> Item:
    """A record at a path that the file names itself: as it was written out, to the letter."""
    try:
        if not path.isascii():  # what no path can be, and no text either: JSON knows halves of letters
            return Problem(where, _NO_PLACE)
        if read_path(path).fact is not None:
            return Problem(where, "a derived fact is no record")
        shapes.encode(shapes.from_json(value))
    except Violation:
        return Problem(where, _NO_PLACE)
    except ShapeError as problem:
        return Problem(where, str(problem))
    return Found(path, value, None, where)
