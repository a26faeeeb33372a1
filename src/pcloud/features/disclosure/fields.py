"""Fields that several messages of a disclosure share."""

from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.path import PATH, PATTERN
from pcloud.features.disclosure.value import read_value
from pcloud.kernel.context import Act
from pcloud.kernel.message import Kind, record, refuse, several, text, unsigned
from pcloud.limits import CLAUSE_WORD_BYTES_MAX, DISCLOSED_MAX, DISCLOSURE_PURPOSES_MAX, REASON_BYTES_MAX

REASONS = ("not-now", "not-needed", "not-held", "not-for-this", "not-you")
"""Why an owner gives something not: a closed list, because a body is never erased."""


class Field(NamedTuple):
    """One field: its path, and the version of the giver's record that is meant."""

    path: str
    version: int


class Declined(NamedTuple):
    """A field that is not given, and why."""

    path: str
    reason: str


def once(kind: Kind, least: int = 1, most: int = DISCLOSED_MAX) -> Kind:
    """An array of records that begin with a path, each path once."""
    rows = several(kind, least, most)

    def read(value: Any) -> tuple[Any, ...]:
        found: tuple[Any, ...] = rows.read(value)
        if len({each[0] for each in found}) != len(found):
            raise refuse("a path twice")
        return found

    return Kind(read, rows.write)


FIELDS = once(record(Field, PATH, unsigned(1)))
DECLINED = once(record(Declined, PATTERN, text(REASON_BYTES_MAX, choices=REASONS)))
WORD = text(CLAUSE_WORD_BYTES_MAX)
PURPOSES = several(WORD, 1, DISCLOSURE_PURPOSES_MAX)


def _distinct(kind: Kind) -> Kind:
    rows = several(kind, 1, DISCLOSED_MAX)

    def read(value: Any) -> tuple[str, ...]:
        found: tuple[str, ...] = rows.read(value)
        if len(set(found)) != len(found):
            raise refuse("a path twice")
        return found

    return Kind(read)


PATHS = _distinct(PATH)
"""Paths alone, each once."""
PATTERNS = _distinct(PATTERN)


def paths_of(fields: tuple[Field, ...]) -> tuple[str, ...]:
    """The paths of some fields."""
    return tuple(field.path for field in fields)


def check_items(act: Act, fields: tuple[Field, ...]) -> None:
    """Judge the items: one place for each field, each a value of its path.

    Raises Violation `body-form`; an item that is gone is no fault here (spec 09 §2.3).
    """
    if len(act.items) != len(fields):
        raise refuse("as many items as fields")
    for field, item in zip(fields, act.items, strict=True):
        if item is not None:
            read_value(field.path, item)


def check_given(act: Act, fields: tuple[Field, ...]) -> None:
    """Judge the items of what discloses. Raises Violation `body-form`, `withdrawn` where all are gone."""
    check_items(act, fields)
    if not any(item is not None for item in act.items):
        raise Violation(Code.WITHDRAWN)


def places_of(fields: tuple[Field, ...], paths: tuple[str, ...] | None) -> tuple[int, ...]:
    """Where the items of these paths are among the parts of a message; None for all paths."""
    return tuple(place for place, field in enumerate(fields, 1) if paths is None or field.path in paths)
