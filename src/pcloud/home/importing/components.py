"""vCard and iCalendar files cut into their components, and those into properties (RFC 5545, RFC 6350).

`icalendar` unfolds lines and reads events. Cutting is ours, because a library reads a file whole, and one
component that it cannot read takes the others along; so is taking a card's line apart, because of
`TYPE=HOME;TYPE=pref`, as phones write it, a library keeps the last.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

from icalendar.parser import Contentlines

from pcloud.home.importing.found import Problem

LINE_BYTES_MAX: Final = 65_536
"""Of a line as it stands in the file. Only what has no line ends at all is cut by it."""
COMPONENT_BYTES_MAX: Final = 1_048_576
"""Of one component: a card with its picture. What is longer is reported and passed over."""
PROPERTY_CHARS_MAX: Final = 16_384
"""Of one property, unfolded; a record holds no more."""
_BORDER_CHARS: Final = 256
NESTED_MAX: Final = 16
"""Levels of components in a component."""
_BORDER: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[a-z0-9-]{1,64}\.)?"  # a mark of the encoding, and a group
    rb"(?P<verb>BEGIN|END)[ \t]*:[ \t]*(?P<name>[a-z0-9-]{1,64})[ \t]*\r?\n?$",
    re.IGNORECASE,
)
_LINE: Final = re.compile(
    r'(?:[A-Za-z0-9-]++\.)?(?P<name>[A-Za-z0-9-]++)(?P<head>(?:;(?:[^":;]++|"[^"]*+")*+)*+):(?P<value>.*)'
)
_PARAMETER: Final = re.compile(r';([^":;=]++)(?:=((?:[^":;]++|"[^"]*+")*+))?+')
_WORDS: Final = {"VCARD": "card", "VEVENT": "event", "VTODO": "task", "VJOURNAL": "journal entry"}


class Component(NamedTuple):
    """One component with its lines, from BEGIN to END, without those of components in it."""

    kind: str
    text: str
    where: str


class Property(NamedTuple):
    """One line: its name in capitals without its group, its parameters, and its value as written."""

    name: str
    parameters: dict[str, tuple[str, ...]]
    value: str

    def types(self) -> set[str]:
        """What its TYPE says, in small letters."""
        return {one.strip().lower() for one in self.parameters.get("TYPE", ())}


class _Open:
    """A component whose end has not come."""

    def __init__(self, kind: str, where: str, first: bytes) -> None:
        self.kind, self.where = kind, where
        self.inner: list[str] = []
        self.lines = [first]
        self.size = len(first)

    def take(self, line: bytes) -> None:
        """Hold a line, unless it is one of a component in this one: no record has alarms."""
        self.size += len(line)
        if self.size > COMPONENT_BYTES_MAX:
            self.lines.clear()
        elif not self.inner:
            self.lines.append(line)

    def end(self) -> Component | Problem:
        if self.size > COMPONENT_BYTES_MAX:
            return Problem(self.where, f"it has more than {COMPONENT_BYTES_MAX} bytes")
        return Component(self.kind, text_of(b"".join(self.lines)), self.where)


def text_of(data: bytes) -> str:
    """Text as it is mostly written: UTF-8, or else what Windows wrote before."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def components(stream: BinaryIO, transparent: str = "") -> Iterator[Component | Problem]:
    """Cut a file into its components; `transparent` is the one around them, which is looked into."""
    current: _Open | None = None
    counts: dict[str, int] = {}
    stray = False
    number = 0
    while line := stream.readline(LINE_BYTES_MAX):
        number += 1
        verb, name = _border(line)
        if current is None:
            if verb == "BEGIN" and name != transparent:
                stray = False
                word = _WORDS.get(name, name)
                counts[word] = counts.get(word, 0) + 1 if len(counts) < NESTED_MAX or word in counts else 1
                current = _Open(name, f"{word} {counts.get(word, 1)} (line {number})", line)
            elif not verb and line.strip(b" \t\r\n\0\xef\xbb\xbf") and not transparent and not stray:
                stray = True
                yield Problem(f"line {number}", "this and what follows it is in no card")
            continue
        unclosed = (verb == "BEGIN" and name == current.kind) or (verb == "END" and name == transparent != "")
        if unclosed:
            yield Problem(current.where, "it has no end")
            current = (
                _Open(name, f"{_WORDS.get(name, name)} at line {number}", line) if verb == "BEGIN" else None
            )
            continue
        if verb == "BEGIN" and len(current.inner) < NESTED_MAX:
            current.inner.append(name)
        current.take(line)
        if verb == "END" and current.inner and current.inner[-1] == name:
            current.inner.pop()
        elif verb == "END" and name == current.kind:
            yield current.end()
            current = None
    if current is not None:
        yield Problem(current.where, "it has no end")


def _border(line: bytes) -> tuple[str, str]:
    """The verb and the name of a line that begins or ends a component; two empty texts for another."""
    found = _BORDER.match(line)
    if found is None:
        return "", ""
    return found["verb"].upper().decode(), found["name"].upper().decode()


def properties(component: Component) -> Iterator[Property | Problem]:
    """The lines of a component; those that are no property, or are too long for a record, as problems."""
    unfolded = Contentlines.from_ical(component.text)  # type: ignore[no-untyped-call]  # it has no types yet
    for line in map(str, unfolded):
        if not line or _BORDER.match(line[:_BORDER_CHARS].encode()):
            continue
        if len(line) > PROPERTY_CHARS_MAX:
            name = line[:40].partition(":")[0].partition(";")[0]
            yield Problem(component.where, f"its {name} is left out: a record has no room for it")
            continue
        parts = _LINE.fullmatch(line)
        if parts is None:
            yield Problem(component.where, f"a line is not understood: {line[:40]}")
            continue
        read: dict[str, tuple[str, ...]] = {}
        for key, values in _PARAMETER.findall(parts["head"]):
            # Version 2.1 wrote types without saying that they are types
            name, told = (key.upper(), values) if values else ("TYPE", key)
            read[name] = read.get(name, ()) + tuple(told.replace('"', "").split(","))
        yield Property(parts["name"].upper(), read, parts["value"])
