"""Changes an encoding where it has a shape: a field becomes another, goes, comes twice, or changes place.

Changed bytes are nearly always refused for the first length that no longer fits. Here every length is made
anew, also of byte strings that hold encodings, so that what is refused is refused for what it says. The
reader is lenient: it takes apart what it can, and leaves the rest as bytes.
"""

import random
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

DEPTH_MAX: Final = 24
"""How far an encoding is taken apart."""
ITEMS_MAX: Final = 5_000
"""Items of one array or map that are taken apart."""
_SMALL: Final = (
    *(
        "00",
        "01",
        "02",
        "17",
        "1818",
        "181f",
        "20",
        "1b001fffffffffffff",
        "1b0020000000000000",
        "1bffffffffffffffff",
    ),
    *("f4", "f5", "f6", "f7", "f93e00", "60", "6161", "66706572736f6e", "61ff", "40", "80", "a0", "d201"),
    *("5fff", "1c", "1801", "ff"),
)
ATOMS: Final = (
    *map(bytes.fromhex, _SMALL),
    *(bytes((0x58, size)) + bytes(size) for size in (16, 31, 32, 33, 64)),
)
"""Encodings that are put in the place of others: bounds, other types, and what is none."""

_BYTES: Final = 2
_TEXT: Final = 3
_ARRAY: Final = 4
_MAP: Final = 5
_TAG: Final = 6


class Node(NamedTuple):
    """An item: what stands in it, taken apart, or all its bytes as they are."""

    major: int
    """The major type, or -1 for bytes that are left as they are."""
    data: bytes
    """The text or byte string, or the whole item; the argument of a tag."""
    inside: tuple["Node", ...]
    """Elements; keys and values in turn; the item behind a tag; the encoding that a byte string holds."""


Path = tuple[int, ...]


class _NoShapeError(Exception):
    """These bytes are not taken apart."""


def reshaped(data: bytes, chance: random.Random) -> bytes:
    """An encoding, or a file of byte strings behind a first line, with one place changed."""
    line, items = _parts(data)
    whole = Node(_ARRAY, b"", items)
    paths = [path for path in _paths(whole) if path]
    if not paths:
        return data
    changed = _at(whole, chance.choice(paths), lambda node: _changed(node, chance))
    return line + b"".join(_written(item) for item in changed.inside)


def _parts(data: bytes) -> tuple[bytes, tuple[Node, ...]]:
    """The first line, where there is one, and the items behind it; none where these are no items."""
    start = data.find(b"\n") + 1 if data.startswith(b"pcloud-") else 0
    items: list[Node] = []
    at = start
    try:
        while at < len(data):
            item, at = _read(data, at, 0)
            items.append(item)
    except _NoShapeError:
        return b"", ()
    return data[:start], tuple(items)


def _read(data: bytes, at: int, depth: int) -> tuple[Node, int]:
    if at >= len(data) or depth > DEPTH_MAX:
        raise _NoShapeError
    major, info = data[at] >> 5, data[at] & 31
    behind = at + 1 + (0 if info < 24 else 1 << (info - 24))
    if info > 27 or behind > len(data):
        raise _NoShapeError
    argument = info if info < 24 else int.from_bytes(data[at + 1 : behind], "big")
    if major in (_BYTES, _TEXT):
        end = behind + argument
        if end > len(data):
            raise _NoShapeError
        text = data[behind:end]
        return Node(major, text, _held(text, depth) if major == _BYTES else ()), end
    if major in (_ARRAY, _MAP, _TAG):
        count = {_ARRAY: argument, _MAP: 2 * argument, _TAG: 1}[major]
        if count > ITEMS_MAX:
            raise _NoShapeError
        inside: list[Node] = []
        end = behind
        for _ in range(count):
            item, end = _read(data, end, depth + 1)
            inside.append(item)
        return Node(major, data[at:behind] if major == _TAG else b"", tuple(inside)), end
    return Node(-1, data[at:behind], ()), behind


