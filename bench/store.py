"""The store against bare inserts of the same bytes, in the same run: `python -m bench.store [RELATIONSHIPS]`.

The floor is one table with an integer key in a file with the same settings (encrypted, WAL, FULL): what no
store can leave out. Time is wall time where a line says so, else CPU time of this thread; the disk's sync is
in the wall time of both.
"""

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, cycle, islice
from pathlib import Path
from typing import NamedTuple

from bench.message import BATCH, messages, related, send
from bench.report import Figure, beside, run, under
from pcloud.engine import decide
from pcloud.engine.intake import open_frame
from pcloud.engine.snapshot import Entry, Relationship
from pcloud.store import opening
from pcloud.store.database import Database
from pcloud.store.port import Changes, Contact, Direction, Route, ScopeKind
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.node import Node
from pcloud.wire.keys import HybridKey

ROUNDS = 15
SINGLES = 10
"""Relationships that get one message each in a commit, where cost is to be flat."""
FEW, MANY = 10, 100_000
FLAT_RATIO_MAX = 1.2
CREATE_S_MAX = 1.0
CPU_US_MAX = 12.0


class Cost(NamedTuple):
    """Microseconds of CPU and of wall time, for each of the rounds."""

    cpu: list[float]
    wall: list[float]

    def line(self, name: str) -> str:
        """One row of the report."""
        return (
            f"{name:<58} {statistics.median(self.cpu):8.1f} {statistics.median(self.wall):8.1f}"
            f" {min(self.wall):8.1f}"
        )


class Received(NamedTuple):
    """A message as its receiver commits it."""

    relationship: Relationship
    entry: Entry


def received(host: Node, frames: list[bytes]) -> list[Received]:
    """Judge a batch; the decisions are what a store is given."""
    found = []
    setting = host.setting._replace(draw=os.urandom)
    for frame in frames:
        decision = decide.judge(
            open_frame(host.relationship, frame, setting.now, setting.draw), host.log, setting
        )
        host.relationship = decision.relationship
        found.append(Received(decision.relationship, decision.entries[0]))
    return found


def spent(cost: Cost, work: Callable[[], object], times: int) -> None:
    """Run it once; note the microseconds for each of so many."""
    wall, cpu = time.perf_counter(), time.thread_time()
    work()
    cost.cpu.append((time.thread_time() - cpu) / times * 1e6)
    cost.wall.append((time.perf_counter() - wall) / times * 1e6)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o700)
        yield Path(name)


KEY = os.urandom(opening.KEY_BYTES)


def bare(path: Path) -> Database:
    """The floor's table."""
    database = opening.create(path / "floor.db", KEY, path / "floor.lock")
    database.transact(
        lambda: database.run_many("CREATE TABLE bare (number INTEGER PRIMARY KEY, data BLOB)", [()])
    )
    return database


def bytes_of(entry: Entry) -> bytes:
    """What has to reach the disk of one message."""
    return entry.signed.data + b"".join(part.salt + part.data for part in entry.parts if part is not None)


def one_relationship(path: Path) -> dict[str, Cost]:
    """256 received messages of one relationship in one commit, against as many bare rows."""
    ours, floor = Cost([], []), Cost([], [])
    store, database, numbers = SqliteStore.create(path / "store.db", KEY), bare(path), count(1)
    guest, host = related()
    scope = os.urandom(32)
    for _ in range(ROUNDS):
        batch = received(host, send(guest, messages(guest)))
        changes = Changes(
            relationships={scope: batch[-1].relationship},
            entries={(scope, each.entry.first_id): each.entry for each in batch},
        )
        rows = [(next(numbers), bytes_of(each.entry)) for each in batch]
        spent(ours, lambda: store.commit(changes), BATCH)  # noqa: B023 - called at once
        spent(floor, lambda: database.transact(lambda: insert(database, rows)), BATCH)  # noqa: B023 - called at once
    store.close()
    database.close(opening.MARK_CLOSED)
    return {"256 messages of one relationship": ours, "floor": floor}


def insert(database: Database, rows: list[tuple[int, bytes]]) -> None:
    database.run_many("INSERT INTO bare VALUES (?, ?)", rows)


