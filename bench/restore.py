"""A copy of a node read back into a store: `python -m bench.restore [MESSAGES]`.

The floor opens the same bytes, checks a signature for each message and keeps one row of it, in commits of the
same size. A restored message has four keys, its parts and its place besides.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import nacl.bindings as sodium

from bench import floor
from bench.archive import KEY, NOW, PIECE, filled
from bench.report import Figure, beside, run
from bench.store import folder
from pcloud.engine.archive.chain import Chain
from pcloud.runtime.keeping.source import whole
from pcloud.runtime.recovering.restoring import ROWS_COMMIT, rebuild
from pcloud.store.port import Fed
from pcloud.store.sqlite import SqliteStore
from pcloud.wire import cose

MESSAGES = 3_000
ROUNDS = 3
GIB_TIMES_MAX = 4.0
READ_BYTES = 65_536


def _pieces(volume: Path) -> Iterator[bytes]:
    with volume.open("rb") as file:
        while piece := file.read(READ_BYTES):
            yield piece


def _ours(volume: Path, scratch: Path) -> None:
    fresh = scratch / os.urandom(4).hex()
    fresh.mkdir(mode=0o700)
    store = SqliteStore.create(fresh / "store.db", bytes(32))
    rebuild(store, Chain(KEY).read(_pieces(volume)), os.urandom)
    store.close()


def _least(volume: Path, scratch: Path, fed: list[Fed]) -> None:
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_push(state, bytes(32))
    for _ in range(volume.stat().st_size // PIECE + 1):
        sodium.crypto_secretstream_xchacha20poly1305_push(state, bytes(PIECE))
    database = floor.open_database(scratch)
    for at in range(0, len(fed), ROWS_COMMIT):
        some = [each.entry.signed for each in fed[at : at + ROWS_COMMIT]]
        for signed in some:
            cose.verify_sign1(cose.parse_sign1(signed.data, cose.HEADER), signed.signer)
        floor.keep(database, [(signed.id, signed.data) for signed in some])
    database.close()


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def figures() -> list[Figure]:
    """Floor and ours in turn, as seconds for a GiB of such a copy."""
    sizes = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    with folder() as path:
        count = sizes[0] if sizes else MESSAGES
        store, volume = filled(path, count), path / "volume"
        with volume.open("wb") as file:
            file.writelines(whole(store, KEY.public, os.urandom, NOW))
        fed = list(store.feed(0, 2 * count))
        store.close()
        share = 2**30 / volume.stat().st_size
        print(f"a copy with {len(fed):,} messages, {volume.stat().st_size / len(fed):.0f} bytes for each")
        ours, least = [], []
        for _ in range(ROUNDS + 1):
            least.append(_seconds(lambda: _least(volume, path, fed)) * share)
            ours.append(_seconds(lambda: _ours(volume, path)) * share)
    return [beside("restore of a GiB", ours[1:], least[1:], "s", GIB_TIMES_MAX)]


if __name__ == "__main__":
    sys.exit(run(figures))
