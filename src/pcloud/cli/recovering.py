"""Recovery of a node that is down, in its own folder (spec 06 §1)."""

from collections.abc import Callable
from pathlib import Path

from pcloud.ambient.system import SystemClock, system_entropy
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.place import STORE, VAULT
from pcloud.runtime.recovering.renewing import Renewed, renew
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault


def here(folder: Path, passphrase: str, secret: bytes, progress: Callable[[int], None]) -> Renewed:
    """Begin a new epoch in every relationship of this folder's node, or go on where that was interrupted.

    Raises WordsError for the words of another node, and every PcloudError of vault and store.
    """
    store = SqliteStore.open(folder / STORE, FileVault(folder / VAULT).open(passphrase).derive("store"))
    try:
        return renew(store, secret, system_entropy, SystemClock().now(), progress)
    except LookupError as error:
        text = "This node has no pool of keys: it was not made by init."
        raise CommandError(Exit.DAMAGED, "damaged", text) from error
    finally:
        store.close()
