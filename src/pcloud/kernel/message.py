"""Messages: frozen dataclasses that are CBOR maps with integer keys (spec 05 §2).

A field says its key and its kind once; reading and writing follow from that. The body of a
message never holds a personal value: those are items, each a part of its own (spec 05 §3).
"""

from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, NamedTuple, Self, cast

from pcloud.errors import Code, Violation
from pcloud.kernel.gate import NO_CLAIMS, Claims, Gate, Mark
from pcloud.limits import MESSAGE_BYTES_MAX
from pcloud.wire import cbor

Read = Callable[[Any], Any]
Write = Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


class Kind(NamedTuple):
    """How one field is read from its CBOR value (refusing `body-form`) and written back."""

    read: Read
    write: Write = _same


def refuse(detail: str) -> Violation:
    """A body that is not what its message says: stage content, so it consumes its number."""
    return Violation(Code.BODY_FORM, detail)


def text(bytes_max: int, *, choices: tuple[str, ...] = ()) -> Kind:
    """Text of 1 to `bytes_max` UTF-8 bytes, optionally one of a closed list."""

    def read(value: Any) -> str:
        if type(value) is not str or not 0 < len(value.encode()) <= bytes_max:
            raise refuse("text")
        if choices and value not in choices:
            raise refuse("choice")
        return value

    return Kind(read)


def octets(size: int) -> Kind:
    """A byte string of exactly `size` bytes."""

    def read(value: Any) -> bytes:
        if type(value) is not bytes or len(value) != size:
            raise refuse("bytes")
        return value

    return Kind(read)


def unsigned(minimum: int = 0) -> Kind:
    """An integer of at least `minimum`; the profile bounds it above (spec 02)."""

    def read(value: Any) -> int:
        if type(value) is not int or value < minimum:
            raise refuse("integer")
        return value

    return Kind(read)


def boolean() -> Kind:
    """True or false."""

    def read(value: Any) -> bool:
        if type(value) is not bool:
            raise refuse("boolean")
        return value

    return Kind(read)


def several(kind: Kind, least: int, most: int) -> Kind:
    """An array of `least` to `most` values of one kind, as a tuple."""

    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is not list or not least <= len(value) <= most:
            raise refuse("array")
        return tuple(kind.read(item) for item in value)

    def write(value: tuple[Any, ...]) -> list[Any]:
        return [kind.write(item) for item in value]

    return Kind(read, write)


def record(shape: Callable[..., Any], *kinds: Kind) -> Kind:
    """A positional array read into `shape`, a NamedTuple with one field per kind."""

    def read(value: Any) -> Any:
        if type(value) is not list or len(value) != len(kinds):
            raise refuse("record")
        return shape(*(kind.read(item) for kind, item in zip(kinds, value, strict=True)))

    def write(value: Any) -> list[Any]:
        return [kind.write(item) for kind, item in zip(kinds, value, strict=True)]

    return Kind(read, write)


def nullable(kind: Kind) -> Kind:
    """The kind, or null."""

    def read(value: Any) -> Any:
        return None if value is None else kind.read(value)

    def write(value: Any) -> Any:
        return None if value is None else kind.write(value)

    return Kind(read, write)


def required(key: int, kind: Kind) -> Any:
    """Declare a field of a message: its integer key and its kind."""
    return field(metadata={"key": key, "kind": kind})


def optional(key: int, kind: Kind) -> Any:
    """Declare a field that may be absent; null is not absent and is refused."""
    return field(default=None, metadata={"key": key, "kind": kind})


class _Field(NamedTuple):
    name: str
    key: int
    kind: Kind
    optional: bool


class _Shape(NamedTuple):
    fields: tuple[_Field, ...]
    may_be_empty: bool
    """Whether every field may be absent."""


_SHAPES: dict[type["Message"], _Shape] = {}
"""Filled at first use: dataclass fields exist only after the class statement."""


def _shape(message: type["Message"]) -> _Shape:
    known = _SHAPES.get(message)
    if known is None:
        known = _SHAPES[message] = _read_shape(message)
    return known


def _read_shape(message: type["Message"]) -> _Shape:
    found = tuple(
        _Field(f.name, f.metadata["key"], cast("Kind", f.metadata["kind"]), f.default is not MISSING)
        for f in fields(message)
    )
    return _Shape(found, all(each.optional for each in found))


_EMPTY = b"\xa0"


@dataclass(frozen=True, slots=True)
class Message:
    """What all messages have: a name, a gate, a mark, a bound on items, and the claims they make."""

    NAME: ClassVar[str]
    GATE: ClassVar[Gate]
    MARK: ClassVar[Mark] = Mark.NEUTRAL
    ITEMS_MAX: ClassVar[int] = 0
    BYTES_MAX: ClassVar[int] = MESSAGE_BYTES_MAX
    ENDS: ClassVar[bool] = False
    """Whether it ends something: its sender's log holds it whatever the receiver says (spec 05 §10)."""
    LASTING: ClassVar[bool] = False
    """Whether it cannot be rejected, because nothing would be left without it (spec 06 §6)."""
    SUSPENDED: ClassVar[bool] = False
    """Whether it does not act while unaffirmed (spec 06 §6)."""
    KEPT: ClassVar[bool] = False
    """Whether it is applied and kept where its thread is unknown (spec 05 §7)."""
    RESTORES: ClassVar[bool] = False
    """Whether it acts where the thread of the relationship was lost: it brings that back (spec 06 §4)."""

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Read part 0. Raises Violation: `body-form` for everything but the declared map."""
        shape = _shape(cls)
        if body == _EMPTY and shape.may_be_empty:
            return cls()
        try:
            value = cbor.decode(body)
        except Violation as violation:
            raise refuse(str(violation.code)) from violation
        if type(value) is not dict:
            raise refuse("map")
        found = {}
        for name, key, kind, may_lack in shape.fields:
            if key in value:
                found[name] = kind.read(value[key])
            elif not may_lack:
                raise refuse(f"key {key}")
        if len(found) != len(value):
            raise refuse("unknown key")
        return cls(**found)

    def write(self) -> bytes:
        """The deterministic bytes of part 0."""
        pairs = {
            key: kind.write(value)
            for name, key, kind, may_lack in _shape(type(self)).fields
            if (value := getattr(self, name)) is not None or not may_lack
        }
        return cbor.encode(pairs) if pairs else _EMPTY

    def claims(self) -> Claims:
        """What the gatekeeper judges (spec 05 §6)."""
        return NO_CLAIMS

    def takes_back(self, said: "Message") -> tuple[int, ...]:  # noqa: ARG002 - most take nothing back
        """Places of the items that an own waiting message of the thread loses by this one (spec 05 §5)."""
        return ()
