"""A log begins anew once all of it is in the database: a fault in the middle of that is no damage (R09)."""

from pathlib import Path

import pytest

from pcloud.store.files import wal
from pcloud.store.port import Changes, DamagedError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.disk import MemoryDisk

KEY = bytes(range(32))
PATH = Path("/store.db")
LOG = "/store.db-wal"
HEADER_BYTES = 32
FACTS = 12


def fact(number: int) -> Changes:
    """A commit of several pages."""
    return Changes(facts={f"fact {number}": bytes([number]) * 3_000})


def begun_anew() -> tuple[MemoryDisk, bytes, bytes]:
    """A disk whose log is all in its database, the log's header, and that with which it would begin anew."""
    disk = MemoryDisk()
    store = SqliteStore.create(PATH, KEY, disk=disk)
    for number in range(FACTS - 1):
        store.commit(fact(number))
    store._database._checkpoint(0)  # passive: the log stays, and the next commit begins it anew
    left = disk.killed()
    store.commit(fact(FACTS - 1))
    return left, header(left), header(disk)


def header(disk: MemoryDisk) -> bytes:
    """The first bytes of its log."""
    return bytes(disk.open(LOG, make=False).now[:HEADER_BYTES])


def with_header(disk: MemoryDisk, start: bytes) -> MemoryDisk:
    """The same disk with another header in front of the log."""
    other = disk.killed()
    other.open(LOG, make=False).write(0, start)
    return other


def facts(disk: MemoryDisk) -> list[bytes | None]:
    """All that it holds. Raises DamagedError."""
    store = SqliteStore.open(PATH, KEY, disk=disk)
    assert list(store.check()) == []
    found = [store.fact(f"fact {number}") for number in range(FACTS)]
    store.close()
    return found


GOOD = [*(bytes([number]) * 3_000 for number in range(FACTS - 1)), None]


def test_a_header_that_is_half_the_next_one_hides_nothing() -> None:
    disk, old, new = begun_anew()
    assert old != new
    for cut in range(HEADER_BYTES + 1):
        assert facts(with_header(disk, new[:cut] + old[cut:])) == GOOD, f"cut behind {cut} bytes"


@pytest.mark.parametrize("begun", [0xFE, 0xFF, 0xFFFF, 0xFFFFFF, 0xFFFFFFFF])
def test_a_header_is_found_wherever_its_count_was_cut(begun: int) -> None:
    disk, old, _ = begun_anew()
    log = bytearray(disk.open(LOG, make=False).now)
    before = begun.to_bytes(4, "big")
    after = ((begun + 1) % 2**32).to_bytes(4, "big")
    start = old[:12] + before + old[16:24]
    sums = wal._sums(start, "<", (0, 0))
    frame = wal._FRAME.size
    page = bytes(log[HEADER_BYTES + frame : HEADER_BYTES + frame + 4_096])
    first = bytes(log[HEADER_BYTES : HEADER_BYTES + 8])
    made = wal._sums(first + page, "<", sums)
    whole = start + b"".join(each.to_bytes(4, "big") for each in sums)
    file = disk.open(LOG, make=False)
    file.write(HEADER_BYTES + 16, b"".join(each.to_bytes(4, "big") for each in made))
    for cut in range(1, 5):
        torn = whole[:12] + after[:cut] + before[cut:] + whole[16:]
        file.write(0, torn)
        with disk.reading(Path(LOG)) as reading:
            assert wal.whole_header(reading) == (b"" if torn == whole else whole)


def test_a_header_with_any_one_byte_wrong_is_written_as_its_frames_say() -> None:
    """It is never taken for nothing."""
    disk, old, _ = begun_anew()
    for at in range(HEADER_BYTES):
        wrong = bytearray(old)
        wrong[at] ^= 0x41
        rotten = with_header(disk, bytes(wrong))
        try:
            assert facts(rotten) == GOOD
        except DamagedError:
            assert at < 16, "magic, version, size of a page and count stand nowhere else"


def test_frames_that_follow_from_no_header_are_damage() -> None:
    disk, old, new = begun_anew()
    rotten = with_header(disk, new[:16] + old[16:])
    file = rotten.open(LOG, make=False)
    file.write(HEADER_BYTES + 100, bytes([file.now[HEADER_BYTES + 100] ^ 1]))
    before = bytes(rotten.open(str(PATH), make=False).now)
    with pytest.raises(DamagedError):
        facts(rotten)
    assert bytes(rotten.open(str(PATH), make=False).now) == before


@pytest.mark.parametrize(
    "size", [0, 5, HEADER_BYTES, HEADER_BYTES + 10, HEADER_BYTES + 24, HEADER_BYTES + 30]
)
def test_a_log_without_a_whole_frame_says_of_no_header(size: int) -> None:
    disk, old, new = begun_anew()
    torn = with_header(disk, new[:16] + old[16:])
    torn.open(LOG, make=False).truncate(size)
    with torn.reading(Path(LOG)) as file:
        assert wal.whole_header(file) == b""
