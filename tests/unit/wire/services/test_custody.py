"""[CUSTODY-12] [CUSTODY-15]: what a holder is asked, and what it keeps of a secret."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import CUSTODY_CHUNK_BYTES_MAX, CUSTODY_LISTED_MAX, LOCATORS, SERVICE_BYTES_MAX
from pcloud.wire import cbor
from pcloud.wire.services import custody
from pcloud.wire.services.custody import CUSTODY, Begin, Challenge, Chunk, Fetch, Finish, Kept, List
from pcloud.wire.services.service import Answer, Outcome, write_answer

TOKEN, LOCATOR, DIGEST = b"t" * 32, b"l" * 32, b"d" * 32
LARGE = bytes(CUSTODY_CHUNK_BYTES_MAX)
REQUESTS = (
    Begin(TOKEN, custody.INCREMENT, 1, DIGEST),
    Chunk(TOKEN, DIGEST, 2**40, LARGE),
    Finish(TOKEN, DIGEST),
    List(LOCATOR, 0),
    Fetch(LOCATOR, DIGEST, 2**40),
    Challenge(TOKEN, DIGEST, DIGEST),
)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: type(each).__name__)
def test_every_request_is_read_as_it_was_written_and_fits_on_a_line(request_: Any) -> None:
    message = CUSTODY.write_request(2**53 - 1, request_)
    assert len(message) <= SERVICE_BYTES_MAX
    asked = CUSTODY.read_request(message)
    assert (asked.number, asked.request) == (2**53 - 1, request_)
    assert type(asked.request) is type(request_)


@pytest.mark.parametrize(
    "values",
    [
        [16, 1, TOKEN, 2, 1, DIGEST],
        [16, 1, TOKEN, 0, 0, DIGEST],
        [16, 1, TOKEN[1:], 0, 1, DIGEST],
        [16, 1, TOKEN, 0, 1, DIGEST + b"x"],
        [16, 1, TOKEN, False, 1, DIGEST],
        [16, 1, TOKEN, 0, 1],
        [16, 1, TOKEN, 0, 1, DIGEST, None],
        [17, 1, TOKEN, DIGEST, 0, b""],
        [17, 1, TOKEN, DIGEST, 0, LARGE + b"x"],
        [17, 1, TOKEN, DIGEST, -1, b"x"],
        [17, 1, TOKEN, DIGEST, 0, "x"],
        [18, 1, TOKEN],
        [18, 0, TOKEN, DIGEST],
        [19, 1, "l" * 32, 0],
        [19, 1, LOCATOR, None],
        [20, 1, LOCATOR, DIGEST, 2**53],
        [21, 1, TOKEN, DIGEST, b""],
        [22, 1, TOKEN],
        [1, 1, TOKEN, DIGEST],
        [0, 1, 0],
        [],
    ],
)
def test_what_is_no_such_request_is_refused_at_form(values: list[Any]) -> None:
    """[TRANSPORT-35]"""
    message = b"\x1b" * 3 if values == [20, 1, LOCATOR, DIGEST, 2**53] else cbor.encode(values)
    with pytest.raises(Violation) as found:
        CUSTODY.read_request(message)
    assert found.value.stage is Stage.FORM


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    try:
        asked = CUSTODY.read_request(message)
    except Violation:
        return
    assert CUSTODY.write_request(asked.number, asked.request) == message


def answered(*values: object) -> Answer:
    back = CUSTODY.read_back(write_answer(7, Outcome.DONE, *values))
    assert isinstance(back, Answer)
    return back


ROW = [3, custody.FULL, 5_000, DIGEST, 1_800_000_000]


def test_a_list_is_read_back_and_the_longest_fits_on_a_line() -> None:
    """[CUSTODY-11]"""
    rows = [[place, *ROW[1:]] for place in range(2**52, 2**52 + CUSTODY_LISTED_MAX)]
    assert len(write_answer(2**53 - 1, Outcome.DONE, rows)) <= SERVICE_BYTES_MAX
    (read,) = CUSTODY.given(List, answered(rows))
    assert read == tuple(Kept(*row) for row in rows)  # type: ignore[arg-type] # rows are mixed


@pytest.mark.parametrize(
    "rows",
    [
        None,
        [ROW, ROW],
        [[4, *ROW[1:]], ROW],
        [[0, *ROW[1:]]],
        [ROW[:-1]],
        [[*ROW, 1]],
        [[3, 2, *ROW[2:]]],
        [[3, 0, 0, *ROW[3:]]],
        [ROW] * (CUSTODY_LISTED_MAX + 1),
    ],
)
def test_a_list_that_goes_back_or_has_another_form_is_refused(rows: Any) -> None:
    """[CUSTODY-11]"""
    with pytest.raises(Violation) as found:
        CUSTODY.given(List, answered(rows))
    assert found.value.code is Code.SHAPE


@pytest.mark.parametrize(("asked", "given_"), [(Fetch, LARGE + b"x"), (Challenge, b"x"), (Begin, -1)])
def test_an_answer_of_another_form_is_refused(asked: type[tuple[Any, ...]], given_: Any) -> None:
    with pytest.raises(Violation) as found:
        CUSTODY.given(asked, Answer(1, Outcome.DONE, (given_,)))
    assert found.value.code is Code.SHAPE


def test_no_two_locators_and_no_two_words_have_an_address_in_common() -> None:
    """[CUSTODY-1] [CUSTODY-15]"""
    found = {*custody.addresses(bytes(32)), *custody.addresses(b"\x01" * 32)}
    found |= {custody.locator(bytes(32), index) for index in range(LOCATORS)}
    assert len(found) == 3 * LOCATORS


def test_what_is_kept_of_a_secret_is_a_hash_under_a_label_of_its_own() -> None:
    """[CUSTODY-12] [CUSTODY-15]"""
    assert custody.token_hash(TOKEN) == sha256(b"pcloud/1 custody token" + TOKEN).digest()
    assert custody.address_of(LOCATOR) == sha256(b"pcloud/1 locator address" + LOCATOR).digest()
    assert custody.proof_prefix(DIGEST) == b"pcloud/1 custody proof" + DIGEST
