"""The vault as one file in the folder of the node: always whole, for its owner alone (T60 to T62).

No keyring and no other program is asked, so there is nothing that could fall back on plain text.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pcloud.vault.folder import contains, only_writer, private_folder, read_file, write_file
from pcloud.vault.passphrase import check_new, normalised
from pcloud.vault.port import MASTER_BYTES, Secrets, VaultError
from pcloud.vault.wrapping import FILE_BYTES_MAX, NONCE_BYTES, SALT_BYTES, Cost, Wrapped, read, unwrap, wrap

COST: Final = Cost()
"""What vaults are made with; where it has risen, an older vault is renewed when it is next opened."""


class FileVault:
    """One file. Its folder must exist, belong to the owner and be closed to others (mode 0700)."""

    def __init__(self, path: Path, *, cost: Cost = COST, draw: Callable[[int], bytes] = os.urandom) -> None:
        self._path = path
        self._cost = cost
        self._draw = draw
        self.not_renewed: VaultError | None = None
        """Why the last `open` could not raise the cost of an older vault, such as a full disk."""

    def exists(self) -> bool:
        """Whether there is a file of that name, whatever it holds."""
        return os.path.lexists(self._path)

    def create(self, passphrase: str) -> Secrets:
        """Make it with a fresh master secret; never over one that exists. Takes half a second.

        Raises PassphraseError, UnsafeError, VaultError.
        """
        known = check_new(passphrase)
        with self._writing() as folder:
            if contains(folder, self._path.name):
                raise VaultError("There is a vault here already: open it, or choose another folder.")
            secrets = Secrets(self._draw(MASTER_BYTES))
            self._write(folder, secrets.master, known, self._cost)
        return secrets

    def open(self, passphrase: str) -> Secrets:
        """Open it, and renew it if it was made at a lower cost than today's. Takes half a second.

        Raises WrongPassphraseError, PassphraseError, DamagedVaultError, NewerVaultError, UnsafeError,
        VaultError. That it could not be renewed is not raised: see `not_renewed`.
        """
        known = normalised(passphrase)
        with private_folder(self._path.parent) as folder:
            found = self._read(folder)
        secrets = Secrets(unwrap(found, known))
        self._renew(found, secrets, known)
        return secrets

    def change(self, old: str, new: str) -> None:
        """Wrap the same master secret under another passphrase. Takes a second.

        Raises as `open` and `create`; the old file stands until the new one is on the disk.
        """
        known, wanted = normalised(old), check_new(new)
        with self._writing() as folder:
            found = self._read(folder)
            master = unwrap(found, known)
            self._write(folder, master, wanted, self._raised(found.cost))

    @contextmanager
    def _writing(self) -> Iterator[int]:
        with private_folder(self._path.parent) as folder, only_writer(folder):
            yield folder

    def _read(self, folder: int) -> Wrapped:
        return read(read_file(folder, self._path.name, FILE_BYTES_MAX))

    def _write(self, folder: int, master: bytes, passphrase: bytes, cost: Cost) -> None:
        data = wrap(master, passphrase, cost, self._draw(SALT_BYTES), self._draw(NONCE_BYTES))
        write_file(folder, self._path.name, data)

    def _raised(self, cost: Cost) -> Cost:
        """The higher of a stored cost and today's, in each part."""
        return Cost(max(cost.passes, self._cost.passes), max(cost.memory_bytes, self._cost.memory_bytes))

    def _renew(self, found: Wrapped, secrets: Secrets, passphrase: bytes) -> None:
        """Raise the cost of an older vault, unless another process has just written it."""
        self.not_renewed = None
        cost = self._raised(found.cost)
        if cost == found.cost:
            return
        try:
            with self._writing() as folder:
                if self._read(folder) == found:
                    self._write(folder, secrets.master, passphrase, cost)
        except VaultError as failure:
            self.not_renewed = failure
