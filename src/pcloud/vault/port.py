"""What opens the store: one master secret, wrapped under the owner's passphrase (spec 15)."""

from typing import NamedTuple, Protocol

from pcloud.errors import PcloudError
from pcloud.wire.keys import hkdf

MASTER_BYTES = 32


class VaultError(PcloudError):
    """The vault cannot be opened or made; the text is one sentence for the owner, with what to do."""


class WrongPassphraseError(VaultError):
    """The passphrase is not that of this vault. Nothing was changed."""


class PassphraseError(VaultError):
    """There is no passphrase, or none that could be one."""


class DamagedVaultError(VaultError):
    """The file is not whole, or no vault at all."""


class NewerVaultError(VaultError):
    """A later version of this program has written it."""


class UnsafeError(VaultError):
    """Others than the owner could read or change it, or guess it more cheaply than they should."""


class LockedError(VaultError):
    """Another process works in the folder."""


class NoRoomError(VaultError):
    """There is no room on the disk. What was there stands."""


class Secrets(NamedTuple):
    """What an open vault gives. Held in memory only."""

    master: bytes

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose, such as `store`; independent of every other."""
        return hkdf(self.master, b"pcloud node " + purpose.encode())

    def __repr__(self) -> str:
        """Without the secret: what is printed ends in logs."""
        return "Secrets()"


class Vault(Protocol):
    """A place for the master secret."""

    def exists(self) -> bool:
        """Whether there is one here."""

    def create(self, passphrase: str) -> Secrets:
        """Make it with a fresh master secret.

        Raises VaultError where one exists already, PassphraseError for a passphrase that is too short.
        """

    def open(self, passphrase: str) -> Secrets:
        """Open it. Raises WrongPassphraseError, or VaultError for a missing, damaged or unsafe file."""

    def change(self, old: str, new: str) -> None:
        """Wrap the same master secret under another passphrase; the old one stops working.

        Copies that were made before, such as backups, still open with the old one. Raises as `open` and as
        `create`, and then nothing is changed.
        """
