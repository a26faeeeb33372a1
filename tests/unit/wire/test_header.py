"""The signed header: sixteen places, and what each may hold."""

from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import INTEGER_MAX, KEY_EVENTS_MAX, NAME_BYTES_MAX, PARTS_MAX
from pcloud.wire import cbor, cose
from pcloud.wire.header import First, Header, SignedHeader, genesis, read_header, sign_header
from pcloud.wire.keys import SigningKey

KEY = SigningKey.from_seed(b"\1" * 32)


def an_id(number: int) -> bytes:
    return bytes([number]) * 32


OPENING = Header(
    sender=an_id(1),
    recipient=an_id(2),
    sender_epoch=0,
    recipient_epoch=0,
    name="relationship.request",
    number=1,
    prev=an_id(3),
    thread=None,
    time=1_800_000_000,
    expiry=None,
    highest=0,
    highest_id=None,
    agreement=None,
    digests=(an_id(4),),
)
LATER = OPENING._replace(
    sender_epoch=2,
    recipient_epoch=3,
    number=7,
    thread=an_id(5),
    expiry=1_800_000_060,
    highest=4,
    highest_id=an_id(6),
    agreement=an_id(7),
    digests=(an_id(4), an_id(8)),
)
REISSUE = LATER._replace(first=First(an_id(9), 4, 300, 17))
LARGEST = LATER._replace(
    sender_epoch=KEY_EVENTS_MAX - 1,
    recipient_epoch=KEY_EVENTS_MAX - 1,
    name="x" * NAME_BYTES_MAX,
    number=INTEGER_MAX,
    time=INTEGER_MAX,
    expiry=INTEGER_MAX,
    highest=INTEGER_MAX,
    digests=(an_id(4),) * PARTS_MAX,
    first=First(an_id(9), 2 * (KEY_EVENTS_MAX - 1), INTEGER_MAX, INTEGER_MAX),
)


def values(header: Header) -> list[Any]:
    """The array as the chapter gives it, made without the code under test."""
    found: list[Any] = [1, *header]
    found[14] = list(header.digests)
    found[15] = None if header.first is None else list(header.first)
    return found


def changed(header: Header, place: int, value: Any) -> bytes:
    return cbor.encode([*values(header)[:place], value, *values(header)[place + 1 :]])


def refused(payload: bytes) -> tuple[Code, Stage]:
    with pytest.raises(Violation) as refusal:
        read_header(payload)
    return refusal.value.code, refusal.value.stage


LONG = LATER._replace(time=2**40)
MANY = LATER._replace(digests=(an_id(4),) * 24)
NAMED = LATER._replace(name="x" * 24)
COUNTED = LATER._replace(number=2**16, time=24, highest=2**32 - 1)
ALL = pytest.mark.parametrize("header", [OPENING, LATER, REISSUE, LARGEST, LONG, MANY, NAMED, COUNTED])


@ALL
def test_a_header_is_the_array_of_the_chapter_and_comes_back(header: Header) -> None:
    """[MSG-1]"""
    payload = cose.parse_sign1(sign_header(KEY, header).data, cose.HEADER).payload
    assert payload == cbor.encode(values(header))
    assert read_header(payload) == header


@ALL
def test_the_id_is_the_hash_of_the_signed_structure_and_not_of_the_signature(header: Header) -> None:
    """[MSG-5] [COSE-10]"""
    signed = sign_header(KEY, header)
    protected = cbor.encode({1: -19, 4: KEY.public, 16: cose.HEADER})
    structure = cbor.encode(["Signature1", protected, b"", cbor.encode(values(header))])
    assert signed.id == sha256(structure).digest()
    forged = signed.data[:-64] + bytes(64)
    assert cose.parse_sign1(forged, cose.HEADER).id == signed.id
    assert signed.signer == KEY.public
    cose.verify_sign1(cose.parse_sign1(signed.data, cose.HEADER), KEY.public)


def test_the_place_of_a_message_is_read_from_its_header() -> None:
    opening, later, reissue = (sign_header(KEY, header) for header in (OPENING, LATER, REISSUE))
    assert later.header.generation == 5
    assert opening.thread_id == opening.first_id == opening.id
    assert later.thread_id == an_id(5)
    assert (later.first_id, later.rank, later.knew) == (later.id, (5, 7), (5, 4))
    assert (reissue.first_id, reissue.rank, reissue.knew) == (an_id(9), (4, 300), (4, 17))
    assert SignedHeader(OPENING._replace(first=REISSUE.first), b"", b"", b"").thread_id == an_id(9)


