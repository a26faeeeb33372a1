"""Deterministic CBOR: what is refused and why, case by case, and what is written."""

import contextlib
import enum
import struct
import sys
import time
import tracemalloc
from typing import Any

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, INTEGER_MAX
from pcloud.wire import cbor

MALFORMED, ORDER, TYPE = Code.CBOR_MALFORMED, Code.CBOR_NOT_DETERMINISTIC, Code.CBOR_TYPE

REFUSED = [
    # what it is (X-CB: its number in a list of inputs known to break decoders), bytes, code
    ("X-CB-01 zero in two bytes", "1800", ORDER),
    ("X-CB-01 23 in two bytes", "1817", ORDER),
    ("255 in three bytes", "1900ff", ORDER),
    ("X-CB-04 65535 in five bytes", "1a0000ffff", ORDER),
    ("X-CB-05 2^32 - 1 in nine bytes", "1b00000000ffffffff", ORDER),
    ("-1 in two bytes", "3800", ORDER),
    ("X-CB-07 length of bytes too long", "580161", ORDER),
    ("length of text too long", "780161", ORDER),
    ("length of bytes in three", "590061", ORDER),
    ("inside an array: bytes, length too long", "81580161", ORDER),
    ("inside an array: bytes, length 23", "815817" + "00" * 23, ORDER),
    ("inside an array: bytes cut short", "815820" + "00" * 31, MALFORMED),
    ("inside an array: long bytes, no length", "8158", MALFORMED),
    ("inside an array: short bytes cut", "814200", MALFORMED),
    ("inside an array: short text cut", "816261", MALFORMED),
    ("inside an array: two-byte number too long", "811900ff", ORDER),
    ("inside an array: two-byte number cut", "8119ff", MALFORMED),
    ("inside an array: four-byte number too long", "811a0000ffff", ORDER),
    ("inside an array: four-byte number cut", "811affffff", MALFORMED),
    ("X-CB-08 map head too long", "b800", ORDER),
    ("X-CB-08 array head too long", "9800", ORDER),
    ("X-CB-10 number twice as key", "a201020103", ORDER),
    ("X-CB-11 text twice as key", "a2616101616102", ORDER),
    ("keys unsorted", "a202000100", ORDER),
    ("keys sorted by length first: -1 before 100", "a220001864" + "00", ORDER),
    ("keys sorted by length first: text", "a3616100" + "0a00" + "0b00", ORDER),
    ("text before number", "a261610001" + "00", ORDER),
    ("longer text before shorter", "a262616100" + "617a00", ORDER),
    ("X-CB-13 key 1 and key true", "a2016161f56162", TYPE),
    ("X-CB-14 key 0 and key -0.0", "a2006161f980006162", TYPE),
    ("X-CB-16 NaN twice as key", "a2f97e0000f97e0001", TYPE),
    ("X-CB-17 array as key", "a18000", TYPE),
    ("X-CB-17 map as key", "a1a000", TYPE),
    ("bytes as key", "a1416100", TYPE),
    ("null as key", "a1f600", TYPE),
    ("X-CB-19 indefinite bytes", "5f4161ff", ORDER),
    ("X-CB-20 indefinite text", "7f6161ff", ORDER),
    ("indefinite array", "9fff", ORDER),
    ("X-CB-22 indefinite map", "bf01ff", ORDER),
    ("X-CB-23 indefinite bytes in each other", "5f5f4161ffff", ORDER),
    ("X-CB-25 character split over chunks", "7f61c361a9ff", ORDER),
    ("X-CB-26 break", "ff", MALFORMED),
    ("X-CB-26 break in an array", "81ff", MALFORMED),
    ("X-CB-26 break as value", "a101ff", MALFORMED),
    ("X-CB-28 indefinite unsigned", "1f", MALFORMED),
    ("X-CB-28 indefinite negative", "3f", MALFORMED),
    ("X-CB-28 indefinite tag", "df00", MALFORMED),
    ("reserved head 28", "1c", MALFORMED),
    ("reserved head 30 of bytes", "5e", MALFORMED),
    ("reserved head 29 of a map", "bd", MALFORMED),
    ("reserved simple 28", "fc", MALFORMED),
    ("X-CB-29 simple 0 in two bytes", "f800", MALFORMED),
    ("X-CB-29 false in two bytes", "f814", MALFORMED),
    ("X-CB-29 simple 24", "f818", MALFORMED),
    ("X-CB-29 simple 31", "f81f", MALFORMED),
    ("simple cut short", "f8", MALFORMED),
    ("simple 32", "f820", TYPE),
    ("simple 16", "f0", TYPE),
    ("simple 0", "e0", TYPE),
    ("X-CB-31 undefined", "f7", TYPE),
    ("X-CB-32 NaN with payload", "f97e01", TYPE),
    ("X-CB-32 signalling NaN", "fa7fa00000", TYPE),
    ("X-CB-32 wide NaN", "fb7ff8000000000000", TYPE),
    ("X-CB-34 infinity", "f97c00", TYPE),
    ("X-CB-34 -0.0", "f98000", TYPE),
    ("a float", "f93e00", TYPE),
    ("float cut short", "f93e", MALFORMED),
    ("X-CB-35 overlong UTF-8", "62c080", MALFORMED),
    ("X-CB-37 above U+10FFFF", "64f4908080", MALFORMED),
    ("X-CB-38 UTF-8 cut short", "61c3", MALFORMED),
    ("X-CB-44 four-byte character cut", "64f09f98", MALFORMED),
    ("half a surrogate pair", "63eda080", MALFORMED),
    ("inside an array: bad text", "8161ff", MALFORMED),
    ("X-CB-46 bytes after the end", "0101", MALFORMED),
    ("nothing", "", MALFORMED),
    ("X-CB-47 head without its byte", "18", MALFORMED),
    ("X-CB-47 head of two, one there", "1901", MALFORMED),
    ("X-CB-47 head of eight, two there", "1b0000", MALFORMED),
    ("X-CB-49 self-describing", "d9d9f701", TYPE),
    ("COSE tag", "d28440a04040", TYPE),
    ("unknown tag", "d9ffff00", TYPE),
    ("tag head too long", "d80100", ORDER),
    ("X-CB-50 2^64 - 1 bytes", "5bffffffffffffffff", MALFORMED),
    ("X-CB-52 2^36 characters", "7b0000001000000000", MALFORMED),
    ("X-CB-53 2^32 - 1 items", "9affffffff", MALFORMED),
    ("X-CB-53 2^40 - 1 items", "9b000000ffffffffff", MALFORMED),
    ("2^32 - 1 pairs", "baffffffff", MALFORMED),
    ("array cut short", "8200", MALFORMED),
    ("array cut before its last number", "8201", MALFORMED),
    ("map without its last value", "a2010002", MALFORMED),
    ("X-CB-70 bignum as key", "a1c249010000000000000000" + "00", TYPE),
    ("X-CB-71 bignum", "c249010000000000000000", TYPE),
    ("X-CB-73 decimal fraction", "c4821b000000010000000001", TYPE),
    ("X-CB-74 bigfloat", "c5821b7fffffffffffffff01", TYPE),
    ("X-CB-76 regular expression", "d8236728612b292b2462", TYPE),
    ("X-CB-77 MIME", "d8246161", TYPE),
    ("X-CB-79 string reference", "d901008263616161d81900", TYPE),
    ("X-CB-80 time", "c1f97c00", TYPE),
    ("X-CB-82 UUID", "d8254100", TYPE),
    ("X-CB-83 set", "d901028180", TYPE),
    ("X-CB-85 embedded CBOR", "d81841ff", TYPE),
    ("X-CB-86 -2^64", "3bffffffffffffffff", TYPE),
    ("2^64 - 1", "1bffffffffffffffff", TYPE),
    ("X-CB-88 2^53 + 1", "1b0020000000000001", TYPE),
    ("2^53", "1b0020000000000000", TYPE),
    ("-2^53", "3b001fffffffffffff", TYPE),
    ("2^53 as key", "a11b002000000000000000", TYPE),
    ("X-CB-61 depth 401", "81" * 401 + "00", Code.CBOR_DEPTH),
    ("depth 17", "81" * 17 + "00", Code.CBOR_DEPTH),
    ("depth 17 of maps", "a100" * 17 + "00", Code.CBOR_DEPTH),
]

