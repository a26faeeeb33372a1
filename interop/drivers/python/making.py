"""The store of a node under test: made anew, or out of a sealed copy with its secret (spec 06 §1)."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from pcloud.ambient.port import Entropy
from pcloud.engine.archive.chain import read_chain
from pcloud.net.http import HttpNet
from pcloud.net.settings import NetSettings
from pcloud.runtime.recovering.finding import Copy, Words, from_holder, newest, pieces_of
from pcloud.runtime.recovering.renewing import renew
from pcloud.runtime.recovering.restoring import rebuild, settle
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Store
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import furnish
from pcloud.testing.vectors_input import Input
from pcloud.vault.words import WordsError

T = TypeVar("T")

KEY: Final = hashlib.sha256(b"the store of a node under test").digest()
"""Opens every store here: nothing in them is anybody's."""
STORE: Final = "store.db"
RELATIONSHIPS: Final = 64
"""How many a node under test can begin."""
COPY: Final = "copy.volume"
LOOPBACK: Final = ("127.0.0.0/8",)
"""Where other nodes of a test are."""


def make(folder: Path, name: str, kind: str, entropy: Entropy) -> bytes:
    """A new node in a folder; gives the rotation secret, which is not kept."""
    return _whole(folder, lambda store: furnish(store, name, kind, entropy, RELATIONSHIPS))


async def come_back(folder: Path, given: Input, now: int, entropy: Entropy) -> None:
    """The node of a copy, or the one that is in the folder, with new keys. Raises OwnerError."""
    secret = given.octets("secret")
    found = await _found(folder, given, Words.of(secret), now)
    if found is None:
        _renewed(folder, secret, now, entropy)
        return

    def fill(store: Store) -> None:
        rebuild(store, read_chain(Words.of(secret).key, map(pieces_of, found.volumes)), entropy)
        settle(store, secret, found.manifest)
        renew(store, secret, entropy, now, lambda _: None)

    _whole(folder, fill)


async def _found(folder: Path, given: Input, words: Words, now: int) -> Copy | None:
    """The copy that is given, or that a holder has. None where the node is to recover with what it has."""
    copied = given.octets_or_none("copy")
    if copied is not None:
        file = folder / COPY
        file.write_bytes(copied)
        found, faults = newest(words.key, [file], now, None)
    elif given.given.get("holder") is not None:
        net = HttpNet(NetSettings(listens=False, allow_private=LOOPBACK))
        try:
            found, faults = await from_holder(net, given.text("holder"), words, folder, now, None)
        finally:
            await net.close()
    else:
        return None
    if found is None:
        raise OwnerError("invalid", "; ".join(fault.text for fault in faults) or "nothing is kept there")
    return found


def _renewed(folder: Path, secret: bytes, now: int, entropy: Entropy) -> None:
    store = SqliteStore.open(folder / STORE, KEY)
    try:
        renew(store, secret, entropy, now, lambda _: None)
    except WordsError as error:
        raise OwnerError("invalid", str(error)) from error
    finally:
        store.close()


def _whole(folder: Path, fill: Callable[[Store], T]) -> T:
    """Make a store under another name until it is whole, so that half of one is never gone on with."""
    scratch = folder / "making"
    scratch.mkdir(mode=0o700, exist_ok=True)
    for left in scratch.iterdir():
        left.unlink()
    store = SqliteStore.create(scratch / STORE, KEY)
    try:
        filled = fill(store)
    finally:
        store.close()
    (scratch / STORE).rename(folder / STORE)
    return filled
