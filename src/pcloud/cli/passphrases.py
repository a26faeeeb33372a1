"""The passphrase of a node, from where the owner has it (`pcloud.vault.passphrase` reads it)."""

import os
from pathlib import Path
from typing import Final

from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.prompts import at_terminal, hidden
from pcloud.vault.passphrase import CREDENTIAL, check_new, find_passphrase, from_file

FILE_VARIABLE: Final = "PCLOUD_PASSPHRASE_FILE"
"""Names a file; the passphrase itself never stands in the environment, which other processes can read."""
_NONE_GIVEN: Final = (
    "There is no passphrase and nobody to ask: name a file that holds it with --passphrase-file or in "
    f"{FILE_VARIABLE}, or give the service a credential named {CREDENTIAL}."
)


def present(named: Path | None) -> str:
    """The passphrase of what is there. Raises CommandError, VaultError."""
    return find_passphrase(_named(named), os.environ, lambda: _asked("Passphrase: "))


def new(named: Path | None) -> str:
    """A passphrase that is to be, typed twice at a terminal. Raises CommandError, VaultError."""
    return find_passphrase(_named(named), os.environ, _chosen)


def other(named: Path | None) -> str:
    """One to stand in the place of another: from a file named for it, or typed twice. Raises as `new`."""
    return _chosen() if named is None else from_file(named)


def given(named: Path | None) -> str | None:
    """The passphrase of what is there, if it can be had without asking. Raises VaultError."""
    return find_passphrase(_named(named), os.environ, lambda: "") or None


def _named(named: Path | None) -> Path | None:
    variable = os.environ.get(FILE_VARIABLE)
    return named or (Path(variable) if variable else None)


def _asked(question: str) -> str:
    if not at_terminal():
        raise CommandError(Exit.PASSPHRASE, "passphrase", _NONE_GIVEN)
    return hidden(question)


def _chosen() -> str:
    first = _asked("Choose a passphrase: ")
    check_new(first)
    if _asked("Once more: ") != first:
        raise CommandError(Exit.PASSPHRASE, "passphrase", "The two are not the same, so nothing was done.")
    return first
