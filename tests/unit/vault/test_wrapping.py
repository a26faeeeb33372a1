"""The bytes of a vault: what is refused before any work, and what the passphrase alone can tell."""

import hmac
from hashlib import sha256
from typing import Any

import nacl.bindings as sodium
import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from nacl.exceptions import RuntimeError as SodiumError

from pcloud.vault import wrapping
from pcloud.vault.port import (
    DamagedVaultError,
    NewerVaultError,
    UnsafeError,
    VaultError,
    WrongPassphraseError,
)
from pcloud.vault.wrapping import CEILING, FILE_BYTES_MAX, FLOOR, Cost, read, unwrap, wrap
from pcloud.wire import cbor

MASTER = bytes(range(32))
PASSPHRASE = b"correct horse battery staple"
SALT = b"s" * 16
NONCE = b"n" * 24
MIB = 2**20


@pytest.fixture(scope="module")
def vault() -> bytes:
    return wrap(MASTER, PASSPHRASE, Cost(), SALT, NONCE)


def with_items(vault: bytes, **changes: Any) -> bytes:
    """The vault with items changed by place (i2=…), and a check that fits: what somebody forges."""
    items: list[Any] = cbor.decode_list(vault)
    for name, value in changes.items():
        items[int(name[1:])] = value
    whole = cbor.encode([*items[:-1], b""])[:-1]
    return whole + cbor.encode(sha256(whole).digest())


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever derives a key fails."""

    def root(*_: object) -> bytes:
        raise AssertionError("work was done")

    monkeypatch.setattr(wrapping, "_root", root)


def test_it_is_the_construction_that_the_module_describes(vault: bytes) -> None:
    """Opened here with libsodium and HMAC alone, by the description."""
    items: list[Any] = cbor.decode_list(vault)
    label, version, (passes, memory, salt), commitment, nonce, ciphertext, check = items
    assert (label, version, passes, memory) == ("pcloud vault", 1, 3, 256 * MIB)
    assert (salt, nonce) == (SALT, NONCE)
    root = sodium.crypto_pwhash_alg(32, PASSPHRASE, salt, passes, memory, sodium.crypto_pwhash_ALG_ARGON2ID13)
    assert hmac.digest(root, b"pcloud vault commitment", "sha256") == commitment
    key = HKDF(SHA256(), 32, salt=None, info=b"pcloud vault key").derive(root)
    before = vault[: vault.index(ciphertext) - 2]
    opened = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(ciphertext, before, nonce, key)
    assert opened == MASTER
    assert check == sha256(vault[:-34]).digest()


def test_the_defaults_are_the_floor_of_t61_or_above() -> None:
    """T61: argon2id, at least 256 MiB and three passes."""
    assert FLOOR == (3, 256 * MIB)
    assert Cost() >= FLOOR
    assert Cost().memory_bytes >= FLOOR.memory_bytes
    Cost().check()
    CEILING.check()


@pytest.mark.usefixtures("no_work")
def test_every_bit_that_flips_on_the_disk_is_damage_and_costs_no_work(vault: bytes) -> None:
    for place in range(len(vault)):
        for bit in range(8):
            flipped = bytearray(vault)
            flipped[place] ^= 1 << bit
            with pytest.raises(DamagedVaultError):
                read(bytes(flipped))


@pytest.mark.usefixtures("no_work")
def test_every_file_that_is_cut_short_or_goes_on_is_damage(vault: bytes) -> None:
    for end in range(len(vault)):
        with pytest.raises(DamagedVaultError):
            read(vault[:end])
    for more in (b"\0", b"\xf6", vault):
        with pytest.raises(DamagedVaultError):
            read(vault + more)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\0" * 200,
        b'{"version": 1}',
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
        b"SQLite format 3\0" + bytes(4_080),
        sha256(b"something else").digest() * 6,
        b"\x81" * 500,
        b"\x87\x6cpcloud vaul",
        b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        bytes(65_536),
    ],
)
def test_what_is_no_vault_is_called_none(data: bytes) -> None:
    with pytest.raises(DamagedVaultError, match="not a vault"):
        read(data)


@pytest.mark.usefixtures("no_work")
def test_64_kib_of_a_vaults_beginning_are_refused_unread(vault: bytes) -> None:
    with pytest.raises(DamagedVaultError, match="not a vault"):
        read(vault.ljust(FILE_BYTES_MAX + 1, b"\0"))
    with pytest.raises(DamagedVaultError, match="damaged"):
        read(vault.ljust(FILE_BYTES_MAX, b"\0"))


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    "changes",
    [
        {"i1": 0},
        {"i1": -1},
        {"i1": True},
        {"i1": "1"},
        {"i1": None},
        {"i2": []},
        {"i2": None},
        {"i2": {}},
        {"i2": [3, 256 * MIB]},
        {"i2": [3, 256 * MIB, SALT, 4]},
        {"i2": [3, 256 * MIB, SALT[:-1]]},
        {"i2": [3, 256 * MIB, SALT + b"s"]},
        {"i2": [3, 256 * MIB, "s" * 16]},
        {"i2": ["3", 256 * MIB, SALT]},
        {"i2": [True, 256 * MIB, SALT]},
        {"i2": [3, b"", SALT]},
        {"i3": b""},
        {"i3": bytes(31)},
        {"i3": bytes(33)},
        {"i3": None},
        {"i4": bytes(12)},
        {"i4": bytes(25)},
        {"i5": b""},
        {"i5": bytes(16)},
        {"i5": bytes(47)},
        {"i5": bytes(49)},
        {"i5": "x" * 48},
    ],
    ids=str,
)
def test_what_was_written_in_another_shape_is_damaged(vault: bytes, changes: dict[str, Any]) -> None:
    with pytest.raises(DamagedVaultError, match="damaged"):
        read(with_items(vault, **changes))


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("passes", "memory_bytes"),
    [(2, 256 * MIB), (0, 256 * MIB), (-3, 256 * MIB), (3, 256 * MIB - 1), (10, 8_192), (3, 0), (3, -1)],
)
def test_a_vault_that_asks_for_less_than_the_floor_is_neither_opened_nor_made(
    vault: bytes, passes: int, memory_bytes: int
) -> None:
    """T61: whoever could lower them could try passphrases cheaply, once the owner has opened it."""
    with pytest.raises(UnsafeError, match="less work"):
        read(with_items(vault, i2=[passes, memory_bytes, SALT]))
    with pytest.raises(UnsafeError, match="less work"):
        wrap(MASTER, PASSPHRASE, Cost(passes, memory_bytes), SALT, NONCE)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("passes", "memory_bytes"),
    [(11, 256 * MIB), (2**32, 256 * MIB), (3, 1_024 * MIB + 1), (3, 2**53 - 1), (2**53 - 1, 2**53 - 1)],
)
def test_a_vault_that_asks_for_absurdly_much_is_refused_before_any_work(
    vault: bytes, passes: int, memory_bytes: int
) -> None:
    with pytest.raises(UnsafeError, match="more work"):
        read(with_items(vault, i2=[passes, memory_bytes, SALT]))
    with pytest.raises(UnsafeError, match="more work"):
        wrap(MASTER, PASSPHRASE, Cost(passes, memory_bytes), SALT, NONCE)


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    "items", [["pcloud vault", 2], ["pcloud vault", 9, {"any": "thing"}, None, 1, 2, 3, 4]]
)
def test_a_vault_of_a_later_version_is_said_to_be_one_whatever_else_it_holds(items: list[Any]) -> None:
    whole = cbor.encode([*items, b""])[:-1]
    with pytest.raises(NewerVaultError, match="newer version"):
        read(whole + cbor.encode(sha256(whole).digest()))


def test_only_the_commitment_says_that_a_passphrase_is_wrong(
    vault: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forged with a check that fits: another salt or commitment is a wrong passphrase, all else damage."""
    root = wrapping._root(PASSPHRASE, Cost(), SALT)
    monkeypatch.setattr(
        wrapping, "_root", lambda _, __, salt: root if salt == SALT else sha256(salt).digest()
    )
    assert unwrap(read(vault), PASSPHRASE) == MASTER
    items: list[Any] = cbor.decode_list(vault)
    forged = {
        WrongPassphraseError: ({"i2": [3, 256 * MIB, b"t" * 16]}, {"i3": bytes(32)}),
        DamagedVaultError: (
            {"i2": [4, 256 * MIB, SALT]},  # additional data
            {"i4": b"m" * 24},
            {"i5": bytes([items[5][0] ^ 1]) + items[5][1:]},
            {"i5": items[5][:-1] + bytes([items[5][-1] ^ 1])},
        ),
    }
    for error, cases in forged.items():
        for changes in cases:
            with pytest.raises(VaultError) as refusal:
                unwrap(read(with_items(vault, **changes)), PASSPHRASE)
            assert type(refusal.value) is error, changes


