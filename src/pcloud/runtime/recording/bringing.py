"""Files of others brought into a node: what was found in them, and how it is sent in batches.

Who reads the files, from where, and who is asked before they are taken is the business of the page and of
the command line; both work over `Surface`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, TypeVar

import msgspec

from pcloud.home.archive import ArchiveReader
from pcloud.home.importing.found import Format, Found, Item, Problem
from pcloud.limits import INTEGER_MAX
from pcloud.runtime.recording.surface import RecordingSurface
from pcloud.runtime.recording.views import Carried, Put, Stored

T = TypeVar("T")

BATCH_RECORDS_MAX: Final = 500
BATCH_BYTES_MAX: Final = 48_000
"""Of one batch as JSON; the node takes 65,536 bytes at once."""
AROUND_BYTES: Final = 64
"""What JSON puts around a value and its label, at most."""
PLACES_MAX: Final = 200
"""Places that are counted each for itself."""
OTHERS: Final = "others"
SHOWN: Final = 5
"""Records of each collection that are shown before they are taken, and problems of a file."""


class Seen:
    """What was found in files: how many of what, the first of each, and what could not be read."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.first: dict[str, list[Found]] = {}
        self.problems = 0
        self.shown: list[tuple[str, Problem]] = []

    def look(self, file: str, item: Item) -> None:
        """Count one item of a file."""
        if isinstance(item, Problem):
            self.problems += 1
            if len(self.shown) < SHOWN:
                self.shown.append((file, item))
            return
        place = item.path.partition("/")[0]
        if place not in self.counts and len(self.counts) >= PLACES_MAX:
            place = OTHERS
        self.counts[place] += 1
        first = self.first.setdefault(place, [])
        if len(first) < SHOWN:
            first.append(item)


class Taken:
    """What became of the records that were sent."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.following = 0
        """Peers that get a newer version of something by themselves, summed up over records."""

    def add(self, stored: Stored) -> None:
        """Count one answer of the node."""
        self.outcomes[stored.outcome] += 1
        if stored.outcome in {"new", "changed"}:
            self.following += stored.following


def batches(found: Iterable[Found]) -> Iterator[list[Put]]:
    """Cut records into parts that the node takes at once."""
    return _cut((Put(one.path, one.value, one.label) for one in found), AROUND_BYTES)


def batches_of_versions(versions: Iterable[Carried]) -> Iterator[list[Carried]]:
    """Cut versions of an archive into parts that the node takes at once."""
    return _cut(versions, 1)


def _cut(rows: Iterable[T], around: int) -> Iterator[list[T]]:
    batch: list[T] = []
    size = 0
    for row in rows:
        octets = len(msgspec.json.encode(row)) + around
        if batch and (len(batch) >= BATCH_RECORDS_MAX or size + octets > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += octets
    if batch:
        yield batch


async def put(
    node: RecordingSurface, known: Format, batch: list[Put], refused: Callable[[Problem], None]
) -> Sequence[Stored]:
    """Send one batch. What is refused is told with the reason."""
    answers = await node.data_put(batch, source=f"import:{known}")
    for one, stored in zip(batch, answers, strict=True):
        if stored.outcome == "refused":
            refused(Problem(one.path, stored.reason or "refused"))
    return answers


async def take(
    node: RecordingSurface, batch: list[Carried], refused: Callable[[Problem], None]
) -> Sequence[Stored]:
    """Send one batch of an archive. What is refused is told with the reason."""
    answers = await node.data_take(batch)
    for one, stored in zip(batch, answers, strict=True):
        if stored.outcome == "refused":
            refused(Problem(f"{one.path}, version {one.version}", stored.reason or "refused"))
    return answers


def versions_in(reader: ArchiveReader) -> Iterator[Carried | Problem]:
    """Every version in an archive, and what is none."""
    for number, one in enumerate(reader.records(), 1):
        if isinstance(one, Problem):
            yield one
        elif _is_version(one):
            yield Carried(**one)
        else:
            yield Problem(f"line {number}", "it is no version of a record")


def _is_version(told: dict[str, Any]) -> bool:
    at, version = int(told["at"]), int(told["version"])
    return 0 <= at <= INTEGER_MAX and 1 <= version <= INTEGER_MAX
