"""Positions: the numbers a line names, and every place wrong in turn."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pytest

from pcloud.errors import STAGE_OF, Code, Stage, Violation
from pcloud.limits import (
    CODE_BYTES_MAX,
    CONTENT_BYTES_MAX,
    ENDPOINT_BYTES_MAX,
    ENDPOINTS_MAX,
    INTEGER_MAX,
    KEY_EVENTS_MAX,
    POSITION_LINES_MAX,
    POSITION_REFUSALS_MAX,
    POSITION_STEPS_MAX,
)
from pcloud.wire import cbor, cose, keylog, position
from pcloud.wire.answers import KeyOffer, Parties, Refusal
from pcloud.wire.content import Content, Start, sign_start, write_content
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.position import LineHeads, Position

KEY = SigningKey.from_seed(b"\1" * 32)
PUBLIC = HybridKey.from_seed(b"\2" * 32).public
WHO = Parties(b"\3" * 32, b"\4" * 32, 1, 2)
ID, MAILBOX = b"\5" * 32, b"\6" * 16
OFFER = KeyOffer(1, PUBLIC)
SHAPE = (Stage.FORM, Code.SHAPE)


def each(place: int, values: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(place, value) for value in values]


def line_to(last: int, refusals: tuple[Refusal, ...] = ()) -> LineHeads:
    return LineHeads(
        outgoing=True,
        sender_epoch=0,
        recipient_epoch=1,
        heads=tuple((number, ID) for number in position.steps(last)),
        refusals=refusals,
    )


EMPTY = Position(WHO, OFFER, None, (b"event",), MAILBOX, ("https://a.example",), ())
FULL = EMPTY._replace(
    event=ID,
    log=(b"event", b""),
    endpoints=("a", "b", "c"),
    lines=(
        line_to(20, (Refusal(3, "expired"), Refusal(20, "internal"))),
        line_to(1)._replace(outgoing=False),
    ),
)


def refused(typ: str, values: Any) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        position.read_position(typ, cbor.encode(values))
    return refusal.value.stage, refusal.value.code


def values_of(given: Position = FULL) -> list[Any]:
    lines = [
        [*line[:3], [list(head) for head in line.heads], [list(refusal) for refusal in line.refusals]]
        for line in given.lines
    ]
    key = list(given.key)
    return [1, *given.parties, None, key, given.event, [*given.log], given.mailbox, [*given.endpoints], lines]


@pytest.mark.parametrize(("typ", "given"), [(cose.RECOVER, EMPTY), (cose.RECOVERED, FULL)])
def test_a_position_is_signed_as_its_type_and_comes_back(typ: str, given: Position) -> None:
    """[REC-5] [ORDER-1]"""
    signed = cose.parse_sign1(position.sign_position(KEY, typ, given), typ)
    cose.verify_sign1(signed, KEY.public)
    assert signed.payload == cbor.encode(values_of(given))
    assert position.read_position(typ, signed.payload) == given


@pytest.mark.parametrize(
    ("last", "numbers"),
    [
        (0, ()),
        (1, (1,)),
        (2, (2, 1)),
        (3, (3, 2, 1)),
        (4, (4, 3, 2, 1)),
        (5, (5, 4, 3, 1)),
        (6, (6, 5, 4, 2, 1)),
        (10, (10, 9, 8, 6, 2, 1)),
        (20, (20, 19, 18, 16, 12, 4, 1)),
    ],
)
def test_a_line_names_its_last_numbers_and_fewer_before(last: int, numbers: tuple[int, ...]) -> None:
    """[REC-5]"""
    assert position.steps(last) == numbers


def test_the_longest_line_names_as_many_as_are_allowed() -> None:
    """[REC-5]"""
    assert max(len(position.steps(2**power)) for power in range(54)) <= POSITION_STEPS_MAX
    assert len(position.steps(INTEGER_MAX)) <= POSITION_STEPS_MAX
    for last in range(1, 400):
        found = position.steps(last)
        assert (found[0], found[-1]) == (last, 1)
        assert list(found) == sorted(set(found), reverse=True)


NUMBERS_WRONG: list[Any] = [-1, True, None, "1", b"\1", [1]]
IDS_WRONG: list[Any] = [b"", bytes(31), bytes(33), "x" * 32, 1, [ID]]
EPOCHS_WRONG = [*NUMBERS_WRONG, KEY_EVENTS_MAX]
PLACES_WRONG: list[tuple[int, Any]] = [
    *((place, value) for place in (1, 2) for value in [*IDS_WRONG, None]),
    *((place, value) for place in (3, 4) for value in EPOCHS_WRONG),
    *each(5, (bytes(16), b"", False, 0)),
    *each(6, (None, PUBLIC, [], [1], [1, PUBLIC, 1], [1, None], [1, "x"], False)),
    *((6, [number, PUBLIC]) for number in [*NUMBERS_WRONG, 0]),
    *each(7, IDS_WRONG),
    *each(8, ([], [b"e"] * (KEY_EVENTS_MAX + 1), ["e"], [None], None, b"e", {0: b"e"})),
    *each(9, (b"", bytes(15), bytes(17), "x" * 16, None, 1)),
    *each(10, ([], ["a"] * 4, [""], ["x" * 256], [b"a"], [None], "a", None)),
    *each(11, (None, {}, b"", 0, [None], [[]], [1])),
]


@pytest.mark.parametrize(("place", "value"), PLACES_WRONG)
def test_every_place_wrong_in_turn_is_refused(place: int, value: Any) -> None:
    """[REC-5]"""
    values = values_of()
    values[place] = value
    assert refused(cose.RECOVERED, values) == SHAPE


@pytest.mark.parametrize(
    ("public", "code"), [(PUBLIC[1:], Code.KEY_ENCODING), (PUBLIC[:-32] + bytes(32), Code.KEY_SMALL_ORDER)]
)
def test_the_key_is_checked_before_it_is_kept(public: bytes, code: Code) -> None:
    """[SEAL-3] [SEAL-4]"""
    values = values_of()
    values[6] = [1, public]
    assert refused(cose.RECOVERED, values) == (Stage.FORM, code)


def test_an_answer_names_the_event_it_answers_and_recover_none() -> None:
    """[REC-5]"""
    assert refused(cose.RECOVERED, values_of(EMPTY)) == SHAPE
    assert refused(cose.RECOVER, values_of(FULL)) == SHAPE


@pytest.mark.parametrize("version", [0, 2, True, None, "1"])
def test_another_version_is_refused_by_name_whatever_its_length(version: Any) -> None:
    """[CONF-7] [COSE-20]"""
    for rest in (values_of()[1:], values_of()[1:-1], [*values_of()[1:], 0], []):
        assert refused(cose.RECOVERED, [version, *rest]) == (Stage.FORM, Code.VERSION_UNKNOWN)


@pytest.mark.parametrize("values", [[], [1], values_of()[:-1], [*values_of(), None], {1: 1}, 1, None, b""])
def test_another_length_or_type_is_refused(values: Any) -> None:
    """[REC-5]"""
    assert refused(cose.RECOVERED, values) == SHAPE


def heads(*numbers: Any) -> list[Any]:
    return [[number, ID] for number in numbers]


GOOD_LINE: list[Any] = [True, 0, 1, heads(5, 4, 3, 1), [[2, "expired"]]]
LINES_WRONG: list[tuple[int, Any]] = [
    *each(0, (0, 1, None, "true", b"\1")),
    *((place, value) for place in (1, 2) for value in EPOCHS_WRONG),
    *each(
        3,
        (
            [],
            None,
            {},
            [None],
            [5, ID],
            heads(5),
            heads(5, 4, 3),
            heads(5, 4, 3, 2, 1),
            heads(5, 4, 1),
            heads(5, 3, 1),
            heads(1, 3, 4, 5),
            heads(5, 4, 3, 1, 1),
            heads(5, 4, 3, 0),
            heads(0),
            heads(-1),
            [[True, ID]],
            heads(None),
            heads("1"),
            [[1]],
            [[1, ID, 0]],
            [[1, None]],
            [[1, ID[:-1]]],
            [[1, ID + b"\0"]],
            [[1, "x" * 32]],
            [{1: ID}],
            heads(*range(POSITION_STEPS_MAX + 1, 0, -1)),
        ),
    ),
    *each(
        4,
        (
            None,
            {},
            [2],
            [[2]],
            [[2, "expired", 0]],
            [[0, "expired"]],
            [[True, "expired"]],
            [[None, "expired"]],
            [[2, ""]],
            [[2, "x" * (CODE_BYTES_MAX + 1)]],
            [[2, None]],
            [[2, b"expired"]],
            [[3, "expired"], [2, "expired"]],
            [[2, "expired"], [2, "expired"]],
            [[number, "expired"] for number in range(1, POSITION_REFUSALS_MAX + 2)],
        ),
    ),
]


@pytest.mark.parametrize(("place", "value"), LINES_WRONG)
def test_every_place_of_a_line_wrong_in_turn_is_refused(place: int, value: Any) -> None:
    """[REC-5]"""
    line = [*GOOD_LINE[:place], value, *GOOD_LINE[place + 1 :]]
    values = values_of()
    values[11] = [line]
    assert refused(cose.RECOVERED, values) == SHAPE


def test_a_line_more_or_a_place_more_in_a_line_is_refused() -> None:
    """[REC-5]"""
    values = values_of()
    values[11] = [GOOD_LINE] * POSITION_LINES_MAX
    assert len(position.read_position(cose.RECOVERED, cbor.encode(values)).lines) == POSITION_LINES_MAX
    for lines in ([GOOD_LINE] * (POSITION_LINES_MAX + 1), [GOOD_LINE[:-1]], [[*GOOD_LINE, None]]):
        values[11] = lines
        assert refused(cose.RECOVERED, values) == SHAPE


def longest_log() -> KeyLog:
    """As long as a log can be, every number as large as it can be."""
    contact = HybridKey.from_seed(b"\7" * 32).public
    signers = [SigningKey.from_seed(bytes([number]) * 32) for number in range(10, 11 + KEY_EVENTS_MAX)]
    log = KeyLog((keylog.first_event(signers[0], contact, keylog.commitment(signers[1].public)),))
    for signer, following in pairwise(signers[1:]):
        event = keylog.next_event(log, signer, signer.public, contact, keylog.commitment(following.public))
        log = KeyLog((*log.events, event))
    return log


def test_the_fullest_position_with_registered_codes_fits_a_content() -> None:
    """[SEAL-17]"""
    code = max((code for code in Code if STAGE_OF[code] in {Stage.GATE, Stage.CONTENT}), key=len)
    log = longest_log()
    assert len(log.events) == KEY_EVENTS_MAX
    last = max((2**53 - 1, 2**52 + 1, 2**53 - 2), key=lambda number: len(position.steps(number)))
    first = last - POSITION_REFUSALS_MAX + 1
    refusals = tuple(Refusal(number, str(code)) for number in range(first, last + 1))
    who = Parties(ID, ID, KEY_EVENTS_MAX - 1, KEY_EVENTS_MAX - 1)
    events = tuple(event.data for event in log.events)
    endpoints = ("x" * ENDPOINT_BYTES_MAX,) * ENDPOINTS_MAX
    lines = (line_to(last, refusals)._replace(sender_epoch=23, recipient_epoch=23),) * POSITION_LINES_MAX
    fullest = Position(who, KeyOffer(INTEGER_MAX, PUBLIC), ID, events, MAILBOX, endpoints, lines)
    data = position.sign_position(KEY, cose.RECOVERED, fullest)
    payload = cose.parse_sign1(data, cose.RECOVERED).payload
    assert position.read_position(cose.RECOVERED, payload) == fullest
    start = sign_start(KEY, Start(*who, MAILBOX, INTEGER_MAX, INTEGER_MAX))
    assert len(write_content(Content(start, None, data, ()))) <= CONTENT_BYTES_MAX
