"""Signed objects (chapter 02 section 3), as they should be and bent."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from pcloud_interop.hostile.wire.cbor import Tag, Value, dec, enc
from pcloud_interop.hostile.wire.secrets import ORDER, Signer, sha

ALG: Final = -19


class Signed(NamedTuple):
    """A signed object, and its id."""

    data: bytes
    id: bytes


class Read(NamedTuple):
    """What a signed object says; its signature is not checked."""

    typ: str
    kid: bytes
    payload: Value
    id: bytes
    data: bytes


def sign1(
    by: Signer,
    typ: str,
    payload: Value,
    *,
    kid: bytes | None = None,
    unprotected: Value = None,
    external: bytes = b"",
    more: dict[int, Value] | None = None,
) -> Signed:
    """One signer; what is given beyond that bends it."""
    protected = enc({1: ALG, 4: kid or by.public, 16: typ, **(more or {})})
    written = enc(payload)
    signed = enc(["Signature1", protected, external, written])
    body = [protected, unprotected or {}, written, by.sign(signed)]
    return Signed(enc(Tag(18, body)), sha(enc(["Signature1", protected, b"", written])))


def input2(typ: str, key: bytes, payload: Value) -> bytes:
    """What one of two signers signs; its hash is the id where it is the first."""
    return enc(["Signature", enc({16: typ}), enc({1: ALG, 4: key}), b"", enc(payload)])


def sign2(signers: Sequence[Signer], typ: str, payload: Value) -> Signed:
    """Two signers in order."""
    entries: list[Any] = [
        [enc({1: ALG, 4: one.public}), {}, one.sign(input2(typ, one.public, payload))] for one in signers
    ]
    whole = enc(Tag(98, [enc({16: typ}), {}, enc(payload), entries]))
    return Signed(whole, sha(input2(typ, signers[0].public, payload)))


def read1(data: bytes) -> Read:
    """What an object of one signer says. Raises ValueError, KeyError, TypeError where it is none."""
    protected, _, payload, _ = dec(data).value
    heads = dec(protected)
    signed = sha(enc(["Signature1", protected, b"", payload]))
    return Read(heads[16], heads[4], dec(payload), signed, data)


def spoiled(signed: Signed) -> Signed:
    """One bit of the signature changed; the id stays."""
    return signed._replace(data=signed.data[:-1] + bytes([signed.data[-1] ^ 1]))


def malleated(signed: Signed) -> Signed:
    """The second half of the signature with the order of the group added; the id stays."""
    half = int.from_bytes(signed.data[-32:], "little") + ORDER
    return signed._replace(data=signed.data[:-32] + half.to_bytes(32, "little"))


def under(signed: Signed, signature: bytes) -> Signed:
    """The same object with another signature."""
    return signed._replace(data=signed.data[:-64] + signature)
