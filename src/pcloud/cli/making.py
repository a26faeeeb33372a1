"""Making the folder of a node so that an interruption never leaves half of one, or two sets of words.

Everything is made in a scratch folder, which counts for nothing. Renaming that is the moment from which the
node exists; what follows only moves its files to their places, the vault last, and can be done again.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Final, NamedTuple

from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.files import FOLDER_MODE, sync_folder, write_new
from pcloud.cli.place import CONFIG, LOCK, STORE, VAULT
from pcloud.cli.text import plain
from pcloud.limits import TITLE_BYTES_MAX
from pcloud.runtime import facts
from pcloud.runtime.config import default_toml
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault
from pcloud.vault.folder import only_writer, private_folder
from pcloud.vault.words import check_secret, make_pool

SCRATCH: Final = ".init"
READY: Final = ".ready"
GENERATION: Final = 0
"""The first generation of next keys; every recovery begins another (spec 03 §4)."""


class Leftover(Enum):
    """What an earlier `init` left in a folder."""

    NOTHING = "nothing"
    VOID = "void"
    """It was interrupted before the node existed: its words are good for nothing."""
    FINISHED = "finished"
    """It was interrupted after; the files only had to be moved, which is done now."""


class Newcomer(NamedTuple):
    """What a node is made of."""

    name: str
    kind: str
    created: int
    passphrase: str
    rotation_secret: bytes

    def __repr__(self) -> str:
        """Without what opens it: what is printed ends in logs."""
        return f"Newcomer({self.kind})"


def check_name(name: str) -> str:
    """The name as invitations will show it. Raises CommandError."""
    wanted = name.strip()
    if not wanted or wanted != plain(wanted) or len(wanted.encode()) > TITLE_BYTES_MAX:
        raise usage(f"A name has 1 to {TITLE_BYTES_MAX} bytes and no control characters.")
    return wanted


@contextmanager
def alone_in(folder: Path) -> Iterator[Leftover]:
    """Make the folder, keep every other `init` out of it, and end what an earlier one left.

    Raises UnsafeError where others may look into it, CommandError where there is a node or half of one.
    """
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        folder.chmod(FOLDER_MODE)
    with private_folder(folder) as descriptor, only_writer(descriptor):
        yield _end_what_was_left(folder)


def _end_what_was_left(folder: Path) -> Leftover:
    if (folder / READY).exists():
        _move_out(folder)
        return Leftover.FINISHED
    if (folder / VAULT).exists():
        raise CommandError(
            Exit.BUSY, "exists", f"There is a node in {folder} already. Start it with: pcloud up"
        )
    if (folder / STORE).exists():
        raise CommandError(
            Exit.DAMAGED,
            "vault",
            f"{folder} has a store without the vault that opens it. Put the file {VAULT} back from a backup, "
            "or choose another folder with --dir.",
        )
    void = (folder / SCRATCH).exists()
    if void:
        shutil.rmtree(folder / SCRATCH)
    return Leftover.VOID if void else Leftover.NOTHING


def make(folder: Path, newcomer: Newcomer, progress: Callable[[int], None]) -> None:
    """Make vault, store and settings in the scratch folder; nothing counts yet. Raises PcloudError."""
    scratch = folder / SCRATCH
    scratch.mkdir(FOLDER_MODE)
    secrets = FileVault(scratch / VAULT).create(newcomer.passphrase)
    store = SqliteStore.create(scratch / STORE, secrets.derive("store"), lock=folder / LOCK)
    try:
        pool = make_pool(newcomer.rotation_secret, GENERATION, 0, progress)
        known = {
            facts.NAME: newcomer.name,
            facts.KIND: newcomer.kind,
            facts.CREATED: str(newcomer.created),
            facts.GENERATION: str(GENERATION),
            facts.POOL_END: str(len(pool)),
        }
        told = {fact: value.encode() for fact, value in known.items()}
        store.commit(
            Changes(
                facts={**told, **facts.of_words(newcomer.rotation_secret), facts.POOL_FIRST: pool[0]},
                commitments=dict(enumerate(pool)),
            )
        )
    finally:
        store.close()
    write_new(scratch / CONFIG, default_toml().encode())


def extend(folder: Path, passphrase: str, secret: bytes, progress: Callable[[int], None]) -> int:
    """Make as many next keys again as `init` did; gives how many are left to use now.

    Raises WordsError for the words of another node, and every PcloudError of vault and store; then nothing
    has changed.
    """
    store = SqliteStore.open(folder / STORE, FileVault(folder / VAULT).open(passphrase).derive("store"))
    try:
        first, end = store.fact(facts.POOL_FIRST), store.fact(facts.POOL_END)
        generation = int(store.fact(facts.GENERATION) or GENERATION)
        if first is None or end is None:
            raise CommandError(
                Exit.DAMAGED, "damaged", "This node has no pool of keys: it was not made by init."
            )
        check_secret(secret, generation, 0, first)
        start = int(end)
        pool = make_pool(secret, generation, start, progress)
        changes = Changes(commitments=dict(enumerate(pool, start)))
        changes.facts.update(facts.of_words(secret))
        changes.facts[facts.POOL_END] = str(start + len(pool)).encode()
        store.commit(changes)
        return store.commitments_left()
    finally:
        store.close()


def keep(folder: Path) -> None:
    """Let the node exist: from the renaming on it does. Raises OSError."""
    (folder / SCRATCH).rename(folder / READY)
    sync_folder(folder)
    _move_out(folder)


def _move_out(folder: Path) -> None:
    """Move the files of a complete node to their places; those that were moved before are there already."""
    ready = folder / READY
    names = {entry.name for entry in ready.iterdir()}
    if CONFIG in names and (folder / CONFIG).exists():
        (ready / CONFIG).unlink()  # the owner's own settings stay
        names.remove(CONFIG)
    for name in names - {VAULT}:
        (ready / name).rename(folder / name)
    sync_folder(folder)
    if VAULT in names:
        (ready / VAULT).rename(folder / VAULT)
        sync_folder(folder)
    ready.rmdir()


def exists(folder: Path) -> bool:
    """Whether the node exists, be it that only its files have still to be moved."""
    return (folder / VAULT).exists() or (folder / READY).exists()


def drop(folder: Path) -> None:
    """Take away what was made but does not count."""
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