FLOATLESS = [row for row in REFUSED if "0.0" not in row[0] and not row[1].startswith(("f9", "fa", "fb"))]

REFUSED_FLOATS = [
    ("1.5 in four bytes", "fa3fc00000", ORDER),
    ("1.5 in eight bytes", "fb3ff8000000000000", ORDER),
    ("a single in eight bytes", "fb3fb99999a0000000", ORDER),
    ("1.0, which is the integer 1", "f93c00", ORDER),
    ("-0.0, which is the integer 0", "f98000", ORDER),
    ("0.0", "f90000", ORDER),
    ("2^53 as float", "fa5a000000", TYPE),
    ("1e300", "fb7e37e43c8800759c", TYPE),
    ("infinity", "f97c00", TYPE),
    ("-infinity", "f9fc00", TYPE),
    ("NaN", "f97e00", TYPE),
    ("a float as key", "a1f93e0000", TYPE),
    ("undefined", "f7", TYPE),
    ("float cut short", "fb3ff8", MALFORMED),
]

WRITTEN: list[tuple[Any, str]] = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (255, "18ff"),
    (256, "190100"),
    (65535, "19ffff"),
    (65536, "1a00010000"),
    (2**32 - 1, "1affffffff"),
    (2**32, "1b0000000100000000"),
    (INTEGER_MAX, "1b001fffffffffffff"),
    (-1, "20"),
    (-24, "37"),
    (-25, "3818"),
    (-256, "38ff"),
    (-257, "390100"),
    (-INTEGER_MAX, "3b001ffffffffffffe"),
    (True, "f5"),
    (False, "f4"),
    (None, "f6"),
    ("", "60"),
    ("ü", "62c3bc"),
    ("X-CB-40 e\u0301", "6b582d43422d34302065cc81"),
    ("a" * 300, "79012c" + "61" * 300),
    (b"", "40"),
    (b"\x00" * 24, "5818" + "00" * 24),
    (b"\x00" * 256, "590100" + "00" * 256),
    ([], "80"),
    ([1, [2]], "82018102"),
    ({}, "a0"),
    ({"aa": 5, "z": 4, -1: 3, 100: 2, 10: 1}, "a50a011864022003617a0462616105"),
    ({-300: 0, 300: 0}, "a219012c0039012b00"),
    ({"a" * 256: 0}, "a1790100" + "61" * 256 + "00"),
    ([1000, 70000, 5, None, True, "x"], "861903e81a00011170" + "05f6f56178"),
]