class Population:
    """A store with so many relationships, all alike, and messages for each of them."""

    def __init__(self, path: Path, size: int) -> None:
        path.mkdir(mode=0o700)
        self.path, self.size = path, size
        guest, host = related()
        self.first = host.relationship
        self.next = [each for _ in range(3) for each in received(host, send(guest, messages(guest)))]
        self.scopes = [os.urandom(32) for _ in range(size)]
        self.had = dict.fromkeys(self.scopes, 0)
        self.order = cycle(random.Random(size).sample(self.scopes, size))
        self.store = SqliteStore.create(path / "store.db", KEY)
        self.created_s = self.fill()

    def fill(self) -> list[float]:
        """Create them all, a thousand in a commit; gives the seconds of each commit."""
        contact_key = HybridKey.from_seed(bytes(32))
        times = []
        for at in range(0, self.size, 1_000):
            changes = Changes()
            for scope in self.scopes[at : at + 1_000]:
                changes.relationships[scope] = self.first
                contact = Contact(
                    scope, Direction.IN, "active", None, "to meet", "person", None, bytes(32), 1, 1
                )
                changes.contacts[scope] = contact
                for mailbox in (scope[:16], scope[16:]):
                    changes.routes[mailbox] = Route(mailbox, scope, ScopeKind.RELATIONSHIP)
                changes.contact_keys[scope[8:24]] = scope, contact_key
            began = time.perf_counter()
            self.store.commit(changes)
            times.append(time.perf_counter() - began)
        return times

    def batch_of(self, scope: bytes, each: int) -> list[Received]:
        """The next messages of a relationship."""
        had = self.had[scope] = self.had[scope] + each
        return self.next[had - each : had]

    def commits(self, cost: Cost, scopes: int, each: int) -> None:
        """Load relationships, mostly such as nobody holds in memory, and commit messages to them."""
        batches = {scope: self.batch_of(scope, each) for scope in islice(self.order, scopes)}
        changes = Changes()
        for scope, batch in batches.items():
            changes.entries.update({(scope, entry.first_id): entry for _, entry in batch})

        def work() -> None:
            for scope, batch in batches.items():
                loaded, after = self.store.relationship(scope), batch[-1].relationship
                assert loaded is not None
                lines = {"incoming": after.incoming, "thread": after.thread, "clock": after.clock}
                changes.relationships[scope] = loaded._replace(**lines)  # type: ignore[arg-type]  # by name
            self.store.commit(changes)

        spent(cost, work, scopes * each)

    def loads(self, cost: Cost) -> None:
        """Loads of relationships that nobody holds in memory."""
        store = SqliteStore(self.store._database, scopes_kept=0)  # noqa: SLF001 - the same file, nothing kept
        scopes = [next(self.order) for _ in range(SINGLES)]
        spent(cost, lambda: [store.relationship(scope) for scope in scopes], SINGLES)


KINDS = {
    "256 messages to one relationship": (1, BATCH, ROUNDS),
    "1 message to one": (1, 1, ROUNDS * 8),
    "1 message to each of 10": (SINGLES, 1, ROUNDS * 8),
}
"""Relationships, messages to each, and rounds. Each commit loads what it needs first."""


def flat(few: Population, many: Population) -> list[Figure]:
    """The same commits in a small and in a large store, in turn.

    A commit for ten loads five pages of its own for each of them: that has no goal.
    """
    found = []
    for name, (scopes, each, rounds) in KINDS.items():
        pair = Cost([], []), Cost([], [])
        for _ in range(rounds):
            for cost, population in zip(pair, (few, many), strict=True):
                population.commits(cost, scopes, each)
        for cost, population in zip(pair, (few, many), strict=True):
            print(cost.line(f"{name}, of {population.size:,}"))
        goal = FLAT_RATIO_MAX if scopes == 1 else None
        found.append(beside(f"store: {name}, of {many.size:,}", pair[1].wall, pair[0].wall, "us", goal))
    return found


def figures() -> list[Figure]:
    """Print each with its spread, and judge."""
    sizes = [int(each) for each in sys.argv[1:] if each.isdecimal()]
    size = sizes[0] if sizes else MANY
    print(f"{'microseconds each':<58} {'cpu':>8} {'wall':>8} {'min':>8}")
    with folder() as path:
        costs = one_relationship(path)
        for name, cost in costs.items():
            print(cost.line(name))
        few, many = Population(path / "few", FEW), Population(path / "many", size)
        wide, cold = Cost([], []), Cost([], [])
        found = flat(few, many)
        for _ in range(ROUNDS):
            many.commits(wide, BATCH, 1)
        for _ in range(ROUNDS * 4):
            many.loads(cold)
        print(wide.line(f"1 message to each of 256, of {size:,}"))
        print(cold.line(f"cold load of a relationship of {size:,}"))
        first, last = many.created_s[0], statistics.median(many.created_s[-5:])
        kept = many.store.counts()["bytes"] / size / 1024
    whole = costs["256 messages of one relationship"]
    return [
        beside("store: a message of 256, CPU", whole.cpu, costs["floor"].cpu, "us"),
        under("store: the same", statistics.median(whole.cpu), "us", CPU_US_MAX),
        *found,
        under("store: rows of 1,000 relationships", first, "s", CREATE_S_MAX),
        Figure("store: the same, the last ones", last, "s"),
        Figure("store: the file, for each relationship", kept, "KiB"),
    ]


if __name__ == "__main__":
    sys.exit(run(figures))
