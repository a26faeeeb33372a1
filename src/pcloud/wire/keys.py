"""The one suite of version 1: Ed25519 (spec 03 §1); X-Wing HPKE, ChaCha20-Poly1305, HKDF-SHA256 (spec 04 §1).

Signatures obey libsodium's rule, so they go through libsodium: S < L, A and R canonical and not of small
order, the cofactorless equation. OpenSSL accepts signatures that this rule refuses, one of them for every
message.
"""

from functools import lru_cache
from typing import Final, NamedTuple

import nacl.bindings as sodium
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256, SHAKE256, Hash
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import BadSignatureError
from nacl.exceptions import RuntimeError as SodiumError

from pcloud.errors import Code, UsageError, Violation

PUBLIC_BYTES: Final = 32
"""An Ed25519 public key."""
SIGNATURE_BYTES: Final = 64
SEED_BYTES: Final = 32
"""The secret behind a signing key or a hybrid key, and the length of an AEAD key."""
NONCE_BYTES: Final = 12
TAG_BYTES: Final = 16
HYBRID_PUBLIC_BYTES: Final = 1_216
"""An X-Wing public key: ML-KEM-768 encapsulation key (1184) then X25519 (32)."""
HYBRID_OVERHEAD_BYTES: Final = 1_136
"""What `seal` adds: the encapsulated key (1120) and the AEAD tag."""

PUBLIC_KEYS_KEPT: Final = 16
"""X-Wing public keys that were parsed last, some 10 KiB each; a handshake has four."""

_MLKEM_PUBLIC_BYTES: Final = 1_184
_MLKEM_SEED_BYTES: Final = 64
_FIELD: Final = 2**255 - 19

_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(start + ending)
    for start, endings in (
        ("00" * 31, ("00", "80")),  # y = 0, order 4
        ("01" + "00" * 30, ("00", "80")),  # y = 1, the neutral element, plain and with a meaningless sign
        ("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc", ("05", "85")),  # order 8
        ("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03", ("7a", "fa")),  # order 8
        ("ec" + "ff" * 30, ("7f", "ff")),  # y = -1, order 2
        ("ed" + "ff" * 30, ("7f", "ff")),  # y = p, a second way to write 0
        ("ee" + "ff" * 30, ("7f", "ff")),  # y = p + 1, a second way to write 1
    )
    for ending in endings
)
"""All 14 encodings of the eight points of small order (ID-2)."""

_SMALL_ORDER_U: Final = frozenset(
    (
        0,
        1,
        _FIELD - 1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
    )
)
"""X25519 coordinates of small order: the shared secret would be zero whatever the other key (SEAL-4)."""

_BASE_POINT: Final = bytes.fromhex("58" + "66" * 31)

_SUITE: Final = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
"""HPKE base mode, KEM 0x647a (X-Wing), KDF 0x0001, AEAD 0x0003 (RFC 9180, draft-ietf-hpke-pq)."""


# Signatures


class SigningKey:
    """An Ed25519 private key. `public` is its 32-byte public key."""

    __slots__ = ("_secret", "public")

    def __init__(self, public: bytes, secret: bytes) -> None:
        self.public = public
        self._secret = secret

    @classmethod
    def from_seed(cls, seed: bytes) -> "SigningKey":
        """Make the key of a 32-byte seed (RFC 8032 §5.1.5). Raises UsageError(key-encoding) otherwise."""
        if len(seed) != SEED_BYTES:
            raise UsageError(Code.KEY_ENCODING, "a seed has 32 bytes")
        return cls(*sodium.crypto_sign_seed_keypair(seed))

    @classmethod
    def stored(cls, seed: bytes, public: bytes) -> "SigningKey":
        """The key as one's own store kept it, seed and public key, without computing the latter again."""
        return cls(public, seed + public)

    @property
    def seed(self) -> bytes:
        """The 32 bytes to store; whoever has them has the key."""
        return self._secret[:SEED_BYTES]

    def sign(self, message: bytes) -> bytes:
        """Give the 64-byte signature of `message` (RFC 8032 §5.1.6)."""
        return sodium.crypto_sign(message, self._secret)[:SIGNATURE_BYTES]


def check_public(data: bytes) -> None:
    """Refuse what is no usable Ed25519 public key; for every key before it is stored.

    Raises Violation(key-encoding) unless 32 bytes, canonical (y < p) and on the curve;
    Violation(key-small-order) for the 14 encodings of small order, under which one signature can fit every
    message. A key with a component of small order is allowed, as in the rule for signatures; no generator
    makes one.
    """
    if len(data) != PUBLIC_BYTES:
        raise Violation(Code.KEY_ENCODING, "length")
    if data in _SMALL_ORDER:
        raise Violation(Code.KEY_SMALL_ORDER)
    if int.from_bytes(data, "little") & (2**255 - 1) >= _FIELD:
        raise Violation(Code.KEY_ENCODING, "not canonical")
    try:
        sodium.crypto_core_ed25519_add(data, _BASE_POINT)  # the cheapest call that looks for the point
    except SodiumError:
        raise Violation(Code.KEY_ENCODING, "not on the curve") from None


class Check(NamedTuple):
    """A signature that is to be checked."""

    public: bytes
    message: bytes
    signature: bytes


def verify(public: bytes, message: bytes, signature: bytes) -> None:
    """Check a signature by libsodium's rule. Raises Violation(bad-signature)."""
    # libsodium reads 32 and 64 bytes whatever it is given, so the lengths are ours to check.
    if len(public) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        raise Violation(Code.BAD_SIGNATURE, "length")
    try:
        sodium.crypto_sign_open(signature + message, public)
    except BadSignatureError:
        raise Violation(Code.BAD_SIGNATURE) from None


