"""Invitations, short links, and the blobs behind them."""

import base64
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.limits import INTEGER_MAX, KEY_EVENTS_MAX, LINK_BYTES_MAX, TERMS_LISTED_MAX, USES_MAX
from pcloud.wire import cbor, cose, invitation, keylog, keys
from pcloud.wire.invitation import Link
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey

KEY, NEXT, STRANGER = (SigningKey.from_seed(bytes([number]) * 32) for number in (1, 2, 3))
PUBLIC = HybridKey.from_seed(b"\4" * 32).public
LOG = KeyLog((keylog.first_event(KEY, PUBLIC, keylog.commitment(NEXT.public)),))
GROWN = KeyLog((*LOG.events, keylog.next_event(LOG, NEXT, NEXT.public, PUBLIC, None)))
EVENTS = [LOG.events[0].data]
LEAST: dict[int, Any] = {
    2: EVENTS,
    3: PUBLIC,
    4: b"\5" * 16,
    5: ["https://a.example"],
    6: "to meet",
    7: "person",
    10: 1,
    11: 0,
}
MOST: dict[int, Any] = {
    **LEAST,
    5: ["x" * 255, "b", "c"],
    6: "é" * 100,
    7: "organisation",
    8: "x" * 64,
    9: "guest",
    10: USES_MAX,
    11: INTEGER_MAX,
    12: INTEGER_MAX,
    13: "x" * 100,
    14: ["x" * 64] * TERMS_LISTED_MAX,
}
SHAPE = (Stage.FORM, Code.SHAPE)


def each(place: int, values: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(place, value) for value in values]


def signed(fields: Any, key: SigningKey = KEY, typ: str = cose.INVITATION) -> bytes:
    if isinstance(fields, dict):
        fields = {1: 1, **fields}
    return cose.sign1(key, typ, cbor.encode(fields))


def refused(data: bytes) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        invitation.read_invitation(data)
    return refusal.value.stage, refusal.value.code


# The signed object


@pytest.mark.parametrize("log", [[], b"", "log", [None], {}])
def test_the_shape_of_the_log_is_judged_before_the_key_is_looked_at(log: Any) -> None:
    """[ERR-1]: two implementations disagreed about an input that has both faults."""
    assert refused(signed({**LEAST, 2: log, 3: bytes(5)})) == (Stage.FORM, Code.SHAPE)
    assert refused(signed({**LEAST, 3: bytes(5)})) == (Stage.FORM, Code.KEY_ENCODING)


def test_an_invitation_that_was_kept_is_the_same_without_being_verified_again() -> None:
    found = invitation.sign_invitation(KEY, MOST)
    assert invitation.stored_invitation(found.data) == found
    forged = found.data[:-1] + bytes([found.data[-1] ^ 1])
    assert invitation.stored_invitation(forged).purpose == found.purpose
    assert refused(forged) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)


def test_the_least_invitation_says_no_more_than_it_must() -> None:
    """[REL-1]"""
    found = invitation.sign_invitation(KEY, LEAST)
    assert found.data == signed(LEAST)
    assert found == invitation.read_invitation(found.data)
    assert (found.log, found.receiving, found.mailbox) == (LOG, PUBLIC, b"\5" * 16)
    assert (found.endpoints, found.purpose, found.kind) == (("https://a.example",), "to meet", "person")
    assert (found.uses, found.created) == (1, 0)
    rest = (found.role, found.invited_role, found.expires, found.title, found.terms)
    assert rest == (None, None, None, None, None)
    assert found.id == cose.parse_sign1(found.data, cose.INVITATION).id


def test_the_fullest_invitation_comes_back() -> None:
    """[REL-1]"""
    found = invitation.sign_invitation(KEY, MOST)
    assert (found.role, found.invited_role, found.title) == ("x" * 64, "guest", "x" * 100)
    assert (found.expires, found.terms) == (INTEGER_MAX, ("x" * 64,) * TERMS_LISTED_MAX)
    assert (found.uses, found.kind) == (USES_MAX, "organisation")
    assert invitation.sign_invitation(KEY, {**MOST, 14: []}).terms == ()


def test_it_is_signed_with_the_key_of_the_last_event() -> None:
    """[REL-1]"""
    fields = {**LEAST, 2: [event.data for event in GROWN.events]}
    assert invitation.read_invitation(signed(fields, NEXT)).log == GROWN
    for key in (KEY, STRANGER):
        assert refused(signed(fields, key)) == (Stage.AUTHENTIC, Code.KEY_MISMATCH)


@pytest.mark.parametrize("key", [1, 2, 3, 4, 5, 6, 7, 10, 11])
def test_nothing_that_is_required_may_lack(key: int) -> None:
    """[REL-1]"""
    fields = {other: value for other, value in {1: 1, **LEAST}.items() if other != key}
    assert refused(cose.sign1(KEY, cose.INVITATION, cbor.encode(fields))) == SHAPE


@pytest.mark.parametrize("key", [0, 15, -1, 24, "purpose"])
def test_no_other_key_is_allowed(key: Any) -> None:
    """[REL-1] [CBOR-18]"""
    assert refused(signed({**LEAST, key: 1})) == SHAPE


