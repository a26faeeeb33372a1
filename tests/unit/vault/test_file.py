"""The vault on a disk. Opening is real work, so most of these refuse before it, and the others share it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pcloud.ambient.fixed import SeededEntropy
from pcloud.vault import file as module
from pcloud.vault.file import COST, FileVault
from pcloud.vault.port import DamagedVaultError, NoRoomError, Secrets, UnsafeError, VaultError
from pcloud.vault.wrapping import Cost, read, wrap

PASSPHRASE = "four words drawn at random"
MASTER = b"canary: this is the master key! "
DEARER = Cost(COST.passes + 1, COST.memory_bytes)


@pytest.fixture(scope="module")
def made() -> bytes:
    """A vault's bytes, made once."""
    return wrap(MASTER, PASSPHRASE.encode(), COST, b"s" * 16, b"n" * 24)


@pytest.fixture
def path(tmp_path: Path, made: bytes) -> Path:
    """A vault that stands."""
    tmp_path.chmod(0o700)
    path = tmp_path / "vault"
    path.write_bytes(made)
    path.chmod(0o600)
    return path


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_an_older_vault_is_renewed_when_it_is_opened_and_a_dearer_one_is_left_as_it_is(
    path: Path, made: bytes
) -> None:
    """T61: parameters are raised on opening, never lowered."""
    vault = FileVault(path, cost=DEARER)
    assert vault.open(PASSPHRASE) == Secrets(MASTER)
    assert vault.not_renewed is None
    renewed = path.read_bytes()
    before, after = read(made), read(renewed)
    assert after.cost == DEARER
    assert before.salt != after.salt
    assert before.nonce != after.nonce
    assert names(path) == ["vault"]

    assert FileVault(path).open(PASSPHRASE) == Secrets(MASTER)
    assert path.read_bytes() == renewed


def test_a_vault_that_cannot_be_renewed_opens_and_says_why(
    path: Path, made: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise VaultError("no room")

    monkeypatch.setattr(module, "write_file", full)
    vault = FileVault(path, cost=DEARER)
    assert vault.open(PASSPHRASE) == Secrets(MASTER)
    assert str(vault.not_renewed) == "no room"
    assert path.read_bytes() == made


def test_a_vault_is_not_renewed_over_what_another_process_has_just_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = wrap(b"o" * 32, PASSPHRASE.encode(), COST, b"t" * 16, b"n" * 24)

    def unwrap_while_another_writes(*_: object) -> bytes:
        path.write_bytes(other)
        return MASTER

    monkeypatch.setattr(module, "unwrap", unwrap_while_another_writes)
    FileVault(path, cost=DEARER).open(PASSPHRASE)
    assert path.read_bytes() == other


@pytest.mark.parametrize("cost", [Cost(2, COST.memory_bytes), Cost(3, 64 * 2**20), Cost(11, 2**28)])
def test_none_is_made_at_a_cost_outside_the_bounds(tmp_path: Path, cost: Cost) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(UnsafeError):
        FileVault(tmp_path / "vault", cost=cost).create(PASSPHRASE)
    assert not list(tmp_path.iterdir())


def test_whatever_bears_the_name_is_never_written_over(path: Path, made: bytes) -> None:
    with pytest.raises(VaultError, match="already"):
        FileVault(path).create(PASSPHRASE)
    assert path.read_bytes() == made
    path.write_bytes(b"")
    with pytest.raises(VaultError, match="already"):
        FileVault(path).create(PASSPHRASE)
    assert path.read_bytes() == b""
    path.unlink()
    path.symlink_to("nowhere")
    assert FileVault(path).exists()
    with pytest.raises(VaultError, match="already"):
        FileVault(path).create(PASSPHRASE)
    assert path.is_symlink()


@pytest.mark.parametrize("mode", [0o750, 0o755, 0o777])
def test_in_a_folder_that_others_may_enter_nothing_is_made_opened_or_changed(
    path: Path, made: bytes, mode: int
) -> None:
    path.parent.chmod(mode)
    other = FileVault(path.with_name("other"))
    with pytest.raises(UnsafeError, match="chmod 700"):
        other.create(PASSPHRASE)
    with pytest.raises(UnsafeError, match="chmod 700"):
        FileVault(path).open(PASSPHRASE)
    with pytest.raises(UnsafeError, match="chmod 700"):
        FileVault(path).change(PASSPHRASE, "another passphrase")
    assert names(path) == ["vault"]
    assert path.read_bytes() == made


def test_a_damaged_file_is_refused_and_left_as_it_is_for_whoever_can_mend_it(path: Path, made: bytes) -> None:
    damaged = made[:100] + bytes([made[100] ^ 1]) + made[101:]
    path.write_bytes(damaged)
    with pytest.raises(DamagedVaultError):
        FileVault(path).open(PASSPHRASE)
    with pytest.raises(DamagedVaultError):
        FileVault(path, cost=DEARER).change(PASSPHRASE, "another passphrase")
    assert path.read_bytes() == damaged
    assert names(path) == ["vault"]


def test_a_change_that_cannot_be_written_leaves_the_old_passphrase_in_force(
    path: Path, made: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "unwrap", lambda *_: MASTER)
    monkeypatch.setattr(module, "wrap", lambda *_: b"new")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoomError, match=r"No space left.*Make room"):
        FileVault(path).change(PASSPHRASE, "another passphrase")
    assert path.read_bytes() == made
    assert names(path) == ["vault"]