# Sealing to a key


class HybridKey:
    """An X-Wing private key, which opens what was sealed to it."""

    __slots__ = ("_private", "known_public", "seed")

    def __init__(self, seed: bytes, public: bytes | None) -> None:
        self.seed = seed
        """The 32 bytes to store; whoever has them has the key."""
        self.known_public = public
        """The public key to store beside it; None before anybody has asked for it."""
        self._private: hpke.MLKEM768X25519PrivateKey | None = None

    @classmethod
    def stored(cls, seed: bytes, public: bytes | None) -> "HybridKey":
        """The key as one's own store kept it; what is not known is computed when it is needed."""
        return cls(seed, public)

    @classmethod
    def later(cls, seed: bytes) -> "HybridKey":
        """The key of a 32-byte seed that may never be needed: nothing is computed yet.

        Raises UsageError(key-encoding) for other lengths.
        """
        if len(seed) != SEED_BYTES:
            raise UsageError(Code.KEY_ENCODING, "a seed has 32 bytes")
        return cls(seed, None)

    @classmethod
    def from_seed(cls, seed: bytes) -> "HybridKey":
        """Make the key of a 32-byte seed; 110 µs. Raises UsageError(key-encoding) for other lengths.

        SHAKE256 gives 96 bytes: the ML-KEM seed (64), then the X25519 key (32):
        draft-connolly-cfrg-xwing-kem.
        """
        key = cls.later(seed)
        key.compute()
        return key

    @property
    def public(self) -> bytes:
        """The 1216-byte public key."""
        return self.known_public or self.compute()

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Open `seal`'s output under the same `info`; 85 µs. Raises Violation(not-opened)."""
        try:
            return _SUITE.decrypt(sealed, self._opener(), info=info)
        except (InvalidTag, ValueError):
            raise Violation(Code.NOT_OPENED, "HPKE") from None

    def _opener(self) -> hpke.MLKEM768X25519PrivateKey:
        if self._private is None:
            self._private = hpke.MLKEM768X25519PrivateKey(*_expand(self.seed))
        return self._private

    def compute(self) -> bytes:
        """Compute what the seed gives, now: gives the public key."""
        lattice, curve = _expand(self.seed)
        public = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        self.known_public, self._private = public, hpke.MLKEM768X25519PrivateKey(lattice, curve)
        return public


def _expand(seed: bytes) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    expander = Hash(SHAKE256(_MLKEM_SEED_BYTES + SEED_BYTES))
    expander.update(seed)
    expanded = expander.finalize()
    lattice = mlkem.MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_BYTES])
    return lattice, x25519.X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_BYTES:])


def seal(public: bytes, plaintext: bytes, info: bytes) -> bytes:
    """Seal to an X-Wing public key: encapsulated key, ciphertext and tag; 1136 bytes longer; 100 µs.

    The one function of the pure layers whose output differs from call to call (spec 04 §1). Raises as
    `check_hybrid_public`.
    """
    return _SUITE.encrypt(plaintext, _hybrid_public(public), info=info)


def check_hybrid_public(data: bytes) -> None:
    """Refuse what is no usable X-Wing public key; for every key before it is stored.

    Raises Violation(key-encoding) unless 1216 bytes, a valid ML-KEM-768 key (FIPS 203 §7.2) and a canonical
    X25519 coordinate; Violation(key-small-order) for one of small order.
    """
    _hybrid_public(data)


@lru_cache(PUBLIC_KEYS_KEPT)
def _hybrid_public(data: bytes) -> hpke.MLKEM768X25519PublicKey:
    """The key of these bytes. A peer's is checked when it comes, and again where it is used: parsed once."""
    if len(data) != HYBRID_PUBLIC_BYTES:
        raise Violation(Code.KEY_ENCODING, "length")
    lattice, curve = data[:_MLKEM_PUBLIC_BYTES], data[_MLKEM_PUBLIC_BYTES:]
    coordinate = int.from_bytes(curve, "little")
    # X25519 itself would take 2^255 - 19 and more, and so give one key several names.
    if coordinate >= _FIELD:
        raise Violation(Code.KEY_ENCODING, "X25519 not canonical")
    try:
        key = hpke.MLKEM768X25519PublicKey(
            mlkem.MLKEM768PublicKey.from_public_bytes(lattice),
            x25519.X25519PublicKey.from_public_bytes(curve),
        )
    except ValueError:
        raise Violation(Code.KEY_ENCODING, "ML-KEM") from None
    if coordinate in _SMALL_ORDER_U:
        raise Violation(Code.KEY_SMALL_ORDER)
    return key


# Sealing under a key


def aead_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
    """Encrypt with ChaCha20-Poly1305 (RFC 8439): 32-byte key, 12-byte nonce; 16 bytes longer."""
    return ChaCha20Poly1305(key).encrypt(nonce, plaintext, aad)


def aead_open(key: bytes, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Undo `aead_seal`. Raises Violation(not-opened).

    ChaCha20-Poly1305 does not commit to its key: where several keys could be tried, check a commitment first
    (ADR 0005).
    """
    if len(nonce) != NONCE_BYTES:
        raise Violation(Code.NOT_OPENED, "nonce")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise Violation(Code.NOT_OPENED) from None


def hkdf(ikm: bytes, info: bytes, length: int = 32) -> bytes:
    """Derive `length` bytes from a secret: HKDF-SHA256 with an empty salt (RFC 5869)."""
    return HKDF(SHA256(), length, salt=None, info=info).derive(ikm)
