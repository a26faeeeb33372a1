"""Holdings without a disk: for tests and for nodes that keep nothing."""

from collections.abc import Sequence
from hashlib import sha256
from threading import RLock

from pcloud.holdings.port import Custody, Held, HoldingsError, UnknownError
from pcloud.holdings.shelves import Begun, Shelf, Shelves
from pcloud.wire.services.custody import Kept


class MemoryHoldings:
    """Volumes in memory."""

    def __init__(self) -> None:
        self._shelves = Shelves()
        self.damaged: list[HoldingsError] = []
        self._bytes: dict[tuple[bytes, bytes], bytes] = {}
        """By custody and digest."""
        self._coming: dict[bytes, bytearray] = {}
        """By custody: what is here of the volume that was begun."""
        self._lock = RLock()

    def allow(self, custody: Custody) -> None:
        """Begin a custody, or change one."""
        with self._lock:
            shelf = self._shelves.get(custody.id)
            if shelf is None:
                self._shelves.add(Shelf(custody, ""))
            else:
                shelf.custody = custody

    def end(self, id_: bytes, now: int) -> None:
        """Take nothing more."""
        with self._lock:
            shelf = self._shelves.get(id_)
            if shelf is not None and (shelf.custody.ended is None or shelf.custody.ended > now):
                shelf.custody = shelf.custody._replace(ended=now)
                shelf.begun = None
                self._coming.pop(id_, None)

    def held(self) -> Sequence[Held]:
        """Every custody."""
        with self._lock:
            return [shelf.shown() for shelf in self._shelves]

    def begin(self, token: bytes, kind: int, size: int, digest: bytes) -> int:
        """Begin or go on with a volume."""
        with self._lock:
            shelf = self._shelves.open_to(token)
            known = shelf.find(digest)
            if known is not None:
                return known.size
            wanted = Begun(kind, size, digest)
            if shelf.begun != wanted:
                shelf.check_room(wanted)
                shelf.begun, self._coming[shelf.custody.id] = wanted, bytearray()
            return len(self._coming[shelf.custody.id])

    def add(self, token: bytes, digest: bytes, offset: int, data: bytes) -> int:
        """Take bytes that follow."""
        with self._lock:
            shelf, begun = self._shelves.begun(token, digest)
            coming = self._coming[shelf.custody.id]
            if offset == len(coming) and offset + len(data) <= begun.size:
                coming += data
            return len(coming)

    def finish(self, token: bytes, digest: bytes, now: int) -> None:
        """Keep a volume."""
        with self._lock:
            if self._shelves.open_to(token).find(digest) is not None:
                return
            shelf, begun = self._shelves.begun(token, digest)
            coming = self._coming[shelf.custody.id]
            if len(coming) != begun.size:
                raise UnknownError
            shelf.begun = None
            whole = bytes(self._coming.pop(shelf.custody.id))
            if sha256(whole).digest() != digest:
                raise UnknownError
            place = self._shelves.next_place(shelf.custody.address)
            self._bytes[shelf.custody.id, digest] = whole
            shelf.volumes.append(Kept(place, begun.kind, begun.size, digest, now))

    def volumes(self, address: bytes, after: int, limit: int) -> Sequence[Kept]:
        """What is kept under an address."""
        with self._lock:
            return self._shelves.volumes(address, after, limit)

    def read(self, address: bytes, digest: bytes, offset: int, size: int) -> bytes:
        """Bytes of a volume."""
        with self._lock:
            shelf, _ = self._shelves.find(address, digest)
            return self._bytes[shelf.custody.id, digest][offset : offset + size]

    def prove(self, token: bytes, digest: bytes, prefix: bytes) -> bytes:
        """A proof that it is here."""
        with self._lock:
            shelf = self._shelves.open_to(token)
            if shelf.find(digest) is None:
                raise UnknownError
            return sha256(prefix + self._bytes[shelf.custody.id, digest]).digest()

    def expire(self, now: int) -> None:
        """Let go what is over."""
        with self._lock:
            for shelf in list(self._shelves):
                for volume in shelf.expired(now):
                    shelf.volumes.remove(volume)
                    del self._bytes[shelf.custody.id, volume.digest]
                if shelf.custody.ended is not None and not shelf.volumes:
                    self._shelves.drop(shelf)

    def close(self) -> None:
        """Nothing is open."""