@pytest.mark.parametrize(("name", "data", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_outside_the_profile_is_refused_as_form(name: str, data: str, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cbor.decode(bytes.fromhex(data))
    assert (refusal.value.code, refusal.value.stage) == (code, Stage.FORM), name


@pytest.mark.parametrize(("name", "data", "code"), FLOATLESS, ids=[row[0] for row in FLOATLESS])
def test_allowing_floats_allows_nothing_else(name: str, data: str, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cbor.decode(bytes.fromhex(data), floats=True)
    assert refusal.value.code == code, name


@pytest.mark.parametrize(("name", "data", "code"), REFUSED_FLOATS, ids=[row[0] for row in REFUSED_FLOATS])
def test_even_where_floats_are_allowed_each_has_one_form(name: str, data: str, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cbor.decode(bytes.fromhex(data), floats=True)
    assert refusal.value.code == code, name


@pytest.mark.parametrize("data", [bytes.fromhex(row[1]) for row in REFUSED])
def test_what_is_refused_alone_is_refused_inside(data: bytes) -> None:
    if data[1:] and data != b"\x01\x01":
        with pytest.raises(Violation):
            cbor.decode(b"\x82\x00" + data)
        with pytest.raises(Violation):
            cbor.decode(b"\xa1\x00" + data)


@pytest.mark.parametrize(("value", "data"), WRITTEN)
def test_a_value_has_the_one_encoding_and_comes_back(value: Any, data: str) -> None:
    assert cbor.encode(value).hex() == data
    back = cbor.decode(bytes.fromhex(data))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (1.5, "f93e00"),
        (5.960464477539063e-8, "f90001"),
        (100000.5, "fa47c35040"),
        (1.1, "fb3ff199999999999a"),
        (-4.1, "fbc010666666666666"),
        (1e-300, "fb01a56e1fc2f8f359"),
    ],
)
def test_a_float_has_the_shortest_form_that_keeps_it(value: float, data: str) -> None:
    written = cbor.encode(value, floats=True)
    assert written.hex() == data
    assert cbor.decode(written, floats=True) == value
    with pytest.raises(Violation):
        cbor.decode(written)


def test_an_integral_float_is_written_as_the_integer() -> None:
    assert cbor.encode(1.0, floats=True) == b"\x01"
    assert cbor.encode(-0.0, floats=True) == b"\x00"
    assert cbor.encode([float(INTEGER_MAX)], floats=True) == cbor.encode([INTEGER_MAX])
    assert type(cbor.decode(cbor.encode(2.0, floats=True), floats=True)) is int


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    "value",
    [
        INTEGER_MAX + 1, -INTEGER_MAX - 1, 2**64, 1.5, 1.0, {1, 2}, object(), 1j, bytearray(b"x"),
        memoryview(b"x"), Colour.RED, Level.ONE, {True: 1}, {None: 1}, {b"x": 1}, {1.5: 1}, {(1,): 1},
        {Level.ONE: 1}, {2**53: 1}, "\ud800", {"\ud800": 1}, [[1.5]], {1: {2: object()}},
    ],
)  # fmt: skip
def test_what_has_no_encoding_is_our_error(value: object) -> None:
    with pytest.raises(UsageError) as refusal:
        cbor.encode(value)
    assert refusal.value.code == Code.CBOR_TYPE


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e300, 2.0**53, {1.5: 0}])
def test_what_has_no_encoding_has_none_with_floats_either(value: object) -> None:
    with pytest.raises(UsageError) as refusal:
        cbor.encode(value, floats=True)
    assert refusal.value.code == Code.CBOR_TYPE


