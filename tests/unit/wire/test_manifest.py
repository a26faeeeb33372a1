"""The sealed manifest: one blob, one key, and nothing decrypted before that is certain."""

import hmac
from collections.abc import Iterable
from typing import Any

import pytest

from pcloud.errors import Code, Stage, Violation
from pcloud.wire import cbor, keys, labels, manifest
from pcloud.wire.keys import HybridKey

KEY, OTHER = HybridKey.from_seed(b"\1" * 32), HybridKey.from_seed(b"\2" * 32)
SECRET, NONCE = b"\3" * 32, b"\4" * 12
CONTENT = b"a manifest"
BLOB = manifest.seal_manifest(KEY.public, CONTENT, SECRET, NONCE)
SEALED: bytes = cbor.decode_list(BLOB)[1]  # type: ignore[assignment]
COMMITMENT = hmac.digest(SECRET, b"pcloud/1 manifest commitment", "sha256")
SHAPE = (Stage.FORM, Code.SHAPE)


def each(place: int, values: Iterable[Any]) -> list[tuple[int, Any]]:
    return [(place, value) for value in values]


NOT_OPENED = (Stage.AUTHENTIC, Code.NOT_OPENED)


def refused(blob: bytes, key: HybridKey = KEY) -> tuple[Stage, Code]:
    with pytest.raises(Violation) as refusal:
        manifest.open_manifest(key, blob)
    return refusal.value.stage, refusal.value.code


@pytest.mark.parametrize("content", [b"", CONTENT, bytes(300), bytes(100_000)])
def test_a_manifest_opens_with_the_key_it_was_sealed_to(content: bytes) -> None:
    """[SEAL-47]"""
    blob = manifest.seal_manifest(KEY.public, content, SECRET, NONCE)
    assert manifest.open_manifest(KEY, blob) == (SECRET, content)
    assert refused(blob, OTHER) == NOT_OPENED


def test_the_blob_is_the_array_of_the_chapter() -> None:
    """[SEAL-47]"""
    _, sealed, commitment, nonce, ciphertext = cbor.decode_list(BLOB)
    assert (commitment, nonce) == (COMMITMENT, NONCE)
    assert KEY.open(SEALED, cbor.encode(["pcloud/1 manifest"])) == SECRET
    key = keys.hkdf(SECRET, cbor.encode(["pcloud/1 manifest content"]))
    prefix = cbor.encode([1, sealed, commitment, nonce, b""])[:-1]
    assert ciphertext == keys.aead_seal(key, NONCE, CONTENT, prefix)


def test_the_commitment_is_compared_before_anything_is_decrypted(monkeypatch: pytest.MonkeyPatch) -> None:
    """[SEAL-48]"""

    def decrypted(*_: Any) -> bytes:
        raise AssertionError("decrypted")

    monkeypatch.setattr(keys, "aead_open", decrypted)
    with pytest.raises(AssertionError, match="decrypted"):
        manifest.open_manifest(KEY, BLOB)
    for at in range(32):
        wrong = COMMITMENT[:at] + bytes([COMMITMENT[at] ^ 1]) + COMMITMENT[at + 1 :]
        assert refused(BLOB.replace(COMMITMENT, wrong)) == NOT_OPENED


def test_a_text_that_two_keys_open_is_refused_under_the_one_not_committed_to() -> None:
    """[SEAL-48]"""
    # Without the commitment this blob, well made for another secret in all other places, would open.
    fresh = b"\5" * 32
    sealed = keys.seal(KEY.public, fresh, cbor.encode([labels.MANIFEST]))
    prefix = cbor.encode([1, sealed, COMMITMENT, NONCE, b""])[:-1]
    key = keys.hkdf(fresh, cbor.encode([labels.MANIFEST_CONTENT]))
    ciphertext = keys.aead_seal(key, NONCE, CONTENT, prefix)
    blob = prefix + cbor.head(2, len(ciphertext)) + ciphertext
    assert keys.aead_open(key, NONCE, ciphertext, prefix) == CONTENT
    assert refused(blob) == NOT_OPENED


@pytest.mark.parametrize("at", [*range(6), 700, 1_122, 1_130, *range(len(BLOB) - 80, len(BLOB))])
def test_no_byte_of_the_blob_may_change(at: int) -> None:
    """[SEAL-47] [SEAL-48]"""
    stage, _ = refused(BLOB[:at] + bytes([BLOB[at] ^ 1]) + BLOB[at + 1 :])
    assert stage in {Stage.FORM, Stage.AUTHENTIC}


def test_the_nonce_is_bound() -> None:
    """[SEAL-47]"""
    assert refused(BLOB.replace(NONCE, b"\5" * 12)) == NOT_OPENED


