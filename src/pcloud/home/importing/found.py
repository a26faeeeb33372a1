"""What a reader finds: a record to be, or a part that could not be read and why."""

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

from pcloud.errors import UsageError
from pcloud.home import shapes
from pcloud.home.shapes import ShapeError
from pcloud.limits import INTEGER_MAX
from pcloud.wire import cbor

Format: TypeAlias = Literal["vcard", "ical", "mail", "csv", "jsonld"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
"""What can be read, and what comes of it named as its source."""
LABEL_CHARS_MAX: Final = 256
"""Of what tells an item from others; the hash of a longer one tells as well."""
DEPTH_MAX: Final = 12
"""Levels of maps and arrays that are taken; CBOR allows a few more, for what is put around a value."""


class Found(NamedTuple):
    """A record to be."""

    path: str
    """The whole path; where there is a label, the collection, in which the node names the record."""
    value: Any
    """As JSON: texts, integers, true and false, arrays and maps."""
    label: str | None
    """Tells this item from all others of the collection: the same item found again has the same label."""
    where: str
    """Where in the file it was, in words for the owner."""


class Problem(NamedTuple):
    """A part that is not taken."""

    where: str
    reason: str


Item: TypeAlias = Found | Problem


def found(where: str, path: str, value: Any, label: str | None) -> Item:
    """Make a record of what was read, or say why it cannot be one."""
    try:
        plain = fit(value)
        shapes.encode(shapes.from_json(plain))
    except ShapeError as problem:
        return Problem(where, str(problem))
    if plain in ("", {}, []):
        return Problem(where, "there is nothing in it")
    return Found(path, plain, None if label is None else _short(label), where)


def _short(label: str) -> str:
    bare = label.encode(errors="replace")
    return bare.decode() if len(label) <= LABEL_CHARS_MAX else sha256(bare).hexdigest()


def fit(value: Any, depth: int = 0) -> Any:
    """Make a value such as records hold: fractions become texts, and what is empty is left out of maps.

    Raises ShapeError for what is nested too deep, and for what no JSON has.
    """
    if depth > DEPTH_MAX:
        raise ShapeError(f"The value is nested more than {DEPTH_MAX} levels deep.")
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, int):
        return value if abs(value) <= INTEGER_MAX else str(value)
    if isinstance(value, float | Decimal):
        return str(value)
    if isinstance(value, Mapping):
        inner = {fit(str(key)): fit(one, depth + 1) for key, one in value.items() if one is not None}
        return {key: one for key, one in inner.items() if one not in ("", {}, [])}
    if isinstance(value, list | tuple):
        return [fit(one, depth + 1) for one in value if one is not None]
    raise ShapeError("The value has something that is neither a text, a number, a list nor a map.")


def label_of(*parts: Any) -> str:
    """A label from the parts that tell an item from others."""
    return "\x1f".join("" if part is None else str(part).strip() for part in parts)


def whole(value: Any) -> str:
    """The label of an item that has no name of its own: all of it."""
    try:
        return cbor.encode(fit(value)).hex()
    except (ShapeError, UsageError):
        return ""
