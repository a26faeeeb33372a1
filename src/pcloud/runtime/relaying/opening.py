"""The file in which a relay keeps mailboxes: beside the node's store, encrypted as that is (spec 20 §6)."""

from pathlib import Path

from pcloud.holdings.folder import FREE_BYTES_MIN
from pcloud.mailboxes import schema
from pcloud.mailboxes.port import Mailboxes
from pcloud.mailboxes.sqlite import SqliteMailboxes
from pcloud.store import opening
from pcloud.store.files.disk import SYSTEM, Disk

FILE = "relay.db"
LOCK = "relay.lock"
PURPOSE = "relay"
"""What its key is derived for."""


def open_mailboxes(folder: Path, key: bytes, disk: Disk = SYSTEM) -> Mailboxes:
    """Open the mailboxes of a node's folder, made where there are none. Raises StoreError."""
    path, lock = folder / FILE, folder / LOCK
    open_file = opening.open_existing if disk.exists(path) else opening.create
    database = open_file(path, key, lock, disk, schema.STEPS)
    return SqliteMailboxes(database, room=lambda: disk.free_bytes(folder) - FREE_BYTES_MIN)
