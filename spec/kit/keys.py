"""Keys made from names, so that every run makes the same ones; signing, deriving and sealing."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite
from nacl.signing import SigningKey

SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def sha(*parts: bytes) -> bytes:
    """SHA-256 of the parts one after the other."""
    return hashlib.sha256(b"".join(parts)).digest()


def fixed(name: str, length: int = 32) -> bytes:
    """Bytes that stand in for random ones, always the same for a name."""
    return hashlib.shake_256(b"pcloud vectors: " + name.encode()).digest(length)


def hkdf(ikm: bytes, info: bytes, length: int = 32) -> bytes:
    """HKDF-SHA-256 with an empty salt, for at most one block."""
    prk = hmac.digest(bytes(32), ikm, "sha256")
    return hmac.digest(prk, info + b"\x01", "sha256")[:length]


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA-256."""
    return hmac.digest(key, b"".join(parts), "sha256")


@dataclass(frozen=True)
class Signer:
    """An Ed25519 key."""

    seed: bytes

    @property
    def public(self) -> bytes:
        """The public key."""
        return bytes(SigningKey(self.seed).verify_key)

    def sign(self, message: bytes) -> bytes:
        """The signature over a message."""
        return bytes(SigningKey(self.seed).sign(message).signature)


def signer(name: str) -> Signer:
    """The signing key of that name."""
    return Signer(fixed("ed25519 " + name))


def xwing(seed: bytes) -> tuple[MLKEM768X25519PrivateKey, bytes]:
    """The private key object of a 32-byte seed, and the public key of 1,216 bytes."""
    wide = hashlib.shake_256(seed).digest(96)
    kem, x25519 = (
        MLKEM768PrivateKey.from_seed_bytes(wide[:64]),
        X25519PrivateKey.from_private_bytes(wide[64:]),
    )
    public = kem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return MLKEM768X25519PrivateKey(kem, x25519), public


def box(name: str) -> tuple[bytes, bytes]:
    """Seed and public key of the receiving or contact key of that name."""
    seed = fixed("x-wing " + name)
    return seed, xwing(seed)[1]


def aead_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """ChaCha20-Poly1305."""
    return ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def sealed_by(
    seed: bytes, ciphertext: bytes, ephemeral: bytes, agreed: bytes, info: bytes, plaintext: bytes
) -> bytes:
    """HPKE from its parts (RFC 9180): an ML-KEM ciphertext, an X25519 key and what it is said to agree on."""
    wide, public = hashlib.shake_256(seed).digest(96), xwing(seed)[1]
    secret = MLKEM768PrivateKey.from_seed_bytes(wide[:64]).decapsulate(ciphertext)
    shared = hashlib.sha3_256(secret + agreed + ephemeral + public[1184:] + b"\\.//^\\").digest()
    suite = b"HPKE-v1HPKE" + bytes.fromhex("647a00010003")

    def extract(salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), suite + label + ikm, "sha256")

    context = b"\x00" + extract(b"", b"psk_id_hash", b"") + extract(b"", b"info_hash", info)
    start = extract(shared, b"secret", b"")

    def expand(label: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2, "big") + suite + label + context
        return hmac.digest(start, labelled + b"\x01", "sha256")[:length]

    return ciphertext + ephemeral + aead_seal(expand(b"key", 32), expand(b"base_nonce", 12), plaintext, b"")


@dataclass
class Sealer:
    """HPKE whose outputs are kept: a sealed text cannot be made twice, so the published one is used again."""

    published: list[bytes] = field(default_factory=list)
    made: dict[tuple[bytes, bytes, bytes], bytes] = field(default_factory=dict)
    fresh: list[bytes] = field(default_factory=list)

    def seal(self, seed: bytes, info: bytes, plaintext: bytes) -> bytes:
        """A sealed text that opens to the plaintext: a published one if there is one."""
        place = (seed, info, plaintext)
        if place not in self.made:
            private = xwing(seed)[0]
            self.made[place] = self.find(private, info, plaintext) or SUITE.encrypt(
                plaintext, private.public_key(), info=info
            )
        self.fresh.append(self.made[place])
        return self.made[place]

    def find(self, private: MLKEM768X25519PrivateKey, info: bytes, plaintext: bytes) -> bytes | None:
        """A published text that opens to exactly this."""
        length = KEM.MLKEM768_X25519.enc_length() + len(plaintext) + 16
        for sealed in self.published:
            if len(sealed) != length:
                continue
            try:
                if SUITE.decrypt(sealed, private, info=info) == plaintext:
                    return sealed
            except InvalidTag:
                continue
        return None


SEALER = Sealer()
