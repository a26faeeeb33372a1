"""The bodies of the mailboxes that the contract is run on, and customers that are only their secrets."""

import tempfile
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path

from pcloud.mailboxes import schema
from pcloud.mailboxes.memory import MemoryMailboxes
from pcloud.mailboxes.port import AddVouchers, Change, Mailboxes, OpenBox, PutFrame, Quota, Result
from pcloud.mailboxes.sqlite import SqliteMailboxes
from pcloud.store import opening
from pcloud.wire.services.relay import address_of, pickup_hash, voucher_hash
from pcloud.wire.services.service import Outcome

KEY = bytes(range(32))
DAY = 86_400
NOW = 1_800_000_000
QUOTA = Quota(frames=6, bytes=4_000, mailboxes=5, bytes_in_all=9_000, lease_s=90 * DAY, kept_s=30 * DAY)


def secret(*what: object, size: int = 32) -> bytes:
    """Bytes that are always the same for the same words."""
    return sha256(repr(what).encode()).digest()[:size]


class Box:
    """What an owner holds of one mailbox."""

    def __init__(self, name: object) -> None:
        self.mailbox = secret("mailbox", name, size=16)
        self.pickup = secret("pickup", name)
        self.voucher = secret("voucher", name)

    @property
    def address(self) -> bytes:
        return address_of(self.mailbox)

    @property
    def token(self) -> bytes:
        return pickup_hash(self.pickup)

    def opening(self) -> tuple[Change, Change]:
        return AddVouchers((voucher_hash(self.voucher),), NOW + 365 * DAY), self.open()

    def open(self) -> OpenBox:
        return OpenBox(voucher_hash(self.voucher), self.address, self.token)

    def put(self, frame: bytes = b"frame") -> PutFrame:
        return PutFrame(self.address, frame)


class Body:
    """Mailboxes, and the same again from what was written."""

    def __init__(self, make: Callable[[Quota], Mailboxes]) -> None:
        self._make = make
        self.boxes = make(QUOTA)
        self.now = NOW
        self._closed = False

    def close(self) -> None:
        """Close it, if it is open."""
        if not self._closed:
            self.boxes.close()
        self._closed = True

    def again(self, quota: Quota = QUOTA) -> Mailboxes:
        """Close and open; the memory has nothing to open."""
        self.boxes.close()
        self.boxes = self._make(quota)
        return self.boxes

    def do(self, *changes: Change) -> list[Result]:
        return self.boxes.commit(changes, self.now)

    def outcomes(self, *changes: Change) -> list[Outcome]:
        return [result.outcome for result in self.do(*changes)]

    def opened(self, name: object) -> Box:
        box = Box(name)
        assert self.outcomes(*box.opening()) == [Outcome.DONE, Outcome.DONE]
        return box

    def frames(self, box: Box, after: int = 0, many: int = 100, size: int = 10**9) -> list[tuple[int, bytes]]:
        """What waits there."""
        number = self.boxes.find(box.token, self.now)
        assert number is not None
        return [(each.number, each.frame) for each in self.boxes.read(number, after, many, size)]

    def expire(self) -> None:
        while self.boxes.expire(self.now):
            pass


def memory(_folder: Path) -> Body:
    made: list[MemoryMailboxes] = []

    def make(quota: Quota) -> MemoryMailboxes:
        if not made:
            made.append(MemoryMailboxes(quota))
        made[0]._quota = quota
        return made[0]

    return Body(make)


@cache
def _empty() -> bytes:
    """An empty file: to make one takes a dozen syncs, and every test wants one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "relay.db")
        opening.create(path, KEY, path.with_name("lock"), steps=schema.STEPS).close(opening.MARK_CLOSED)
        return path.read_bytes()


def sqlite(folder: Path) -> Body:
    path = folder / "relay.db"
    folder.chmod(0o700)
    path.touch(0o600)
    path.write_bytes(_empty())

    def make(quota: Quota) -> SqliteMailboxes:
        found = opening.open_existing(path, KEY, path.with_name("relay.lock"), steps=schema.STEPS)
        return SqliteMailboxes(found, quota)

    return Body(make)
