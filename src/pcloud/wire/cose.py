"""Signed objects: COSE_Sign1 by one, COSE_Sign by two (RFC 9052 §4; spec 02 §3).

One form only. The protected header of a COSE_Sign1 is exactly `{1: -19, 4: kid, 16: typ}`: Ed25519 (RFC
9864), the signer's 32-byte public key, and the type (RFC 9596), which is the domain separation: no signature
for one type can pass for another. The unprotected map is empty, external_aad too. Ids are hashes of the
Sig_structure, never of signatures or envelopes.

Since the header has a fixed layout, an object is read by comparing with a template and cutting slices. What
does not fit goes through the general decoder, which knows what is wrong; a property test keeps both equal.
"""
# ruff: noqa: PLR2004 - the numbers are those of RFC 9052 and RFC 8949 heads, or offsets of the layout shown

from functools import cache
from hashlib import sha256
from typing import Final, NamedTuple

from pcloud.errors import Code, UsageError, Violation
from pcloud.wire import cbor
from pcloud.wire.keys import PUBLIC_BYTES, SIGNATURE_BYTES, Check, SigningKey, verify

KEY_EVENT: Final = "pcloud-key-event"
HEADER: Final = "pcloud-header"
START: Final = "pcloud-start"
RECEIPT: Final = "pcloud-receipt"
EXPECTED: Final = "pcloud-expected"
FORK: Final = "pcloud-fork"
STALE: Final = "pcloud-stale"
BUSY: Final = "pcloud-busy"
RECOVER: Final = "pcloud-recover"
RECOVERED: Final = "pcloud-recovered"
SUCCESSION: Final = "pcloud-succession"
INVITATION: Final = "pcloud-invitation"
CARD: Final = "pcloud-card"
AGREEMENT: Final = "pcloud-agreement"
ROSTER: Final = "pcloud-roster"
EXPORT: Final = "pcloud-export"

TYPES: Final = frozenset(
    (
        KEY_EVENT, HEADER, START, RECEIPT, EXPECTED, FORK, STALE, BUSY, RECOVER, RECOVERED, SUCCESSION,
        INVITATION, CARD, AGREEMENT, ROSTER, EXPORT,
    )
)  # fmt: skip
"""Every `typ` of the protocol, as in `spec/registry/types.csv`."""

ALG_ED25519: Final = -19
_ALG, _KID, _TYP = 1, 4, 16

_SIGN1_TAG: Final = b"\xd2"  # tag 18
_SIGN_TAG: Final = b"\xd8\x62"  # tag 98
_SIGNATURE1: Final = b"\x84\x6aSignature1"
"""Array of four and context: how the Sig_structure of a COSE_Sign1 begins (RFC 9052 §4.4)."""
_SIGNATURE_HEAD: Final = b"\x58\x40"


class Signed(NamedTuple):
    """A COSE_Sign1 as read; nothing is verified yet.

    typ; kid: the signer's public key (32); payload; signature (64); signing_input: the exact bytes signed;
    id: their SHA-256 (32).
    """

    typ: str
    kid: bytes
    payload: bytes
    signature: bytes
    signing_input: bytes
    id: bytes


class CoSigned(NamedTuple):
    """A COSE_Sign by two as read, first party first; not verified. id: SHA-256 of the first one's input."""

    typ: str
    payload: bytes
    kids: tuple[bytes, bytes]
    signatures: tuple[bytes, bytes]
    id: bytes


def peek_type(data: bytes) -> str:
    """Tell the type of a signed object of either kind, to choose who reads it. Raises as the parsers do.

    In the one layout of a COSE_Sign1 the type stands at one place. An object that only looks like it is
    refused by the parser of that type.
    """
    likely = _LIKELY.get(data[_TYP_AT : _TYP_AT + _LIKELY_BYTES])
    if likely is not None and data.startswith(_SIGN1_TAG):
        return likely
    tag = _SIGN_TAG if data.startswith(_SIGN_TAG) else _SIGN1_TAG
    protected, _, _ = _body(data, tag)
    typ = _header(protected).get(_TYP)
    if type(typ) is not str or typ not in TYPES:
        raise Violation(Code.TYPE_MISMATCH, "unknown type")
    return typ


# One signer


def sign1(key: SigningKey, typ: str, payload: bytes) -> bytes:
    """Make a COSE_Sign1."""
    data, _ = sign1_with_id(key, typ, payload)
    return data


def sign1_with_id(key: SigningKey, typ: str, payload: bytes) -> tuple[bytes, bytes]:
    """Make a COSE_Sign1 and give its id too."""
    start, middle = _sign1_layout(typ)
    opening = start + key.public + middle
    content = cbor.head(2, len(payload)) + payload
    structure = _SIGNATURE1 + opening[2:-1] + b"\x40" + content
    signature = key.sign(structure)
    return opening + content + _SIGNATURE_HEAD + signature, sha256(structure).digest()


