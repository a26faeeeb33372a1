"""A disk in memory keeps what was synced, loses or tears the rest, fills up, and fails as it is told to."""

import errno
from pathlib import Path
from random import Random

import pytest

from pcloud.store.port import Changes, FullError, InUseError, StoreError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.access import Operation
from pcloud.testing.disks.disk import MemoryDisk
from pcloud.testing.disks.file import Tear

KEY = bytes(range(32))
PATH = Path("/store.db")
LOG = "/store.db-wal"


def made(bytes_max: int | None = None) -> tuple[MemoryDisk, SqliteStore]:
    disk = MemoryDisk(bytes_max)
    return disk, SqliteStore.create(PATH, KEY, disk=disk)


def opened(disk: MemoryDisk) -> SqliteStore:
    store = SqliteStore.open(PATH, KEY, disk=disk)
    assert list(store.check()) == []
    return store


def put(store: SqliteStore, key: str, size: int = 20_000) -> None:
    store.commit(Changes(facts={key: bytes(size)}))


def test_a_commit_stands_after_a_power_cut_and_after_a_kill() -> None:
    disk, store = made()
    put(store, "told")
    for after in (disk.image(), disk.killed(), *(disk.image(Tear(Random(seed))) for seed in range(50))):
        again = opened(after)
        assert again.fact("told") == bytes(20_000)
        again.close()
    store.close()


def test_a_commit_that_was_not_synced_stands_whole_or_not_at_all() -> None:
    disk, store = made()
    images = []

    def watch(operation: Operation, name: str) -> None:
        if operation is Operation.SYNC:
            assert name == LOG
            images.extend([disk.image(), *(disk.image(Tear(Random(seed))) for seed in range(200))])

    disk.watch = watch
    put(store, "in doubt")
    disk.watch = None
    store.close()
    found = []
    for image in images:
        again = opened(image)
        found.append(again.fact("in doubt"))
        again.close()
    assert found[0] is None
    assert set(found) == {None, bytes(20_000)}


def test_what_runs_on_after_a_cut_touches_no_image() -> None:
    disk, store = made()
    put(store, "before")
    after = disk.image()
    put(store, "later")
    store.close()
    assert LOG in after.names()
    again = opened(after)
    assert (again.fact("before"), again.fact("later")) == (bytes(20_000), None)
    again.close()
    assert after.names() == ["/store.db"]


def test_a_kill_keeps_what_waits_waiting() -> None:
    disk = MemoryDisk()
    file = disk.open("/file", make=True)
    disk.write("/file", file, 2, b"ab")
    killed = disk.killed()
    assert killed.reading(Path("/file")).read() == b"\0\0ab"
    assert killed.image().names() == []
    killed.sync("/file", killed.open("/file", make=False))
    assert killed.image().reading(Path("/file")).read() == b"\0\0ab"
    assert disk.image().names() == []


@pytest.mark.parametrize("code", [errno.EIO, errno.EROFS, errno.ENOSPC])
def test_what_waited_for_a_sync_that_failed_never_stays(code: int) -> None:
    """As on Linux: the next sync succeeds, and has not written it."""
    disk = MemoryDisk()
    file = disk.open("/file", make=True)
    disk.sync("/file", file)
    disk.write("/file", file, 0, b"lost")

    def watch(operation: Operation, _name: str) -> None:
        raise OSError(code, operation)

    disk.watch = watch
    with pytest.raises(OSError, match="sync"):
        disk.sync("/file", file)
    disk.watch = None
    disk.sync("/file", file)
    assert disk.reading(Path("/file")).read() == b"lost"
    assert disk.image().reading(Path("/file")).read() == b""


def test_a_renamed_file_has_its_name_after_a_cut() -> None:
    disk = MemoryDisk()
    disk.make(Path("/new"))
    before = []
    disk.watch = lambda operation, _: before.append((operation, disk.image(), disk.image(Tear(Random(1)))))
    disk.rename(Path("/new"), Path("/name"))
    assert [operation for operation, _, _ in before] == [Operation.RENAME, Operation.SYNC_FOLDER]
    assert all(image.names() == [] for _, image, _ in before)
    assert {*before[1][2].names()} < {"/new", "/name"}
    assert disk.image().names() == ["/name"]


def test_a_disk_that_is_full_takes_no_more_and_loses_nothing() -> None:
    disk, store = made()
    put(store, "told")
    disk.bytes_max = sum(len(disk.reading(Path(name)).read()) for name in disk.names()) + 5_000
    for _ in range(2):
        with pytest.raises(FullError):
            put(store, "too much", 200_000)
    assert (store.fact("told"), store.fact("too much")) == (bytes(20_000), None)
    assert disk.free_bytes(Path("/")) < 4_096
    image = disk.image()
    with pytest.raises(FullError):
        opened(image)
    image.bytes_max = None
    again = opened(image)
    assert (again.fact("told"), again.fact("too much")) == (bytes(20_000), None)
    again.close()
    disk.bytes_max = None
    put(store, "too much", 200_000)
    assert store.fact("too much") == bytes(200_000)
    store.close()


@pytest.mark.parametrize("code", [errno.EIO, errno.EROFS, errno.EDQUOT, errno.ENOSPC])
@pytest.mark.parametrize("operation", [Operation.WRITE, Operation.SYNC])
def test_an_operation_fails_with_the_error_it_was_given(code: int, operation: Operation) -> None:
    disk, store = made()
    put(store, "told")

    def watch(done: Operation, _name: str) -> None:
        if done is operation:
            raise OSError(code, "")

    disk.watch = watch
    with pytest.raises(StoreError) as refused:
        put(store, "never")
    full = operation is Operation.WRITE and code in (errno.ENOSPC, errno.EDQUOT)
    assert isinstance(refused.value, FullError) is full
    again = opened(disk.image())
    assert (again.fact("told"), again.fact("never")) == (bytes(20_000), None)
    again.close()
    disk.watch = None
    store.close()


def test_a_store_is_open_once_on_one_disk() -> None:
    disk, store = made()
    with pytest.raises(InUseError):
        SqliteStore.open(PATH, KEY, disk=disk)
    with pytest.raises(BlockingIOError):
        disk.lock(Path("/lock"))
    opened(disk.image()).close()
    store.close()
    opened(disk).close()


def test_there_is_no_file_that_nobody_made() -> None:
    disk, store = made()
    store.close()
    with pytest.raises(FileNotFoundError):
        disk.reading(Path("/other"))
    with pytest.raises(FileNotFoundError):
        disk.delete("/other", durably=True)
    with pytest.raises(StoreError, match="no store"):
        SqliteStore.open(Path("/other"), KEY, disk=disk)
    assert disk.names() == ["/store.db"]
