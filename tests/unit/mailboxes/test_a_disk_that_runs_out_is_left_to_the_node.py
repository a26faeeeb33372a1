"""What a relay keeps ends before the disk does: the rest is the node's own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.contract.mailboxes.bodies import KEY, QUOTA, Body, sqlite

from pcloud.mailboxes import schema
from pcloud.mailboxes.sqlite import SqliteMailboxes
from pcloud.runtime.relaying import opening as relay
from pcloud.store import opening
from pcloud.wire.services.service import Outcome


class Disk:
    """How much there is left for others."""

    room = 0


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[tuple[Disk, Body]]:
    disk, body = Disk(), sqlite(tmp_path)
    body.boxes.close()
    path = tmp_path / "relay.db"
    database = opening.open_existing(path, KEY, path.with_name("relay.lock"), steps=schema.STEPS)
    body.boxes = SqliteMailboxes(database, QUOTA, lambda: disk.room)
    yield disk, body
    body.close()


def test_what_finds_no_room_is_refused_and_what_is_there_is_given_out_and_makes_room(
    crowded: tuple[Disk, Body],
) -> None:
    disk, body = crowded
    disk.room = 10
    box = body.opened("a")

    assert body.outcomes(box.put(bytes(6)), box.put(bytes(5)), box.put(bytes(4))) == [
        Outcome.DONE,
        Outcome.FULL,
        Outcome.DONE,
    ]
    for room in (0, -1_000):
        disk.room = room
        assert body.outcomes(box.put(b"x")) == [Outcome.FULL]
    assert body.frames(box) == [(1, bytes(6)), (2, bytes(4))]
    assert body.boxes.stats().bytes == 10

    disk.room = 1
    assert body.outcomes(box.put(b"x")) == [Outcome.DONE]


def test_a_relay_of_a_node_looks_at_its_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = sqlite(tmp_path)
    body.boxes.close()
    (tmp_path / "relay.db").unlink()
    body.boxes = relay.open_mailboxes(tmp_path, KEY)
    box = body.opened("a")
    assert body.outcomes(box.put(b"one")) == [Outcome.DONE]

    monkeypatch.setattr(relay, "FREE_BYTES_MIN", shutil.disk_usage(tmp_path).free * 2)

    assert body.outcomes(box.put(b"two")) == [Outcome.FULL]
    assert body.frames(box) == [(1, b"one")]
    body.close()
