"""A commit that the disk does not take is none: what stood before stands, and so does what comes after."""

from pathlib import Path

import apsw
import pytest
from tests.contract.mailboxes.bodies import KEY, QUOTA, Body, Box, sqlite
from tests.unit.store.faulty import Disk, disk, failure

from pcloud.mailboxes import schema
from pcloud.mailboxes.port import CloseBox, TakeFrames
from pcloud.mailboxes.sqlite import SqliteMailboxes
from pcloud.store import opening
from pcloud.store.port import FullError, StoreError
from pcloud.wire.services.service import Outcome

OPERATIONS = 12
"""More than the commit below makes."""


@pytest.fixture
def failing(tmp_path: Path) -> tuple[Disk, Body]:
    """Mailboxes on a disk that will fail."""
    made, below = disk()
    made.arm(None)
    body = sqlite(tmp_path)
    body.boxes.close()
    path = tmp_path / "relay.db"
    database = opening.open_existing(path, KEY, path.with_name("relay.lock"), below, schema.STEPS)
    body.boxes = SqliteMailboxes(database, QUOTA)
    return made, body


@pytest.mark.parametrize("left", range(OPERATIONS))
def test_a_full_disk_takes_all_of_a_commit_or_nothing(failing: tuple[Disk, Body], left: int) -> None:
    made, body = failing
    made.writing = failure(apsw.FullError, apsw.SQLITE_FULL)
    made.syncing = made.writing
    box, other = body.opened("a"), body.opened("b")
    body.do(box.put(b"one"), box.put(b"two"), other.put(b"three"))
    number = body.boxes.find(box.token, body.now)
    assert number is not None
    before = body.boxes.stats()
    third = Box("c")
    changes = [*third.opening(), box.put(bytes(900)), TakeFrames(number, 1), CloseBox(other.token)]
    made.arm(left)
    try:
        body.do(*changes)
    except FullError:
        made.arm(None)
        assert body.boxes.stats() == before
        assert body.frames(box) == [(1, b"one"), (2, b"two")]
        assert body.frames(other) == [(1, b"three")]
        assert body.boxes.find(third.token, body.now) is None
        assert body.outcomes(*changes) == [Outcome.DONE] * 5
    else:
        made.arm(None)
    assert body.frames(box) == [(2, b"two"), (3, bytes(900))]
    assert body.boxes.find(other.token, body.now) is None
    after = body.boxes.stats()
    assert body.again().stats() == after == before._replace(frames=2, bytes=903)
    body.boxes.close()


def test_after_a_failed_sync_nothing_more_is_promised(failing: tuple[Disk, Body]) -> None:
    made, body = failing
    box = body.opened("a")
    made.syncing = failure(apsw.IOError, apsw.SQLITE_IOERR_FSYNC)
    made.arm(0)
    made.writing = made.syncing
    with pytest.raises(StoreError):
        body.do(box.put())
    made.arm(None)
    with pytest.raises(StoreError):
        body.do(box.put())
    body.again()
    assert body.outcomes(box.put()) == [Outcome.DONE]
    body.boxes.close()
