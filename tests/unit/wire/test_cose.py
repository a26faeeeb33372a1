"""Signed objects: one form, and every other refused by name."""

from hashlib import sha256
from typing import Any

import pytest

from pcloud.errors import Code, Stage, UsageError, Violation
from pcloud.wire import cbor, cose
from pcloud.wire.keys import SigningKey

KEY, OTHER = SigningKey.from_seed(b"\1" * 32), SigningKey.from_seed(b"\2" * 32)
TYP, PAYLOAD = cose.HEADER, b"payload"
GOOD = cose.sign1(KEY, TYP, PAYLOAD)
HEADER: dict[Any, Any] = {1: -19, 4: KEY.public, 16: TYP}
SIGNATURE = GOOD[-64:]
STRUCTURE, HEADERS, MISMATCH = Code.COSE_STRUCTURE, Code.COSE_HEADER, Code.TYPE_MISMATCH


def sign1_object(
    header: Any = None, unprotected: Any = None, payload: Any = PAYLOAD, signature: Any = SIGNATURE
) -> bytes:
    """Build one with anything in any place; without arguments the good one."""
    protected = header if isinstance(header, bytes | str | list) else cbor.encode(header or HEADER)
    return b"\xd2" + cbor.encode([protected, {} if unprotected is None else unprotected, payload, signature])


def without(label: int) -> dict[Any, Any]:
    return {key: value for key, value in HEADER.items() if key != label}


