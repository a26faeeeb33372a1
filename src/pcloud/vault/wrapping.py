"""The bytes of a vault: the master secret under a key that only the passphrase gives (T60, T61).

    [label, version, [passes, memory, salt], commitment, nonce, ciphertext, check]

in deterministic CBOR. Argon2id (RFC 9106) makes the root key from passphrase and salt; HKDF makes the key of
XChaCha20-Poly1305 from that. Everything before the ciphertext is its additional data. libsodium's argon2id
has one lane (p = 1, where T61 names four): a try costs the same work and memory, only on one core.

The commitment is what XChaCha20-Poly1305 lacks: without it one file could be made that opens under many
passphrases, and each try of it would test them all (T11; Len, Grubbs and Ristenpart, "Partitioning Oracle
Attacks", USENIX Security 2021; ADR 5). It is checked before anything is decrypted, and it alone says that a
passphrase is wrong: where it holds and the ciphertext does not open, the file is damaged.

The check is SHA-256 of all that is before it. It proves nothing to anybody; it tells an accident on the disk
from a wrong passphrase, before a second of work. Label and check keep their places in every later version.
"""

import hmac
from hashlib import sha256
from typing import Any, Final, NamedTuple

import nacl.bindings as sodium
from nacl.exceptions import CryptoError
from nacl.exceptions import RuntimeError as SodiumError

from pcloud.errors import Violation
from pcloud.vault.port import (
    MASTER_BYTES,
    DamagedVaultError,
    NewerVaultError,
    UnsafeError,
    VaultError,
    WrongPassphraseError,
)
from pcloud.wire import cbor
from pcloud.wire.keys import hkdf
from pcloud.wire.shape import octets, shape

VERSION: Final = 1
FILE_BYTES_MAX: Final = 1_024
"""No vault is larger; a file that is is none."""
SALT_BYTES: Final = 16
NONCE_BYTES: Final = 24

_LABEL: Final = "pcloud vault"
_START: Final = cbor.encode(_LABEL)
_ITEMS: Final = 7
_ROOT_BYTES: Final = 32
_CIPHERTEXT_BYTES: Final = MASTER_BYTES + sodium.crypto_aead_xchacha20poly1305_ietf_ABYTES
_DIGEST_BYTES: Final = 32
_KEY_INFO: Final = b"pcloud vault key"
_COMMITMENT_LABEL: Final = b"pcloud vault commitment"
_MIB: Final = 2**20


class Cost(NamedTuple):
    """What one try of a passphrase costs, its owner as well as an attacker."""

    passes: int = 3
    memory_bytes: int = 256 * _MIB

    def check(self) -> None:
        """Refuse what is too cheap to protect, or too dear to be meant. Raises UnsafeError."""
        if self.passes < FLOOR.passes or self.memory_bytes < FLOOR.memory_bytes:
            raise UnsafeError(
                "This vault asks for less work than any vault does, so it was changed by somebody or made "
                "by another program: put the file back from a backup."
            )
        if self.passes > CEILING.passes or self.memory_bytes > CEILING.memory_bytes:
            raise UnsafeError(
                "This vault asks for more work than any vault does, so it was changed by somebody: put the "
                "file back from a backup."
            )


FLOOR: Final = Cost(3, 256 * _MIB)
"""T61. It never rises, or older vaults could not be opened to be renewed; what rises is the default."""
CEILING: Final = Cost(10, 1_024 * _MIB)
"""A file that asks for more is there to wear the machine out."""


class Wrapped(NamedTuple):
    """A vault as read. Nothing of it is proven before `unwrap`."""

    cost: Cost
    salt: bytes
    commitment: bytes
    nonce: bytes
    ciphertext: bytes
    before: bytes
    """All that is before the ciphertext."""


def wrap(master: bytes, passphrase: bytes, cost: Cost, salt: bytes, nonce: bytes) -> bytes:
    """Write a vault; `salt` and `nonce` are 16 and 24 fresh bytes. Takes half a second and more.

    Raises UnsafeError for another cost than allowed, VaultError where memory does not suffice.
    """
    cost.check()
    return _wrap(master, _root(passphrase, cost, salt), cost, salt, nonce)


