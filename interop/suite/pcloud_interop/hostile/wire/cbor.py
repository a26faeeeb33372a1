"""The encoding of chapter 02, a way to write what it forbids, and a reader of what honest nodes write."""

from dataclasses import dataclass
from typing import Any

Value = Any
"""None, bool, int, bytes, str, list, tuple, dict, Raw, Tag."""


@dataclass(frozen=True)
class Raw:
    """Bytes that are put in as they are."""

    data: bytes


@dataclass(frozen=True)
class Tag:
    """A tagged value."""

    number: int
    value: Value


def head(major: int, argument: int) -> bytes:
    """A head in its shortest form."""
    if argument < 24:
        return bytes([major << 5 | argument])
    for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * width:
            return bytes([major << 5 | info]) + argument.to_bytes(width, "big")
    raise ValueError("longer than a head can say")


def enc(value: Value) -> bytes:
    """The deterministic encoding."""
    match value:
        case Raw():
            return value.data
        case Tag():
            return head(6, value.number) + enc(value.value)
        case None:
            return b"\xf6"
        case bool():
            return b"\xf5" if value else b"\xf4"
        case int():
            return head(0, value) if value >= 0 else head(1, -1 - value)
        case bytes():
            return head(2, len(value)) + value
        case str():
            return head(3, len(value.encode())) + value.encode()
        case dict():
            pairs = sorted((enc(key), enc(item)) for key, item in value.items())
            return head(5, len(pairs)) + b"".join(key + item for key, item in pairs)
        case _:
            return head(4, len(value)) + b"".join(map(enc, value))


def dec(data: bytes) -> Value:
    """One item. Raises ValueError where it is none that an honest node writes."""
    value, at = _item(data, 0)
    if at != len(data):
        raise ValueError("bytes after the end")
    return value


def _item(data: bytes, at: int) -> tuple[Value, int]:
    if at >= len(data):
        raise ValueError("cut short")
    major, info = data[at] >> 5, data[at] & 31
    width = {24: 1, 25: 2, 26: 4, 27: 8}.get(info, 0)
    argument = int.from_bytes(data[at + 1 : at + 1 + width], "big") if width else info
    at += 1 + width
    match major:
        case 0:
            return argument, at
        case 1:
            return -1 - argument, at
        case 2 | 3:
            text = data[at : at + argument]
            if len(text) < argument:
                raise ValueError("cut short")
            return (text if major == 2 else text.decode()), at + argument
        case 4 | 5:
            items = []
            for _ in range(argument * (major - 3)):
                item, at = _item(data, at)
                items.append(item)
            return (items if major == 4 else dict(zip(items[::2], items[1::2], strict=True))), at
        case 6:
            item, at = _item(data, at)
            return Tag(argument, item), at
        case _:
            return {20: False, 21: True, 22: None}[info], at
