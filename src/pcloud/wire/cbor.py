"""Deterministic CBOR, the narrow profile of spec 02 §2: one value, one encoding (RFC 8949 §4.2.1).

Values are integers within ±(2^53 - 1), text, bytes, arrays, maps with integer or text keys, true, false,
null; in personal records (`floats=True`) also finite floats that are not integral, in shortest form. No tags,
no indefinite lengths, keys sorted bytewise on their encoding, bounded depth and number of items.

Why an own decoder and not a library: this one proves the profile while it reads, in one pass. Each head is
checked to be minimal and each key to follow the one before, so what is accepted could only have been written
one way and nothing need be encoded again to compare. `cbor2` with strict options and a byte comparison takes
36 ms for 64 KiB of empty arrays, and 190 ms for a 42 KB map whose array keys are made to collide in a dict.
The tests keep it as the oracle. Work here is bounded by the item count, checked at each array or map head.

Of several faults the one first in byte order is reported; the order at one head is that of CBOR-17.
"""
# ruff: noqa: PLR2004 - the numbers are RFC 8949's own (§3, appendix B); names would only hide them

import math
import struct
from collections.abc import Iterable
from operator import itemgetter
from typing import Any, Final, TypeAlias

from pcloud.errors import Code, UsageError, Violation
from pcloud.limits import CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, INTEGER_MAX

Value: TypeAlias = "int | float | str | bytes | bool | list[Value] | dict[int | str, Value] | None"
"""What `decode` returns. Arrays are lists, maps are dicts in encoded key order."""

# Major types, the upper three bits of a head (RFC 8949 §3.1)
_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)

_KEY_MAJOR: Final = tuple(major in {_UNSIGNED, _NEGATIVE, _TEXT} for major in range(8))
"""Whether a key may have this major type."""

_FLOAT_LAYOUTS: Final = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}
"""Additional information of a float head: layout and size in bytes."""

_ARGUMENTS: Final = {24: (1, 24), 25: (2, 2**8), 26: (4, 2**16), 27: (8, 2**32)}
"""Additional information of a long head: bytes of its argument, and the smallest argument that needs them."""


def decode(data: bytes, *, floats: bool = False, items_max: int = CBOR_ITEMS_MAX) -> Value:
    """Read exactly one value that fills `data`.

    Raises only Violation: cbor-malformed, cbor-not-deterministic, cbor-type, cbor-depth, cbor-items.
    `items_max` is for a node's own stored state; everything received uses the protocol's bound.
    """
    try:
        (value,), end = _Reader(data, items_max - 1, floats=floats).items(0, 1, 0)
    except IndexError:
        raise Violation(Code.CBOR_MALFORMED, "cut short") from None
    if end != len(data):
        raise Violation(Code.CBOR_MALFORMED, "bytes after the end")
    return value


def decode_list(data: bytes) -> list[Value]:
    """Read one array. Raises as `decode`, and Violation(shape) for any other value."""
    value = decode(data)
    if type(value) is not list:
        raise Violation(Code.SHAPE, "not an array")
    return value


def decode_map(data: bytes) -> dict[int | str, Value]:
    """Read one map. Raises as `decode`, and Violation(shape) for any other value."""
    value = decode(data)
    if type(value) is not dict:
        raise Violation(Code.SHAPE, "not a map")
    return value


def encode(value: object, *, floats: bool = False, items_max: int = CBOR_ITEMS_MAX) -> bytes:
    """Write `value`: exactly int, str, bytes, list, tuple, dict with int or str keys, bool or None.

    With `floats` a finite float too, as an integer where it is integral. Subclasses are refused: an enum or a
    named tuple never gets onto the wire by accident. Raises UsageError for all that `decode` would refuse.
    """
    out = bytearray()
    _write(out, (value,), 0, floats=floats)
    # An item takes at least a byte, so a short encoding cannot reach the bound.
    if len(out) > items_max and _count(value) > items_max:
        raise UsageError(Code.CBOR_ITEMS, f"more than {items_max}")
    return bytes(out)