def test_sixteen_levels_are_the_deepest() -> None:
    deepest: Any = 0
    for level in range(CBOR_DEPTH_MAX):
        deepest = [deepest] if level % 2 else {0: deepest}
    assert cbor.decode(cbor.encode(deepest)) == deepest
    for deeper in ([deepest], {0: deepest}):
        with pytest.raises(UsageError) as refusal:
            cbor.encode(deeper)
        assert refusal.value.code == Code.CBOR_DEPTH


def test_a_value_that_contains_itself_is_refused_and_not_followed() -> None:
    snake: list[Any] = []
    snake.append(snake)
    with pytest.raises(UsageError) as refusal:
        cbor.encode(snake)
    assert refusal.value.code == Code.CBOR_DEPTH


def test_the_items_are_counted_over_all_levels() -> None:
    rows, width = 4, CBOR_ITEMS_MAX // 4 - 1
    most = [[0] * width for _ in range(rows - 1)] + [[0] * (width - 1)]
    assert cbor.decode(cbor.encode(most)) == most
    with pytest.raises(UsageError) as ours:
        cbor.encode([*most, 0])
    assert ours.value.code == Code.CBOR_ITEMS
    with pytest.raises(Violation) as theirs:
        cbor.decode(cbor.encode([*most, 0], items_max=CBOR_ITEMS_MAX + 1))
    assert theirs.value.code == Code.CBOR_ITEMS


def test_a_pair_of_a_map_counts_as_two_items() -> None:
    half = CBOR_ITEMS_MAX // 2
    with pytest.raises(UsageError):
        cbor.encode(dict.fromkeys(range(half), 0))
    assert len(cbor.encode(dict.fromkeys(range(half - 1), 0))) > CBOR_ITEMS_MAX


def test_many_bytes_are_not_many_items() -> None:
    assert cbor.decode(cbor.encode([bytes(60_000), "x" * 1000])) == [bytes(60_000), "x" * 1000]


def test_own_state_may_hold_more_items() -> None:
    state = [0] * 100_000
    assert cbor.decode(cbor.encode(state, items_max=200_000), items_max=200_000) == state


