"""What an owner does who comes back with the words, and what both sides then have."""

import asyncio
import copy
import io
import shutil
from pathlib import Path
from typing import NamedTuple

from pcloud.ambient.system import system_entropy
from pcloud.engine.archive.chain import read_chain
from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.recovering.finding import Copy, Words, newest, pieces_of
from pcloud.runtime.recovering.renewing import Renewed, renew
from pcloud.runtime.recovering.restoring import rebuild, settle
from pcloud.runtime.surface import OwnerError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, Kept, Street, until
from pcloud.vault.memory import MemoryVault


def renewed(home: Home) -> Renewed:
    """`pcloud recover --here`, where the node is down."""
    store = SqliteStore.open(home.folder / "store.db", home.key)
    try:
        return renew(store, home.secret, system_entropy, home.clock.now(), lambda _: None)
    finally:
        store.close()


class Stands(NamedTuple):
    """A relationship in one store, as both sides have to agree on it."""

    epochs: tuple[int, int]
    digest: bytes
    unaffirmed: frozenset[bytes]
    recovering: bool
    stopped: str


async def stands(home: Home, peer: str) -> Stands:
    """How a relationship stands; its threads are compared with what its log says."""

    def job(batch: Batch) -> Stands:
        scope = batch.scope(bytes.fromhex(peer))
        known = scope.relationship
        log = [*scope.log.sequence(mine=True), *scope.log.sequence(mine=False)]
        state = fold(log, STANDARD, known.unaffirmed)
        for id_, thread in state.threads.items():
            kept = scope.log.thread(id_)
            assert kept is not None
            assert (kept.state, kept.data) == (thread.state, thread.data)
        return Stands(
            (known.me.log.epoch, known.peer.log.epoch),
            state.digest(),
            known.unaffirmed,
            known.recovering,
            known.stopped,
        )

    return await home.node.decider.do(job)


async def assert_both_agree(home: Home, mine: str, other: Home, theirs: str) -> tuple[Stands, Stands]:
    """Both sides have the same, and nothing in it waits for an owner's word; gives how it stands at each."""
    here, there = await stands(home, mine), await stands(other, theirs)
    assert here.digest == there.digest
    assert here.unaffirmed == there.unaffirmed == frozenset()
    return here, there


async def stopped(home: Home, peer: str) -> bool:
    """Whether it has noticed in a relationship that it is an older copy of itself."""
    return (await home.owner.peer(peer)).state == "stopped"


async def code_of(home: Home, peer: str, text: str) -> str | None:
    """Say something; gives the code of the refusal, None where it was taken on."""
    try:
        await home.owner.say(peer, text)
    except OwnerError as error:
        return error.code
    return None


async def followed(home: Home, *peers: str) -> None:
    """Wait until every peer has answered."""

    async def all_answered() -> bool:
        return not any([(await stands(home, peer)).recovering for peer in peers])

    await until(all_answered)


def elsewhere(street: Street, home: Home, folder: Path, backup: Path) -> Home:
    """Another machine, on which the same owner has put what a backup held. It is not up."""
    shutil.copytree(backup, folder)
    return _twin(street, home, folder)


def _twin(street: Street, home: Home, folder: Path) -> Home:
    """A home of the same owner in another folder, which the street takes down with its own."""
    twin = copy.copy(home)
    twin.folder, twin.port, twin.log, twin._node = folder, 0, io.StringIO(), None
    twin.kept = Kept(folder)
    street._homes.append(twin)
    return twin


async def backed_up(home: Home, file: Path) -> Path:
    """`pcloud backup FILE`, while the node runs."""
    pieces = [piece async for piece in home.owner.backup()]
    await asyncio.to_thread(file.write_bytes, b"".join(pieces))
    return file


def found_in(home: Home, *paths: Path) -> Copy:
    """The newest copy among files, all of which hold."""
    found, faults = newest(Words.of(home.secret).key, paths, home.clock.now(), None)
    assert found is not None
    assert not faults
    return found


def restored(street: Street, home: Home, folder: Path, found: Copy) -> Home:
    """`pcloud restore` on another machine: a new folder, under another key. It is not up."""
    folder.mkdir(mode=0o700)
    twin = _twin(street, home, folder)
    twin.vault = MemoryVault()
    twin.key = twin.vault.create("another passphrase").derive("store")
    key = Words.of(home.secret).key
    store = SqliteStore.create(folder / "store.db", twin.key)
    rebuild(store, read_chain(key, map(pieces_of, found.volumes)), system_entropy)
    settle(store, home.secret, found.manifest)
    store.close()
    renewed(twin)
    return twin
