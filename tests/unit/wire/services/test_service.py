"""[TRANSPORT-35] [TRANSPORT-36]: requests, answers and pushes, of whatever service."""

from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.services.service import (
    Answer,
    Asked,
    Form,
    Outcome,
    Service,
    operation_of,
    unknown,
    write_answer,
)
from pcloud.wire.shape import octets, unsigned


class Ring(NamedTuple):
    bell: bytes
    times: int


class Bare(NamedTuple):
    pass


class Rung(NamedTuple):
    times: int


BELL = partial(octets, size=4)
TOWER = Service(
    (Form(16, Ring, (BELL, unsigned), (unsigned, BELL)), Form(31, Bare, ())), (Form(20, Rung, (unsigned,)),)
)
RING = Ring(b"bell", 3)


def refused(read: Any, message: bytes) -> Code:
    with pytest.raises(Violation) as found:
        read(message)
    assert found.value.stage in (Stage.FORM, Stage.SIZE)
    return found.value.code


def test_a_request_is_read_as_it_was_written() -> None:
    message = TOWER.write_request(7, RING)
    assert message == cbor.encode([16, 7, b"bell", 3])
    asked = TOWER.read_request(message)
    assert asked == Asked(7, RING)
    assert type(asked.request) is Ring
    assert TOWER.read_request(TOWER.write_request(1, Bare())) == Asked(1, Bare())


def test_an_answer_and_a_push_are_read_as_they_were_written() -> None:
    done = TOWER.read_back(write_answer(7, Outcome.DONE, 3, b"bell"))
    assert done == Answer(7, Outcome.DONE, (3, b"bell"))
    assert TOWER.given(Ring, done) == (3, b"bell")
    assert TOWER.given(Bare, Answer(1, Outcome.DONE, ())) == ()
    assert TOWER.read_back(write_answer(9, Outcome.BUSY)) == Answer(9, Outcome.BUSY, ())
    pushed = TOWER.read_back(TOWER.write_push(Rung(2)))
    assert (type(pushed), pushed) == (Rung, Rung(2))


def test_what_is_unknown_is_answered_in_the_same_bytes() -> None:
    """[TRANSPORT-37]"""
    assert unknown(5) == write_answer(5, Outcome.UNKNOWN) == bytes.fromhex("83000501")


@pytest.mark.parametrize(
    "values",
    [
        [],
        [16],
        [16, 7],
        [16, 7, b"bell"],
        [16, 7, b"bell", 3, 4],
        [16, 0, b"bell", 3],
        [16, -1, b"bell", 3],
        [16, "7", b"bell", 3],
        [16, True, b"bell", 3],
        [16, 7, b"bel", 3],
        [16, 7, "bell", 3],
        [16, 7, b"bell", None],
        [17, 7, b"bell", 3],
        [20, 7],
        [0, 7, 0],
        [-1, 7],
        ["16", 7, b"bell", 3],
        [None],
        [[16], 7],
        {16: 7},
        16,
        None,
    ],
)
def test_what_is_no_request_is_refused(values: Any) -> None:
    assert refused(TOWER.read_request, cbor.encode(values)) is Code.SHAPE


@pytest.mark.parametrize(
    "values",
    [
        [],
        [0],
        [0, 7],
        [0, 0, 0],
        [0, 7, 4],
        [0, 7, -1],
        [0, 7, "0"],
        [0, 7, False],
        [0, 7, 1, 3],
        [0, "7", 0],
        [16, 7, b"bell", 3],
        [20],
        [20, 1, 2],
        [20, -1],
        [21, 1],
        ["20", 1],
        {0: 7},
        None,
    ],
)
def test_what_is_neither_answer_nor_push_is_refused(values: Any) -> None:
    assert refused(TOWER.read_back, cbor.encode(values)) is Code.SHAPE


@pytest.mark.parametrize("values", [(), (3,), (b"bell", 3), (3, b"bell", 0), (3, b"bel"), (-1, b"bell")])
def test_an_answer_that_gives_something_else_is_refused(values: tuple[Any, ...]) -> None:
    answer = Answer(7, Outcome.DONE, values)
    with pytest.raises(Violation) as found:
        TOWER.given(Ring, answer)
    assert found.value.code is Code.SHAPE


@pytest.mark.parametrize("read", [TOWER.read_request, TOWER.read_back])
def test_a_message_has_a_byte_and_not_too_many(read: Any) -> None:
    assert refused(read, b"") is Code.FRAME_TOO_LARGE
    assert refused(read, bytes(SERVICE_BYTES_MAX + 1)) is Code.FRAME_TOO_LARGE
    long = cbor.encode([20, b"x" * (SERVICE_BYTES_MAX - 7)])
    assert len(long) == SERVICE_BYTES_MAX
    assert refused(read, long) is Code.SHAPE


@pytest.mark.parametrize("operation", [*range(32), 255])
def test_the_operation_is_told_from_the_first_bytes(operation: int) -> None:
    for count in (0, 1, 22):
        message = cbor.encode([operation, *[1] * count])
        assert operation_of(message) == operation
        assert operation_of(message[:3] + b"\xff" * 9) == operation


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\x82",
        b"\x80",
        b"\x82\x20",
        b"\x82\x18",
        b"\x82\x18\x17",
        b"\x82\x19\x01\x00",
        b"\x98\x18\x01",
        b"\xa1\x01\x01",
        b"\x9f\x01\xff",
        b"\x01\x01",
        b"\x82\x61\x31",
    ],
)
def test_what_begins_with_no_operation_is_refused(message: bytes) -> None:
    assert refused(operation_of, message) is Code.SHAPE


@given(data=st.binary(max_size=64))
def test_whatever_comes_the_operation_is_that_of_the_whole_message(data: bytes) -> None:
    try:
        asked = TOWER.read_request(data)
    except Violation:
        return
    assert operation_of(data) == (16 if isinstance(asked.request, Ring) else 31)


SCALARS = st.one_of(st.integers(0, 40), st.binary(max_size=6), st.text(max_size=3), st.none(), st.booleans())


@given(values=st.lists(SCALARS | st.lists(SCALARS, max_size=3), max_size=6))
def test_what_is_accepted_could_only_have_been_written_one_way(values: list[Any]) -> None:
    message = cbor.encode(values)
    with suppress(Violation):
        asked = TOWER.read_request(message)
        assert TOWER.write_request(asked.number, asked.request) == message
    with suppress(Violation):
        back = TOWER.read_back(message)
        if isinstance(back, Answer):
            assert write_answer(back.number, back.outcome, *back.values) == message
        else:
            assert TOWER.write_push(back) == message