def head(major: int, argument: int) -> bytes:
    """Write the minimal head for a major type (0 to 7) and an argument below 2^64 (RFC 8949 §3)."""
    if argument < 24:
        return bytes((major << 5 | argument,))
    if argument < 2**8:
        return bytes((major << 5 | 24, argument))
    if argument < 2**16:
        return struct.pack(">BH", major << 5 | 25, argument)
    if argument < 2**32:
        return struct.pack(">BI", major << 5 | 26, argument)
    return struct.pack(">BQ", major << 5 | 27, argument)


def octets_at(data: bytes, at: int) -> tuple[bytes, int]:
    """Read one byte string of up to 65,535 bytes where it has to stand, and tell where it ends.

    For what is read by its layout, where doubt is left to the decoder. Where `data` is cut short the end is
    beyond its own. Raises ValueError for anything but a byte string under a minimal head, and IndexError.
    """
    first = data[at]
    if 0x40 <= first < 0x58:
        start, size = at + 1, first - 0x40
    elif first == 0x59:
        start, size = at + 3, data[at + 1] << 8 | data[at + 2]
        if size < 2**8:
            raise ValueError(first)
    elif first == 0x58:
        start, size = at + 2, data[at + 1]
        if size < 24:
            raise ValueError(first)
    else:
        raise ValueError(first)
    return data[start : start + size], start + size


# Reading


