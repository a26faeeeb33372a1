"""The manifest: what a volume of the archive is (spec 06 §9), sealed to the owner's words (spec 04 §13)."""

import hmac
from typing import Any, NamedTuple

from pcloud.errors import Code, Violation
from pcloud.limits import PROTOCOL_VERSION
from pcloud.wire import cbor, keys, labels
from pcloud.wire.keys import HybridKey
from pcloud.wire.shape import octets, raw, shape, unsigned, version, versioned

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


class Unsealed(NamedTuple):
    """What a blob opens to: the content, and the secret under which a volume goes on."""

    secret: bytes
    content: bytes

    def __repr__(self) -> str:
        """Without the secret: what is printed ends in logs."""
        return f"Unsealed({len(self.content)} bytes)"


def open_manifest(key: HybridKey, blob: bytes) -> Unsealed:
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
    content = keys.aead_open(keys.hkdf(secret, _KEY_INFO), nonce, ciphertext, prefix)
    return Unsealed(secret, content)


class Manifest(NamedTuple):
    """What a volume is: which next keys it needs, when it was made, its place in a chain (spec 06 §9)."""

    generation: int
    """Of the next keys in use."""
    pool_end: int
    """How many of them were made; their indexes are below it."""
    time: int
    number: int
    """Rises by one from volume to volume of a chain; at least 1."""
    base: int
    """Number of the full volume that the chain begins with: its own where it is full."""
    previous: bytes | None
    """SHA-256 of all bytes of the volume before; None in a full one."""
    after: int
    """Number of the last entry that the volume before has; 0 in a full one."""

    @property
    def is_full(self) -> bool:
        """Whether it needs no other volume."""
        return self.previous is None


def write_manifest(manifest: Manifest) -> bytes:
    """The content of a manifest."""
    return cbor.encode({1: PROTOCOL_VERSION, **dict(enumerate(manifest, 2))})


def read_manifest(content: bytes) -> Manifest:
    """Read the content of a manifest. Raises Violation at stage form."""
    fields = cbor.decode_map(content)
    version(fields.get(1))
    if list(fields) != list(range(1, _FIELDS + 1)):
        raise shape("manifest")
    _, generation, pool_end, time, number, base, previous, after = fields.values()
    read = Manifest(
        unsigned(generation),
        unsigned(pool_end),
        unsigned(time),
        unsigned(number, 1),
        unsigned(base, 1),
        None if previous is None else octets(previous, _DIGEST_BYTES),
        unsigned(after),
    )
    is_first = read.base == read.number
    if read.base > read.number or is_first is not read.is_full or (is_first and read.after):
        raise shape("place in a chain")
    return read


_FIELDS = 8
_DIGEST_BYTES = 32
