"""A volume of the archive, written from a store and read again: `python -m bench.archive [MESSAGES]`.

The floor of writing is to read the messages from the store and the stream cipher over the same bytes, that of
reading one signature check for each message. Memory is what Python objects take at most, by tracemalloc.
"""

import os
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import nacl.bindings as sodium

from bench.message import related
from bench.report import Figure, beside, run, under
from bench.store import folder
from pcloud.engine.archive.chain import Chain
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.runtime import facts
from pcloud.runtime.keeping.source import ENTRIES_PAGE, Pages, Trail, whole
from pcloud.store.port import Changes, Contact, Direction
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.node import Node
from pcloud.wire import cose
from pcloud.wire.header import sign_header
from pcloud.wire.keys import HybridKey
from pcloud.wire.parts import Part, digest
from pcloud.wire.session import contact_tag

MESSAGES = 10_000
ROUNDS = 5
NOW = 1_800_000_000
KEY = HybridKey.from_seed(bytes(32))
SCOPE = b"s" * 16
MIB_MAX = 8.0
PIECE = 65_519


def entries(node: Node, count: int) -> Iterator[Entry]:
    """So many messages of the node, each with a text of 60 bytes."""
    last = node.log.sequence(mine=True)[-1].signed
    prev = last.id
    for number in range(last.header.number + 1, last.header.number + 1 + count):
        parts = Part(os.urandom(16), b"\xa0"), Part(os.urandom(16), b"x" * 60)
        digests = tuple(digest(*part) for part in parts)
        header = last.header._replace(number=number, prev=prev, thread=None, digests=digests)
        signed = sign_header(node.relationship.me.key, header)
        prev = signed.id
        yield Entry(signed, parts, APPLIED, mine=True)


def filled(path: Path, count: int) -> SqliteStore:
    """The store of a node with one relationship."""
    node, _ = related()
    path.chmod(0o700)
    store = SqliteStore.create(path / "store.db", bytes(32))
    known: dict[str, bytes | None] = {
        facts.NAME: b"bench",
        facts.KIND: b"person",
        facts.GENERATION: b"0",
        facts.POOL_END: b"1",
    }
    (key,) = node.contact_keys
    invitation = node.relationship.me.invitation
    row = Contact(SCOPE, Direction.OUT, "active", None, "to meet", "person", None, invitation, NOW, NOW)
    store.commit(
        Changes(
            facts=known,
            relationships={SCOPE: node.relationship},
            contacts={SCOPE: row},
            entries={(SCOPE, id_): entry for id_, entry in node.log.by_first_id.items()},
            contact_keys={contact_tag(key.public): (SCOPE, key)},
        )
    )
    more = list(entries(node, count))
    for at in range(0, count, 1_000):
        store.commit(Changes(entries={(SCOPE, each.first_id): each for each in more[at : at + 1_000]}))
    return store


def timed(work: Callable[[], object], count: int) -> float:
    """Microseconds for each of so many."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) / count * 1e6


def drained(pieces: Iterable[object]) -> None:
    """Take all and keep nothing."""
    for _ in pieces:
        pass


def peak_mib(work: Callable[[], object]) -> float:
    """What Python objects take at most."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


def figures() -> list[Figure]:
    """Print each with its floor."""
    sizes = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    count = sizes[0] if sizes else MESSAGES
    with folder() as path:
        store, volume = filled(path, count), path / "volume"

        def write() -> None:
            with volume.open("wb") as file:
                for piece in whole(store, KEY.public, os.urandom, NOW):
                    file.write(piece)

        def pieces() -> Iterator[bytes]:
            with volume.open("rb") as file:
                while piece := file.read(65_536):
                    yield piece

        def read() -> None:
            drained(Chain(KEY).read(pieces()))

        def cipher() -> None:
            at = 0
            while page := store.feed(at, ENTRIES_PAGE):
                at = page[-1].number
            state = sodium.crypto_secretstream_xchacha20poly1305_state()
            sodium.crypto_secretstream_xchacha20poly1305_init_push(state, bytes(32))
            for _ in range(volume.stat().st_size // PIECE + 1):
                sodium.crypto_secretstream_xchacha20poly1305_push(state, bytes(PIECE))

        fed = store.feed(0, count)

        def signatures() -> None:
            for each in fed:
                signed = cose.parse_sign1(each.entry.signed.data, cose.HEADER)
                cose.verify_sign1(signed, signed.kid)

        write()
        turns = [
            tuple(timed(each, count) for each in (write, cipher, read, signatures)) for _ in range(ROUNDS)
        ]
        written, ciphered, taken, verified = zip(*turns, strict=True)
        pages, longest, over = Pages(Trail()), 0.0, False
        pages.begin(store, NOW)
        while not over:
            began = time.thread_time()
            over = pages.next(store).over
            longest = max(longest, time.thread_time() - began)
        kept = volume.stat().st_size / count
        memory = peak_mib(write), peak_mib(read)
        store.close()
    return [
        beside("archive: a message written", written, ciphered, "us"),
        beside("archive: a message read and verified", taken, verified, "us"),
        Figure("archive: the longest read of the store, CPU", longest * 1_000, "ms"),
        Figure("archive: a message in a volume", kept, "B"),
        under("archive: memory to write", memory[0], "MiB", MIB_MAX),
        under("archive: memory to read", memory[1], "MiB", MIB_MAX),
    ]


if __name__ == "__main__":
    sys.exit(run(figures))