class _Reader:
    """One decoding. IndexError out of it means that the data ended; `decode` turns it into a Violation."""

    __slots__ = ("data", "floats", "left")

    def __init__(self, data: bytes, left: int, *, floats: bool) -> None:
        self.data = data
        self.left = left
        """How many more items may come."""
        self.floats = floats

    def items(self, at: int, count: int, depth: int) -> tuple[list[Value], int]:
        """Read `count` items from `at`, which stand `depth` levels deep; also return where the next begins.

        What headers consist of is read in place, because a call costs more than the reading; in doubt `item`
        is asked, which knows why to refuse.
        """
        data = self.data
        size = len(data)
        found: list[Value] = []
        add = found.append
        for _ in range(count):
            first = data[at]
            if first < 0x18:  # 0 to 23
                add(first)
                at += 1
                continue
            if first == 0x58 or first == 0x78:  # noqa: PLR1714 - bytes or text with a length of one byte; as below
                end = at + 2 + data[at + 1]
                if at + 26 <= end <= size:
                    add(data[at + 2 : end] if first == 0x58 else _text(data[at + 2 : end]))
                    at = end
                    continue
            elif 0x40 <= first < 0x78 and first & 31 < 24:  # short bytes or text
                end = at + 1 + (first & 31)
                if end <= size:
                    add(data[at + 1 : end] if first < 0x60 else _text(data[at + 1 : end]))
                    at = end
                    continue
            elif first == 0x19 or first == 0x1A:  # noqa: PLR1714 - a number of two or four bytes; no set is faster
                width = 2 if first == 0x19 else 4
                end = at + 1 + width
                number = int.from_bytes(data[at + 1 : end], "big")
                if number >= 1 << 4 * width and end <= size:
                    add(number)
                    at = end
                    continue
            elif first == 0xF6:
                add(None)
                at += 1
                continue
            value, at = self.item(at, depth)
            add(value)
        return found, at

    def item(self, at: int, depth: int) -> tuple[Value, int]:
        """Read any one item at `at`."""
        data = self.data
        first = data[at]
        major = first >> 5
        if major == _SIMPLE:
            return self.simple(at)
        argument = first & 31
        if argument < 24:
            at += 1
        else:
            argument, at = self.argument(at)
        if major >= _ARRAY:
            return self.container(at, major, argument, depth)
        if major >= _BYTES:
            end = at + argument
            if end > len(data):
                raise Violation(Code.CBOR_MALFORMED, "string cut short")
            return (data[at:end] if major == _BYTES else _text(data[at:end])), end
        if argument > INTEGER_MAX - major:  # -1 - n gets to the bound one earlier
            raise Violation(Code.CBOR_TYPE, "integer out of range")
        return (argument if major == _UNSIGNED else -1 - argument), at

    def argument(self, at: int) -> tuple[int, int]:
        """Read the long head at `at`: its argument and where its content begins."""
        first = self.data[at]
        if first & 31 > 27:
            if first & 31 == 31 and _BYTES <= first >> 5 <= _MAP:
                raise Violation(Code.CBOR_NOT_DETERMINISTIC, "indefinite length")
            raise Violation(Code.CBOR_MALFORMED, "reserved head")
        size, least = _ARGUMENTS[first & 31]
        raw = self.data[at + 1 : at + 1 + size]
        if len(raw) < size:
            raise Violation(Code.CBOR_MALFORMED, "head cut short")
        argument = int.from_bytes(raw, "big")
        if argument < least:
            raise Violation(Code.CBOR_NOT_DETERMINISTIC, "head longer than needed")
        return argument, at + 1 + size

    def container(self, at: int, major: int, argument: int, depth: int) -> tuple[Value, int]:
        """Read the content of an array or a map from `at`; refuse a tag."""
        if major == _TAG:
            raise Violation(Code.CBOR_TYPE, "tag")
        if depth == CBOR_DEPTH_MAX:
            raise Violation(Code.CBOR_DEPTH)
        count = argument if major == _ARRAY else argument * 2
        if count > len(self.data) - at:
            raise Violation(Code.CBOR_MALFORMED, "more items than bytes")
        self.left -= count
        if self.left < 0:
            raise Violation(Code.CBOR_ITEMS)
        if major == _ARRAY:
            return self.items(at, count, depth + 1)
        return self.pairs(at, argument, depth + 1)

    def pairs(self, at: int, count: int, depth: int) -> tuple[dict[int | str, Value], int]:
        """Read `count` pairs whose encoded keys strictly rise bytewise (CBOR-5), so that none comes twice.

        A key's type is looked at before the key is read (CBOR-6): arrays could be made to collide in a dict.
        """
        data = self.data
        found: dict[int | str, Value] = {}
        before = b""
        for _ in range(count):
            start = at
            first = data[at]
            if first < 0x18:
                key: Any = first
                at += 1
            elif _KEY_MAJOR[first >> 5]:
                key, at = self.item(at, depth)
            else:
                raise Violation(Code.CBOR_TYPE, "key neither integer nor text")
            encoded = data[start:at]
            if encoded <= before:
                raise Violation(Code.CBOR_NOT_DETERMINISTIC, "keys out of order or given twice")
            before = encoded
            (found[key],), at = self.items(at, 1, depth)
        return found, at

    def simple(self, at: int) -> tuple[float | bool, int]:
        """Read false, true, a float where allowed; refuse every other simple value (`items` reads null)."""
        info = self.data[at] & 31
        if info in {20, 21}:
            return info == 21, at + 1
        if info in _FLOAT_LAYOUTS:
            layout, size = _FLOAT_LAYOUTS[info]
            raw = self.data[at + 1 : at + 1 + size]
            if len(raw) < size:
                raise Violation(Code.CBOR_MALFORMED, "float cut short")
            if not self.floats:
                raise Violation(Code.CBOR_TYPE, "float")
            return _checked_float(struct.unpack(layout, raw)[0], size), at + 1 + size
        if info > 27 or (info == 24 and self.data[at + 1] < 32):
            raise Violation(Code.CBOR_MALFORMED, "reserved simple value or stray break")
        raise Violation(Code.CBOR_TYPE, "simple value")


def _checked_float(number: float, size: int) -> float:
    """Refuse a float that `encode` would not have written in these `size` bytes."""
    if not math.isfinite(number):
        raise Violation(Code.CBOR_TYPE, "float not finite")
    if number.is_integer():
        if abs(number) > INTEGER_MAX:
            raise Violation(Code.CBOR_TYPE, "integral float out of range")
        raise Violation(Code.CBOR_NOT_DETERMINISTIC, "integral float")
    if len(_shortest_float(number)) != 1 + size:
        raise Violation(Code.CBOR_NOT_DETERMINISTIC, "float longer than needed")
    return number


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise Violation(Code.CBOR_MALFORMED, "not UTF-8") from None