GOOD: list[Any] = [1, SEALED, COMMITMENT, NONCE, bytes(40)]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        *each(1, ("x" * 1_168, None, 1, [SEALED])),
        *each(2, (COMMITMENT[:-1], COMMITMENT + b"\0", b"", "x" * 32, None, True)),
        *each(3, (NONCE[:-1], NONCE + b"\0", b"", "x" * 12, None, 0)),
        *each(4, ("x" * 40, None, 1, [bytes(40)], {})),
    ],
)
def test_every_place_wrong_in_turn_is_refused_before_anything_is_opened(place: int, value: Any) -> None:
    """[SEAL-47]"""
    values = [*GOOD[:place], value, *GOOD[place + 1 :]]
    assert refused(cbor.encode(values)) == SHAPE
    assert refused(cbor.encode(values), OTHER) == SHAPE


@pytest.mark.parametrize("sealed", [SEALED[:-1], SEALED + b"\0", b""])
def test_a_sealed_secret_of_another_length_does_not_open(sealed: bytes) -> None:
    """[SEAL-47]"""
    assert refused(cbor.encode([1, sealed, *GOOD[2:]])) == NOT_OPENED


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_well_sealed_secret_of_another_length_is_none(size: int) -> None:
    """[SEAL-47]"""
    assert refused(manifest.seal_manifest(KEY.public, CONTENT, bytes(size), NONCE)) == NOT_OPENED


@pytest.mark.parametrize("text", [b"", b"x", bytes(15), bytes(16), bytes(40)])
def test_a_ciphertext_that_is_none_does_not_open(text: bytes) -> None:
    """[SEAL-47]"""
    assert refused(cbor.encode([*GOOD[:4], text])) == NOT_OPENED


@pytest.mark.parametrize("version", [0, 2, True, None, "1"])
def test_another_version_is_refused_by_name_whatever_its_length(version: Any) -> None:
    """[CONF-7]"""
    for rest in (GOOD[1:], GOOD[1:-1], [*GOOD[1:], 0], []):
        assert refused(cbor.encode([version, *rest])) == (Stage.FORM, Code.VERSION_UNKNOWN)


@pytest.mark.parametrize("values", [[], [1], GOOD[:-1], [*GOOD, None], {1: 1}, None, 1, SEALED])
def test_another_length_or_type_is_refused(values: Any) -> None:
    """[SEAL-47]"""
    assert refused(cbor.encode(values)) == SHAPE


def test_a_blob_has_one_encoding() -> None:
    """[CBOR-1] [CBOR-3]"""
    for blob in (b"", BLOB[:-1], BLOB + b"\0"):
        assert refused(blob) == (Stage.FORM, Code.CBOR_MALFORMED)
    assert refused(BLOB[:1] + b"\x18\x01" + BLOB[2:]) == (Stage.FORM, Code.CBOR_NOT_DETERMINISTIC)


FULL = manifest.Manifest(2, 4_096, 1_800_000_000, 7, 7, None, 0)
INCREMENT = FULL._replace(number=9, previous=b"d" * 32, after=40)


@pytest.mark.parametrize("made", [FULL, INCREMENT, INCREMENT._replace(after=0)])
def test_a_manifest_says_what_its_volume_is(made: manifest.Manifest) -> None:
    """[REC-49]"""
    assert manifest.read_manifest(manifest.write_manifest(made)) == made
    assert made.is_full is (made.previous is None)


@pytest.mark.parametrize(
    "change",
    [
        {1: None},
        {2: -1},
        {3: "x"},
        {4: None},
        {5: 0},
        {6: 0},
        {7: b"d" * 31},
        {7: "d"},
        {8: -1},
        {8: True},
        {8: ...},
        {9: 0},
        {5: 8},
        {6: 6},
        {8: 1},
        {7: b"d" * 32},
    ],
)
def test_another_map_is_refused(change: dict[int, Any]) -> None:
    """[REC-49]"""
    fields: dict[int, Any] = {1: 1, 2: 2, 3: 4_096, 4: 5, 5: 7, 6: 7, 7: None, 8: 0} | change
    content = cbor.encode({key: value for key, value in fields.items() if value is not ...})
    with pytest.raises(Violation) as refusal:
        manifest.read_manifest(content)
    assert refusal.value.code is (Code.VERSION_UNKNOWN if change == {1: None} else Code.SHAPE)


def test_a_base_above_its_own_number_is_refused() -> None:
    """[REC-49]"""
    for made in (INCREMENT._replace(base=10), INCREMENT._replace(base=9), FULL._replace(base=6)):
        with pytest.raises(Violation) as refusal:
            manifest.read_manifest(manifest.write_manifest(made))
        assert refusal.value.code is Code.SHAPE
    with pytest.raises(Violation):
        manifest.read_manifest(b"\xa1\x01\x02")
    with pytest.raises(Violation):
        manifest.read_manifest(b"\x80")