@pytest.mark.parametrize("key", [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
def test_null_is_not_absent(key: int) -> None:
    """[REL-1]"""
    assert refused(signed({**LEAST, key: None})) == SHAPE


def texts(bytes_max: int) -> list[Any]:
    return ["", "x" * (bytes_max + 1), "é" * (bytes_max // 2) + "xx", b"text", 1, True, ["text"]]


NUMBERS: list[Any] = [-1, True, False, "1", b"\1", [1]]
WRONG: list[tuple[int, Any]] = [
    *(
        (2, value)
        for value in ([], EVENTS[0], "log", [EVENTS], ["event"], [1], EVENTS * (KEY_EVENTS_MAX + 1))
    ),
    *each(3, ("x" * 1_216, [1, PUBLIC], 1, True)),
    *each(4, (b"", bytes(15), bytes(17), "x" * 16, 1)),
    *each(5, ([], ["a"] * 4, [""], ["x" * 256], [b"a"], "a", [["a"]])),
    *each(6, texts(200)),
    *each(7, ("", "Person", "people", b"person", 0, True, ["person"], {})),
    *each(8, texts(64)),
    *each(9, texts(64)),
    *each(10, [*NUMBERS, 0, USES_MAX + 1]),
    *each(11, NUMBERS),
    *each(12, NUMBERS),
    *each(13, texts(100)),
    *each(14, ("SD-BASE", [""], ["x" * 65], [b"a"], [1], ["a"] * 65, {}, 0, False)),
]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_every_field_wrong_in_turn_is_refused(key: int, value: Any) -> None:
    """[REL-1]"""
    assert refused(signed({**LEAST, key: value})) == SHAPE


@pytest.mark.parametrize(
    ("public", "code"),
    [
        (PUBLIC[:-1], Code.KEY_ENCODING),
        (b"", Code.KEY_ENCODING),
        (PUBLIC[:-32] + bytes(32), Code.KEY_SMALL_ORDER),
    ],
)
def test_the_receiving_key_is_checked_before_it_is_kept(public: bytes, code: Code) -> None:
    """[SEAL-3] [SEAL-4]"""
    assert refused(signed({**LEAST, 3: public})) == (Stage.FORM, code)


@pytest.mark.parametrize("version", [0, 2, True, "1", b"\1", None])
def test_another_version_is_refused_by_name_whatever_else_it_holds(version: Any) -> None:
    """[CONF-7] [COSE-20]"""
    unknown = (Stage.FORM, Code.VERSION_UNKNOWN)
    for fields in ({**LEAST, 1: version}, {1: version}, {**LEAST, 1: version, 99: 1}):
        assert refused(cose.sign1(KEY, cose.INVITATION, cbor.encode(fields))) == unknown


def test_what_is_no_map_or_is_signed_as_something_else_is_refused() -> None:
    """[REL-1] [COSE-5]"""
    for payload in ([1], None, 1, b"", "x"):
        assert refused(signed(payload)) == SHAPE
    assert refused(signed(LEAST, typ=cose.CARD)) == (Stage.FORM, Code.TYPE_MISMATCH)


def test_the_log_and_the_signature_must_hold() -> None:
    """[ID-15] [COSE-9] [COSE-11]"""
    event = EVENTS[0]
    broken = event[:-1] + bytes([event[-1] ^ 1])
    assert refused(signed({**LEAST, 2: [broken]})) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)
    assert refused(signed({**LEAST, 2: [event, event]})) == (Stage.AUTHENTIC, Code.LOG_INVALID)
    assert refused(signed({**LEAST, 2: [b"event"]})) == (Stage.FORM, Code.COSE_STRUCTURE)
    data = signed(LEAST)
    for forged in (data[:-64] + bytes(64), data[:-1] + bytes([data[-1] ^ 1])):
        assert refused(forged) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)


# Links

LINK = Link("https://relay.example/m", b"\1" * 16, b"\2" * 32, b"\3" * 16)
TEXT = invitation.write_link(LINK)


def link_of(values: Any) -> str:
    packed = values if isinstance(values, bytes) else cbor.encode(values)
    return "pcloud:contact/1/" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def link_refused(text: str) -> None:
    with pytest.raises(Violation) as refusal:
        invitation.read_link(text)
    assert (refusal.value.stage, refusal.value.code) == (Stage.FORM, Code.LINK_TEXT)


@pytest.mark.parametrize("endpoint", ["a", "https://relay.example/m", "é" * 127, "x" * 255])
def test_a_link_comes_back_and_fits(endpoint: str) -> None:
    """[REL-7]"""
    link = LINK._replace(endpoint=endpoint)
    text = invitation.write_link(link)
    assert text == link_of([endpoint, link.mailbox, link.hash, link.key])
    assert invitation.read_link(text) == link
    assert len(text) <= LINK_BYTES_MAX


VALUES: list[Any] = [*LINK]


@pytest.mark.parametrize(
    "values",
    [
        [],
        VALUES[:3],
        [*VALUES, None],
        {0: 1},
        None,
        b"",
        b"\xff",
        b"\x81",
        cbor.encode(VALUES) + b"\0",
        cbor.encode(VALUES)[:-1],
        b"\x98\x04" + cbor.encode(VALUES)[1:],
        ["", *VALUES[1:]],
        ["x" * 256, *VALUES[1:]],
        [b"a", *VALUES[1:]],
        [None, *VALUES[1:]],
        *([VALUES[0], mailbox, *VALUES[2:]] for mailbox in (b"", bytes(15), bytes(17), "x" * 16, None)),
        *([*VALUES[:2], digest, VALUES[3]] for digest in (b"", bytes(31), bytes(33), "x" * 32, None)),
        *([*VALUES[:3], key] for key in (b"", bytes(15), bytes(17), bytes(32), "x" * 16, None)),
    ],
)
def test_a_link_to_anything_else_is_refused_as_a_link(values: Any) -> None:
    """[REL-7]"""
    link_refused(link_of(values))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "pcloud:contact/1/",
        "pcloud:contact/1",
        TEXT.removeprefix("pcloud:"),
        TEXT.replace("pcloud", "PCLOUD"),
        TEXT.replace("/1/", "/2/"),
        TEXT.replace("contact", "request"),
        "https://" + TEXT,
        " " + TEXT,
        TEXT + " ",
        TEXT + "\n",
        TEXT + "=",
        TEXT + "==",
        TEXT + "A",
        TEXT + "AA",
        TEXT[:-1],
        TEXT[:30] + "\n" + TEXT[30:],
        TEXT[:30] + "+" + TEXT[31:],
        TEXT[:30] + "/" + TEXT[31:],
        TEXT[:30] + "é" + TEXT[31:],
        TEXT[:30] + "\ud800" + TEXT[31:],
        "pcloud:contact/1/" + "A" * LINK_BYTES_MAX,
    ],
)
def test_a_link_in_another_form_is_refused(text: str) -> None:
    """[REL-7]"""
    link_refused(text)


