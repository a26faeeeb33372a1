"""A full disk, and writes and syncs that fail, at every single operation of a trace of commits (R07).

After a full disk nothing of the commit stands and the store goes on. After any other fault nobody knows what
reached the disk, so the store refuses everything until it is opened again; what was acknowledged is there.
"""

import errno
import os
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw
import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, everything_of, met, plain
from tests.unit.store.faulty import Disk, disk, failure

from pcloud.engine.compose import Command, command, reissue
from pcloud.engine.retry import withdraw_items
from pcloud.features.conversation.say import ConversationSay
from pcloud.store import database
from pcloud.store.faults import told
from pcloud.store.files.disk import PIECE_BYTES, SYSTEM, SystemDisk
from pcloud.store.port import Changes, FullError, Store, StoreError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.access import Operation
from pcloud.testing.disks.disk import MemoryDisk


def trace() -> list[Changes]:
    """Commits of every kind: new rows, rows that replace others, items that go, rows that are dropped."""
    guest, _ = met()
    commits = []
    for number in range(4):
        message, items = ConversationSay.pack(f"text {number} " * 200)
        decision = command(guest.relationship, Command(message, None, items), guest.log, guest.setting)
        guest.commit(decision)
        commits.append(
            Changes(
                relationships={SCOPE: decision.relationship},
                entries={(SCOPE, entry.first_id): entry for entry in decision.entries},
                threads={(SCOPE, thread.id): thread for thread in decision.threads},
                facts={"number": bytes([number])},
            )
        )
    settled, _, waiting, *_ = guest.log.sequence(mine=True)
    _, again = reissue(guest.relationship, settled)
    replaced = Changes(entries={(SCOPE, entry.first_id): entry for entry in (settled, again)})
    erased = Changes(entries={(SCOPE, waiting.first_id): withdraw_items(waiting)}, facts={"number": None})
    early = everything_of(met()[0])
    return [early, *commits, replaced, erased, Changes(facts={"last": bytes(9_000)})]


TRACE = trace()


def content(store: Store) -> Any:
    return plain(
        [
            store.relationship(SCOPE),
            store.feed(0, 100),
            store.feed_end(),
            store.threads(SCOPE, "conversation"),
            store.counts()["entries"],
            store.counts()["threads"],
            store.fact("number"),
            store.fact("last"),
        ]
    )


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """What the store holds before the first commit, and after each."""
    store = SqliteStore.open(empty_file(tmp_path_factory.mktemp("states")), KEY)
    found = [content(store)]
    for changes in TRACE:
        store.commit(changes)
        found.append(content(store))
    store.close()
    return found


