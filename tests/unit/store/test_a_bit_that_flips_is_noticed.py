"""One bit of the store's files flips: the store refuses, or holds what it held (promise R09).

The one thing that cannot be told from a power cut is a flip in the newest commit of a log that was never
moved into the database: then that commit is not there, and nothing else is missing.
"""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from pcloud.store.port import Changes, DamagedError, StoreError, WrongKeyError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.disk import MemoryDisk

KEY = bytes(range(32))
PATH = Path("/store.db")
LOG = "/store.db-wal"
FACTS = 30
FLIPS = 100


def filled(*, closed: bool) -> MemoryDisk:
    """A disk with a store of so many commits: stopped properly, or as a crash leaves it."""
    disk = MemoryDisk()
    store = SqliteStore.create(PATH, KEY, disk=disk)
    for number in range(FACTS):
        store.commit(Changes(facts={f"fact {number}": bytes([number]) * 3_000}))
    after = disk.image()
    store.close()
    return disk if closed else after


def flipped(disk: MemoryDisk, name: str, draw: random.Random) -> MemoryDisk:
    """The same disk with one bit changed."""
    rotten = disk.killed()
    file = rotten.open(name, make=False)
    at = draw.randrange(len(file.now))
    file.write(at, bytes([file.now[at] ^ 1 << draw.randrange(8)]))
    return rotten


def facts(disk: MemoryDisk) -> list[bytes | None] | None:
    """All that it holds; None where it says that it is damaged."""
    try:
        store = SqliteStore.open(PATH, KEY, disk=disk)
    except (DamagedError, WrongKeyError):
        return None
    try:
        found = [store.fact(f"fact {number}") for number in range(FACTS)]
        return found if list(store.check()) == [] else None
    except StoreError:
        return None
    finally:
        with suppress(StoreError):  # one that has said that it is damaged cannot mark that it was stopped
            store.close()


GOOD = [bytes([number]) * 3_000 for number in range(FACTS)]


@pytest.mark.parametrize("seed", range(3))
def test_a_flip_in_the_database_is_told_or_does_no_harm(seed: int) -> None:
    disk, draw = filled(closed=True), random.Random(seed)
    assert facts(disk.killed()) == GOOD
    found = [facts(flipped(disk, str(PATH), draw)) for _ in range(FLIPS)]
    assert all(each in (None, GOOD) for each in found)
    assert found.count(None) > FLIPS // 2


@pytest.mark.parametrize("seed", range(3))
def test_a_flip_in_the_log_is_told_or_costs_no_more_than_a_power_cut(seed: int) -> None:
    disk, draw = filled(closed=False), random.Random(seed)
    assert facts(disk.killed()) == GOOD
    found = [facts(flipped(disk, LOG, draw)) for _ in range(FLIPS)]
    assert all(each in (None, GOOD, [*GOOD[:-1], None]) for each in found)
    assert found.count(None) > FLIPS // 2
