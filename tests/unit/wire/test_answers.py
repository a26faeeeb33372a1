"""Answers: one array each, every place wrong in turn."""

from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import CONTENT_BYTES_MAX, INTEGER_MAX, KEY_EVENTS_MAX, WINDOW_MESSAGES
from pcloud.wire import answers, cbor, cose
from pcloud.wire.answers import Answer, Busy, Expected, Fork, KeyOffer, Parties, Receipt, Refusal, Stale
from pcloud.wire.content import Content, Start, sign_start, write_content
from pcloud.wire.keys import HybridKey, SigningKey

KEY = SigningKey.from_seed(b"\1" * 32)
PUBLIC = HybridKey.from_seed(b"\2" * 32).public
SMALL_ORDER = PUBLIC[:-32] + bytes(32)
WHO = Parties(b"\3" * 32, b"\4" * 32, 0, 2)
SESSION = b"\5" * 16
ID = b"\6" * 32
OFFER = KeyOffer(1, PUBLIC)
SHAPE = (Stage.FORM, Code.SHAPE)

ANSWERS: list[Answer] = [
    Receipt(WHO, None, None, 0, None, ()),
    Receipt(WHO, SESSION, OFFER, 7, ID, (Refusal(1, "expired"), Refusal(7, "not-in-state"))),
    Receipt(WHO, None, OFFER, 1_000, ID, (Refusal(745, "x" * 32), Refusal(1_000, "a"))),
    Expected(WHO, None, None, 1),
    Expected(WHO, SESSION, OFFER, INTEGER_MAX),
    Fork(WHO, None, None, 0, None),
    Fork(WHO, SESSION, OFFER, 9, ID),
    Busy(WHO, None, None),
    Busy(WHO, SESSION, KeyOffer(INTEGER_MAX, PUBLIC)),
    Stale(WHO, None, None, (b"event",)),
    Stale(WHO, None, None, (b"",) * KEY_EVENTS_MAX),
]
TYPES = {
    Receipt: "pcloud-receipt",
    Expected: "pcloud-expected",
    Fork: "pcloud-fork",
    Busy: "pcloud-busy",
    Stale: "pcloud-stale",
}


def refused(typ: str, values: Any) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        answers.read_answer(typ, cbor.encode(values))
    return refusal.value.stage, refusal.value.code


def head(session: Any = None, key: Any = None) -> list[Any]:
    return [1, *WHO, session, key]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_signed_as_its_type_and_comes_back(answer: Answer) -> None:
    """[ORDER-17]"""
    typ = TYPES[type(answer)]
    signed = cose.parse_sign1(answers.sign_answer(KEY, answer), typ)
    cose.verify_sign1(signed, KEY.public)
    assert answers.read_answer(typ, signed.payload) == answer


def test_the_array_is_that_of_the_chapter() -> None:
    """[ORDER-17]"""
    receipt = ANSWERS[1]
    payload = cose.parse_sign1(answers.sign_answer(KEY, receipt), cose.RECEIPT).payload
    tail: list[Any] = [7, ID, [[1, "expired"], [7, "not-in-state"]]]
    assert payload == cbor.encode([*head(SESSION, [1, PUBLIC]), *tail])
    assert set(TYPES.values()) == answers.ANSWER_TYPES


TAILS: dict[str, list[Any]] = {
    cose.RECEIPT: [7, ID, []],
    cose.EXPECTED: [7],
    cose.FORK: [7, ID],
    cose.BUSY: [],
    cose.STALE: [[b"event"]],
}
EVERY = pytest.mark.parametrize("typ", sorted(TAILS))
IDS_WRONG: list[Any] = [b"", bytes(31), bytes(33), "x" * 32, None, 1, [ID]]
NUMBERS_WRONG: list[Any] = [-1, True, False, None, "1", b"\1", [1]]
HEADS_WRONG: list[tuple[int, Any]] = [
    *((place, value) for place in (1, 2) for value in IDS_WRONG),
    *((place, value) for place in (3, 4) for value in [*NUMBERS_WRONG, KEY_EVENTS_MAX]),
    *((5, value) for value in (b"", bytes(15), bytes(17), "x" * 16, False, 0, [SESSION])),
    *((6, value) for value in (False, 1, b"", PUBLIC, "x", [], [1], [1, PUBLIC, None], {1: PUBLIC})),
    *((6, [number, PUBLIC]) for number in [*NUMBERS_WRONG, 0]),
    *((6, [1, public]) for public in (None, 1, "x" * 1_216, [PUBLIC])),
]


