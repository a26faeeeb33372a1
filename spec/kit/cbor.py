"""CBOR by hand: an encoder that can also write wrong forms, a strict reader, and diagnostic notation."""

from __future__ import annotations

import json
import math
import struct
from dataclasses import dataclass
from typing import TypeAlias, cast

from spec.kit.refusal import RefusedError

DEPTH_MAX = 16
ITEMS_MAX = 4096
INTEGER_MAX = 2**53 - 1

Scalar: TypeAlias = "int | bytes | str | bool | float | Raw | Tag | None"
Value: TypeAlias = "Scalar | list[Value] | tuple[Value, ...] | dict[Value, Value]"


@dataclass(frozen=True)
class Raw:
    """Bytes put into the encoding as they are: how wrong forms are written."""

    data: bytes


@dataclass(frozen=True)
class Tag:
    """A tagged value."""

    number: int
    value: Value


def head(major: int, argument: int, width: int | None = None) -> bytes:
    """A head in the shortest form, or with `width` bytes of argument whatever the value."""
    if width is None:
        width = next(
            w for w, top in ((0, 24), (1, 2**8), (2, 2**16), (4, 2**32), (8, 2**64)) if argument < top
        )
    if width == 0:
        return bytes([major << 5 | argument])
    return bytes([major << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[width]]) + argument.to_bytes(width, "big")


def shortest_float(value: float) -> bytes:
    """The shortest of the three formats that holds the value exactly."""
    for mark, form in ((b"\xf9", ">e"), (b"\xfa", ">f")):
        try:
            packed = struct.pack(form, value)
        except OverflowError:
            continue
        if struct.unpack(form, packed)[0] == value:
            return mark + packed
    return b"\xfb" + struct.pack(">d", value)


def enc(value: Value) -> bytes:
    """The deterministic encoding; `Raw` and `Tag` may break the rules on purpose."""
    if isinstance(value, Raw):
        return value.data
    if isinstance(value, Tag):
        return head(6, value.number) + enc(value.value)
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value]
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, float):
        return shortest_float(value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        text = value.encode()
        return head(3, len(text)) + text
    if isinstance(value, dict):
        pairs = sorted((enc(key), enc(item)) for key, item in value.items())
        return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
    return head(4, len(value)) + b"".join(map(enc, value))


class Reader:
    """Reads one item by the rules of the chapter on notation; the first fault in the bytes decides."""

    def __init__(self, data: bytes, *, floats: bool = False) -> None:
        self.data, self.at, self.items, self.floats = data, 0, 0, floats

    def take(self, count: int) -> bytes:
        """The next bytes, or `cbor-malformed`."""
        if count > len(self.data) - self.at:
            raise RefusedError("cbor-malformed")
        self.at += count
        return self.data[self.at - count : self.at]

    def count(self, number: int) -> None:
        """Count items before they are read."""
        self.items += number
        if self.items > ITEMS_MAX:
            raise RefusedError("cbor-items")

    def head(self, *, key: bool) -> tuple[int, int, int]:
        """Major type, additional information and argument."""
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if key and major not in {0, 1, 3}:
            raise RefusedError("cbor-type")
        if info in {28, 29, 30} or (info == 31 and major not in {2, 3, 4, 5}):
            raise RefusedError("cbor-malformed")
        if info == 31:
            raise RefusedError("cbor-not-deterministic")
        width = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
        argument = int.from_bytes(self.take(width), "big") if width else info
        if major != 7 and width and head(major, argument) != head(major, argument, width):
            raise RefusedError("cbor-not-deterministic")
        if major == 7 and info == 24 and argument < 32:
            raise RefusedError("cbor-malformed")
        return major, info, argument

    def item(self, depth: int = 0, *, key: bool = False) -> Value:
        """One data item at a depth."""
        major, info, argument = self.head(key=key)
        if major in {0, 1}:
            if argument + major > INTEGER_MAX:
                raise RefusedError("cbor-type")
            return argument if major == 0 else -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            try:
                return self.take(argument).decode()
            except UnicodeDecodeError:
                raise RefusedError("cbor-malformed") from None
        if major == 6:
            raise RefusedError("cbor-type")
        if major == 7:
            return self.simple(info, argument)
        if depth + 1 > DEPTH_MAX:
            raise RefusedError("cbor-depth")
        elements = argument * (major - 3)
        if elements > len(self.data) - self.at:
            raise RefusedError("cbor-malformed")
        self.count(elements)
        if major == 4:
            return [self.item(depth + 1) for _ in range(argument)]
        return self.pairs(argument, depth + 1)

    def pairs(self, count: int, depth: int) -> Value:
        """The entries of a map, keys strictly rising."""
        found: dict[Value, Value] = {}
        last = b""
        for _ in range(count):
            start = self.at
            key = self.item(depth, key=True)
            written = self.data[start : self.at]
            if written <= last:
                raise RefusedError("cbor-not-deterministic")
            last = written
            found[key] = self.item(depth)
        return found

    def simple(self, info: int, argument: int) -> Value:
        """false, true, null, or a float where floats are allowed."""
        if info in {20, 21, 22}:
            return {20: False, 21: True, 22: None}[info]
        if info not in {25, 26, 27} or not self.floats:
            raise RefusedError("cbor-type")
        width = {25: 2, 26: 4, 27: 8}[info]
        raw = argument.to_bytes(width, "big")
        value = cast("float", struct.unpack({2: ">e", 4: ">f", 8: ">d"}[width], raw)[0])
        if not math.isfinite(value) or (value.is_integer() and abs(value) > INTEGER_MAX):
            raise RefusedError("cbor-type")
        if value.is_integer() or shortest_float(value)[1:] != raw:
            raise RefusedError("cbor-not-deterministic")
        return value


def dec(data: bytes, *, floats: bool = False) -> Value:
    """The one item that fills the bytes."""
    reader = Reader(data, floats=floats)
    reader.count(1)
    value = reader.item()
    if reader.at != len(data):
        raise RefusedError("cbor-malformed")
    return value


def diag(value: Value) -> str:
    """Diagnostic notation, one form for one value."""
    if isinstance(value, bytes):
        return f"h'{value.hex()}'"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{diag(key)}: {diag(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(diag, value)) + "]"
    return repr(value)
