"""Inputs that stay well-formed: an object is taken apart, changed at one place and put together again.

A signed object is signed anew where the key is one of ours, so that what is wrong with it is found behind the
signature. What stands encoded in a byte string is changed in the same way, one level further in.
"""

import random
from collections.abc import Callable, Iterator
from typing import Any, Final

from tests.fuzz.objects import KEY, NEXT, SAMPLES
from tests.fuzz.peers import keys

from pcloud.errors import UsageError, Violation
from pcloud.limits import INTEGER_MAX
from pcloud.wire import cbor, cose

Mutate = Callable[[bytes], bytes]
"""Change some bytes anyhow."""

_SIGN1: Final = b"\xd2"
_KEYS = {key.public: key for key in (KEY, NEXT, *keys())}
_LEVELS_MAX: Final = 3
"""Encoded objects in encoded objects that are looked into."""

_WORDS: Final[tuple[Any, ...]] = (
    0, 1, 2, -1, 23, 24, 255, 256, 2**16, 2**32, INTEGER_MAX, -INTEGER_MAX, None, True, False, "", "a",
    "person", "x" * 64, "\u202e", b"", bytes(12), bytes(16), bytes(32), bytes(64), b"\x80", b"\xa0", [], {},
    [0], {1: 0}, [[], []], 0.5,
)  # fmt: skip


def reshaped(data: bytes, chance: random.Random, mutate: Mutate, level: int = 0) -> bytes:
    """The same object with one thing different; where it is no object, with some bytes different."""
    if chance.random() < 0.25 or level == _LEVELS_MAX:
        return mutate(data)
    if data.startswith(_SIGN1) and chance.random() < 0.8:
        return _signed_anew(data, chance, mutate, level)
    front = _SIGN1 if data.startswith(_SIGN1) else b""
    try:
        value = cbor.decode(data.removeprefix(front), floats=True)
        return front + cbor.encode(_changed(value, chance, mutate, level), floats=True)
    except (Violation, UsageError):
        return mutate(data)


def _signed_anew(data: bytes, chance: random.Random, mutate: Mutate, level: int) -> bytes:
    try:
        typ = cose.peek_type(data)
        signed = cose.parse_sign1(data, typ)
    except Violation:
        return mutate(data)
    key = _KEYS.get(signed.kid, KEY)
    return cose.sign1(key, typ, reshaped(signed.payload, chance, mutate, level + 1))


def _changed(value: Any, chance: random.Random, mutate: Mutate, level: int) -> Any:
    """The same structure with another value at one place."""
    places = list(_places(value))
    at = chance.choice(places)
    if not at:
        return _other(value, chance, mutate, level)
    whole = _copy(value)
    holder = whole
    for step in at[:-1]:
        holder = holder[step]
    last = at[-1]
    match chance.randrange(6):
        case 0:
            del holder[last]
        case 1 if isinstance(holder, list):
            holder.insert(last, chance.choice(_WORDS))
        case 2 if isinstance(holder, dict):
            holder[chance.choice((0, 1, 2, 15, 16, -1, "a"))] = chance.choice(_WORDS)
        case 3 if isinstance(holder, list):
            holder.append(holder[last])
        case _:
            holder[last] = _other(holder[last], chance, mutate, level)
    return whole


def _other(value: Any, chance: random.Random, mutate: Mutate, level: int) -> Any:
    """Another value in its place, mostly one of its kind."""
    if chance.random() < 0.3:
        return chance.choice(_WORDS)
    if isinstance(value, bytes):
        kept = chance.randrange(3)
        if kept == 0:
            return reshaped(value, chance, mutate, level + 1)
        return mutate(value) if kept == 1 else chance.choice(SAMPLES)
    if isinstance(value, str):
        return mutate(value.encode()).decode(errors="replace")
    if isinstance(value, bool) or value is None:
        return chance.choice((True, False, None, 0))
    if isinstance(value, int):
        return max(-INTEGER_MAX, min(INTEGER_MAX, value + chance.choice((-1, 1, -256, 256, value))))
    return chance.choice(_WORDS)


def _places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a structure, as the steps that lead to it."""
    yield at
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _places(item, (*at, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _places(item, (*at, key))


def _copy(value: Any) -> Any:
    if isinstance(value, list):
        return [_copy(item) for item in value]
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return value
