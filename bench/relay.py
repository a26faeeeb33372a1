"""A relay's mailboxes against bare rows of the same bytes, in one run: `python -m bench.relay [MAILBOXES]`.

The floor is one table with an integer key in a file with the same settings (encrypted, WAL, FULL): a frame is
a row that is inserted, read and deleted, which no relay can leave out.
"""

import os
import random
import statistics
import sys
from collections.abc import Iterator
from itertools import count, cycle, islice
from pathlib import Path

from bench.report import Figure, beside, run
from bench.store import Cost, bare, folder, insert, spent
from pcloud.mailboxes import schema
from pcloud.mailboxes.port import AddVouchers, OpenBox, PutFrame, Quota, Result, TakeFrames
from pcloud.mailboxes.sqlite import SqliteMailboxes
from pcloud.store import opening
from pcloud.store.database import Database
from pcloud.wire.services.service import Outcome

BATCH = 256
WINDOW = 64
ROUNDS = 40
FRAME_BYTES = 468
"""A frame of a short text."""
FEW, MANY = 10, 100_000
NOW = 1_800_000_000
FLAT_RATIO_MAX = 1.2
STORED_RATIO_MAX = 1.25
IN_RATIO_MAX = 4.0
OUT_RATIO_MAX = 3.0
KEY = os.urandom(opening.KEY_BYTES)


class Relay:
    """So many open mailboxes."""

    def __init__(self, path: Path, size: int) -> None:
        path.mkdir(mode=0o700)
        self.path, self.size = path / "relay.db", size
        database = opening.create(self.path, KEY, path / "relay.lock", steps=schema.STEPS)
        quota = Quota(frames=10**6, bytes=2**40, mailboxes=size + 1, bytes_in_all=2**40)
        self.boxes = SqliteMailboxes(database, quota)
        self.database = database
        self.addresses = [os.urandom(32) for _ in range(size)]
        for at in range(0, size, 1_000):
            self._open(self.addresses[at : at + 1_000])
        self.order = cycle(random.Random(size).sample(self.addresses, size))

    def _open(self, addresses: list[bytes]) -> None:
        """Each token is as its address: only their lengths matter here."""
        given = AddVouchers(tuple(addresses), NOW + 86_400)
        self.boxes.commit([given, *[OpenBox(each, each, each) for each in addresses]], NOW)

    def next(self, many: int) -> list[bytes]:
        """Mailboxes that were not used lately."""
        return list(islice(self.order, many))

    def put(self, addresses: list[bytes], frames: list[bytes]) -> list[Result]:
        """One commit."""
        pairs = zip(addresses, frames, strict=True)
        results = self.boxes.commit([PutFrame(address, frame) for address, frame in pairs], NOW)
        assert {result.outcome for result in results} == {Outcome.DONE}
        return results

    def collect(self, box: int, after: int, many: int) -> int:
        """Read so many frames of a mailbox, and take them; gives the number of the last."""
        found = self.boxes.read(box, after, many, 2**20)
        assert len(found) == many
        self.boxes.commit([TakeFrames(box, found[-1].number)], NOW)
        return found[-1].number


def frames(many: int) -> list[bytes]:
    return [os.urandom(FRAME_BYTES) for _ in range(many)]


