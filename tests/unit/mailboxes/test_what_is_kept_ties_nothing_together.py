"""[RELAY-6] [RELAY-8] [RELAY-19] (T42): whoever has a relay's disk and its key finds no customer in it."""

import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import apsw
import pytest
from tests.contract.mailboxes.bodies import DAY, KEY, NOW, Body, Box, secret, sqlite

from pcloud.mailboxes.judging import number_of
from pcloud.mailboxes.port import AddVouchers, OpenBox, PublishBlob, PutFrame, Quota, RenewBox, TakeFrames
from pcloud.store import opening
from pcloud.store.files.disk import SYSTEM
from pcloud.wire.services.relay import voucher_hash

SHARED_BYTES_MAX = 7
"""A value of so many bytes may be shared by chance, or be a day."""


@pytest.fixture
def body(tmp_path: Path) -> Iterator[Body]:
    made = sqlite(tmp_path)
    made.again(Quota(frames=64, mailboxes=1_000))
    yield made
    made.close()


def plain(folder: Path) -> apsw.Connection:
    """A copy of a closed file, without its encryption."""
    path = folder / "plain.db"
    path.write_bytes((folder / "relay.db").read_bytes())
    path.chmod(0o600)
    connection = opening._connect(path, KEY, SYSTEM)
    connection.pragma("journal_mode", "DELETE")
    connection.pragma("rekey", "")
    return connection


def as_written(folder: Path) -> bytes:
    """The pages of a closed file, as they stand in it; a copy without encryption is written anew."""
    connection = opening._connect(folder / "relay.db", KEY, SYSTEM)
    connection.pragma("journal_mode", "DELETE")
    pages: bytes = connection.serialize("main")
    connection.close()
    return pages


def cells(connection: apsw.Connection) -> dict[int, set[bytes]]:
    """Every value that is kept beside a mailbox, by its number, as bytes."""
    found: dict[int, set[bytes]] = {}
    for table, key in (("box", "number"), ("blob", "box"), ("frame", "box")):
        for row in connection.execute(f"SELECT {key}, * FROM {table}"):
            found.setdefault(row[0], set()).update(map(as_bytes, row[1:]))
    return found


