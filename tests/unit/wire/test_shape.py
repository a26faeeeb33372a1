"""The checks that every positional array is read with: one right form each, and every other refused."""

from collections.abc import Callable
from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import KEY_EVENTS_MAX
from pcloud.wire import shape


def code(read: Callable[..., Any], *args: Any) -> Code:
    with pytest.raises(Violation) as refusal:
        read(*args)
    assert refusal.value.stage is Stage.FORM
    return refusal.value.code


def test_what_is_right_comes_back_as_it_is() -> None:
    array: list[Any] = [1, "x"]
    assert shape.versioned(array, 2) is array
    assert shape.octets(b"ab", 2) == b"ab"
    assert shape.persona(bytes(32)) == bytes(32)
    assert (shape.optional_id(bytes(32)), shape.optional_id(None)) == (bytes(32), None)
    assert (shape.raw(b""), shape.raw(b"x")) == (b"", b"x")
    assert (shape.unsigned(0), shape.unsigned(1, 1)) == (0, 1)
    assert (shape.epoch(0), shape.epoch(KEY_EVENTS_MAX - 1)) == (0, KEY_EVENTS_MAX - 1)
    assert [shape.flag(value) for value in (True, False)] == [True, False]
    assert shape.text("é", 2) == "é"
    assert shape.array([], 0, 0) == []
    assert shape.fixed([1], 1) == [1]
    assert shape.endpoints(["x" * 255, "y", "z"]) == ("x" * 255, "y", "z")


@pytest.mark.parametrize("version", [0, 2, -1, True, False, None, "1", b"\1", [1], {}, 1.0])
@pytest.mark.parametrize("length", [1, 3, 4])
def test_another_version_is_not_looked_at_further(version: Any, length: int) -> None:
    """[COSE-20] [CONF-7]"""
    assert code(shape.versioned, [version, *"ab"], length) is Code.VERSION_UNKNOWN
    assert code(shape.version, version) is Code.VERSION_UNKNOWN


@pytest.mark.parametrize("values", [[], [1], [1, 2], [1, 2, 3, 4]])
def test_this_version_with_another_length_is_no_such_array(values: list[Any]) -> None:
    """[CBOR-18]"""
    assert code(shape.versioned, values, 3) is Code.SHAPE


class SubInt(int):
    """Nothing that decoding gives, and still not an integer here."""


@pytest.mark.parametrize(
    ("read", "values"),
    [
        (
            lambda value: shape.octets(value, 2),
            [b"", b"a", b"abc", "ab", None, [97, 98], 2, bytearray(b"ab")],
        ),
        (shape.persona, [b"", bytes(31), bytes(33), "x" * 32, None, True]),
        (shape.optional_id, [b"", bytes(31), bytes(33), "x" * 32, False, 0]),
        (shape.raw, ["", None, [], 0, bytearray()]),
        (shape.unsigned, [-1, True, False, None, "1", b"\1", 1.0, SubInt(1)]),
        (lambda value: shape.unsigned(value, 1), [0, -1, True]),
        (shape.epoch, [-1, KEY_EVENTS_MAX, 2**53 - 1, True, None, "0"]),
        (shape.flag, [0, 1, None, "true", b"\xf5"]),
        (lambda value: shape.text(value, 3), ["", "abcd", "éé", b"abc", None, 1, ["a"]]),
        (lambda value: shape.array(value, 1, 2), [[], [1, 2, 3], None, {}, (1,), b"\1", "a"]),
        (lambda value: shape.fixed(value, 2), [[], [1], [1, 2, 3], {1: 2, 3: 4}, "ab", b"ab", None]),
        (shape.endpoints, [[], ["a"] * 4, [""], ["x" * 256], [b"x"], [None], "https://a.example", None, {}]),
    ],
)
def test_everything_else_is_refused(read: Callable[[Any], Any], values: list[Any]) -> None:
    """[CBOR-18]"""
    for value in values:
        assert code(read, value) is Code.SHAPE, value