def test_the_unused_bits_of_the_last_letter_are_zero() -> None:
    """[REL-7]"""
    link = LINK._replace(endpoint="https://relay.example/mb")
    for more in ("", "x", "xx"):
        text = invitation.write_link(link._replace(endpoint=link.endpoint + more))
        unused = -(len(text) - len(invitation.LINK_PREFIX)) % 4
        if unused:
            alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            link_refused(text[:-1] + alphabet[alphabet.index(text[-1]) + 1])


# Blobs

DATA = signed(LEAST)
HELD = Link("https://relay.example/m", b"\1" * 16, sha256(DATA).digest(), b"\3" * 16)
BLOB = invitation.seal_blob(DATA, HELD.key)


def blob_refused(blob: bytes, link: Link = HELD) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        invitation.open_blob(blob, link)
    return refusal.value.stage, refusal.value.code


NOT_OPENED = (Stage.AUTHENTIC, Code.NOT_OPENED)


def test_the_blob_opens_for_who_has_the_link() -> None:
    """[REL-8]"""
    assert invitation.open_blob(BLOB, HELD) == invitation.read_invitation(DATA)
    assert PUBLIC not in BLOB
    key = keys.hkdf(HELD.key, cbor.encode(["pcloud/1 invitation blob", HELD.hash]))
    assert keys.aead_open(key, bytes(12), BLOB, HELD.hash) == DATA


def test_another_blob_key_or_hash_does_not_open() -> None:
    """[REL-8]"""
    for at in (0, 1, len(BLOB) // 2, len(BLOB) - 1):
        assert blob_refused(BLOB[:at] + bytes([BLOB[at] ^ 1]) + BLOB[at + 1 :]) == NOT_OPENED
    for blob in (b"", BLOB[:-1], BLOB + b"\0", bytes(15)):
        assert blob_refused(blob) == NOT_OPENED
    assert blob_refused(BLOB, HELD._replace(key=bytes(16))) == NOT_OPENED
    assert blob_refused(BLOB, HELD._replace(hash=bytes(32))) == NOT_OPENED


def test_a_blob_with_another_invitation_than_the_link_names_is_refused() -> None:
    """[REL-8]"""
    key = keys.hkdf(HELD.key, cbor.encode(["pcloud/1 invitation blob", HELD.hash]))
    other = signed({**LEAST, 6: "to cheat"})
    blob = keys.aead_seal(key, bytes(12), other, HELD.hash)
    assert blob_refused(blob) == NOT_OPENED


def test_what_opens_is_judged_as_every_invitation() -> None:
    """[REL-1]"""
    for data, found in (
        (signed({**LEAST, 10: 0}), SHAPE),
        (signed(LEAST, STRANGER), (Stage.AUTHENTIC, Code.KEY_MISMATCH)),
        (b"", (Stage.FORM, Code.COSE_STRUCTURE)),
    ):
        blob = invitation.seal_blob(data, HELD.key)
        assert blob_refused(blob, HELD._replace(hash=sha256(data).digest())) == found