@EVERY
@pytest.mark.parametrize(("place", "value"), HEADS_WRONG)
def test_every_place_that_answers_share_wrong_in_turn_is_refused(typ: str, place: int, value: Any) -> None:
    """[ORDER-17]"""
    values = [*head(), *TAILS[typ]]
    values[place] = value
    assert refused(typ, values) == SHAPE


@EVERY
@pytest.mark.parametrize(
    ("public", "code"),
    [
        (PUBLIC[:-1], Code.KEY_ENCODING),
        (PUBLIC + b"\0", Code.KEY_ENCODING),
        (b"", Code.KEY_ENCODING),
        (b"\xff" * 1_216, Code.KEY_ENCODING),
        (SMALL_ORDER, Code.KEY_SMALL_ORDER),
    ],
)
def test_an_announced_key_is_checked_before_it_is_kept(typ: str, public: bytes, code: Code) -> None:
    """[SEAL-3] [SEAL-4] [ERR-3]: stale names no key at all, and the shape comes first."""
    wanted = SHAPE if typ == cose.STALE else (Stage.FORM, code)
    assert refused(typ, [*head(SESSION, [1, public]), *TAILS[typ]]) == wanted


@EVERY
def test_a_session_comes_with_a_key(typ: str) -> None:
    """[SEAL-34] [ORDER-17]"""
    assert refused(typ, [*head(SESSION, None), *TAILS[typ]]) == SHAPE


def test_stale_names_no_session_and_no_key() -> None:
    """[ORDER-17]"""
    assert refused(cose.STALE, [*head(SESSION, [1, PUBLIC]), [b"event"]]) == SHAPE
    assert refused(cose.STALE, [*head(None, [1, PUBLIC]), [b"event"]]) == SHAPE


@EVERY
@pytest.mark.parametrize("version", [0, 2, -1, True, None, "1", b"\1"])
def test_another_version_is_refused_by_name_whatever_its_length(typ: str, version: Any) -> None:
    """[CONF-7] [COSE-20]"""
    for rest in ([*head()[1:], *TAILS[typ]], [*head()[1:], *TAILS[typ], 0], []):
        assert refused(typ, [version, *rest]) == (Stage.FORM, Code.VERSION_UNKNOWN)


@EVERY
def test_another_length_is_refused(typ: str) -> None:
    """[ORDER-17]"""
    values = [*head(), *TAILS[typ]]
    for other in (values[:-1], [*values, None], [*values, []], values[:1], values[:6], []):
        assert refused(typ, other) == SHAPE
    for thing in ({0: 1}, None, 1, b"", "x"):
        assert refused(typ, thing) == SHAPE


TAILS_WRONG: list[tuple[str, list[Any]]] = [
    *((cose.EXPECTED, [value]) for value in [*NUMBERS_WRONG, 0]),
    *(
        (typ, [value, ID, *rest])
        for typ, *rest in ((cose.RECEIPT, []), (cose.FORK,))
        for value in NUMBERS_WRONG
    ),
    *((typ, [7, value, *rest]) for typ, *rest in ((cose.RECEIPT, []), (cose.FORK,)) for value in IDS_WRONG),
    *((typ, [0, ID, *rest]) for typ, *rest in ((cose.RECEIPT, []), (cose.FORK,))),
    *(
        (cose.STALE, [value])
        for value in ([], [b"e"] * (KEY_EVENTS_MAX + 1), ["event"], [None], b"event", None)
    ),
]