REFUSED = [
    ("nothing", b"", STRUCTURE),
    ("only the tag", b"\xd2", Code.CBOR_MALFORMED),
    ("X-CO-01 no tag", GOOD[1:], STRUCTURE),
    ("X-CO-01 the tag of a MAC", b"\xd1" + GOOD[1:], STRUCTURE),
    ("X-CO-01 tag 998", b"\xd9\x03\xe6" + GOOD[1:], STRUCTURE),
    ("the tag of two signers", b"\xd8\x62" + GOOD[1:], STRUCTURE),
    ("the tag twice", b"\xd2" + GOOD, Code.CBOR_TYPE),
    ("the tag in a longer head", b"\xd8\x12" + GOOD[1:], STRUCTURE),
    ("X-CO-04 one attribute more", sign1_object({**HEADER, 3: 0}), HEADERS),
    ("X-CO-04 no algorithm", sign1_object(without(1)), HEADERS),
    ("X-CO-11 no kid", sign1_object(without(4)), HEADERS),
    ("no type", sign1_object(without(16)), HEADERS),
    ("no header", sign1_object(b"\xa0"), HEADERS),
    ("no header, as COSE writes it", sign1_object(b""), Code.CBOR_MALFORMED),
    ("header is an array", sign1_object(b"\x80"), HEADERS),
    ("header is a map and not bytes", b"\xd2" + cbor.encode([HEADER, {}, PAYLOAD, SIGNATURE]), STRUCTURE),
    ("header is text", sign1_object("x"), STRUCTURE),
    (
        "X-CO-05 label not shortest",
        sign1_object(b"\xa3\x18\x01" + cbor.encode(HEADER)[2:]),
        Code.CBOR_NOT_DETERMINISTIC,
    ),
    (
        "labels unsorted",
        sign1_object(b"\xa3\x04" + cbor.encode(KEY.public) + b"\x01\x32" + cbor.encode(HEADER)[38:]),
        Code.CBOR_NOT_DETERMINISTIC,
    ),
    ("bytes after the header", sign1_object(cbor.encode(HEADER) + b"\0"), Code.CBOR_MALFORMED),
    ("text label", sign1_object({**without(1), "alg": -19}), HEADERS),
    ("X-CO-07 algorithm unprotected", sign1_object(without(1), {1: -19}), STRUCTURE),
    ("X-CO-08 label in both", sign1_object(None, {1: -19}), STRUCTURE),
    ("kid unprotected", sign1_object(None, {4: KEY.public}), STRUCTURE),
    ("X-CO-10 critical labels", sign1_object({**HEADER, 2: [99]}), HEADERS),
    ("X-CO-10 no critical label", sign1_object({**HEADER, 2: []}), HEADERS),
    ("X-CO-26 URL of a certificate", sign1_object({**HEADER, 35: "https://host.example"}), HEADERS),
    ("X-CO-26 certificates", sign1_object({**HEADER, 33: b"x"}), HEADERS),
    ("X-CO-26 the same, unprotected", sign1_object(None, {35: "https://host.example"}), STRUCTURE),
    ("X-CO-26 kid is a URL", sign1_object({**HEADER, 4: b"https://host.example/keys/1#main!"}), HEADERS),
    ("X-CO-10 critical, unprotected", sign1_object(None, {2: [99]}), STRUCTURE),
    ("unprotected is an array", sign1_object(None, []), STRUCTURE),
    ("unprotected is bytes", sign1_object(None, b""), STRUCTURE),
    ("X-CO-19 ES256", sign1_object({**HEADER, 1: -7}), HEADERS),
    ("X-CO-19 the older EdDSA", sign1_object({**HEADER, 1: -8}), HEADERS),
    ("algorithm as text", sign1_object({**HEADER, 1: "Ed25519"}), HEADERS),
    ("kid of 31 bytes", sign1_object({**HEADER, 4: KEY.public[1:]}), HEADERS),
    ("kid of 33 bytes", sign1_object({**HEADER, 4: KEY.public + b"\0"}), HEADERS),
    ("kid is text", sign1_object({**HEADER, 4: "x" * 32}), HEADERS),
    ("kid is null", sign1_object({**HEADER, 4: None}), HEADERS),
    ("type of another object", sign1_object({**HEADER, 16: cose.RECEIPT}), MISMATCH),
    ("type of the same length", sign1_object({**HEADER, 16: "pcloud-HEADER"}), MISMATCH),
    ("type is a number", sign1_object({**HEADER, 16: 18}), MISMATCH),
    ("type is bytes", sign1_object({**HEADER, 16: TYP.encode()}), MISMATCH),
    ("type is a media type", sign1_object({**HEADER, 16: "application/" + TYP}), MISMATCH),
    ("X-CO-13 payload is text", sign1_object(payload="hello"), STRUCTURE),
    ("detached payload", sign1_object(payload=None), STRUCTURE),
    ("signature of 63 bytes", sign1_object(signature=SIGNATURE[1:]), STRUCTURE),
    ("signature of 65 bytes", sign1_object(signature=SIGNATURE + b"\0"), STRUCTURE),
    ("no signature", sign1_object(signature=b""), STRUCTURE),
    ("signature is null", sign1_object(signature=None), STRUCTURE),
    ("signature is text", sign1_object(signature="x" * 64), STRUCTURE),
    ("X-CO-14 three elements", b"\xd2" + cbor.encode([cbor.encode(HEADER), {}, PAYLOAD]), STRUCTURE),
    (
        "X-CO-14 five elements",
        b"\xd2" + cbor.encode([cbor.encode(HEADER), {}, PAYLOAD, SIGNATURE, 0]),
        STRUCTURE,
    ),
    ("X-CO-14 a map", b"\xd2\xa0", STRUCTURE),
    ("cut short", GOOD[:-1], Code.CBOR_MALFORMED),
    ("bytes after the end", GOOD + b"\0", Code.CBOR_MALFORMED),
    ("payload length not shortest", GOOD[:58] + b"\x58\x07" + GOOD[59:], Code.CBOR_NOT_DETERMINISTIC),
    ("payload length in three bytes", GOOD[:58] + b"\x59\x00\x07" + GOOD[59:], Code.CBOR_NOT_DETERMINISTIC),
    ("payload length one more", GOOD[:58] + b"\x48" + GOOD[59:], Code.CBOR_MALFORMED),
    ("indefinite array", b"\xd2\x9f" + GOOD[2:] + b"\xff", Code.CBOR_NOT_DETERMINISTIC),
]


def test_the_helper_of_these_tests_builds_the_good_one() -> None:
    assert sign1_object() == GOOD
    assert GOOD[58] == 0x47


