"""Recovery with the words: of a node that is down, where it is, or of a copy, in a new folder (spec 06 §1).

What comes from elsewhere is read to its end before anything is made. Then everything is made in the scratch
folder, which counts for nothing until the node in it is whole.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pcloud.ambient.system import SystemClock, system_entropy
from pcloud.cli import making
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.files import FOLDER_MODE, new_file, write_new
from pcloud.cli.place import CONFIG, LOCK, STORE, VAULT
from pcloud.engine.archive.chain import read_chain
from pcloud.errors import Code
from pcloud.net.http import HttpNet
from pcloud.net.settings import NetSettings
from pcloud.runtime import facts
from pcloud.runtime.config import default_toml
from pcloud.runtime.keeping.source import whole
from pcloud.runtime.recovering.finding import Copy, Fault, Words, from_holder, newest, pieces_of
from pcloud.runtime.recovering.renewing import Renewed, renew
from pcloud.runtime.recovering.restoring import rebuild, settle
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault

Progress = Callable[[int], None]

SCHEMES: Final = ("http://", "https://")
"""How the address of a holder begins."""
VOLUMES: Final = "*.volume"
"""Names of the copies in a folder that a node keeps."""
NOT_OPENED: Final = Code.NOT_OPENED.value
PRIVATE: Final = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
"""Networks that may be dialled too: the owner has typed the address."""


def here(folder: Path, passphrase: str, secret: bytes, progress: Progress) -> Renewed:
    """Begin a new epoch in every relationship of this folder's node, or go on where that was interrupted.

    Raises WordsError for the words of another node, and every PcloudError of vault and store.
    """
    store = SqliteStore.open(folder / STORE, FileVault(folder / VAULT).open(passphrase).derive("store"))
    try:
        return renew(store, secret, system_entropy, SystemClock().now(), progress)
    except LookupError as error:
        raise _unmade() from error
    finally:
        store.close()


def _unmade() -> CommandError:
    return CommandError(Exit.DAMAGED, "damaged", "This node has no pool of keys: it was not made by init.")


def back_up(folder: Path, passphrase: str, file: Path, progress: Progress) -> int:
    """Write a sealed copy of a node that is down into a new file; gives its size. Raises as `here`."""
    store = SqliteStore.open(folder / STORE, FileVault(folder / VAULT).open(passphrase).derive("store"))
    try:
        public = store.fact(facts.MANIFEST_PUBLIC)
        if public is None:
            raise _unmade()
        size = 0
        with new_file(file) as made:
            for piece in whole(store, public, system_entropy, SystemClock().now()):
                size += made.write(piece)
                progress(size)
        return size
    finally:
        store.close()


class Found(NamedTuple):
    """The copy to come back from, and what was wrong with others."""

    copy: Copy
    faults: tuple[Fault, ...]


def find(places: Sequence[str], secret: bytes, before: int | None, folder: Path) -> Found:
    """The newest copy that holds, of files, of folders with copies, and of holders by their addresses.

    What holders give is put into `folder`. Raises CommandError where there is none, OSError.
    """
    words, now = Words.of(secret), SystemClock().now()
    copies: list[Copy] = []
    faults: list[Fault] = []
    for place in places:
        if place.startswith(SCHEMES):
            copy, wrong = asyncio.run(_ask(place, words, folder, now, before))
        else:
            path = Path(place)
            copy, wrong = newest(
                words.key, sorted(path.glob(VOLUMES)) if path.is_dir() else [path], now, before
            )
        faults += wrong
        copies += [] if copy is None else [copy]
    if not copies:
        raise _nothing(faults, before)
    return Found(max(copies, key=lambda each: each.manifest.time), tuple(faults))


async def _ask(
    address: str, words: Words, folder: Path, now: int, before: int | None
) -> tuple[Copy | None, list[Fault]]:
    net = HttpNet(NetSettings(listens=False, allow_private=PRIVATE))
    try:
        return await from_holder(net, address, words, folder, now, before)
    finally:
        await net.close()


def _nothing(faults: Sequence[Fault], before: int | None) -> CommandError:
    """Say which it was: other words, other bytes, or nothing there."""
    if faults and all(fault.text == NOT_OPENED for fault in faults):
        text = "These words open none of that: it is of another node, or one of the words is another one."
        return CommandError(Exit.REFUSED, "other-words", text)
    if faults:
        told = "; ".join(dict.fromkeys(f"{fault.place}: {fault.text}" for fault in faults))
        return CommandError(Exit.DAMAGED, "damaged", f"Nothing of that can be used; nothing was made. {told}")
    if before is not None:
        return CommandError(Exit.REFUSED, "nothing-kept", "There is no copy from before that day.")
    text = (
        "The words are in order, but nothing is kept there for them. Name another holder, or look whether "
        "these are the words of this node."
    )
    return CommandError(Exit.REFUSED, "nothing-kept", text)


def restore(folder: Path, passphrase: str, secret: bytes, copy: Copy, progress: Progress) -> Renewed:
    """Make a node from a copy in the scratch folder of a new folder; `making.keep` lets it exist.

    It has a vault of its own, every relationship, and new keys in each. Raises PcloudError, OSError.
    """
    scratch = folder / making.SCRATCH
    scratch.mkdir(FOLDER_MODE)
    secrets = FileVault(scratch / VAULT).create(passphrase)
    store = SqliteStore.create(scratch / STORE, secrets.derive("store"), lock=folder / LOCK)
    try:
        rebuild(store, read_chain(Words.of(secret).key, map(pieces_of, copy.volumes)), system_entropy)
        settle(store, secret, copy.manifest)
        done = renew(store, secret, system_entropy, SystemClock().now(), progress)
    finally:
        store.close()
    write_new(scratch / CONFIG, default_toml().encode())
    return done
