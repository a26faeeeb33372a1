"""Checks on the decoded positional arrays of layer 1. Each refuses at stage form with code `shape`."""

from typing import Any

from pcloud.errors import Code, Violation
from pcloud.limits import (
    ENDPOINT_BYTES_MAX,
    ENDPOINTS_MAX,
    KEY_EVENTS_MAX,
    PERSONA_ID_BYTES,
    PROTOCOL_VERSION,
)


def shape(detail: str) -> Violation:
    """An array or map that is not what its place in the protocol asks for."""
    return Violation(Code.SHAPE, detail)


def versioned(values: list[Any], length: int) -> list[Any]:
    """An array that begins with this protocol version and has exactly `length` items.

    The version comes first: another version may well have another length.
    """
    if not values:
        raise shape("empty array")
    version(values[0])
    if len(values) != length:
        raise shape("length")
    return values


def version(value: Any) -> None:
    """This protocol's version; an object of another one is not looked at further (spec 16 §4)."""
    if type(value) is not int or value != PROTOCOL_VERSION:
        raise Violation(Code.VERSION_UNKNOWN)


def octets(value: Any, size: int) -> bytes:
    """Exactly `size` bytes."""
    if type(value) is not bytes or len(value) != size:
        raise shape(f"{size} bytes")
    return value


def persona(value: Any) -> bytes:
    """A persona id or another SHA-256."""
    return octets(value, PERSONA_ID_BYTES)


def optional_id(value: Any) -> bytes | None:
    """An id or null."""
    return None if value is None else octets(value, PERSONA_ID_BYTES)


def raw(value: Any) -> bytes:
    """A byte string of any length."""
    if type(value) is not bytes:
        raise shape("bytes")
    return value


def unsigned(value: Any, minimum: int = 0) -> int:
    """An integer of at least `minimum`."""
    if type(value) is not int or value < minimum:
        raise shape("integer")
    return value


def epoch(value: Any) -> int:
    """The number of a key event: no log has more of them than it may hold (spec 03 §2)."""
    if unsigned(value) >= KEY_EVENTS_MAX:
        raise shape("epoch")
    return int(value)


def flag(value: Any) -> bool:
    """True or false."""
    if type(value) is not bool:
        raise shape("boolean")
    return value


def text(value: Any, bytes_max: int) -> str:
    """Text of 1 to `bytes_max` UTF-8 bytes."""
    if type(value) is not str or not 0 < len(value.encode()) <= bytes_max:
        raise shape("text")
    return value


def array(value: Any, least: int, most: int) -> list[Any]:
    """An array of `least` to `most` items."""
    if type(value) is not list or not least <= len(value) <= most:
        raise shape("array")
    return value


def fixed(value: Any, length: int) -> list[Any]:
    """An array of exactly `length` items."""
    return array(value, length, length)


def endpoints(value: Any) -> tuple[str, ...]:
    """One to three endpoints, the preferred one first (spec 07 §1)."""
    return tuple(text(item, ENDPOINT_BYTES_MAX) for item in array(value, 1, ENDPOINTS_MAX))