@pytest.fixture(autouse=True)
def _small_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints come often, so that their operations fail too."""
    monkeypatch.setattr(database, "CHECKPOINT_FRAMES", 12)


NO_SPACE = failure(apsw.FullError, apsw.SQLITE_FULL)
BROKEN = failure(apsw.IOError, apsw.SQLITE_IOERR_WRITE)


class Failing(NamedTuple):
    """A store on a disk that will fail."""

    disk: Disk
    path: Path
    below: SystemDisk

    def open(self) -> SqliteStore:
        return SqliteStore.open(self.path, KEY, disk=self.below)

    def reset(self) -> None:
        """The empty store again."""
        for end in ("", "-wal"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        empty_file(self.path.parent)


@pytest.fixture
def failing(tmp_path: Path) -> Failing:
    made, below = disk()
    made.arm(None)
    made.writing = NO_SPACE
    return Failing(made, empty_file(tmp_path), below)


def after(failing: Failing) -> Any:
    """What the store holds when it is opened again, on a disk that works."""
    failing.disk.arm(None)
    store = failing.open()
    assert list(store.check()) == []
    found = content(store)
    store.close()
    return found


def close(store: SqliteStore) -> None:
    """A node stops whether its store can say goodbye or not."""
    with suppress(StoreError):
        store.close()


def attempt(failing: Failing, states: list[Any], left: int) -> str:
    """Run the trace on a disk whose operation number `left` fails; gives how that ended."""
    failing.reset()
    store = failing.open()
    failing.disk.arm(left)
    ended = "unseen"
    for at, changes in enumerate(TRACE):
        try:
            store.commit(changes)
        except FullError:
            ended = "full"
            assert content(store) == states[at], "something of a refused commit stands"
            store.commit(changes)
        except StoreError:
            refused(store, changes)
            close(store)
            assert after(failing) in (states[at], states[at + 1])
            return "refused"
    close(store)
    assert after(failing) == states[-1]
    return ended


def refused(store: Store, changes: Changes) -> None:
    """Nobody knows what reached the disk: nothing is read or written any more."""
    for use in (lambda: store.commit(changes), lambda: store.fact("number"), lambda: store.feed(0, 1)):
        with pytest.raises(StoreError, match="start the node again"):
            use()
    assert store.check() != []


def operations(failing: Failing) -> list[str]:
    """What the disk is asked for while the trace runs and the store closes."""
    failing.reset()
    store = failing.open()
    failing.disk.arm(None)
    for changes in TRACE:
        store.commit(changes)
    store.close()
    return list(failing.disk.seen)


@pytest.mark.parametrize(
    ("writing", "wanted"), [(NO_SPACE, {"full", "refused", "unseen"}), (BROKEN, {"refused", "unseen"})]
)
def test_whichever_operation_fails_nothing_acknowledged_is_lost(
    failing: Failing, states: list[Any], writing: apsw.Error, wanted: set[str]
) -> None:
    seen = operations(failing)
    assert seen.count("sync") > 8
    assert seen.count("write") > 60
    failing.disk.writing = writing
    assert {attempt(failing, states, left) for left in range(len(seen))} == wanted


def test_after_a_failed_sync_no_commit_is_taken_for_durable(failing: Failing, states: list[Any]) -> None:
    seen = operations(failing)
    for left in (at for at, operation in enumerate(seen) if operation == "sync"):
        assert attempt(failing, states, left) in ("refused", "unseen")


def test_a_full_disk_is_said_and_survived(states: list[Any]) -> None:
    """The disk stays full for a while; the commit stands when there is room again."""
    disk, path = MemoryDisk(), Path("/store.db")
    store = SqliteStore.create(path, KEY, disk=disk)
    store.commit(TRACE[0])
    disk.bytes_max = sum(len(disk.reading(Path(name)).read()) for name in disk.names())
    for _ in range(3):
        with pytest.raises(FullError, match="Make room"):
            store.commit(TRACE[1])
        assert content(store) == states[1]
    disk.bytes_max = None
    store.commit(TRACE[1])
    assert content(store) == states[2]
    store.close()
    store = SqliteStore.open(path, KEY, disk=disk)
    assert content(store) == states[2]
    store.close()


def test_a_database_that_may_grow_no_more_is_a_full_disk(tmp_path: Path) -> None:
    store = SqliteStore.open(empty_file(tmp_path), KEY)
    store.commit(Changes(facts={"small": b"1"}))
    connection = store._database._connection
    connection.pragma("max_page_count", connection.pragma("page_count") + 2)
    with pytest.raises(FullError):
        store.commit(Changes(facts={"large": bytes(100_000), "small": b"2"}))
    assert (store.fact("small"), store.fact("large")) == (b"1", None)
    connection.pragma("max_page_count", 100_000)
    store.commit(Changes(facts={"large": bytes(100_000)}))
    assert store.fact("large") == bytes(100_000)
    store.close()


def test_a_node_that_stops_on_a_full_disk_finds_everything_again(failing: Failing, states: list[Any]) -> None:
    store = failing.open()
    store.commit(TRACE[0])
    failing.disk.arm(0)
    store.close()
    assert failing.path.with_name("store.db-wal").exists()
    assert after(failing) == states[1]


def test_the_lock_is_let_go_of_after_a_fault(failing: Failing) -> None:
    store = failing.open()
    failing.disk.writing = BROKEN
    failing.disk.arm(0)
    with pytest.raises(StoreError):
        store.commit(TRACE[0])
    close(store)
    failing.open().close()


def test_a_quota_that_is_reached_is_a_full_disk() -> None:
    """The kernel reports it as a write that failed, with an error number of its own."""
    assert isinstance(told(BROKEN, errno.EDQUOT), FullError)
    assert not isinstance(told(BROKEN, errno.EIO), FullError)
    sync = failure(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
    assert not isinstance(told(sync, errno.ENOSPC), FullError)


def commit_that_is_read_but_on_no_disk() -> MemoryDisk:
    """A disk on which the sync of a last commit has failed: it is in memory alone, as on Linux."""
    made = MemoryDisk()
    store = SqliteStore.create(Path("/store.db"), KEY, disk=made)
    store.commit(Changes(facts={"kept": b"1"}))

    def fail(operation: Operation, _name: str) -> None:
        if operation is Operation.SYNC:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    made.watch = fail
    with pytest.raises(StoreError):
        store.commit(Changes(facts={"kept": b"2", "long": bytes(100_000)}))
    made.watch = None
    return made.killed()


def test_what_a_failed_sync_has_left_in_memory_is_on_the_disk_before_it_is_built_upon() -> None:
    """Else the database would hold what its log does not: after a power cut the two fit no more."""
    left = commit_that_is_read_but_on_no_disk()
    store = SqliteStore.open(Path("/store.db"), KEY, disk=left)
    assert store.fact("kept") == b"2"

    again = SqliteStore.open(Path("/store.db"), KEY, disk=left.image())

    assert list(again.check()) == []
    assert again.fact("kept") == b"2"
    store.close()
    again.close()


@pytest.mark.parametrize("failing", [Operation.WRITE, Operation.SYNC])
def test_where_it_cannot_be_put_there_the_store_does_not_open_and_loses_nothing(failing: Operation) -> None:
    left = commit_that_is_read_but_on_no_disk()

    def fail(operation: Operation, _name: str) -> None:
        if operation is failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    left.watch = fail
    with pytest.raises(StoreError, match="cannot be read or written"):
        SqliteStore.open(Path("/store.db"), KEY, disk=left)

    again = SqliteStore.open(Path("/store.db"), KEY, disk=left.image())
    assert list(again.check()) == []
    assert again.fact("kept") == b"1"
    again.close()


def test_a_log_is_written_again_as_it_is(tmp_path: Path) -> None:
    log = tmp_path / "log"
    data = os.urandom(2 * PIECE_BYTES + 5)
    log.write_bytes(data)

    SYSTEM.settle(log)

    assert log.read_bytes() == data


class Fails:
    """Notes the operations of a disk, and lets one of them fail."""

    def __init__(self, at: int | None = None) -> None:
        self.seen: list[Operation] = []
        self._at = at

    def __call__(self, operation: Operation, _name: str) -> None:
        self.seen.append(operation)
        if len(self.seen) - 1 == self._at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))


STORE = Path("/store.db")


def made(disk: MemoryDisk, at: int | None = None) -> list[Operation]:
    """What was done to a disk while a store was made, or until one of it failed and was told."""
    fails = disk.watch = Fails(at)
    with nullcontext() if at is None else pytest.raises(StoreError):
        store = SqliteStore.create(STORE, KEY, disk=disk)
    disk.watch = None
    if at is None:
        store.close()
    return fails.seen


def test_a_store_whose_making_fails_at_any_operation_is_made_by_the_next_attempt_or_is_there_whole() -> None:
    operations = made(MemoryDisk())
    assert {Operation.OPEN, Operation.WRITE, Operation.SYNC, Operation.RENAME} <= set(operations)
    for at, operation in enumerate(operations):
        disk = MemoryDisk()
        made(disk, at)
        for left in (disk.killed(), disk.image()):
            opened = SqliteStore.open if left.exists(STORE) else SqliteStore.create
            store = opened(STORE, KEY, disk=left)
            assert list(store.check()) == [], f"{at}: {operation}"
            store.commit(TRACE[0])
            store.close()