def _wrap(master: bytes, root: bytes, cost: Cost, salt: bytes, nonce: bytes) -> bytes:
    items = [_LABEL, VERSION, [*cost, salt], _commitment(root), nonce]
    before = cbor.encode([*items, b"", b""])[:-2]
    ciphertext = sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(master, before, nonce, _key(root))
    whole = before + cbor.encode(ciphertext)
    return whole + cbor.encode(sha256(whole).digest())


def read(data: bytes) -> Wrapped:
    """Read a vault without its passphrase. Raises DamagedVaultError, NewerVaultError, UnsafeError."""
    if len(data) > FILE_BYTES_MAX or data[1 : 1 + len(_START)] != _START:
        raise DamagedVaultError(
            "The file named vault is not a vault of pcloud: put the right one in its place, from a backup."
        )
    whole, check = data[: -_DIGEST_BYTES - 2], data[-_DIGEST_BYTES - 2 :]
    if check != cbor.encode(sha256(whole).digest()):
        raise _damaged()
    try:
        return _read_whole(data, whole)
    except Violation as broken:
        raise _damaged() from broken


def unwrap(wrapped: Wrapped, passphrase: bytes) -> bytes:
    """Give the master secret; takes half a second and more.

    Raises WrongPassphraseError, DamagedVaultError, VaultError where memory does not suffice.
    """
    root = _root(passphrase, wrapped.cost, wrapped.salt)
    if not hmac.compare_digest(_commitment(root), wrapped.commitment):
        raise WrongPassphraseError(
            "That is not the passphrase of this vault: try again, nothing was changed."
        )
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
            wrapped.ciphertext, wrapped.before, wrapped.nonce, _key(root)
        )
    except CryptoError as broken:
        raise _damaged() from broken


def _read_whole(data: bytes, whole: bytes) -> Wrapped:
    """Read what the check says is whole. Raises Violation, NewerVaultError, UnsafeError."""
    items: list[Any] = cbor.decode_list(data)
    version = items[1] if len(items) > 1 else None
    if type(version) is not int or version < VERSION:
        raise shape("version")
    if version > VERSION:
        raise NewerVaultError(
            "A newer version of pcloud has written this vault: use that version or a newer one."
        )
    if len(items) != _ITEMS or type(items[2]) is not list:
        raise shape("items")
    _, _, parameters, commitment, nonce, ciphertext, _ = items
    if len(parameters) != 1 + len(Cost._fields) or any(type(part) is not int for part in parameters[:2]):
        raise shape("parameters")
    passes, memory_bytes, salt = parameters
    wrapped = Wrapped(
        Cost(passes, memory_bytes),
        octets(salt, SALT_BYTES),
        octets(commitment, _DIGEST_BYTES),
        octets(nonce, NONCE_BYTES),
        octets(ciphertext, _CIPHERTEXT_BYTES),
        whole[: -len(cbor.encode(ciphertext))],
    )
    wrapped.cost.check()
    return wrapped


def _root(passphrase: bytes, cost: Cost, salt: bytes) -> bytes:
    try:
        return sodium.crypto_pwhash_alg(
            _ROOT_BYTES, passphrase, salt, cost.passes, cost.memory_bytes, sodium.crypto_pwhash_ALG_ARGON2ID13
        )
    except (SodiumError, MemoryError) as failure:
        raise VaultError(
            f"Opening or making a vault takes {cost.memory_bytes // _MIB} MiB of memory for a moment, which "
            "this machine does not give: close something else, or allow the service more."
        ) from failure


def _commitment(root: bytes) -> bytes:
    return hmac.digest(root, _COMMITMENT_LABEL, "sha256")


def _key(root: bytes) -> bytes:
    return hkdf(root, _KEY_INFO)


def _damaged() -> DamagedVaultError:
    return DamagedVaultError("The vault is damaged: put the file back from a backup; nothing was changed.")
