"""Signed objects, right and wrong."""

from __future__ import annotations

from dataclasses import dataclass

from spec.kit.cbor import Tag, Value, enc
from spec.kit.keys import Signer, sha

ALG = -19


@dataclass(frozen=True)
class Signed:
    """A signed object: its bytes and the bytes that were signed."""

    data: bytes
    to_be_signed: bytes

    @property
    def id(self) -> bytes:
        """The id of the object."""
        return sha(self.to_be_signed)


def protected1(typ: Value, key: bytes, **more: Value) -> bytes:
    """The protected header of an object of one signer."""
    labels: dict[Value, Value] = {1: ALG, 4: key, 16: typ}
    return enc(labels | {int(label[1:]): value for label, value in more.items()})


def sign1_raw(
    signer: Signer,
    protected: bytes,
    payload: bytes,
    *,
    context: str = "Signature1",
    unprotected: Value = None,
    aad: bytes = b"",
) -> Signed:
    """One signer over any protected header."""
    signing_input = enc([context, protected, aad, payload])
    open_map: Value = {} if unprotected is None else unprotected
    body: Value = [protected, open_map, payload, signer.sign(signing_input)]
    return Signed(enc(Tag(18, body)), signing_input)


def sign1(signer: Signer, typ: str, payload: Value) -> Signed:
    """One signer, as it should be. A payload of bytes (`Raw`) is taken as it is."""
    return sign1_raw(signer, protected1(typ, signer.public), enc(payload))


def sign2_parts(signers: list[Signer], typ: Value, payload: bytes) -> tuple[bytes, list[Value], list[bytes]]:
    """Body protected header, signature entries and signing inputs."""
    body = enc({16: typ})
    entries: list[Value] = []
    inputs = []
    for one in signers:
        own = enc({1: ALG, 4: one.public})
        inputs.append(enc(["Signature", body, own, b"", payload]))
        entries.append([own, {}, one.sign(inputs[-1])])
    return body, entries, inputs


def sign2(signers: list[Signer], typ: str, payload: Value) -> Signed:
    """Two signers in order, as it should be; another number of signers is written too."""
    written = enc(payload)
    body, entries, inputs = sign2_parts(signers, typ, written)
    return Signed(enc(Tag(98, [body, {}, written, entries])), inputs[0])


def spoiled(data: bytes) -> bytes:
    """The object with one bit of its last signature changed."""
    return data[:-1] + bytes([data[-1] ^ 1])
