"""Keys of chapters 03 and 04: to sign, to seal to, and what is derived. All of it is a library's work."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)

__all__ = ["InvalidTag"]

SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
KEM_PART_BYTES: Final = 1_184
"""Of a public key, the part of ML-KEM; that of X25519 is the rest."""
ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""Of the group in which Ed25519 signs."""


def fresh(size: int = 32) -> bytes:
    """Random bytes."""
    return secrets.token_bytes(size)


def sha(*parts: bytes) -> bytes:
    """SHA-256 of the parts in a row."""
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, b"".join(parts), "sha256")


def hkdf(secret: bytes, info: bytes) -> bytes:
    """HKDF-SHA-256 with an empty salt, 32 bytes."""
    return mac(mac(bytes(32), secret), info, b"\x01")


def aead_seal(key: bytes, nonce: bytes, text: bytes, aad: bytes) -> bytes:
    """ChaCha20-Poly1305."""
    return ChaCha20Poly1305(key).encrypt(nonce, text, aad)


def aead_open(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """The text. Raises InvalidTag."""
    return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key."""

    seed: bytes = field(default_factory=fresh)

    @property
    def public(self) -> bytes:
        """The public key."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature over a message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


@dataclass(frozen=True)
class Box:
    """A receiving or contact key."""

    seed: bytes = field(default_factory=fresh)

    def _parts(self) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
        wide = hashlib.shake_256(self.seed).digest(96)
        return (
            MLKEM768PrivateKey.from_seed_bytes(wide[:64]),
            X25519PrivateKey.from_private_bytes(wide[64:]),
        )

    @property
    def public(self) -> bytes:
        """The public key, 1,216 bytes."""
        kem, curve = self._parts()
        return kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """What was sealed to it. Raises InvalidTag."""
        return SUITE.decrypt(sealed, MLKEM768X25519PrivateKey(*self._parts()), info=info)


def seal(public: bytes, info: bytes, text: bytes) -> bytes:
    """HPKE, single shot, to a public key."""
    kem = MLKEM768PublicKey.from_public_bytes(public[:KEM_PART_BYTES])
    curve = X25519PublicKey.from_public_bytes(public[KEM_PART_BYTES:])
    return SUITE.encrypt(text, MLKEM768X25519PublicKey(kem, curve), info=info)


def seal_without_secret(public: bytes, info: bytes, text: bytes) -> bytes:
    """HPKE from its parts, under an ephemeral key of small order, so that the X25519 secret is zero."""
    secret, ciphertext = MLKEM768PublicKey.from_public_bytes(public[:KEM_PART_BYTES]).encapsulate()
    ephemeral, agreed = bytes(32), bytes(32)
    shared = hashlib.sha3_256(secret + agreed + ephemeral + public[KEM_PART_BYTES:] + b"\\.//^\\").digest()
    suite = b"HPKE-v1HPKE" + bytes.fromhex("647a00010003")

    def extract(salt: bytes, label: bytes, material: bytes) -> bytes:
        return mac(salt or bytes(32), suite, label, material)

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    start = extract(shared, b"secret", b"")

    def expand(label: bytes, length: int) -> bytes:
        return mac(start, length.to_bytes(2, "big"), suite, label, context, b"\x01")[:length]

    return ciphertext + ephemeral + aead_seal(expand(b"key", 32), expand(b"base_nonce", 12), text, b"")
