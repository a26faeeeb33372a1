"""The manifest: what a node needs to find its relationships again (spec 06 §9), sealed (spec 04 §9)."""

import hmac
from typing import Any

from pcloud.errors import Code, Violation
from pcloud.limits import PROTOCOL_VERSION
from pcloud.wire import cbor, keys, labels
from pcloud.wire.keys import HybridKey
from pcloud.wire.shape import octets, raw, versioned

_INFO = cbor.encode([labels.MANIFEST])
_KEY_INFO = cbor.encode([labels.MANIFEST_CONTENT])
_COMMITMENT_BYTES = 32


def seal_manifest(public: bytes, content: bytes, secret: bytes, nonce: bytes) -> bytes:
    """Seal to the manifest key; `secret` is 32 and `nonce` 12 fresh bytes.

    The commitment is what ChaCha20-Poly1305 lacks: one blob opens under one key only (T11).
    """
    sealed = keys.seal(public, secret, _INFO)
    commitment = hmac.digest(secret, labels.MANIFEST_COMMITMENT, "sha256")
    prefix = cbor.encode([PROTOCOL_VERSION, sealed, commitment, nonce, b""])[:-1]
    ciphertext = keys.aead_seal(keys.hkdf(secret, _KEY_INFO), nonce, content, prefix)
    return prefix + cbor.head(2, len(ciphertext)) + ciphertext


def open_manifest(key: HybridKey, blob: bytes) -> bytes:
    """Open a sealed manifest. Raises Violation at form, and `not-opened` before anything is decrypted."""
    values: list[Any] = cbor.decode_list(blob)
    _, sealed, commitment, nonce, ciphertext = versioned(values, 5)
    raw(sealed)
    octets(commitment, _COMMITMENT_BYTES)
    octets(nonce, keys.NONCE_BYTES)
    size = len(raw(ciphertext))
    secret = key.open(sealed, _INFO)
    if len(secret) != keys.SEED_BYTES:
        raise Violation(Code.NOT_OPENED)
    if not hmac.compare_digest(hmac.digest(secret, labels.MANIFEST_COMMITMENT, "sha256"), commitment):
        raise Violation(Code.NOT_OPENED)
    prefix = blob[: -size - len(cbor.head(2, size))]
    return keys.aead_open(keys.hkdf(secret, _KEY_INFO), nonce, ciphertext, prefix)
