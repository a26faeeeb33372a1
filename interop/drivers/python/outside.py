"""What others made, wider than the protocol's one form: COSE_Sign1 with Ed25519 (spec 02 §3), HPKE with aad.

RFC 9052 leaves much open that the protocol closes. Here `alg` is -19 (Ed25519) or -8 (EdDSA, with an Ed25519
key), in the protected header; `kid` may stand in either header and be any bytes; other labels are passed
over, `crit` is not. The encoding is the protocol's: deterministic, no floats, no tag but 18 in front.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke

from pcloud.errors import Code, Violation
from pcloud.wire import cbor, keys

ALG, CRIT, KID, TYP = 1, 2, 4, 16
ALGORITHMS: Final = frozenset((-19, -8))
TAG: Final = b"\xd2"


class OutsideSigned(NamedTuple):
    """A COSE_Sign1 as read, not verified; `typ` is None where the header has none."""

    typ: str | int | None
    kid: bytes | None
    own_form: bool
    """Whether the protected header is that of the protocol, so that `kid` is the signer's key."""
    payload: bytes
    signature: bytes
    signing_input: bytes
    id: bytes


def read_sign1(data: bytes) -> OutsideSigned:
    """Read any COSE_Sign1. Raises Violation (form): cbor-*, cose-structure, cose-header."""
    if not data.startswith(TAG):
        raise Violation(Code.COSE_STRUCTURE, "tag")
    body = cbor.decode(data[len(TAG) :])
    if not isinstance(body, list) or len(body) != 4:
        raise Violation(Code.COSE_STRUCTURE, "not an array of four")
    protected, unprotected, payload, signature = body
    if not isinstance(protected, bytes) or not isinstance(payload, bytes):
        raise Violation(Code.COSE_STRUCTURE, "not bytes")
    if not isinstance(unprotected, dict):
        raise Violation(Code.COSE_STRUCTURE, "not a map")
    if not isinstance(signature, bytes) or len(signature) != keys.SIGNATURE_BYTES:
        raise Violation(Code.COSE_STRUCTURE, "signature")
    header = _header(protected)
    _check(header, unprotected)
    # RFC 9052 §3: a protected header without labels is signed as no bytes at all.
    signed = cbor.encode(["Signature1", protected if header else b"", b"", payload])
    return OutsideSigned(
        header.get(TYP, unprotected.get(TYP)),
        header.get(KID, unprotected.get(KID)),
        header.keys() == {ALG, KID, TYP} and header[ALG] == -19 and not unprotected,
        payload,
        signature,
        signed,
        sha256(signed).digest(),
    )


def verify(signed: OutsideSigned, public: bytes) -> None:
    """Check both. Raises Violation: key-encoding, key-small-order; key-mismatch, bad-signature."""
    keys.check_public(public)
    if signed.own_form and signed.kid != public:
        raise Violation(Code.KEY_MISMATCH)
    keys.verify(public, signed.signing_input, signed.signature)


def _header(protected: bytes) -> Mapping[Any, Any]:
    header = cbor.decode(protected) if protected else {}
    if not isinstance(header, dict):
        raise Violation(Code.COSE_HEADER, "not a map")
    return header


def _check(header: Mapping[Any, Any], unprotected: Mapping[Any, Any]) -> None:
    if not header.keys().isdisjoint(unprotected):
        raise Violation(Code.COSE_HEADER, "a label in both headers")
    if CRIT in header or CRIT in unprotected:
        raise Violation(Code.COSE_HEADER, "crit")
    algorithm = header.get(ALG)
    if type(algorithm) is not int or algorithm not in ALGORITHMS:
        raise Violation(Code.COSE_HEADER, "algorithm")
    kid = header.get(KID, unprotected.get(KID, b""))
    typ = header.get(TYP, unprotected.get(TYP, ""))
    if not isinstance(kid, bytes) or isinstance(typ, bool) or not isinstance(typ, str | int):
        raise Violation(Code.COSE_HEADER, "kid or typ")


def open_with_aad(key: keys.HybridKey, sealed: bytes, info: bytes, aad: bytes) -> bytes:
    """Open HPKE output that has additional data, which the protocol never has. Raises Violation `not-opened`.

    The published cases have some, and the library offers it only through its test entrance.
    """
    try:
        suite = keys._SUITE  # noqa: SLF001 - nowhere else is additional data needed
        private = hpke.MLKEM768X25519PrivateKey(*keys._expand(key.seed))  # noqa: SLF001
        opened: bytes = openssl.hpke._decrypt_with_aad(suite, sealed, private, info, aad)  # noqa: SLF001
    except (InvalidTag, ValueError):
        raise Violation(Code.NOT_OPENED, "HPKE") from None
    return opened
