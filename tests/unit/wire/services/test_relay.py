"""[RELAY-8] [TRANSPORT-35]: what a relay is asked, and what it keeps of a secret."""

from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import FRAME_BYTES_MAX, INTEGER_MAX, RELAY_BLOB_BYTES_MAX, SERVICE_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.services.relay import (
    RELAY,
    Close,
    Frame,
    Open,
    Publish,
    Renew,
    Taken,
    Watch,
    address_of,
    pickup_hash,
    voucher_hash,
    voucher_hashes,
)
from pcloud.wire.services.service import Answer, Outcome, write_answer

VOUCHER, ADDRESS, HASH, PICKUP = b"v" * 32, b"a" * 32, b"h" * 32, b"p" * 32
BLOB, LONGEST = bytes(RELAY_BLOB_BYTES_MAX), bytes(FRAME_BYTES_MAX)
REQUESTS = (
    Open(VOUCHER, ADDRESS, HASH),
    Renew(VOUCHER, PICKUP),
    Publish(PICKUP, BLOB, INTEGER_MAX),
    Publish(PICKUP, b"", 0),
    Watch(PICKUP),
    Taken(INTEGER_MAX, INTEGER_MAX),
    Close(PICKUP),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: type(each).__name__)
def test_every_request_is_read_as_it_was_written_and_fits_on_a_line(request_: Any) -> None:
    message = RELAY.write_request(INTEGER_MAX, request_)
    assert len(message) <= SERVICE_BYTES_MAX
    asked = RELAY.read_request(message)
    assert (asked.number, asked.request) == (INTEGER_MAX, request_)
    assert type(asked.request) is type(request_)


def test_the_longest_frame_is_pushed_on_a_line() -> None:
    pushed = Frame(INTEGER_MAX, INTEGER_MAX, LONGEST)
    message = RELAY.write_push(pushed)
    assert len(message) <= SERVICE_BYTES_MAX
    assert RELAY.read_back(message) == pushed


@pytest.mark.parametrize(("kind", "given"), [(Open, (5,)), (Renew, (5,)), (Watch, (1,)), (Publish, ())])
def test_what_is_done_gives_what_its_operation_gives(kind: Any, given: tuple[int, ...]) -> None:
    answer = RELAY.read_back(write_answer(3, Outcome.DONE, *given))
    assert RELAY.given(kind, answer) == given
    for wrong in ((*given, 1), (0,), ("x",)):
        with pytest.raises(Violation):
            RELAY.given(kind, Answer(3, Outcome.DONE, wrong))


@pytest.mark.parametrize(
    "values",
    [
        [1, 1, VOUCHER, ADDRESS],
        [1, 1, VOUCHER[1:], ADDRESS, HASH],
        [1, 1, VOUCHER, ADDRESS + b"x", HASH],
        [1, 1, VOUCHER, ADDRESS, "h" * 32],
        [2, 1, VOUCHER],
        [2, 1, VOUCHER, PICKUP, 1],
        [3, 1, PICKUP, BLOB + b"x", 0],
        [3, 1, PICKUP, None, 0],
        [3, 1, PICKUP, b"", -1],
        [4, 1, PICKUP[:16]],
        [5, 1, 0, 1],
        [5, 1, 1, 0],
        [5, 1, 1, True],
        [6, 1],
        [7, 1, 1, b"frame"],
        [8, 1, PICKUP],
        [16, 1, PICKUP],
    ],
)
def test_what_is_no_request_to_a_relay_is_refused(values: Any) -> None:
    with pytest.raises(Violation) as found:
        RELAY.read_request(cbor.encode(values))
    assert (found.value.stage, found.value.code) == (Stage.FORM, Code.SHAPE)


@pytest.mark.parametrize(
    "values",
    [[7, 1, 1, b""], [7, 1, 1, LONGEST + b"x"], [7, 0, 1, b"f"], [7, 1, 0, b"f"], [7, 1, 1], [4, 1, PICKUP]],
)
def test_what_is_no_push_of_a_relay_is_refused(values: Any) -> None:
    with pytest.raises(Violation) as found:
        RELAY.read_back(cbor.encode(values))
    assert (found.value.stage, found.value.code) == (Stage.FORM, Code.SHAPE)


def test_a_relay_keeps_hashes_under_labels_of_their_own() -> None:
    value = b"x" * 32
    kept = {address_of(value), pickup_hash(value), voucher_hash(value)}
    assert kept == {
        sha256(b"pcloud/1 relay " + label + value).digest() for label in (b"address", b"pickup", b"voucher")
    }
    assert voucher_hashes([value, VOUCHER]) == (voucher_hash(value), voucher_hash(VOUCHER))


@given(message=st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(message: bytes) -> None:
    for read in (RELAY.read_request, RELAY.read_back):
        with suppress(Violation):
            read(message)
