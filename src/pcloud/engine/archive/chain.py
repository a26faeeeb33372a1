"""A full volume and the increments that build on it (spec 21 §5)."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from pcloud.engine.archive.reading import read
from pcloud.engine.archive.rows import End, Row
from pcloud.errors import Code, Violation
from pcloud.wire.keys import HybridKey
from pcloud.wire.manifest import Manifest


class Link(NamedTuple):
    """What the next volume of a chain builds on."""

    number: int
    base: int
    digest: bytes
    """SHA-256 of all bytes of the volume."""
    upto: int
    """Number of the newest entry that the chain has so far."""


def next_manifest(link: Link | None, generation: int, pool_end: int, now: int, number: int = 1) -> Manifest:
    """What the next volume is: an increment on `link`, or without one a full volume of that number."""
    if link is None:
        return Manifest(generation, pool_end, now, number, number, None, 0)
    return Manifest(generation, pool_end, now, link.number + 1, link.base, link.digest, link.upto)


def follows(manifest: Manifest, link: Link | None) -> bool:
    """Whether a volume is the one after `link`, or without one the first of a chain."""
    if link is None:
        return manifest.is_full
    return manifest[3:] == (link.number + 1, link.base, link.digest, link.upto)


class Checked(NamedTuple):
    """A chain that holds, up to the volume that was read last."""

    link: Link
    manifest: Manifest
    """Of the newest volume."""
    rows: int


class Chain:
    """Volumes as they are read, oldest first."""

    def __init__(self, key: HybridKey) -> None:
        self._key = key
        self.checked: Checked | None = None
        """None before the end of the first volume."""

    def read(self, pieces: Iterable[bytes]) -> Iterator[Row]:
        """The rows of the next volume, in pieces of any length.

        A later row replaces what an earlier one said of the same. Raises Violation as `reading.read`, and
        `stale` for a volume that does not follow the one before; then nothing that was taken counts.
        """
        before, summed = self.checked, sha256()
        manifest, rows = read(self._key, _summing(pieces, summed.update))
        if not follows(manifest, None if before is None else before.link):
            raise Violation(Code.STALE, "a volume of another chain")
        count = 0 if before is None else before.rows
        for row in rows:
            if isinstance(row, End):
                link = Link(manifest.number, manifest.base, summed.digest(), row.upto)
                self.checked = Checked(link, manifest, count)
            else:
                count += 1
                yield row


def _summing(pieces: Iterable[bytes], update: Callable[[bytes], Any]) -> Iterator[bytes]:
    for piece in pieces:
        update(piece)
        yield piece


def read_chain(key: HybridKey, volumes: Iterable[Iterable[bytes]]) -> Iterator[Row]:
    """The rows of a full volume and its increments, oldest first. Raises Violation as `Chain.read`."""
    chain = Chain(key)
    for pieces in volumes:
        yield from chain.read(pieces)


def check_chain(key: HybridKey, volumes: Iterable[Iterable[bytes]]) -> Checked | None:
    """Read a chain to its end and keep nothing; None of no volume. Raises Violation as `Chain.read`."""
    chain = Chain(key)
    for pieces in volumes:
        for _ in chain.read(pieces):
            pass
    return chain.checked
