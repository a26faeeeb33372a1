"""Keys and signatures as a hostile peer makes them, judged by the rule of the spec (spec 03 §1)."""

import pytest
from nacl import bindings

from pcloud.errors import Code, Stage, Violation
from pcloud.wire import answers, cbor, content, cose, header, keylog, keys
from pcloud.wire.keys import HybridKey, SigningKey

SEED = b"\1" * 32
KEY = SigningKey.from_seed(SEED)
HYBRID = HybridKey.from_seed(b"\3" * 32)
ORDER = 2**252 + 27742317777372353535851937790883648493
TORSION = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
"""A point of order eight."""


@pytest.mark.parametrize("private", [SEED + KEY.public, KEY.public + SEED])
def test_a_key_that_comes_with_its_private_half_is_refused_and_never_told(private: bytes) -> None:
    with pytest.raises(Violation) as refusal:
        keys.check_public(private)
    assert (refusal.value.stage, refusal.value.code) == (Stage.FORM, Code.KEY_ENCODING)
    assert SEED.hex() not in repr(refusal.value)
    event = cbor.decode_map(cose.parse_sign1(_event(), cose.KEY_EVENT).payload)
    places = [key for key, value in event.items() if value == KEY.public]
    assert places
    for place in places:
        with pytest.raises(Violation) as refusal:
            keylog.read_log([cose.sign1(KEY, cose.KEY_EVENT, cbor.encode({**event, place: private}))])
        assert refusal.value.stage is Stage.FORM
        assert SEED.hex() not in repr(refusal.value)


def _event() -> bytes:
    return keylog.first_event(KEY, HYBRID.public, keylog.commitment(bytes(32))).data


@pytest.mark.parametrize("levels", [1, 2, 20])
def test_a_signed_object_in_place_of_a_payload_is_refused(levels: int) -> None:
    """Nothing is opened again and again: what is behind a signature is the one array of its type."""
    nested = b"\x80"
    for _ in range(levels):
        nested = cose.sign1(KEY, cose.HEADER, nested)
    payload = cose.parse_sign1(cose.sign1(KEY, cose.HEADER, nested), cose.HEADER).payload
    for read in (
        header.read_header,
        content.read_start,
        lambda data: answers.read_answer(cose.RECEIPT, data),
    ):
        with pytest.raises(Violation) as refusal:
            read(payload)
        assert refusal.value.stage is Stage.FORM


def test_a_key_with_a_component_of_small_order_verifies_by_the_equation_without_cofactor() -> None:
    """C-ED-23: such a key can be made, and then every node must give the same verdict.

    With A' = A + T the equation S·B = R + k·A' holds exactly where k·T is nothing, that is for k divisible
    by eight. By the equation with a cofactor every one of these signatures would hold.
    """
    secret = (int.from_bytes(bindings.crypto_hash_sha512(b"secret"), "little") % ORDER) or 1
    public = bindings.crypto_core_ed25519_add(_times_base(secret), TORSION)
    taken = 0
    for number in range(64):
        message = number.to_bytes(1, "big")
        nonce = int.from_bytes(bindings.crypto_hash_sha512(b"nonce" + message), "little") % ORDER
        point = _times_base(nonce)
        challenge = int.from_bytes(bindings.crypto_hash_sha512(point + public + message), "little") % ORDER
        signature = point + ((nonce + challenge * secret) % ORDER).to_bytes(32, "little")
        if challenge % 8 == 0:
            keys.verify(public, message, signature)
            taken += 1
            continue
        with pytest.raises(Violation) as refusal:
            keys.verify(public, message, signature)
        assert (refusal.value.stage, refusal.value.code) == (Stage.AUTHENTIC, Code.BAD_SIGNATURE)
    assert 0 < taken < 64


def _times_base(scalar: int) -> bytes:
    return bindings.crypto_scalarmult_ed25519_base_noclamp(scalar.to_bytes(32, "little"))
