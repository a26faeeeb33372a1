"""Which of the copies that were kept is the newest one that holds (spec 21 §5, spec 22 §5).

Nobody is believed: volumes are read to their end before one of them counts, and whoever gave bytes that do
not hold is named.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from pcloud.engine.archive.chain import Chain
from pcloud.engine.archive.rows import Own
from pcloud.errors import Violation
from pcloud.net.port import Net, UnreachableError
from pcloud.runtime.keeping import own
from pcloud.runtime.keeping.fetching import FalseVolumeError, fetch_over, list_over
from pcloud.runtime.keeping.visiting import RefusedError, Visit, visit
from pcloud.store.port import Changes
from pcloud.wire.files.archive import read_head
from pcloud.wire.keylog import manifest_seed
from pcloud.wire.keys import HybridKey
from pcloud.wire.manifest import Manifest
from pcloud.wire.services.custody import Kept, locator

LOCATORS = 16
"""Locators of one rotation secret: one for each holder (spec 22 §2)."""
PIECE_BYTES = 65_536
HEAD_BYTES = 8_192
"""More than the head of a volume has: from so many bytes on it is looked at."""
GENERATION_MAX = 65_535
"""Nobody has recovered so often; what says so was written by a thief, who would have us look for ever."""
AHEAD_S_MAX = 86_400
"""How far a clock may be ahead: what says that it was made later would be the newest for ever."""
FULL = 0
"""Kind of a volume that needs no other one, as a holder lists it."""


class Words(NamedTuple):
    """What the 24 words give: the secret, and the key that copies are sealed to."""

    secret: bytes
    key: HybridKey

    @classmethod
    def of(cls, secret: bytes) -> "Words":
        """The words behind a rotation secret."""
        return cls(secret, HybridKey.from_seed(manifest_seed(secret)))

    def __repr__(self) -> str:
        """Without the secret: what is printed ends in logs."""
        return "Words()"


class Copy(NamedTuple):
    """A chain of volumes that holds, oldest first."""

    volumes: tuple[Path, ...]
    manifest: Manifest
    """Of the newest of them."""


class Fault(NamedTuple):
    """What was wrong with what a place gave."""

    place: str
    text: str


def pieces_of(path: Path) -> Iterator[bytes]:
    """A file, a little at a time. Raises OSError."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


class _Volume(NamedTuple):
    path: Path
    manifest: Manifest
    digest: bytes


def newest(
    key: HybridKey, paths: Iterable[Path], now: int, before: int | None
) -> tuple[Copy | None, list[Fault]]:
    """The newest chain among these files that was made before a moment and holds, up to where it does.

    Files that the key does not open, or that do not hold, are named. Raises OSError.
    """
    faults: list[Fault] = []
    known: list[_Volume] = []
    for path in paths:
        try:
            manifest = read_head(key, pieces_of(path))
        except Violation as violation:
            faults.append(Fault(path.name, str(violation.code)))
            continue
        if manifest.generation > GENERATION_MAX or manifest.time > now + AHEAD_S_MAX:
            faults.append(Fault(path.name, "It says of itself what cannot be."))
        elif before is None or manifest.time < before:
            known.append(_Volume(path, manifest, _digest(path)))
    for full in sorted((each for each in known if each.manifest.is_full), key=_age, reverse=True):
        copy = _holding(key, _chain(full, known), faults)
        if copy is not None:
            return copy, faults
    return None, faults


def _age(volume: _Volume) -> tuple[int, int]:
    return volume.manifest.time, volume.manifest.number


def _digest(path: Path) -> bytes:
    summed = sha256()
    for piece in pieces_of(path):
        summed.update(piece)
    return summed.digest()


def _chain(full: _Volume, known: Sequence[_Volume]) -> list[_Volume]:
    """A full volume, and what builds on it."""
    after = {each.manifest.previous: each for each in known if not each.manifest.is_full}
    chain = [full]
    while (following := after.pop(chain[-1].digest, None)) is not None:
        chain.append(following)
    return chain


def _holding(key: HybridKey, volumes: Iterable[_Volume], faults: list[Fault]) -> Copy | None:
    """As much of a chain as holds."""
    chain, good = Chain(key), []
    for volume in volumes:
        try:
            for row in chain.read(pieces_of(volume.path)):
                if isinstance(row, Own):
                    own.put(row, Changes())  # what it says for itself is read here too, to no effect
        except Violation as violation:
            faults.append(Fault(volume.path.name, f"It is damaged ({violation.code})."))
            break
        good.append(volume.path)
    checked = chain.checked
    return None if checked is None else Copy(tuple(good), checked.manifest)


async def from_holder(
    net: Net, address: str, words: Words, folder: Path, now: int, before: int | None
) -> tuple[Copy | None, list[Fault]]:
    """The newest copy that a holder has for these words and that holds, fetched into a folder.

    None with no fault: the holder has nothing for them. A volume also has to have come before `before`:
    what a copy says of its time may be a thief's word. Whatever goes wrong here is a fault of the holder's.
    """
    faults: list[Fault] = []
    copies: list[Copy] = []
    try:
        async with visit(net, address) as line:
            for index in range(LOCATORS):  # one that was a holder before may have older ones under another
                holder = _Holder(line, address, locator(words.secret, index), folder, words.key, now)
                listed = await list_over(line, holder.locator)
                rows = [row for row in listed if before is None or row.came < before]
                copy = await _fetched(holder, rows, before, faults)
                copies += [] if copy is None else [copy]
    except (UnreachableError, RefusedError) as error:
        faults.append(Fault(address, str(error) or "It cannot give anything now."))
    except FalseVolumeError:
        faults.append(Fault(address, "It lists what it cannot have."))
    except OSError as error:
        faults.append(Fault(address, f"What it gives cannot be kept here: {error.strerror}."))
    return max(copies, key=lambda copy: copy.manifest.time, default=None), faults


class _Holder(NamedTuple):
    line: Visit
    address: str
    locator: bytes
    folder: Path
    key: HybridKey
    now: int


async def _fetched(
    holder: _Holder, rows: Sequence[Kept], before: int | None, faults: list[Fault]
) -> Copy | None:
    """Full volumes from the newest one backwards, each with all that came after it, until one holds."""
    paths: list[Path] = []
    for row in reversed(rows):
        try:
            paths.append(await _save(holder, row))
        except (FalseVolumeError, Violation):
            faults.append(Fault(holder.address, "It gave other bytes than it was to keep."))
            continue
        if row.kind == FULL:
            copy, wrong = newest(holder.key, paths, holder.now, before)
            faults += [Fault(holder.address, f"What it gave does not hold: {each.text}") for each in wrong]
            if copy is not None:
                return copy
    return None


async def _save(holder: _Holder, row: Kept) -> Path:
    """Keep a volume, if its head is one that somebody has sealed to these words. Raises as it is read."""
    path = holder.folder / row.digest.hex()
    head: bytes | None = b""
    try:
        with path.open("wb") as file:
            async for piece in fetch_over(holder.line, holder.locator, row):
                file.write(piece)
                if head is not None:
                    head += piece
                    if len(head) >= min(HEAD_BYTES, row.size):
                        read_head(holder.key, [head])
                        head = None
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path