def parse_sign1(data: bytes, typ: str) -> Signed:
    """Read a COSE_Sign1 of this type.

    Raises Violation (form): cbor-*, cose-structure, cose-header, type-mismatch.
    """
    start, middle = _sign1_layout(typ)
    # d2 84, head of the protected header, its map up to the kid | kid | typ, a0 | payload | 58 40, signature
    kid_at = len(start)
    kid_end = kid_at + PUBLIC_BYTES
    content_at = kid_end + len(middle)
    content_end = len(data) - len(_SIGNATURE_HEAD) - SIGNATURE_BYTES
    payload_at = _payload_start(data, content_at, content_end)
    if not (
        payload_at
        and data.startswith(start)
        and data.startswith(middle, kid_end)
        and data.startswith(_SIGNATURE_HEAD, content_end)
    ):
        return _parse_sign1_slowly(data, typ)
    structure = _SIGNATURE1 + data[2 : content_at - 1] + b"\x40" + data[content_at:content_end]
    return Signed(
        typ,
        data[kid_at:kid_end],
        data[payload_at:content_end],
        data[content_end + 2 :],
        structure,
        sha256(structure).digest(),
    )


def verify_sign1(signed: Signed, public: bytes) -> None:
    """Check who signed, and the signature. Raises Violation (authentic): key-mismatch, bad-signature."""
    verify(*check_sign1(signed, public))


def check_sign1(signed: Signed, public: bytes) -> Check:
    """Check who signed; gives the signature to check. Raises Violation (authentic): key-mismatch."""
    if signed.kid != public:
        raise Violation(Code.KEY_MISMATCH)
    return Check(public, signed.signing_input, signed.signature)


# Two signers


def signing_input(typ: str, kid: bytes, payload: bytes) -> bytes:
    """Give what one signer of a COSE_Sign signs: Sig_structure, context "Signature" (RFC 9052 §4.4)."""
    body = _sign_body(typ)
    return (
        b"\x85\x69Signature" + body + _signer_protected(kid) + b"\x40" + cbor.head(2, len(payload)) + payload
    )


def sign_part(key: SigningKey, typ: str, payload: bytes) -> bytes:
    """Give one party's 64-byte signature for `assemble`."""
    return key.sign(signing_input(typ, key.public, payload))


def verify_part(public: bytes, typ: str, payload: bytes, signature: bytes) -> None:
    """Check one party's signature before the other exists. Raises Violation(bad-signature)."""
    verify(public, signing_input(typ, public, payload), signature)


def assemble(typ: str, payload: bytes, first: tuple[bytes, bytes], second: tuple[bytes, bytes]) -> bytes:
    """Make the COSE_Sign of a payload and two (kid, signature), first party first.

    Raises UsageError: cose-structure for other lengths, cose-header where both are one key.
    """
    if any(
        len(kid) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES for kid, signature in (first, second)
    ):
        raise UsageError(Code.COSE_STRUCTURE, "length of kid or signature")
    if first[0] == second[0]:
        raise UsageError(Code.COSE_HEADER, "one key signs twice")
    content = cbor.head(2, len(payload)) + payload
    signers = (
        b"\x83" + _signer_protected(kid) + b"\xa0" + _SIGNATURE_HEAD + signature
        for kid, signature in (first, second)
    )
    return _SIGN_TAG + b"\x84" + _sign_body(typ) + b"\xa0" + content + b"\x82" + b"".join(signers)


def parse_sign2(data: bytes, typ: str) -> CoSigned:
    """Read a COSE_Sign of this type by exactly two keys. Raises Violation (form) as `parse_sign1`."""
    protected, payload, signers = _body(data, _SIGN_TAG)
    _check_typ(_header(protected), {_TYP}, typ)
    if type(signers) is not list or len(signers) != 2:
        raise Violation(Code.COSE_STRUCTURE, "not two signers")
    (kid_a, signature_a), (kid_b, signature_b) = map(_signer, signers)
    if kid_a == kid_b:
        raise Violation(Code.COSE_HEADER, "one key signs twice")
    first_input = signing_input(typ, kid_a, payload)
    return CoSigned(typ, payload, (kid_a, kid_b), (signature_a, signature_b), sha256(first_input).digest())


def verify_sign2(cosigned: CoSigned, publics: tuple[bytes, bytes]) -> None:
    """Check both signers in order, and both signatures. Raises Violation: key-mismatch, bad-signature."""
    if cosigned.kids != publics:
        raise Violation(Code.KEY_MISMATCH)
    for public, signature in zip(publics, cosigned.signatures, strict=True):
        verify_part(public, cosigned.typ, cosigned.payload, signature)


# Layouts: everything of a protected header that does not change from signer to signer


