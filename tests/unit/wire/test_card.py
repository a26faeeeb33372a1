"""Node cards: what a public persona says of itself, and every field of it wrong in turn."""

from collections.abc import Iterable
from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import DOMAINS_MAX, INTEGER_MAX, KEY_EVENTS_MAX, TERMS_LISTED_MAX
from pcloud.wire import card, cbor, cose, invitation, keylog
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey

KEY, NEXT, STRANGER = (SigningKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
PUBLIC = HybridKey.from_seed(b"\4" * 32).public
LOG = KeyLog((keylog.first_event(KEY, PUBLIC, keylog.commitment(NEXT.public)),))
GROWN = KeyLog((*LOG.events, keylog.next_event(LOG, NEXT, NEXT.public, PUBLIC, None)))
EVENTS = [LOG.events[0].data]
SHAPE = (Stage.FORM, Code.SHAPE)


def each(place: int, values: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(place, value) for value in values]


def invitation_of(key: SigningKey, log: KeyLog) -> bytes:
    events = [event.data for event in log.events]
    fields = {2: events, 3: PUBLIC, 4: bytes(16), 5: ["a"], 6: "to meet", 7: "organisation", 10: 9, 11: 0}
    return invitation.sign_invitation(key, fields).data


LEAST: dict[int, Any] = {2: EVENTS, 3: "organisation", 4: ["https://a.example"], 5: 0, 6: 1}
MOST: dict[int, Any] = {
    2: EVENTS,
    3: "person",
    4: ["x" * 255, "b", "c"],
    5: INTEGER_MAX - 1,
    6: INTEGER_MAX,
    7: ["x" * 253] * DOMAINS_MAX,
    8: ["x" * 64] * TERMS_LISTED_MAX,
    9: "x" * 100,
    10: invitation_of(KEY, LOG),
}


def signed(fields: Any, key: SigningKey = KEY, typ: str = cose.CARD) -> bytes:
    if isinstance(fields, dict):
        fields = {1: 1, **fields}
    return cose.sign1(key, typ, cbor.encode(fields))


def refused(data: bytes) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        card.read_card(data)
    return refusal.value.stage, refusal.value.code


def test_the_least_and_the_fullest_card_come_back() -> None:
    """[REL-35]"""
    least = card.sign_card(KEY, LEAST)
    assert least.data == signed(LEAST)
    assert (least.log, least.kind, least.endpoints) == (LOG, "organisation", ("https://a.example",))
    assert (least.issued, least.expires) == (0, 1)
    assert (least.domains, least.terms, least.title, least.invitation) == ((), (), None, None)
    most = card.sign_card(KEY, MOST)
    assert most == card.read_card(signed(MOST))
    assert (most.domains, most.terms) == (("x" * 253,) * DOMAINS_MAX, ("x" * 64,) * TERMS_LISTED_MAX)
    assert most.title == "x" * 100
    assert most.invitation == invitation.read_invitation(MOST[10])


def test_it_is_signed_with_the_key_of_the_last_event() -> None:
    """[ID-31] [REL-35]"""
    fields = {**LEAST, 2: [event.data for event in GROWN.events]}
    assert card.read_card(signed(fields, NEXT)).log == GROWN
    for key in (KEY, STRANGER):
        assert refused(signed(fields, key)) == (Stage.AUTHENTIC, Code.KEY_MISMATCH)


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 6])
def test_nothing_that_is_required_may_lack(key: int) -> None:
    """[REL-35]"""
    fields = {other: value for other, value in {1: 1, **LEAST}.items() if other != key}
    assert refused(cose.sign1(KEY, cose.CARD, cbor.encode(fields))) == SHAPE


@pytest.mark.parametrize("key", [0, 11, -1, "title"])
def test_no_other_key_is_allowed(key: Any) -> None:
    """[REL-35]"""
    assert refused(signed({**LEAST, key: 1})) == SHAPE


@pytest.mark.parametrize("key", range(2, 11))
def test_null_is_not_absent(key: int) -> None:
    """[REL-35]"""
    assert refused(signed({**LEAST, key: None})) == SHAPE


NUMBERS: list[Any] = [-1, True, False, "1", b"\1", [1]]
WRONG: list[tuple[int, Any]] = [
    *each(2, ([], EVENTS[0], "log", ["event"], [1], EVENTS * (KEY_EVENTS_MAX + 1))),
    *each(3, ("", "Person", b"person", 0, True, ["person"], {})),
    *each(4, ([], ["a"] * 4, [""], ["x" * 256], [b"a"], "a")),
    *each(5, [*NUMBERS, 1, 2]),
    *each(6, [*NUMBERS, 0]),
    *each(7, ("a.example", [""], ["x" * 254], [b"a"], [1], ["a"] * 9, {}, 0)),
    *each(8, ("SD-BASE", [""], ["x" * 65], [b"a"], [1], ["a"] * 65, {}, 0)),
    *each(9, ("", "x" * 101, b"title", 1, True, ["title"])),
    *each(10, ("x", 1, True, [MOST[10]], {})),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_every_field_wrong_in_turn_is_refused(key: int, value: Any) -> None:
    """[REL-35]"""
    assert refused(signed({**LEAST, key: value})) == SHAPE


@pytest.mark.parametrize("version", [0, 2, True, "1", None])
def test_another_version_is_refused_by_name_whatever_else_it_holds(version: Any) -> None:
    """[CONF-7] [COSE-20]"""
    unknown = (Stage.FORM, Code.VERSION_UNKNOWN)
    for fields in ({**LEAST, 1: version}, {1: version}, {**LEAST, 1: version, 99: 1}):
        assert refused(cose.sign1(KEY, cose.CARD, cbor.encode(fields))) == unknown


def test_what_is_no_map_or_is_signed_as_something_else_is_refused() -> None:
    """[REL-35] [COSE-5]"""
    for payload in ([1], None, 1, b"", "x"):
        assert refused(signed(payload)) == SHAPE
    assert refused(signed(LEAST, typ=cose.INVITATION)) == (Stage.FORM, Code.TYPE_MISMATCH)


def test_the_log_and_the_signature_must_hold() -> None:
    """[ID-15] [COSE-9]"""
    event = EVENTS[0]
    broken = event[:-1] + bytes([event[-1] ^ 1])
    assert refused(signed({**LEAST, 2: [broken]})) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)
    assert refused(signed(LEAST)[:-64] + bytes(64)) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)


def test_a_standing_invitation_is_valid_and_the_personas_own() -> None:
    """[REL-36]"""
    foreign = KeyLog((keylog.first_event(STRANGER, PUBLIC, None),))
    others = invitation_of(STRANGER, foreign)
    assert refused(signed({**LEAST, 10: others})) == (Stage.AUTHENTIC, Code.WRONG_PARTY)
    forged = MOST[10][:-64] + bytes(64)
    assert refused(signed({**LEAST, 10: forged})) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)
    assert refused(signed({**LEAST, 10: b""})) == (Stage.FORM, Code.COSE_STRUCTURE)


def test_an_invitation_from_before_a_key_event_may_stand() -> None:
    """[REL-36]"""
    fields = {**LEAST, 2: [event.data for event in GROWN.events], 10: MOST[10]}
    found = card.read_card(signed(fields, NEXT)).invitation
    assert found is not None
    assert found.log == LOG