@pytest.mark.parametrize(("name", "data", "code"), REFUSED, ids=[row[0] for row in REFUSED])
def test_every_other_form_is_refused(name: str, data: bytes, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cose.parse_sign1(data, TYP)
    assert (refusal.value.code, refusal.value.stage) == (code, Stage.FORM), name


def test_what_was_signed_is_read_back() -> None:
    signed = cose.parse_sign1(GOOD, TYP)
    assert (signed.typ, signed.kid, signed.payload, signed.signature) == (TYP, KEY.public, PAYLOAD, SIGNATURE)
    structure = cbor.encode(["Signature1", cbor.encode(HEADER), b"", PAYLOAD])
    assert (signed.signing_input, signed.id) == (structure, sha256(structure).digest())
    cose.verify_sign1(signed, KEY.public)


@pytest.mark.parametrize("size", [0, 1, 23, 24, 255, 256, 65_535, 65_536, 100_000])
def test_payloads_of_every_head_are_read(size: int) -> None:
    payload = bytes(size)
    signed = cose.parse_sign1(cose.sign1(KEY, TYP, payload), TYP)
    assert signed.payload == payload
    cose.verify_sign1(signed, KEY.public)


def test_an_object_of_one_type_passes_for_no_other() -> None:
    for typ in cose.TYPES:
        data = cose.sign1(KEY, typ, PAYLOAD)
        for expected in cose.TYPES - {typ}:
            with pytest.raises(Violation) as refusal:
                cose.parse_sign1(data, expected)
            assert refusal.value.code == MISMATCH


def test_a_signature_moved_to_another_type_does_not_verify() -> None:
    for typ in cose.TYPES - {TYP}:
        moved = cose.sign1(KEY, typ, PAYLOAD)[:-64] + SIGNATURE
        with pytest.raises(Violation) as refusal:
            cose.verify_sign1(cose.parse_sign1(moved, typ), KEY.public)
        assert (refusal.value.code, refusal.value.stage) == (Code.BAD_SIGNATURE, Stage.AUTHENTIC)


def test_only_the_expected_key_may_have_signed() -> None:
    signed = cose.parse_sign1(GOOD, TYP)
    with pytest.raises(Violation) as refusal:
        cose.verify_sign1(signed, OTHER.public)
    assert (refusal.value.code, refusal.value.stage) == (Code.KEY_MISMATCH, Stage.AUTHENTIC)


@pytest.mark.parametrize("position", [-1, -64, 59, 65])
def test_a_changed_payload_or_signature_fails(position: int) -> None:
    changed = bytearray(GOOD)
    changed[position] ^= 1
    signed = cose.parse_sign1(bytes(changed), TYP)
    with pytest.raises(Violation) as refusal:
        cose.verify_sign1(signed, KEY.public)
    assert refusal.value.code == Code.BAD_SIGNATURE


def test_a_kid_that_is_put_in_place_of_the_signers_fails() -> None:
    forged = GOOD.replace(KEY.public, OTHER.public)
    with pytest.raises(Violation) as refusal:
        cose.verify_sign1(cose.parse_sign1(forged, TYP), OTHER.public)
    assert refusal.value.code == Code.BAD_SIGNATURE


def test_the_context_is_part_of_what_is_signed() -> None:
    # X-CO-16: a signature made for the two-signer structure, or over the bare payload, is none here.
    for message in (
        cbor.encode(["Signature", cbor.encode(HEADER), b"", PAYLOAD]),
        cbor.encode(["CounterSignature", cbor.encode(HEADER), b"", PAYLOAD]),
        cbor.encode(["Signature1", cbor.encode(HEADER), b"aad", PAYLOAD]),
        PAYLOAD,
    ):
        signed = cose.parse_sign1(sign1_object(signature=KEY.sign(message)), TYP)
        with pytest.raises(Violation) as refusal:
            cose.verify_sign1(signed, KEY.public)
        assert refusal.value.code == Code.BAD_SIGNATURE


def test_the_type_can_be_told_before_reading() -> None:
    for typ in cose.TYPES:
        assert cose.peek_type(cose.sign1(KEY, typ, PAYLOAD)) == typ
    assert cose.peek_type(AGREED) == cose.AGREEMENT


def test_what_only_looks_like_a_type_is_refused_by_the_parser_of_that_type() -> None:
    assert cose.peek_type(GOOD + b"\0") == TYP
    with pytest.raises(Violation) as refused:
        cose.parse_sign1(GOOD + b"\0", TYP)
    assert refused.value.code is Code.CBOR_MALFORMED


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", STRUCTURE),
        (b"\x80", STRUCTURE),
        (b"\xd2\x80", STRUCTURE),
        (sign1_object(without(16)), MISMATCH),
        (sign1_object({**HEADER, 16: "pcloud-unknown"}), MISMATCH),
        (sign1_object({**HEADER, 16: 5}), MISMATCH),
        (sign1_object({**HEADER, 16: [TYP]}), MISMATCH),
        (sign1_object(b"\x80"), HEADERS),
    ],
)
def test_an_unknown_type_is_not_told(data: bytes, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cose.peek_type(data)
    assert refusal.value.code == code


# Two signers

AGREED = cose.assemble(
    cose.AGREEMENT,
    PAYLOAD,
    (KEY.public, cose.sign_part(KEY, cose.AGREEMENT, PAYLOAD)),
    (OTHER.public, cose.sign_part(OTHER, cose.AGREEMENT, PAYLOAD)),
)
BODY = cbor.encode({16: cose.AGREEMENT})
SIGNERS: Any = cbor.decode_list(AGREED[2:])[3]
FIRST, SECOND = SIGNERS


def part_of(key: SigningKey, header: Any = None) -> list[Any]:
    return [
        cbor.encode({1: -19, 4: key.public} if header is None else header),
        {},
        cose.sign_part(key, cose.AGREEMENT, PAYLOAD),
    ]


def sign2_object(
    body: Any = BODY, unprotected: Any = None, payload: Any = PAYLOAD, signers: Any = None
) -> bytes:
    chosen = [FIRST, SECOND] if signers is None else signers
    return b"\xd8\x62" + cbor.encode([body, {} if unprotected is None else unprotected, payload, chosen])


REFUSED_PAIRS = [
    ("the tag of one signer", b"\xd2" + AGREED[2:], STRUCTURE),
    ("no tag", AGREED[2:], STRUCTURE),
    ("one signer", sign2_object(signers=[FIRST]), STRUCTURE),
    ("three signers", sign2_object(signers=[FIRST, SECOND, FIRST]), STRUCTURE),
    ("no signers", sign2_object(signers=[]), STRUCTURE),
    ("signers are bytes", sign2_object(signers=b""), STRUCTURE),
    ("one key signs twice", sign2_object(signers=[FIRST, FIRST]), HEADERS),
    ("type of another object", sign2_object(cbor.encode({16: cose.ROSTER})), MISMATCH),
    ("algorithm in the body", sign2_object(cbor.encode({1: -19, 16: cose.AGREEMENT})), HEADERS),
    ("no type", sign2_object(b"\xa0"), HEADERS),
    ("no header, as COSE writes it", sign2_object(b""), Code.CBOR_MALFORMED),
    ("body is an array", sign2_object(b"\x80"), HEADERS),
    ("unprotected attribute", sign2_object(unprotected={4: b""}), STRUCTURE),
    ("countersignature", sign2_object(unprotected={11: [b"", {}, b""]}), STRUCTURE),
    ("detached payload", sign2_object(payload=None), STRUCTURE),
    ("payload is text", sign2_object(payload="x"), STRUCTURE),
    ("signer is bytes", sign2_object(signers=[FIRST, b""]), STRUCTURE),
    ("signer of two", sign2_object(signers=[FIRST, part_of(OTHER)[:2]]), STRUCTURE),
    ("signer of four", sign2_object(signers=[FIRST, [*part_of(OTHER), 0]]), STRUCTURE),
    (
        "signer with an unprotected attribute",
        sign2_object(signers=[FIRST, [part_of(OTHER)[0], {4: b""}, bytes(64)]]),
        STRUCTURE,
    ),
    ("signer's header is a map", sign2_object(signers=[FIRST, [{}, {}, bytes(64)]]), STRUCTURE),
    ("signature is text", sign2_object(signers=[FIRST, [part_of(OTHER)[0], {}, "x" * 64]]), STRUCTURE),
    ("signature of 63 bytes", sign2_object(signers=[[part_of(KEY)[0], {}, bytes(63)], SECOND]), STRUCTURE),
    ("signer without kid", sign2_object(signers=[FIRST, part_of(OTHER, {1: -19})]), HEADERS),
    (
        "signer with a type",
        sign2_object(signers=[FIRST, part_of(OTHER, {1: -19, 4: OTHER.public, 16: "x"})]),
        HEADERS,
    ),
    (
        "signer with another algorithm",
        sign2_object(signers=[FIRST, part_of(OTHER, {1: -8, 4: OTHER.public})]),
        HEADERS,
    ),
    ("signer with a short kid", sign2_object(signers=[FIRST, part_of(OTHER, {1: -19, 4: b"x"})]), HEADERS),
    ("signer's header is an array", sign2_object(signers=[FIRST, part_of(OTHER, [])]), HEADERS),
    ("bytes after the end", AGREED + b"\0", Code.CBOR_MALFORMED),
    ("cut short", AGREED[:-1], Code.CBOR_MALFORMED),
]


@pytest.mark.parametrize(("name", "data", "code"), REFUSED_PAIRS, ids=[row[0] for row in REFUSED_PAIRS])
def test_every_other_form_of_an_agreement_is_refused(name: str, data: bytes, code: Code) -> None:
    with pytest.raises(Violation) as refusal:
        cose.parse_sign2(data, cose.AGREEMENT)
    assert (refusal.value.code, refusal.value.stage) == (code, Stage.FORM), name


def test_an_agreement_is_read_back_and_holds_for_both() -> None:
    assert sign2_object() == AGREED
    agreed = cose.parse_sign2(AGREED, cose.AGREEMENT)
    structure = cbor.encode(["Signature", BODY, cbor.encode({1: -19, 4: KEY.public}), b"", PAYLOAD])
    assert cose.signing_input(cose.AGREEMENT, KEY.public, PAYLOAD) == structure
    assert agreed == cose.CoSigned(
        cose.AGREEMENT, PAYLOAD, (KEY.public, OTHER.public), (FIRST[2], SECOND[2]), sha256(structure).digest()
    )
    cose.verify_sign2(agreed, (KEY.public, OTHER.public))


@pytest.mark.parametrize(
    "publics",
    [(OTHER.public, KEY.public), (KEY.public, KEY.public), (OTHER.public, OTHER.public), (b"", b"")],
)
def test_the_parties_stand_in_their_order(publics: tuple[bytes, bytes]) -> None:
    with pytest.raises(Violation) as refusal:
        cose.verify_sign2(cose.parse_sign2(AGREED, cose.AGREEMENT), publics)
    assert refusal.value.code == Code.KEY_MISMATCH


@pytest.mark.parametrize("position", [0, 1])
def test_both_signatures_must_hold(position: int) -> None:
    agreed = cose.parse_sign2(AGREED, cose.AGREEMENT)
    signatures = list(agreed.signatures)
    signatures[position] = signatures[1 - position]
    with pytest.raises(Violation) as refusal:
        cose.verify_sign2(
            agreed._replace(signatures=(signatures[0], signatures[1])), (KEY.public, OTHER.public)
        )
    assert refusal.value.code == Code.BAD_SIGNATURE


def test_one_partys_signature_can_be_checked_before_the_other_exists() -> None:
    signature = cose.sign_part(OTHER, cose.AGREEMENT, PAYLOAD)
    cose.verify_part(OTHER.public, cose.AGREEMENT, PAYLOAD, signature)
    for public, typ, payload in (
        (KEY.public, cose.AGREEMENT, PAYLOAD),
        (OTHER.public, cose.ROSTER, PAYLOAD),
        (OTHER.public, cose.AGREEMENT, b"other"),
    ):
        with pytest.raises(Violation) as refusal:
            cose.verify_part(public, typ, payload, signature)
        assert refusal.value.code == Code.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("first", "second", "code"),
    [
        ((KEY.public, bytes(63)), (OTHER.public, bytes(64)), STRUCTURE),
        ((KEY.public, bytes(64)), (OTHER.public, bytes(65)), STRUCTURE),
        ((b"kid", bytes(64)), (OTHER.public, bytes(64)), STRUCTURE),
        ((KEY.public, bytes(64)), (KEY.public, bytes(64)), HEADERS),
    ],
)
def test_an_agreement_that_could_not_be_read_is_not_made(
    first: tuple[bytes, bytes], second: tuple[bytes, bytes], code: Code
) -> None:
    with pytest.raises(UsageError) as refusal:
        cose.assemble(cose.AGREEMENT, PAYLOAD, first, second)
    assert refusal.value.code == code