def test_a_wrong_passphrase_does_not_reach_the_ciphertext(
    vault: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T11: a file made to open under many passphrases is refused at its commitment."""
    monkeypatch.setattr(wrapping, "_root", lambda *_: b"another root key of 32 bytes....")

    def decrypt(*_: object) -> bytes:
        raise AssertionError("decrypted")

    monkeypatch.setattr(sodium, "crypto_aead_xchacha20poly1305_ietf_decrypt", decrypt)
    with pytest.raises(WrongPassphraseError):
        unwrap(read(vault), b"wrong")


def test_no_four_bytes_of_a_thousand_secrets_stand_in_their_vaults() -> None:
    """T60, with canaries in the place of the secret and of the root key."""
    for number in range(1_000):
        master, root = (sha256(f"{what} {number}".encode()).digest() for what in ("canary", "root"))
        salt, nonce = sha256(master).digest()[:16], sha256(root).digest()[:24]
        written = wrapping._wrap(master, root, Cost(), salt, nonce)
        read(written)
        for secret in (master, root):
            assert not any(secret[at : at + 4] in written for at in range(29))


def test_a_machine_without_the_memory_is_told_how_much_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_memory(*_: object) -> bytes:
        raise SodiumError("Unexpected library error")

    monkeypatch.setattr(sodium, "crypto_pwhash_alg", no_memory)
    with pytest.raises(VaultError, match="256 MiB"):
        wrap(MASTER, PASSPHRASE, Cost(), SALT, NONCE)