def test_no_refusal_names_the_path(path: Path) -> None:
    """It may hold the owner's name, and refusals end in logs."""
    gone = FileVault(path.parent / "anna" / "vault")
    for act in (gone.open, gone.create):
        with pytest.raises(VaultError) as refusal:
            act(PASSPHRASE)
        assert "anna" not in str(refusal.value)


# T62, in a process of its own: without a session bus, and with a hook on all that would reach for a keyring.
MAKES = """
import os, sys
from pathlib import Path

reached = []
def hook(event, arguments):
    if event in {"socket.connect", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}:
        reached.append(event)
    if event == "open" and isinstance(arguments[0], str) and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        reached.append(f"open {arguments[0]}")

folder = Path(sys.argv[1])
from pcloud.vault import file, hardening, passphrase, words
draws = [bytes.fromhex(sys.argv[2]), b"salt" * 4, b"nonce..." * 3]
sys.addaudithook(hook)
file.FileVault(folder / "vault", draw=lambda size: draws.pop(0)).create(sys.argv[3])
assert reached == ["open vault.new"], reached
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"keyring", "secretstorage", "jeepney", "dbus", "gi", "pickle", "json"}, loaded
"""


def test_without_a_session_bus_a_vault_is_made_by_no_keyring_and_no_plain_file_appears(
    tmp_path: Path,
) -> None:
    """T60 and T62: one file, and nothing of the secret or the passphrase is in it."""
    tmp_path.chmod(0o700)
    done = subprocess.run(
        [sys.executable, "-c", MAKES, str(tmp_path), MASTER.hex(), PASSPHRASE],
        env={"HOME": str(tmp_path), "PATH": os.environ.get("PATH", "")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == done.stderr == ""
    (only,) = tmp_path.rglob("*")
    assert only.name == "vault"
    written = only.read_bytes()
    for secret in (MASTER, PASSPHRASE.encode(), Secrets(MASTER).derive("store")):
        assert not any(secret[at : at + 4] in written for at in range(len(secret) - 3))


def test_salt_and_nonce_are_drawn_afresh_for_every_write(path: Path) -> None:
    """T15: nothing of an earlier file comes back, whatever was restored in between."""
    drawn: list[bytes] = []
    draw = SeededEntropy("draws")

    def noting(size: int) -> bytes:
        drawn.append(draw(size))
        return drawn[-1]

    vault = FileVault(path, draw=noting)
    vault.change(PASSPHRASE, PASSPHRASE)
    found = read(path.read_bytes())
    assert drawn == [found.salt, found.nonce]