def one_mailbox(relay: Relay, database: Database) -> tuple[list[Figure], list[str]]:
    """256 frames of one mailbox in a commit, then out again by 64: against bare rows in and out."""
    came, went, floor_in, floor_out = (Cost([], []) for _ in range(4))
    numbers = count(1)
    address = relay.addresses[0]
    after = 0
    for _ in range(ROUNDS):
        batch = frames(BATCH)
        rows = [(next(numbers), frame) for frame in batch]
        spent(came, lambda: relay.put([address] * BATCH, batch), BATCH)  # noqa: B023 - called at once
        spent(floor_in, lambda: database.transact(lambda: insert(database, rows)), BATCH)  # noqa: B023 - the same
        box = relay.boxes.find(address, NOW)
        assert box is not None
        for part in range(0, BATCH, WINDOW):
            first, last = rows[part][0], rows[part + WINDOW - 1][0]
            before = after
            spent(went, lambda: relay.collect(box, before, WINDOW), WINDOW)  # noqa: B023 - the same
            after = before + WINDOW
            spent(floor_out, lambda: bare_out(database, first, last), WINDOW)  # noqa: B023 - the same
    lines = [
        came.line("256 frames of one mailbox, kept"),
        floor_in.line("floor: inserted"),
        went.line("64 frames of it, read and taken"),
        floor_out.line("floor: read and deleted"),
    ]
    return [
        beside("relay: a frame of 256 kept", came.wall, floor_in.wall, "us", IN_RATIO_MAX),
        beside("relay: a frame of 64 read and taken", went.wall, floor_out.wall, "us", OUT_RATIO_MAX),
    ], lines


def bare_out(database: Database, first: int, last: int) -> None:
    rows = database.rows("SELECT data FROM bare WHERE number BETWEEN ? AND ?", (first, last))
    assert len(rows) == WINDOW
    database.transact(lambda: delete(database, first, last))


def delete(database: Database, first: int, last: int) -> None:
    database.run("DELETE FROM bare WHERE number BETWEEN ? AND ?", (first, last))


def flat(few: Relay, many: Relay) -> Iterator[Figure]:
    """The same commits with few mailboxes and with many, in turn; ten pages of their own have no goal."""
    for name, boxes, each, goal in (
        ("256 frames to one mailbox", 1, BATCH, FLAT_RATIO_MAX),
        ("1 frame to one", 1, 1, FLAT_RATIO_MAX),
        ("1 frame to each of 10", 10, 1, None),
    ):
        pair = Cost([], []), Cost([], [])
        for _ in range(ROUNDS):
            for cost, relay in zip(pair, (few, many), strict=True):
                addresses = [address for address in relay.next(boxes) for _ in range(each)]
                batch = frames(len(addresses))
                spent(cost, lambda: relay.put(addresses, batch), len(batch))  # noqa: B023 - called at once
        for cost, relay in zip(pair, (few, many), strict=True):
            print(cost.line(f"{name}, of {relay.size:,}"))
        yield beside(f"relay: {name}, of {many.size:,}", pair[1].wall, pair[0].wall, "us", goal)


def stored(relay: Relay) -> float:
    """Bytes of the file for each frame that waits, above those of the open mailboxes."""
    before = relay.database.bytes_used()
    many = 20_000
    for _ in range(0, many, 1_000):
        relay.put(relay.next(1_000), frames(1_000))
    return (relay.database.bytes_used() - before) / many


def figures() -> list[Figure]:
    """Print each with its spread, and judge."""
    sizes = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    size = sizes[0] if sizes else MANY
    print(f"{'microseconds each':<58} {'cpu':>8} {'wall':>8} {'min':>8}")
    with folder() as path:
        few, many = Relay(path / "few", FEW), Relay(path / "many", size)
        opened = many.database.bytes_used() / size
        database = bare(path)
        found, lines = one_mailbox(few, database)
        print("\n".join(lines))
        found += flat(few, many)
        wide = Cost([], [])
        for _ in range(ROUNDS):
            batch = frames(BATCH)
            spent(wide, lambda: many.put(many.next(BATCH), batch), BATCH)  # noqa: B023 - called at once
        print(wide.line(f"1 frame to each of 256, of {size:,}"))
        bytes_each = stored(Relay(path / "stored", 1_000))
        for relay in (few, many):
            relay.boxes.close()
        database.close(opening.MARK_CLOSED)
    kept = beside("relay: stored for a frame", [bytes_each], [FRAME_BYTES], "B", STORED_RATIO_MAX)
    return [
        *found,
        kept,
        Figure("relay: the file, for each open mailbox", opened, "B"),
        Figure("relay: kept, each for another mailbox", 1e6 / statistics.median(wide.wall), "/s"),
    ]


if __name__ == "__main__":
    sys.exit(run(figures))