IDS, IDS_OR_NULL = [1, 2, 7], [8, 12, 13]
NUMBERS, NUMBERS_OR_NULL = [3, 4, 6, 9, 11], [10]
NOT_AN_ID = [b"", bytes(31), bytes(33), "x" * 32, 1, True, [an_id(1)], {}]
NOT_A_NUMBER = [-1, "1", b"\1", True, False, [1], {}]
NOT_A_NAME = ["", "x" * (NAME_BYTES_MAX + 1), "é" * 33, b"terms.proffer", 5, None, True, ["x"]]
NOT_DIGESTS = [
    [],
    [an_id(1)] * (PARTS_MAX + 1),
    [bytes(31)],
    [bytes(33)],
    [an_id(1), None],
    ["x" * 32],
    [[an_id(1)]],
    None,
    an_id(1),
    {0: an_id(1)},
    "x",
    1,
]
NOT_FIRST = [
    [],
    an_id(9),
    [an_id(9), 4, 300],
    [an_id(9), 4, 300, 17, 0],
    [bytes(31), 4, 300, 17],
    [None, 4, 300, 17],
    [an_id(9), -1, 300, 17],
    [an_id(9), True, 300, 17],
    [an_id(9), 2 * KEY_EVENTS_MAX - 1, 300, 17],
    [an_id(9), None, 300, 17],
    [an_id(9), 4, 0, 17],
    [an_id(9), 4, True, 17],
    [an_id(9), 4, "300", 17],
    [an_id(9), 4, 300, -1],
    [an_id(9), 4, 300, None],
    [an_id(9), 4, 300, False],
    {1: an_id(9)},
    1,
    False,
    "x",
]
WRONG = [
    *((place, value) for place in IDS for value in [*NOT_AN_ID, None]),
    *((place, value) for place in IDS_OR_NULL for value in NOT_AN_ID),
    *((place, value) for place in NUMBERS for value in [*NOT_A_NUMBER, None]),
    *((place, value) for place in NUMBERS_OR_NULL for value in NOT_A_NUMBER),
    *((3 + side, KEY_EVENTS_MAX) for side in (0, 1)),
    (6, 0),
    *((5, value) for value in NOT_A_NAME),
    *((14, value) for value in NOT_DIGESTS),
    *((15, value) for value in NOT_FIRST),
]


@pytest.mark.parametrize(("place", "value"), WRONG)
def test_every_place_wrong_in_turn_is_refused(place: int, value: Any) -> None:
    """[MSG-1]"""
    assert refused(changed(LATER, place, value)) == (Code.SHAPE, Stage.FORM)


def test_what_was_received_has_an_id_exactly_if_it_has_a_number() -> None:
    """[MSG-2]"""
    assert refused(changed(LATER, 12, None)) == (Code.SHAPE, Stage.FORM)
    assert refused(changed(LATER, 11, 0)) == (Code.SHAPE, Stage.FORM)
    assert refused(changed(OPENING, 12, an_id(1))) == (Code.SHAPE, Stage.FORM)
    assert refused(changed(OPENING, 11, 1)) == (Code.SHAPE, Stage.FORM)


@pytest.mark.parametrize("version", [0, 2, True, None, "1", b"\1"])
def test_another_version_is_refused_by_name_whatever_its_length(version: Any) -> None:
    """[CONF-7] [COSE-20]"""
    for rest in (values(LATER)[1:], values(LATER)[1:-1], [*values(LATER)[1:], 0], []):
        assert refused(cbor.encode([version, *rest])) == (Code.VERSION_UNKNOWN, Stage.FORM)


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (cbor.encode(values(LATER)[:-1]), Code.SHAPE),
        (cbor.encode([*values(LATER), None]), Code.SHAPE),
        (cbor.encode([1]), Code.SHAPE),
        (cbor.encode([]), Code.SHAPE),
        (cbor.encode(None), Code.SHAPE),
        (cbor.encode({1: 1}), Code.SHAPE),
        (cbor.encode(cbor.encode(values(LATER))), Code.SHAPE),
        (b"", Code.CBOR_MALFORMED),
        (cbor.encode(values(LATER)) + b"\0", Code.CBOR_MALFORMED),
        (cbor.encode(values(LATER))[:-1], Code.CBOR_MALFORMED),
        (b"\x90\x18\x01" + cbor.encode(values(LATER))[2:], Code.CBOR_NOT_DETERMINISTIC),
        (b"\x9f" + cbor.encode(values(LATER))[1:] + b"\xff", Code.CBOR_NOT_DETERMINISTIC),
    ],
)
def test_another_array_or_another_encoding_is_refused(payload: bytes, code: Code) -> None:
    """[MSG-1] [CBOR-1] [CBOR-3] [CBOR-4]"""
    assert refused(payload) == (code, Stage.FORM)


@pytest.mark.parametrize(
    ("small", "longer"),
    [(b"\x07", b"\x18\x07"), (b"\x18\x1a", b"\x19\x00\x1a"), (b"\x19\x01\x00", b"\x1a\x00\x00\x01\x00")],
)
def test_a_number_has_one_encoding_at_every_place(small: bytes, longer: bytes) -> None:
    """[CBOR-3]"""
    number: Any = cbor.decode(small)
    header = LATER._replace(number=number, time=number, expiry=number, highest=number)
    payload = cbor.encode(values(header))
    assert read_header(payload) == header
    at = payload.find(small, 70)
    found = 0
    while at >= 0:
        changed_payload = payload[:at] + longer + payload[at + len(small) :]
        with pytest.raises(Violation) as refusal:
            read_header(changed_payload)
        found += refusal.value.code is Code.CBOR_NOT_DETERMINISTIC
        at = payload.find(small, at + 1)
    assert found >= 4


def test_a_sender_cannot_sign_what_has_no_encoding() -> None:
    with pytest.raises(UsageError):
        sign_header(KEY, LATER._replace(name="\ud800"))


def test_a_line_begins_from_the_key_events_of_both_sides_in_that_order() -> None:
    """[ORDER-2]"""
    assert genesis(an_id(1), an_id(2)) == sha256(an_id(1) + an_id(2)).digest()
    assert genesis(an_id(1), an_id(2)) != genesis(an_id(2), an_id(1))
