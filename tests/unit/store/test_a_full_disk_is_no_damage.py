"""A commit that finds no room half way leaves pages in the log, and a later crash makes no damage of them."""

import errno
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from pcloud.store.port import Changes, FullError, StoreError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.access import Operation
from pcloud.testing.disks.disk import MemoryDisk

KEY = bytes(range(32))
PATH = Path("/store.db")
SMALL = Changes(facts={"small": b"s"})
LARGE = Changes(facts={"large": bytes(100_000)})


def filled() -> tuple[MemoryDisk, SqliteStore]:
    """A store that has just refused a commit, of which half is in its log."""
    disk = MemoryDisk()
    store = SqliteStore.create(PATH, KEY, disk=disk)
    store.commit(Changes(facts={"told": b"t"}))
    disk.bytes_max = sum(len(disk.reading(Path(name)).read()) for name in disk.names()) + 50_000
    with pytest.raises(FullError):
        store.commit(LARGE)
    return disk, store


def facts(disk: MemoryDisk) -> list[bytes | None]:
    """What stands on it, opened where there is room again."""
    disk.bytes_max = None
    store = SqliteStore.open(PATH, KEY, disk=disk)
    assert list(store.check()) == []
    found = [store.fact(name) for name in ("told", "small", "large")]
    store.close()
    return found


def test_a_kill_anywhere_in_the_next_commit_leaves_a_store_that_opens() -> None:
    disk, store = filled()
    killed: list[MemoryDisk] = []
    disk.watch = lambda _operation, _name: killed.append(disk.killed())
    store.commit(SMALL)
    disk.watch = None
    assert len(killed) > 4
    found = [facts(each) for each in killed]
    assert found[0] == [b"t", None, None]
    assert all(each in ([b"t", None, None], [b"t", b"s", None]) for each in found)
    assert facts(disk.image()) == [b"t", b"s", None]
    store.close()


def test_nothing_is_stored_while_the_log_cannot_be_cleaned() -> None:
    disk, store = filled()

    def watch(operation: Operation, name: str) -> None:
        if operation is Operation.WRITE:
            assert name == str(PATH)
            raise OSError(errno.ENOSPC, "")

    disk.watch = watch
    for _ in range(2):
        with pytest.raises(FullError):
            store.commit(SMALL)
        assert store.fact("small") is None
    disk.watch, disk.bytes_max = None, None
    store.commit(LARGE)
    assert facts(disk.image()) == [b"t", None, bytes(100_000)]
    store.close()


def test_a_store_whose_log_cannot_be_cut_goes_on_no_more() -> None:
    disk, store = filled()

    def watch(operation: Operation, _name: str) -> None:
        if operation is Operation.TRUNCATE:
            raise OSError(errno.EIO, "")

    disk.watch = watch
    for _ in range(2):
        with pytest.raises(StoreError, match="start the node again"):
            store.commit(SMALL)
    disk.watch = None
    assert facts(disk.image()) == [b"t", None, None]
    store.close()


def fail_at(left: Iterator[int], operation: Operation, _name: str) -> None:
    """Let one opening fail: that at which this comes to zero."""
    if operation is Operation.OPEN and next(left) == 0:
        raise OSError(errno.EIO, "")


def test_whichever_file_cannot_be_opened_the_owner_is_told_so() -> None:
    disk, store = filled()
    disk.bytes_max = None
    left = disk.image()
    store.close()
    opened: list[str] = []
    trial = left.killed()
    trial.watch = lambda operation, name: opened.append(name) if operation is Operation.OPEN else None
    assert facts(trial) == [b"t", None, None]
    assert opened.count("/store.db-wal") >= 2
    for at in range(len(opened)):
        trial = left.killed()
        trial.watch = partial(fail_at, count(-at))
        with pytest.raises(StoreError):
            SqliteStore.open(PATH, KEY, disk=trial)
        trial.watch = None
        assert facts(trial) == [b"t", None, None]


def test_a_log_that_cannot_be_taken_away_keeps_nobody_out() -> None:
    disk, store = filled()
    disk.bytes_max = None
    store.commit(SMALL)

    def watch(operation: Operation, _name: str) -> None:
        if operation is Operation.DELETE:
            raise OSError(errno.EIO, "")

    disk.watch = watch
    with pytest.raises(StoreError):
        store.close()
    disk.watch = None
    assert facts(disk) == [b"t", b"s", None]