# Writing

_UNSIGNED_HEADS, _NEGATIVE_HEADS, _BYTES_HEADS, _TEXT_HEADS = (
    tuple(head(major, argument) for argument in range(256)) for major in range(4)
)
"""Heads of the common small arguments, ready made."""


def _write(out: bytearray, values: Iterable[Any], depth: int, *, floats: bool) -> None:
    """Append each of `values`, which stand `depth` levels deep. Types in the order headers use them."""
    for value in values:
        kind = type(value)
        if kind is bytes:
            size = len(value)
            out += _BYTES_HEADS[size] if size < 256 else head(_BYTES, size)
            out += value
        elif kind is int:
            out += _UNSIGNED_HEADS[value] if 0 <= value < 256 else _integer(value)
        elif kind is str:
            out += _encoded_text(value)
        elif value is None:
            out += b"\xf6"
        elif kind is list or kind is tuple:
            _check_depth(depth)
            out += head(_ARRAY, len(value))
            _write(out, value, depth + 1, floats=floats)
        elif kind is dict:
            _check_depth(depth)
            _write_map(out, value, depth + 1, floats=floats)
        elif kind is bool:
            out += b"\xf5" if value else b"\xf4"
        elif kind is float and floats:
            out += _float(value)
        else:
            raise UsageError(Code.CBOR_TYPE, f"no encoding for {kind.__name__}")


def _write_map(out: bytearray, pairs: dict[Any, Any], depth: int, *, floats: bool) -> None:
    out += head(_MAP, len(pairs))
    keyed = sorted(((_key(key), value) for key, value in pairs.items()), key=itemgetter(0))
    for encoded, value in keyed:
        out += encoded
        _write(out, (value,), depth, floats=floats)


def _key(key: object) -> bytes:
    if type(key) is int:
        return _UNSIGNED_HEADS[key] if 0 <= key < 256 else _integer(key)
    if type(key) is str:
        return _encoded_text(key)
    raise UsageError(Code.CBOR_TYPE, f"no key of {type(key).__name__}")


def _integer(value: int) -> bytes:
    if 0 <= value <= INTEGER_MAX:
        return _UNSIGNED_HEADS[value] if value < 256 else head(_UNSIGNED, value)
    if -INTEGER_MAX <= value < 0:
        return _NEGATIVE_HEADS[-1 - value] if value >= -256 else head(_NEGATIVE, -1 - value)
    raise UsageError(Code.CBOR_TYPE, "integer out of range")


def _encoded_text(value: str) -> bytes:
    try:
        raw = value.encode()
    except UnicodeEncodeError:
        raise UsageError(Code.CBOR_TYPE, "text with half a surrogate pair") from None
    size = len(raw)
    return (_TEXT_HEADS[size] if size < 256 else head(_TEXT, size)) + raw


def _float(value: float) -> bytes:
    """Write a float; an integral one as the integer, so that every language writes the same (CBOR-12)."""
    if not math.isfinite(value):
        raise UsageError(Code.CBOR_TYPE, "float not finite")
    if value.is_integer():
        return _integer(int(value))
    return _shortest_float(value)


def _shortest_float(value: float) -> bytes:
    """Write the shortest of half, single and double precision that keeps the value (RFC 8949 §4.2.1)."""
    for info, layout in ((25, ">e"), (26, ">f")):
        try:
            raw = struct.pack(layout, value)
        except OverflowError:
            continue
        if struct.unpack(layout, raw)[0] == value:
            return bytes((_SIMPLE << 5 | info,)) + raw
    return struct.pack(">Bd", _SIMPLE << 5 | 27, value)


def _check_depth(depth: int) -> None:
    if depth == CBOR_DEPTH_MAX:
        raise UsageError(Code.CBOR_DEPTH)


def _count(value: object) -> int:
    """Count the items in `value`, itself included, as `decode` counts them."""
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(_count, value.values()))
    if isinstance(value, (list, tuple)):
        return 1 + sum(map(_count, value))
    return 1
