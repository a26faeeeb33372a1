"""What is kept for whom, without the bytes: the same for every body (spec 22 §5, §6)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from pcloud.holdings.port import BLOCK_BYTES, DAY_S, Custody, Held, NoRoomError, UnknownError
from pcloud.limits import CUSTODY_INCREMENT_KEPT_S, CUSTODY_VOLUMES_MAX
from pcloud.wire.services.custody import FULL, Kept

OUTGROWN: Final = "What was granted does not hold it."


class Begun(NamedTuple):
    """A volume of which not all bytes are here yet."""

    kind: int
    size: int
    digest: bytes


@dataclass(slots=True)
class Shelf:
    """One custody: its volumes in the order in which they came, and the one that is being put."""

    custody: Custody
    name: str
    """Where the body keeps the bytes."""
    volumes: list[Kept] = field(default_factory=list)
    begun: Begun | None = None

    def find(self, digest: bytes) -> Kept | None:
        """A volume that is kept."""
        return next((each for each in self.volumes if each.digest == digest), None)

    @property
    def used(self) -> int:
        """Bytes of room, as they are counted."""
        sizes = [each.size for each in self.volumes]
        if self.begun is not None:
            sizes.append(self.begun.size)
        return sum(map(_blocks, sizes))

    def check_room(self, wanted: Begun) -> None:
        """Whether it fits in place of the one that was begun. Raises NoRoomError."""
        before = 0 if self.begun is None else _blocks(self.begun.size)
        crowded = len(self.volumes) >= CUSTODY_VOLUMES_MAX
        if crowded or self.used - before + _blocks(wanted.size) > self.custody.bytes_max:
            raise NoRoomError(OUTGROWN)

    def expired(self, now: int) -> list[Kept]:
        """Volumes whose time is over."""
        return expired(self.volumes, self.custody.days, self.custody.ended, now)

    def shown(self) -> Held:
        """How it is used."""
        newest = self.volumes[-1].came if self.volumes else 0
        return Held(self.custody, self.used, len(self.volumes), newest)


def expired(volumes: Sequence[Kept], days: int, ended: int | None, now: int) -> list[Kept]:
    """Those whose days are over, counted from when a newer full one came, or from the end."""
    days_s = days * DAY_S
    over: list[Kept] = []
    followed: int | None = None
    for volume in reversed(volumes):
        kept_s = days_s if volume.kind == FULL else min(days_s, CUSTODY_INCREMENT_KEPT_S)
        ends = [since + span for since, span in ((followed, kept_s), (ended, days_s)) if since is not None]
        if ends and min(ends) <= now:
            over.append(volume)
        if volume.kind == FULL:
            followed = volume.came
    return over


def _blocks(size: int) -> int:
    return -(-size // BLOCK_BYTES) * BLOCK_BYTES


class Shelves:
    """All custodies, found by token and by address."""

    def __init__(self) -> None:
        self._by_id: dict[bytes, Shelf] = {}

    def __iter__(self) -> Iterator[Shelf]:
        return iter(self._by_id.values())

    def add(self, shelf: Shelf) -> None:
        """A new custody, or the same in another form."""
        self._by_id[shelf.custody.id] = shelf

    def drop(self, shelf: Shelf) -> None:
        """It has ended, and nothing of it is left."""
        del self._by_id[shelf.custody.id]

    def get(self, id_: bytes) -> Shelf | None:
        """One custody."""
        return self._by_id.get(id_)

    def open_to(self, token: bytes) -> Shelf:
        """The custody of a token. Raises UnknownError where there is none, or it has ended."""
        for shelf in self:
            if shelf.custody.token == token and shelf.custody.ended is None:
                return shelf
        raise UnknownError

    def begun(self, token: bytes, digest: bytes) -> tuple[Shelf, Begun]:
        """The custody of a token in which this volume was begun. Raises UnknownError."""
        shelf = self.open_to(token)
        if shelf.begun is None or shelf.begun.digest != digest:
            raise UnknownError
        return shelf, shelf.begun

    def next_place(self, address: bytes) -> int:
        """The place of the next volume of an address: places are never used twice while one is kept."""
        return 1 + max((each.place for each, _ in self._under(address)), default=0)

    def volumes(self, address: bytes, after: int, limit: int) -> Sequence[Kept]:
        """Rows in the order of their places. Raises UnknownError where nothing is kept at all."""
        found = sorted(each for each, _ in self._under(address))
        if not found:
            raise UnknownError
        return [each for each in found if each.place > after][:limit]

    def find(self, address: bytes, digest: bytes) -> tuple[Shelf, Kept]:
        """A volume of an address. Raises UnknownError."""
        for volume, shelf in self._under(address):
            if volume.digest == digest:
                return shelf, volume
        raise UnknownError

    def _under(self, address: bytes) -> Iterator[tuple[Kept, Shelf]]:
        for shelf in self:
            if shelf.custody.address == address:
                yield from ((volume, shelf) for volume in shelf.volumes)