def test_the_list_and_map_readers_refuse_everything_else() -> None:
    assert cbor.decode_list(b"\x81\x01") == [1]
    assert cbor.decode_map(b"\xa1\x01\x02") == {1: 2}
    for data in (b"\xa0", b"\x01", b"\x60", b"\xf6"):
        with pytest.raises(Violation) as refusal:
            cbor.decode_list(data)
        assert refusal.value.code == Code.SHAPE
    for data in (b"\x80", b"\x01", b"\x60", b"\xf6"):
        with pytest.raises(Violation) as refusal:
            cbor.decode_map(data)
        assert refusal.value.code == Code.SHAPE


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("a2020001f7", ORDER),  # key out of order, then undefined
        ("a202f70100", TYPE),  # undefined, then key out of order
        ("a1f61c", TYPE),  # key of a wrong type, then a reserved head
        ("a15c00", TYPE),  # a reserved head of a type that no key may have
        ("a11c00", MALFORMED),  # a reserved head of one that it may
        ("8218001c", ORDER),
        ("821c1800", MALFORMED),
        ("82f7ff", TYPE),
        ("81" * 16 + "9affffffff", Code.CBOR_DEPTH),  # too deep and longer than the data
        ("9affffffff1800", MALFORMED),  # more items than bytes, more than allowed
        ("180000", ORDER),  # a long head, bytes after the end
        ("f700", TYPE),  # a wrong type, bytes after the end
        ("62ff", MALFORMED),
        ("3bffffffffffffffff1800", TYPE),
    ],
)
def test_of_several_faults_the_first_is_reported(data: str, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cbor.decode(bytes.fromhex(data))
    assert refusal.value.code == code


def test_true_is_not_read_as_one_nor_one_as_true() -> None:
    values = cbor.decode_list(b"\x82\xf5\x01")
    assert [type(value) for value in values] == [bool, int]


def test_a_map_keeps_its_encoded_order() -> None:
    assert list(cbor.decode_map(cbor.encode({"b": 1, -1: 2, 300: 3, 5: 4}))) == [5, 300, -1, "b"]


def _hostile() -> list[tuple[str, bytes]]:
    """64 KiB each, or what the bounds let through of it."""
    most = CBOR_ITEMS_MAX - 1
    head = b"\x99" + struct.pack(">H", most)
    half = most // 2
    pairs = b"\xb9" + struct.pack(">H", half)
    return [
        ("zeros", b"\x99\xff\xfc" + bytes(0xFFFC)),
        ("as many zeros as may be", head + bytes(most)),
        ("empty arrays", head + b"\x80" * most),
        ("empty maps", head + b"\xa0" * most),
        ("arrays of one", b"\x99" + struct.pack(">H", half) + b"\x81\xf4" * half),
        ("maps of one", b"\x99" + struct.pack(">H", most // 3) + b"\xa1\x00\xf4" * (most // 3)),
        ("numbers of eight bytes", head + b"\x1b\x00\x1f" + b"\xff" * 6 + b"\x00" * (most - 1)),
        ("short bytes", head + b"\x4e" + bytes(14) + (b"\x4e" + bytes(14)) * (most - 1)),
        ("map of numbers", pairs + b"".join(cbor.head(0, key) + b"\x80" for key in range(half))),
        ("map of texts", pairs + b"".join(b"\x68%08d\x80" % key for key in range(half))),
        ("depth", b"\x81" * 65_536),
        ("one string", b"\x59\xff\xfd" + bytes(0xFFFD)),
        ("one long text", b"\x79\xff\xfd" + b"\xc3\xbc" * 0x7FFE + b"a"),
    ]


@pytest.mark.parametrize(("name", "data"), _hostile(), ids=[row[0] for row in _hostile()])
def test_no_frame_costs_more_than_its_bound(name: str, data: bytes) -> None:
    def read() -> float:
        start = time.process_time()
        with contextlib.suppress(Violation):
            cbor.decode(data)
        return time.process_time() - start

    # The goal is 5 ms; four times that and the best of several, since the machine is shared. A tracer
    # (coverage) stops at every line, so its figure only shows that nothing is quadratic.
    assert min(read() for _ in range(5)) < (0.020 if sys.gettrace() is None else 0.200), name
    tracemalloc.start()
    read()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * 2**20, name


def test_keys_that_collide_in_a_dict_never_get_into_one() -> None:
    # Arrays as keys: their hash can be steered, and a dict of them then takes quadratic time (cbor2: 190 ms).
    count = 1_000
    data = b"\xb9" + struct.pack(">H", count) + b"".join(
        b"\x82" + cbor.head(0, key) + b"\x00" + b"\x00" for key in range(count)
    )  # fmt: skip
    with pytest.raises(Violation) as refusal:
        cbor.decode(data)
    assert refusal.value.code == Code.CBOR_TYPE