@cache  # types come from our own code, so there are few
def _sign1_layout(typ: str) -> tuple[bytes, bytes]:
    """Give what stands before the kid (from the tag on) and after it (to the empty unprotected map)."""
    kid = bytes(PUBLIC_BYTES)
    before, after = cbor.encode({_ALG: ALG_ED25519, _KID: kid, _TYP: typ}).split(kid)
    size = len(before) + len(kid) + len(after)
    return _SIGN1_TAG + b"\x84" + cbor.head(2, size) + before, after + b"\xa0"


@cache
def _sign_body(typ: str) -> bytes:
    """Give `{16: typ}` as a byte string."""
    return cbor.encode(cbor.encode({_TYP: typ}))


def _signer_protected(kid: bytes) -> bytes:
    """Give `{1: -19, 4: kid}` as a byte string."""
    return b"\x58\x26\xa2\x01\x32\x04\x58\x20" + kid


def _payload_start(data: bytes, at: int, end: int) -> int:
    """Tell where the payload begins whose head is at `at`, if minimal and the payload ends at `end`; else 0.

    Knows heads up to 65,535 bytes, which is all a frame can hold; a longer payload is left to the decoder.
    """
    if at >= end:
        return 0
    first = data[at]
    if 0x40 <= first < 0x58:
        size, start = first - 0x40, at + 1
    elif first == 0x58 and data[at + 1] >= 24:
        size, start = data[at + 1], at + 2
    elif first == 0x59 and data[at + 1]:
        size, start = data[at + 1] << 8 | data[at + 2], at + 3
    else:
        return 0
    return start if start + size == end else 0


_TYP_AT: Final = 42
"""Offset of the label of the type in a COSE_Sign1: tag, array, head, map up to the kid, kid."""
_LIKELY_BYTES: Final = 8 + 7
_LIKELY: Final = {(b"\x10" + cbor.encode(typ))[:_LIKELY_BYTES]: typ for typ in (HEADER, RECEIPT)}
"""The two types that nearly every frame carries, by how they begin there."""


# The general way


def _parse_sign1_slowly(data: bytes, typ: str) -> Signed:
    """Read as `parse_sign1` does, through the decoder: what is accepted by definition, and the refusals."""
    protected, payload, signature = _body(data, _SIGN1_TAG)
    header = _header(protected)
    _check_typ(header, {_ALG, _KID, _TYP}, typ)
    kid = _kid(header)
    if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
        raise Violation(Code.COSE_STRUCTURE, "signature")
    structure = cbor.encode(["Signature1", protected, b"", payload])
    return Signed(typ, kid, payload, signature, structure, sha256(structure).digest())


def _body(data: bytes, tag: bytes) -> tuple[bytes, bytes, cbor.Value]:
    """Read `tag([protected, {}, payload, last])`: protected, payload, last."""
    if not data.startswith(tag):
        raise Violation(Code.COSE_STRUCTURE, "tag")
    body = cbor.decode(data[len(tag) :])
    if type(body) is not list or len(body) != 4:
        raise Violation(Code.COSE_STRUCTURE, "not an array of four")
    protected, unprotected, payload, last = body
    if unprotected != {} or type(protected) is not bytes or type(payload) is not bytes:
        raise Violation(Code.COSE_STRUCTURE, "not bytes, empty map, bytes")
    return protected, payload, last


def _header(protected: bytes) -> dict[int | str, cbor.Value]:
    header = cbor.decode(protected)
    if type(header) is not dict:
        raise Violation(Code.COSE_HEADER, "not a map")
    return header


def _check_typ(header: dict[int | str, cbor.Value], labels: set[int], typ: str) -> None:
    if header.keys() != labels:
        raise Violation(Code.COSE_HEADER, "labels")
    if header[_TYP] != typ:
        raise Violation(Code.TYPE_MISMATCH)


def _kid(header: dict[int | str, cbor.Value]) -> bytes:
    """Check the algorithm and give the signer's key."""
    kid = header[_KID]
    if header[_ALG] != ALG_ED25519 or type(kid) is not bytes or len(kid) != PUBLIC_BYTES:
        raise Violation(Code.COSE_HEADER, "algorithm or kid")
    return kid


def _signer(signer: cbor.Value) -> tuple[bytes, bytes]:
    """Read one COSE_Signature `[protected, {}, signature]`: its kid and signature."""
    if type(signer) is not list or len(signer) != 3:
        raise Violation(Code.COSE_STRUCTURE, "signer")
    protected, unprotected, signature = signer
    if unprotected != {} or type(protected) is not bytes or type(signature) is not bytes:
        raise Violation(Code.COSE_STRUCTURE, "signer")
    if len(signature) != SIGNATURE_BYTES:
        raise Violation(Code.COSE_STRUCTURE, "signature")
    header = _header(protected)
    if header.keys() != {_ALG, _KID}:
        raise Violation(Code.COSE_HEADER, "labels")
    return _kid(header), signature
