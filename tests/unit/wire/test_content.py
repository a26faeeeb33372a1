"""What a frame seals: four places, a signed start, an introduction that proves itself."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.limits import CONTENT_BYTES_MAX, FRAME_BYTES_MAX, INTEGER_MAX, KEY_EVENTS_MAX, PARTS_MAX
from pcloud.wire import cbor, content, cose, keylog, session
from pcloud.wire.content import Content, Introduction, Start
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part

SHAPE = (Stage.FORM, Code.SHAPE)
SIGNED = b"signed object"
PART = Part(b"s" * 16, b"data")
LONG = b"\xd2" + b"x" * 400


def refused(read: Any, *args: Any, **more: Any) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        read(*args, **more)
    return refusal.value.stage, refusal.value.code


# Content

CONTENTS = [
    Content(b"start", None, None, ()),
    Content(None, None, SIGNED, ()),
    Content(b"start", Introduction((b"event",), None), SIGNED, (PART, None, PART)),
    Content(b"start", Introduction((b"event", b""), b"succession"), None, ()),
    Content(None, None, LONG, (PART,)),
    Content(None, None, LONG, ()),
    Content(None, None, LONG, (None,) * PARTS_MAX),
    Content(None, Introduction((b"event",) * KEY_EVENTS_MAX, None), LONG, (Part(b"s" * 16, b""),)),
]


@pytest.mark.parametrize("given", CONTENTS)
def test_a_content_is_the_array_of_the_chapter_and_comes_back(given: Content) -> None:
    """[SEAL-20]"""
    introduction: Any = given.introduction
    if introduction is not None:
        introduction = [list(introduction.events), introduction.succession]
    parts = [None if part is None else [part.salt, part.data] for part in given.parts]
    data = content.write_content(given)
    assert data == cbor.encode([given.start, introduction, given.signed, parts])
    assert content.read_content(data) == given


INTRODUCTION: list[Any] = [[b"event"], None]
GOOD_PART: list[Any] = [b"s" * 16, b"data"]
WRONG: list[Any] = [
    [],
    [None, None, SIGNED],
    [None, None, SIGNED, [], None],
    [None, None, None, []],
    [None, INTRODUCTION, None, []],
    [b"start", None, None, [GOOD_PART]],
    [b"start", None, None, [None]],
    ["start", None, SIGNED, []],
    [1, None, SIGNED, []],
    [False, None, SIGNED, []],
    [[b"start"], None, SIGNED, []],
    [None, [], SIGNED, []],
    [None, [[b"event"]], SIGNED, []],
    [None, [[b"event"], None, None], SIGNED, []],
    [None, [[], None], SIGNED, []],
    [None, [None, None], SIGNED, []],
    [None, [[b"event"] * (KEY_EVENTS_MAX + 1), None], SIGNED, []],
    [None, [["event"], None], SIGNED, []],
    [None, [[None], None], SIGNED, []],
    [None, [b"event", None], SIGNED, []],
    [None, [[b"event"], "succession"], SIGNED, []],
    [None, [[b"event"], False], SIGNED, []],
    [None, b"introduction", SIGNED, []],
    [None, {0: [b"event"], 1: None}, SIGNED, []],
    [None, None, "signed", []],
    [None, None, 1, []],
    [None, None, [SIGNED], []],
    {0: None, 1: None, 2: SIGNED, 3: []},
    SIGNED,
    None,
    4,
]
WRONG_PARTS: list[Any] = [
    None,
    {},
    b"",
    0,
    [0],
    [b"data"],
    [[]],
    [[b"s" * 16]],
    [[b"s" * 16, b"data", None]],
    [[b"s" * 15, b"data"]],
    [[b"s" * 17, b"data"]],
    [["s" * 16, b"data"]],
    [[None, b"data"]],
    [[b"s" * 16, "data"]],
    [[b"s" * 16, None]],
    [[b"s" * 16, True]],
    [GOOD_PART, False],
    [None] * (PARTS_MAX + 1),
    [{0: b"s" * 16, 1: b"data"}],
]
WRONG += [[None, None, signed, parts] for parts in WRONG_PARTS for signed in (SIGNED, LONG)]


@pytest.mark.parametrize("values", WRONG)
def test_a_content_of_another_shape_is_refused(values: Any) -> None:
    """[SEAL-20]"""
    assert refused(content.read_content, cbor.encode(values)) == SHAPE


def nested(depth: int) -> bytes:
    return b"\x81" * depth + b"\x80"


@pytest.mark.parametrize("signed", [SIGNED, LONG], ids=["short", "long"])
@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (nested(14), Code.SHAPE),
        (nested(15), Code.CBOR_DEPTH),
        (b"\x99\x0f\xfb" + b"\0" * 4_091, Code.SHAPE),
        (b"\x99\x0f\xfc" + b"\0" * 4_092, Code.CBOR_ITEMS),
        (b"\x80\0", Code.CBOR_MALFORMED),
        (b"", Code.CBOR_MALFORMED),
        (b"\x81", Code.CBOR_MALFORMED),
        (b"\x98\x01\xf6", Code.CBOR_NOT_DETERMINISTIC),
        (b"\x9f\xff", Code.CBOR_NOT_DETERMINISTIC),
        (b"\x81\xfb" + bytes(8), Code.CBOR_TYPE),
    ],
)
def test_parts_are_judged_as_what_they_are_inside_the_whole(signed: bytes, parts: bytes, code: Code) -> None:
    """[CBOR-15] [CBOR-16] [CBOR-17]"""
    data = b"\x84\xf6\xf6" + cbor.encode(signed) + parts
    assert refused(content.read_content, data) == (Stage.FORM, code)


def test_a_head_longer_than_needed_is_refused_before_long_contents_too() -> None:
    """[CBOR-3]"""
    data = b"\x84\xf6\xf6\x59\x00\xff" + b"x" * 255 + b"\x80"
    assert refused(content.read_content, data) == (Stage.FORM, Code.CBOR_NOT_DETERMINISTIC)
    for size in (b"\xff\xff", b"\x01\x90"):
        data = b"\x84\xf6\xf6\x59" + size + b"x" * 300
        assert refused(content.read_content, data) == (Stage.FORM, Code.CBOR_MALFORMED)


def test_the_largest_content_is_made_and_read_and_no_larger_one() -> None:
    """[SEAL-17]"""
    room = CONTENT_BYTES_MAX - len(content.write_content(Content(None, None, bytes(40_000), ())))
    largest = Content(None, None, bytes(40_000 + room), ())
    data = content.write_content(largest)
    assert len(data) == CONTENT_BYTES_MAX
    assert content.read_content(data) == largest
    with pytest.raises(UsageError) as refusal:
        content.write_content(largest._replace(signed=bytes(40_001 + room)))
    assert refusal.value.code is Code.CONTENT_TOO_LARGE
    beyond = cbor.encode([None, None, bytes(40_001 + room), []])
    assert refused(content.read_content, beyond) == (Stage.SIZE, Code.CONTENT_TOO_LARGE)
    junk = b"\xff" * (CONTENT_BYTES_MAX + 1)
    assert refused(content.read_content, junk) == (Stage.SIZE, Code.CONTENT_TOO_LARGE)


def test_the_largest_content_fits_in_every_kind_of_frame() -> None:
    """[SEAL-10] [SEAL-17]"""
    key = HybridKey.from_seed(b"\1" * 32)
    block, made = session.make_start(key.public, bytes(32), (None, bytes(32)), INTEGER_MAX, INTEGER_MAX)
    content_bytes = bytes(CONTENT_BYTES_MAX)
    assert len(session.seal_frame(made, block, content_bytes, bytes(12))) <= FRAME_BYTES_MAX
    assert len(session.seal_contact(key.public, content_bytes)) <= FRAME_BYTES_MAX


# The signed start

KEY = SigningKey.from_seed(b"\1" * 32)
START = Start(b"\1" * 32, b"\2" * 32, 0, 3, b"\3" * 16, 1, 0)
ID, SESSION = b"\1" * 32, b"\3" * 16
NUMBERS_WRONG: list[Any] = [-1, True, None, "1", b"\1", [1]]
IDS_WRONG: list[Any] = [b"", bytes(31), bytes(33), "x" * 32, None, 1]


@pytest.mark.parametrize(
    "start", [START, Start(ID, ID, KEY_EVENTS_MAX - 1, KEY_EVENTS_MAX - 1, SESSION, INTEGER_MAX, INTEGER_MAX)]
)
def test_a_signed_start_is_signed_as_a_start_and_comes_back(start: Start) -> None:
    signed = cose.parse_sign1(content.sign_start(KEY, start), cose.START)
    cose.verify_sign1(signed, KEY.public)
    assert signed.payload == cbor.encode([1, *start])
    assert content.read_start(signed.payload) == start


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *((place, value) for place in (1, 2) for value in IDS_WRONG),
        *((place, value) for place in (3, 4) for value in [*NUMBERS_WRONG, KEY_EVENTS_MAX]),
        *((5, value) for value in (b"", bytes(15), bytes(17), "x" * 16, None, 1)),
        *((6, value) for value in [*NUMBERS_WRONG, 0]),
        *((7, value) for value in NUMBERS_WRONG),
    ],
)
def test_every_place_of_a_start_wrong_in_turn_is_refused(place: int, value: Any) -> None:
    """[CBOR-18]"""
    values: list[Any] = [1, *START]
    values[place] = value
    assert refused(content.read_start, cbor.encode(values)) == SHAPE


@pytest.mark.parametrize("version", [0, 2, True, None, "1"])
def test_a_start_or_a_succession_of_another_version_is_refused_by_name(version: Any) -> None:
    """[CONF-7] [COSE-20]"""
    for values in ([version, *START], [version, *START, 0], [version]):
        data = cbor.encode(values)
        assert refused(content.read_start, data) == (Stage.FORM, Code.VERSION_UNKNOWN)
    found = introduced(tie(cbor.encode([version, KNOWN.persona, SUCCESSOR.persona, PEER])))
    assert found == (Stage.FORM, Code.VERSION_UNKNOWN)


@pytest.mark.parametrize("values", [[], [1], [1, *START][:-1], [1, *START, None], {0: 1}, 1, None, b""])
def test_a_start_of_another_length_or_type_is_refused(values: Any) -> None:
    """[CBOR-18]"""
    assert refused(content.read_start, cbor.encode(values)) == SHAPE


# Introductions

CONTACT = HybridKey.from_seed(b"\4" * 32).public
INVITER, NEXT, STRANGER = (SigningKey.from_seed(bytes([number]) * 32) for number in (5, 6, 7))
LATER = SigningKey.from_seed(b"\x08" * 32)
PEER = b"\x09" * 32


def log_of(key: SigningKey, committed: bytes | None = None) -> KeyLog:
    return KeyLog((keylog.first_event(key, CONTACT, committed),))


KNOWN = log_of(INVITER)
SUCCESSOR = log_of(NEXT, keylog.commitment(LATER.public))
PERSONAS = (KNOWN.persona, SUCCESSOR.persona, PEER)
EVENTS = (SUCCESSOR.events[0].data,)
SUCCESSION = content.make_succession(INVITER, NEXT, PERSONAS)


def read(introduction: Introduction, *, peer: bytes = PEER) -> KeyLog:
    return content.read_introduced(introduction, known=KNOWN.persona, known_key=INVITER.public, peer=peer)


def introduced(succession: bytes | None, *, peer: bytes = PEER) -> tuple[Stage, Code]:
    return refused(read, Introduction(EVENTS, succession), peer=peer)


def tie(payload: bytes, first: SigningKey = INVITER, second: SigningKey = NEXT) -> bytes:
    parts = [(key.public, cose.sign_part(key, cose.SUCCESSION, payload)) for key in (first, second)]
    return cose.assemble(cose.SUCCESSION, payload, parts[0], parts[1])


WRONG_PARTY = (Stage.AUTHENTIC, Code.WRONG_PARTY)
MISMATCH = (Stage.AUTHENTIC, Code.KEY_MISMATCH)


def test_the_persona_that_is_known_needs_no_succession() -> None:
    """[SEAL-28]"""
    assert read(Introduction((KNOWN.events[0].data,), None)) == KNOWN
    assert read(Introduction((KNOWN.events[0].data,), b"not looked at")) == KNOWN


def test_a_successor_proves_itself_to_one_peer() -> None:
    """[ID-28] [REL-20]"""
    assert tie(cbor.encode([1, *PERSONAS])) == SUCCESSION
    assert read(Introduction(EVENTS, SUCCESSION)) == SUCCESSOR


def test_a_successor_with_a_longer_log_signs_with_the_key_of_its_first_event() -> None:
    """[ID-28]"""
    grown = keylog.next_event(SUCCESSOR, LATER, LATER.public, CONTACT, None)
    events = (*EVENTS, grown.data)
    assert read(Introduction(events, SUCCESSION)).epoch == 1
    by_later = content.make_succession(INVITER, LATER, PERSONAS)
    assert refused(read, Introduction(events, by_later)) == MISMATCH


def test_without_a_succession_another_persona_is_a_stranger() -> None:
    """[SEAL-28] [REL-20]"""
    assert introduced(None) == WRONG_PARTY


@pytest.mark.parametrize(
    "personas",
    [
        (bytes(32), SUCCESSOR.persona, PEER),
        (KNOWN.persona, bytes(32), PEER),
        (KNOWN.persona, SUCCESSOR.persona, bytes(32)),
        (SUCCESSOR.persona, KNOWN.persona, PEER),
    ],
)
def test_a_succession_of_others_or_for_another_peer_is_refused(personas: tuple[bytes, bytes, bytes]) -> None:
    """[ID-29]"""
    assert introduced(content.make_succession(INVITER, NEXT, personas)) == WRONG_PARTY
    assert introduced(SUCCESSION, peer=bytes(32)) == WRONG_PARTY


def test_both_must_sign_in_their_order() -> None:
    """[ID-28] [COSE-16]"""
    payload = cbor.encode([1, *PERSONAS])
    for first, second in ((NEXT, INVITER), (STRANGER, NEXT), (INVITER, STRANGER)):
        assert introduced(tie(payload, first, second)) == MISMATCH


@pytest.mark.parametrize("at", [-1, -33, -64, -180, -200])
def test_both_signatures_must_verify(at: int) -> None:
    """[COSE-17]"""
    broken = bytearray(SUCCESSION)
    broken[at] ^= 1
    with pytest.raises(Violation):
        read(Introduction(EVENTS, bytes(broken)))
    payload = cbor.encode([1, *PERSONAS])
    one = cose.sign_part(INVITER, cose.SUCCESSION, payload)
    two = cose.sign_part(NEXT, cose.SUCCESSION, payload)
    for pair in ((bytes(64), two), (one, bytes(64)), (two, one), (one, one)):
        signed = cose.assemble(cose.SUCCESSION, payload, (INVITER.public, pair[0]), (NEXT.public, pair[1]))
        assert introduced(signed) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)


@pytest.mark.parametrize(
    "values",
    [
        [],
        [1],
        [1, KNOWN.persona, SUCCESSOR.persona],
        [1, *PERSONAS, None],
        [1, KNOWN.persona[:-1], SUCCESSOR.persona, PEER],
        [1, KNOWN.persona, "x" * 32, PEER],
        [1, KNOWN.persona, SUCCESSOR.persona, None],
        {0: 1},
        None,
    ],
)
def test_a_succession_of_another_shape_is_refused(values: Any) -> None:
    """[CBOR-18]"""
    assert introduced(tie(cbor.encode(values))) == SHAPE


def test_a_succession_signed_as_something_else_is_refused() -> None:
    """[COSE-5]"""
    payload = cbor.encode([1, *PERSONAS])
    parts = [(key.public, cose.sign_part(key, cose.AGREEMENT, payload)) for key in (INVITER, NEXT)]
    other = cose.assemble(cose.AGREEMENT, payload, parts[0], parts[1])
    assert introduced(other) == (Stage.FORM, Code.TYPE_MISMATCH)
    assert introduced(b"") == (Stage.FORM, Code.COSE_STRUCTURE)


def test_a_log_that_does_not_hold_introduces_nobody() -> None:
    """[SEAL-26] [ID-15]"""
    broken = EVENTS[0][:-1] + bytes([EVENTS[0][-1] ^ 1])
    found = refused(read, Introduction((broken,), SUCCESSION))
    assert found == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)
    twice = refused(read, Introduction((*EVENTS, *EVENTS), SUCCESSION))
    assert twice == (Stage.AUTHENTIC, Code.LOG_INVALID)
