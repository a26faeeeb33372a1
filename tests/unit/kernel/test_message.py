"""Messages: each kind of field, and everything that is not of its kind."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass
from typing import Any, ClassVar, NamedTuple

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.kernel.gate import NO_CLAIMS, Gate, Mark
from pcloud.kernel.message import (
    Kind,
    Message,
    boolean,
    nullable,
    octets,
    optional,
    record,
    refuse,
    required,
    several,
    text,
    unsigned,
)
from pcloud.limits import INTEGER_MAX
from pcloud.wire import cbor


class Point(NamedTuple):
    across: int
    name: str


@dataclass(frozen=True, slots=True)
class Sample(Message):
    """One field of each kind."""

    NAME: ClassVar[str] = "x-sample.say"
    GATE: ClassVar[Gate] = Gate.RELATED

    id: bytes = required(1, octets(4))
    count: int = required(2, unsigned(1))
    sure: bool = required(3, boolean())
    words: tuple[str, ...] = required(4, several(text(3), 1, 2))
    point: Point = required(5, record(Point, unsigned(), text(8, choices=("here", "there"))))
    until: int | None = required(6, nullable(unsigned()))
    note: str | None = optional(7, text(10))
    more: Point | None = optional(8, nullable(record(Point, unsigned(), text(8))))


LEAST = Sample(b"abcd", 1, sure=True, words=("a",), point=Point(0, "here"), until=None)
FULL = Sample(b"\0" * 4, INTEGER_MAX, sure=False, words=("abc", "é"), point=Point(9, "there"), until=0)
FULL = Sample(FULL.id, FULL.count, FULL.sure, FULL.words, FULL.point, 0, "note", Point(1, "x"))
BODY: dict[int, Any] = {1: b"abcd", 2: 1, 3: True, 4: ["a"], 5: [0, "here"], 6: None}


def refused(body: bytes, message: type[Message] = Sample) -> None:
    with pytest.raises(Violation) as refusal:
        message.read(body)
    assert (refusal.value.stage, refusal.value.code) == (Stage.CONTENT, Code.BODY_FORM)


def test_a_body_is_a_map_with_the_declared_keys_and_comes_back() -> None:
    """[MSG-8]"""
    assert LEAST.write() == cbor.encode(BODY)
    whole = {1: b"\0" * 4, 2: INTEGER_MAX, 3: False, 4: ["abc", "é"], 5: [9, "there"], 6: 0}
    assert FULL.write() == cbor.encode({**whole, 7: "note", 8: [1, "x"]})
    for message in (LEAST, FULL):
        assert Sample.read(message.write()) == message


def test_what_a_body_reads_to_is_what_was_declared() -> None:
    found = Sample.read(cbor.encode(BODY))
    assert type(found.point) is Point
    assert type(found.words) is tuple
    assert (found.until, found.note, found.more) == (None, None, None)


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 6])
def test_a_required_field_may_not_lack_even_where_it_may_be_null(key: int) -> None:
    """[MSG-9]"""
    refused(cbor.encode({other: value for other, value in BODY.items() if other != key}))


@pytest.mark.parametrize("key", [0, 9, -1, 255, "id", "1"])
def test_an_undeclared_key_is_refused(key: Any) -> None:
    """[MSG-8]"""
    refused(cbor.encode({**BODY, key: 1}))
    refused(cbor.encode({**BODY, key: None}))


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 7])
def test_null_is_not_absent(key: int) -> None:
    """[MSG-9]"""
    refused(cbor.encode({**BODY, key: None}))


def test_null_is_a_value_where_the_chapter_allows_it() -> None:
    """[MSG-9]"""
    assert Sample.read(cbor.encode({**BODY, 8: None})).more is None


WRONG: list[tuple[int, list[Any]]] = [
    (1, [b"", b"abc", b"abcde", "abcd", 4, True, [b"abcd"]]),
    (2, [0, -1, True, False, "1", b"\1", [1]]),
    (3, [0, 1, "true", b"\1", []]),
    (4, [[], ["a", "b", "c"], [""], ["abcd"], ["éé"], [b"a"], [1], [None], "a", {0: "a"}, 1]),
    (5, [[], [0], [0, "here", 0], [-1, "here"], [True, "here"], [0, "away"], [0, None], "here", {0: "here"}]),
    (6, [-1, True, "1", b"\1", []]),
    (7, ["", "x" * 11, "é" * 6, b"note", 1, True, []]),
    (8, [[], [0], [-1, "x"], 0, "x", False]),
]


@pytest.mark.parametrize(("key", "value"), [(key, value) for key, values in WRONG for value in values])
def test_every_field_wrong_in_turn_is_refused(key: int, value: Any) -> None:
    """[MSG-8] [MSG-11]"""
    refused(cbor.encode({**BODY, key: value}))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xa0",
        b"\x80",
        b"\xf6",
        b"\x01",
        cbor.encode(cbor.encode(BODY)),
        cbor.encode([1, 2, 3, 4, 5, 6]),
        cbor.encode(BODY) + b"\0",
        cbor.encode(BODY)[:-1],
        b"\xb8\x06" + cbor.encode(BODY)[1:],
        b"\xbf" + cbor.encode(BODY)[1:] + b"\xff",
        b"\xa6\x02\x01\x01\x44abcd" + cbor.encode(BODY)[9:],
        b"\xc0" + cbor.encode(BODY),
        b"\x81" * 17 + b"\x80",
        b"\x99\x10\x00" + bytes(4_096),
        b"\xa1\x01\xfb" + bytes(8),
    ],
)
def test_what_is_no_deterministic_map_consumes_its_number(body: bytes) -> None:
    """[MSG-10] [ERR-4]"""
    refused(body)


def test_the_detail_says_what_was_wrong_and_never_the_value() -> None:
    for body, detail in (
        (b"", "form: cbor-malformed"),
        (b"\x80", "map"),
        (cbor.encode({**BODY, 7: "x" * 11}), "text"),
        (cbor.encode({9: 1, **BODY}), "unknown key"),
        (b"\xa0", "key 1"),
    ):
        with pytest.raises(Violation) as refusal:
            Sample.read(body)
        assert refusal.value.detail in {detail, detail.removeprefix("form: ")}
    assert refuse("integer").detail == "integer"


def test_a_message_without_fields_is_the_empty_map() -> None:
    @dataclass(frozen=True, slots=True)
    class Bare(Message):
        """Says nothing but its name."""

        NAME: ClassVar[str] = "x-sample.bare"
        GATE: ClassVar[Gate] = Gate.OPEN

    assert Bare().write() == b"\xa0"
    assert Bare.read(b"\xa0") == Bare()
    refused(cbor.encode({1: 1}), Bare)


def test_a_message_claims_permits_and_carries_nothing_unless_it_says_so() -> None:
    assert LEAST.claims() is NO_CLAIMS
    assert (Sample.MARK, Sample.ITEMS_MAX, Sample.SUSPENDED) == (Mark.NEUTRAL, 0, False)


def test_a_message_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        LEAST.count = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (text(3), "é"),
        (text(8, choices=("one", "two")), "two"),
        (octets(0), b""),
        (unsigned(), 0),
        (boolean(), False),
        (several(unsigned(), 0, 2), ()),
        (several(record(Point, unsigned(), text(1)), 0, 2), (Point(1, "a"), Point(2, "b"))),
        (nullable(octets(1)), None),
        (nullable(octets(1)), b"x"),
        (nullable(several(unsigned(), 1, 1)), (1,)),
    ],
)
def test_each_kind_reads_what_it_wrote(kind: Kind, value: Any) -> None:
    written = kind.write(value)
    assert kind.read(cbor.decode(cbor.encode(written))) == value


@pytest.mark.parametrize("least", [0, 1])
def test_bounds_of_arrays_are_both_included(least: int) -> None:
    kind = several(unsigned(), least, 2)
    read: Callable[[Any], Any] = kind.read
    assert read([0] * least) == (0,) * least
    assert read([0, 0]) == (0, 0)
    for value in ([0, 0, 0], *([[]] if least else [])):
        with pytest.raises(Violation):
            read(value)