def as_bytes(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    assert isinstance(value, int)
    return value.to_bytes(8, "big", signed=True).lstrip(b"\0")


def windows(values: set[bytes]) -> set[bytes]:
    """Every run of eight bytes in them."""
    size = SHARED_BYTES_MAX + 1
    return {value[at : at + size] for value in values for at in range(len(value) - size + 1)}


def used(body: Body, names: list[str]) -> list[Box]:
    """Customers who open, publish, receive, take and renew."""
    boxes = [Box(name) for name in names]
    for number, box in enumerate(boxes):
        body.now += 977
        body.do(*box.opening())
        if number % 4 == 3:
            body.do(PublishBlob(box.token, secret("blob", number) * 9, body.now + DAY + number))
            continue
        body.do(*[PutFrame(box.address, secret("frame", number, count) * 12) for count in range(5)])
        at = body.boxes.find(box.token, body.now)
        assert at is not None
        more = voucher_hash(secret("more", number))
        body.do(TakeFrames(at, 2), AddVouchers((more,), NOW + 99 * DAY), RenewBox(more, box.token))
    return boxes


def test_two_mailboxes_share_no_identifier_whoever_they_belong_to(body: Body, tmp_path: Path) -> None:
    used(body, [f"{owner} {number}" for number in range(8) for owner in ("anna", "bert", "cleo")])
    body.close()
    found = cells(plain(tmp_path))
    assert len(found) == 24
    for one, other in combinations(found, 2):
        assert not windows(found[one]) & windows(found[other])


def test_no_permission_is_kept_and_none_that_was_spent_leaves_a_trace(body: Body, tmp_path: Path) -> None:
    """[RELAY-8] [RELAY-9]"""
    boxes = used(body, ["a", "b", "c", "d"])
    spare = secret("spare")
    body.do(AddVouchers((voucher_hash(spare),), NOW + DAY))
    body.expire()
    body.close()
    connection = plain(tmp_path)
    connection.close()
    pages = (tmp_path / "plain.db").read_bytes()
    for box in boxes:
        for value in (box.mailbox, box.pickup, box.voucher, voucher_hash(box.voucher)):
            assert value[:16] not in pages
        assert box.address in pages
        assert box.token in pages
    assert spare not in pages
    assert voucher_hash(spare) in pages


def test_what_was_taken_is_on_no_page_and_in_no_log(body: Body, tmp_path: Path) -> None:
    """[RELAY-14]"""
    boxes = [body.opened(name) for name in ("a", "b")]
    frames = [secret("frame", number) * size for number, size in enumerate((3, 20, 300, 2_000))]
    body.do(*[boxes[0].put(frame) for frame in frames], boxes[1].put(b"another frame"))
    at = body.boxes.find(boxes[0].token, body.now)
    assert at is not None
    body.do(TakeFrames(at, 4))
    body.expire()
    assert (tmp_path / "relay.db-wal").stat().st_size == 0
    body.close()
    plain(tmp_path).close()
    pages = (tmp_path / "plain.db").read_bytes()
    assert not [frame for frame in frames if frame[:32] in pages]
    assert b"another frame" in pages


def test_the_file_tells_nothing_without_its_key(body: Body, tmp_path: Path) -> None:
    box = body.opened("a")
    body.do(box.put(secret("frame") * 9))
    for name in ("relay.db", "relay.db-wal"):
        data = (tmp_path / name).read_bytes()
        assert not [value for value in (box.address, box.token, secret("frame")) if value in data]


def test_the_order_of_the_rows_is_not_that_of_opening(body: Body, tmp_path: Path) -> None:
    """[RELAY-6]"""
    boxes = [body.opened(("of one customer", number)) for number in range(40)]
    body.close()
    connection = plain(tmp_path)
    kept = [address for (address,) in connection.execute("SELECT address FROM box ORDER BY number")]
    opened = [box.address for box in boxes]
    assert kept != opened
    assert kept == sorted(opened, key=lambda address: int.from_bytes(address[:8], "big", signed=True))


def test_the_same_is_kept_in_whatever_order_they_were_opened(tmp_path: Path) -> None:
    """[RELAY-6] [RELAY-11] The end of a lease is a day, so not even it says who came together."""
    kept = []
    for turn in range(2):
        folder = tmp_path / str(turn)
        folder.mkdir()
        body = sqlite(folder)
        body.now = NOW - NOW % DAY + 60
        boxes = [Box(number) for number in range(5)]
        body.do(AddVouchers(tuple(voucher_hash(box.voucher) for box in boxes), NOW + 99 * DAY))
        random.Random(turn).shuffle(boxes)
        for box in boxes:
            body.now += 60
            body.do(OpenBox(voucher_hash(box.voucher), box.address, box.token))
        body.close()
        connection = plain(folder)
        kept.append([connection.execute(f"SELECT * FROM {name}").fetchall() for name in ("box", "voucher")])
    assert kept[0] == kept[1]


def test_where_rows_stand_in_the_file_does_not_tell_what_was_opened_together(
    body: Body, tmp_path: Path
) -> None:
    """[RELAY-19]: SQLite fills a page from its end as rows come, whatever their key is."""
    boxes = [body.opened(number) for number in range(300)]
    body.do(*[box.put(b"frame") for box in boxes[::3]])
    body.do(*[PublishBlob(box.token, b"blob", NOW * 2) for box in boxes[1::3]])
    before = body.boxes.stats()
    body.expire()
    assert body.boxes.stats() == before
    assert [body.frames(box) for box in boxes[:3]] == [[(1, b"frame")], [], []]
    assert body.boxes.blob(boxes[1].address, NOW) == b"blob"
    body.close()
    written = as_written(tmp_path)
    places = [written.index(box.address) for box in boxes]
    assert all(written.count(box.address) == 1 for box in boxes)
    pages: dict[int, list[int]] = {}
    for number, place in enumerate(places):
        pages.setdefault(place // opening.PAGE_BYTES, []).append(number)
    for page in pages.values():
        found = sorted(page, key=lambda number: -places[number])
        assert found == sorted(page, key=lambda number: number_of(boxes[number].address))
