"""A vault that is gone with the process. For tests and simulations."""

import os
from collections.abc import Callable

from pcloud.vault.passphrase import check_new, normalised
from pcloud.vault.port import MASTER_BYTES, Secrets, VaultError, WrongPassphraseError


class MemoryVault:
    """Holds the master secret as it is."""

    def __init__(self, draw: Callable[[int], bytes] = os.urandom) -> None:
        self._draw = draw
        self._held: tuple[bytes, Secrets] | None = None

    def exists(self) -> bool:
        """Whether it was made."""
        return self._held is not None

    def create(self, passphrase: str) -> Secrets:
        """Make it. Raises VaultError where it was made, PassphraseError."""
        known = check_new(passphrase)
        if self._held is not None:
            raise VaultError("There is a vault already: open it, nothing was changed.")
        secrets = Secrets(self._draw(MASTER_BYTES))
        self._held = known, secrets
        return secrets

    def open(self, passphrase: str) -> Secrets:
        """Open it. Raises WrongPassphraseError, or VaultError where it was not made."""
        given = normalised(passphrase)
        if self._held is None:
            raise VaultError("There is no vault here: make one first.")
        known, secrets = self._held
        if given != known:
            raise WrongPassphraseError("That is not the passphrase of this vault: try again.")
        return secrets

    def change(self, old: str, new: str) -> None:
        """Let the new passphrase open it instead of the old one. Raises as `open` and `create`."""
        known = check_new(new)
        self._held = known, self.open(old)