def _held(text: bytes, depth: int) -> tuple[Node, ...]:
    """The encoding in a byte string, where it holds an array, a map or a tag."""
    if len(text) < 2 or text[0] >> 5 not in (_ARRAY, _MAP, _TAG):
        return ()
    try:
        item, end = _read(text, 0, depth + 1)
    except _NoShapeError:
        return ()
    return (item,) if end == len(text) else ()


def _written(node: Node) -> bytes:
    inside = b"".join(_written(item) for item in node.inside)
    match node.major:
        case -1:
            return node.data
        case 2 | 3:
            return _head(node.major, len(_text(node))) + _text(node)
        case 6:
            return node.data + inside
        case 5:
            return _head(_MAP, len(node.inside) // 2) + inside
        case _:
            return _head(_ARRAY, len(node.inside)) + inside


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes((major << 5 | argument,))
    info, width = next(
        (info, width) for info, width in ((24, 1), (25, 2), (26, 4), (27, 8)) if argument >> 8 * width == 0
    )
    return bytes((major << 5 | info,)) + argument.to_bytes(width, "big")


def _paths(node: Node) -> Iterator[Path]:
    yield ()
    for place, item in enumerate(node.inside):
        for path in _paths(item):
            yield (place, *path)


def _at(node: Node, path: Path, change: Callable[[Node], Node]) -> Node:
    if not path:
        return change(node)
    place, *further = path
    inside = list(node.inside)
    inside[place] = _at(inside[place], tuple(further), change)
    return node._replace(inside=tuple(inside))


def _changed(node: Node, chance: random.Random) -> Node:
    """Another item in the place of one."""
    if chance.random() < 0.25:
        return Node(-1, chance.choice(ATOMS), ())
    if node.major in (_ARRAY, _MAP):
        return node._replace(inside=_moved(node, chance))
    if node.major in (_BYTES, _TEXT):
        return Node(node.major, _respelled(_text(node), chance), ())
    if node.major == _TAG:
        return node.inside[0]
    return Node(-1, _number(node.data, chance), ())


def _text(node: Node) -> bytes:
    return b"".join(_written(item) for item in node.inside) if node.inside else node.data


def _moved(node: Node, chance: random.Random) -> tuple[Node, ...]:
    """Elements, or pairs of key and value: one goes, comes twice, changes place, or comes anew."""
    width = 2 if node.major == _MAP else 1
    pairs = [node.inside[at : at + width] for at in range(0, len(node.inside), width)]
    new = tuple(Node(-1, chance.choice(ATOMS), ()) for _ in range(width))
    at = chance.randrange(len(pairs)) if pairs else 0
    match chance.randrange(4) if pairs else 3:
        case 0:
            del pairs[at]
        case 1:
            pairs.insert(at, pairs[at])
        case 2:
            pairs[at : at + 2] = reversed(pairs[at : at + 2])
        case _:
            pairs.insert(at, new)
    return tuple(item for pair in pairs for item in pair)


def _respelled(text: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(text) + 1)
    return chance.choice(
        (
            text + b"a",
            text[:-1],
            text[:at] + text[at + 1 :],
            bytes(len(text)),
            b"\xff" * len(text),
            text[::-1],
            b"x" * chance.choice((0, 17, 64, 65, 100, 101, 128, 129, 200, 201, 255, 256)),
        )
    )


def _number(data: bytes, chance: random.Random) -> bytes:
    """A number a little or a lot away; a literal becomes another."""
    major, info = data[0] >> 5, data[0] & 31
    if major > 1:
        return bytes((chance.choice((0xF4, 0xF5, 0xF6, 0xF7)),))
    value = info if len(data) == 1 else int.from_bytes(data[1:], "big")
    return _head(major, max(0, value + chance.choice((-2, -1, 1, 2, 24, 256, -value))) % 2**32)