@pytest.mark.parametrize(("typ", "tail"), TAILS_WRONG)
def test_every_other_place_wrong_in_turn_is_refused(typ: str, tail: list[Any]) -> None:
    """[ORDER-17] [ORDER-18]"""
    assert refused(typ, [*head(), *tail]) == SHAPE


REFUSALS_WRONG: list[Any] = [
    None,
    {},
    b"",
    [7],
    [[7]],
    [[7, "expired", 0]],
    [{7: "expired"}],
    [[True, "expired"]],
    [[None, "expired"]],
    [["7", "expired"]],
    [[-1, "expired"]],
    [[0, "expired"]],
    [[5, ""]],
    [[5, "x" * 33]],
    [[5, "é" * 17]],
    [[5, None]],
    [[5, b"expired"]],
    [[5, 1]],
    [[5, "expired"], [5, "expired"]],
    [[6, "expired"], [5, "expired"]],
    [[8, "expired"]],
    [[7, "expired"], [8, "expired"]],
]


@pytest.mark.parametrize("refusals", REFUSALS_WRONG)
def test_refusals_rise_and_stay_within_what_was_judged(refusals: Any) -> None:
    """[ORDER-18]"""
    assert refused(cose.RECEIPT, [*head(), 7, ID, refusals]) == SHAPE


def test_refusals_stay_within_the_window() -> None:
    """[ORDER-18]"""
    first = 1_000 - WINDOW_MESSAGES + 1
    tail: list[Any] = [1_000, ID, [[first, "expired"]]]
    read = answers.read_answer(cose.RECEIPT, cbor.encode([*head(), *tail]))
    assert isinstance(read, Receipt)
    assert read.refusals == (Refusal(first, "expired"),)
    for refusals in ([[first - 1, "expired"]], [[first - 1, "expired"], [1_000, "expired"]]):
        assert refused(cose.RECEIPT, [*head(), 1_000, ID, refusals]) == SHAPE
    too_many = [[number, "expired"] for number in range(first - 1, 1_001)]
    assert refused(cose.RECEIPT, [*head(), 1_000, ID, too_many]) == SHAPE
    assert refused(cose.RECEIPT, [*head(), 0, None, [[1, "expired"]]]) == SHAPE


def test_a_code_that_nobody_knows_is_kept_as_it_is() -> None:
    """[CONF-6] [ERR-5]"""
    payload = cbor.encode([*head(), 7, ID, [[7, "from-a-later-day"]]])
    read = answers.read_answer(cose.RECEIPT, payload)
    assert isinstance(read, Receipt)
    assert read.refusals == (Refusal(7, "from-a-later-day"),)


def test_the_fullest_receipt_fits_a_content() -> None:
    """[ORDER-18] [SEAL-17]"""
    last = INTEGER_MAX
    refusals = tuple(Refusal(number, "x" * 32) for number in range(last - WINDOW_MESSAGES + 1, last + 1))
    who = Parties(b"\3" * 32, b"\4" * 32, KEY_EVENTS_MAX - 1, KEY_EVENTS_MAX - 1)
    receipt = Receipt(who, SESSION, KeyOffer(INTEGER_MAX, PUBLIC), last, ID, refusals)
    data = answers.sign_answer(KEY, receipt)
    assert answers.read_answer(cose.RECEIPT, cose.parse_sign1(data, cose.RECEIPT).payload) == receipt
    start = sign_start(KEY, Start(*who, SESSION, INTEGER_MAX, INTEGER_MAX))
    assert len(write_content(Content(start, None, data, ()))) <= CONTENT_BYTES_MAX


def test_an_answer_read_as_another_is_refused() -> None:
    """[COSE-5]"""
    for answer in ANSWERS:
        data = answers.sign_answer(KEY, answer)
        for typ in answers.ANSWER_TYPES - {TYPES[type(answer)]}:
            with pytest.raises(Violation) as refusal:
                cose.parse_sign1(data, typ)
            assert refusal.value.code is Code.TYPE_MISMATCH
