"""What every vault promises, in memory and as a file. The file's is real work: half a second for each try."""

import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from pcloud.vault.file import FileVault
from pcloud.vault.memory import MemoryVault
from pcloud.vault.port import MASTER_BYTES, PassphraseError, Secrets, Vault, VaultError, WrongPassphraseError

PASSPHRASE = "Blåbärssylt und Öl ½"
NEW = "four words drawn at random"

Maker = Callable[[], Vault]


class Standing(NamedTuple):
    """A vault that was made, and what it gave when it was."""

    vault: Vault
    secrets: Secrets


@pytest.fixture(scope="module", params=["memory", "file"])
def new(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Where vaults may be made."""

    def make() -> Vault:
        if request.param == "memory":
            return MemoryVault()
        folder: Path = tmp_path_factory.mktemp("node")
        folder.chmod(0o700)
        return FileVault(folder / "vault")

    return make


@pytest.fixture(scope="module")
def standing(new: Maker) -> Standing:
    """One for all tests that do not change it."""
    vault = new()
    return Standing(vault, vault.create(PASSPHRASE))


def test_what_was_made_opens_with_the_same_secrets(standing: Standing) -> None:
    assert standing.vault.exists()
    assert standing.vault.open(PASSPHRASE) == standing.secrets
    assert len(standing.secrets.master) == MASTER_BYTES


def test_the_same_letters_in_another_form_of_unicode_open_it(standing: Standing) -> None:
    other = unicodedata.normalize("NFD", PASSPHRASE)
    assert other != PASSPHRASE
    assert standing.vault.open(other) == standing.secrets


def test_none_is_made_over_one_that_stands_and_another_passphrase_opens_nothing(standing: Standing) -> None:
    with pytest.raises(VaultError, match="already"):
        standing.vault.create(NEW)
    with pytest.raises(WrongPassphraseError) as refusal:
        standing.vault.open(NEW)
    assert NEW not in str(refusal.value)
    assert PASSPHRASE not in str(refusal.value)


def test_where_none_was_made_none_exists_and_none_opens_or_changes(new: Maker) -> None:
    vault = new()
    assert not vault.exists()
    with pytest.raises(VaultError, match="no vault"):
        vault.open(PASSPHRASE)
    with pytest.raises(VaultError, match="no vault"):
        vault.change(PASSPHRASE, NEW)
    assert not vault.exists()


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "seven77",
        "\uff11\uff12\uff13\uff14\uff15\uff16\uff17",
        "x" * 1_025,
        "half a pair \ud800",
        "unknown \u0378 letter",
    ],
    ids=["empty", "short", "short and wide", "long", "no text", "unassigned"],
)
def test_a_passphrase_that_is_not_worth_a_vault_makes_none(new: Maker, standing: Standing, bad: str) -> None:
    vault = new()
    with pytest.raises(PassphraseError):
        vault.create(bad)
    assert not vault.exists()
    with pytest.raises(PassphraseError):
        standing.vault.change(PASSPHRASE, bad)


def test_a_changed_passphrase_opens_the_same_secrets_and_the_old_one_nothing(
    new: Maker, standing: Standing
) -> None:
    vault = new()
    secrets = vault.create(PASSPHRASE)
    assert secrets.master != standing.secrets.master  # two vaults under one passphrase
    with pytest.raises(WrongPassphraseError):
        vault.change(NEW, "another one altogether")
    vault.change(PASSPHRASE, NEW)
    with pytest.raises(WrongPassphraseError):
        vault.open(PASSPHRASE)
    assert vault.open(NEW) == secrets


def test_secrets_are_not_shown_and_each_purpose_has_its_own_key(standing: Standing) -> None:
    secrets = standing.secrets
    assert repr(secrets) == f"{secrets}" == "Secrets()"
    keys = {secrets.derive("store"), secrets.derive("stor"), secrets.derive("backup"), secrets.master}
    assert len(keys) == 4
    assert all(len(key) == 32 for key in keys)
    assert secrets.derive("store") == Secrets(secrets.master).derive("store")
