"""[CUSTODY-10] [CUSTODY-15]: stops in the middle, a full disk, damage, and what the names tell."""

import errno
import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from pcloud.holdings import folder
from pcloud.holdings.folder import FolderHoldings
from pcloud.holdings.port import Custody, HoldingsError, NoRoomError, UnknownError
from pcloud.wire.services.custody import FULL

ID, TOKEN, ADDRESS = b"i" * 32, b"t" * 32, b"a" * 32
VOLUME = bytes(range(256)) * 100
DIGEST = sha256(VOLUME).digest()
NOW = 1_800_000_000
DAY = 86_400


def opened(path: Path) -> FolderHoldings:
    return FolderHoldings(path / "holdings")


def allowed(path: Path) -> FolderHoldings:
    holdings = opened(path)
    holdings.allow(Custody(ID, TOKEN, ADDRESS, 2**30, 90))
    return holdings


def put(holdings: FolderHoldings, volume: bytes = VOLUME, now: int = NOW) -> None:
    name = sha256(volume).digest()
    here = holdings.begin(TOKEN, FULL, len(volume), name)
    if here < len(volume):
        holdings.add(TOKEN, name, here, volume[here:])
    holdings.finish(TOKEN, name, now)


def places(holdings: FolderHoldings) -> list[int]:
    try:
        return [row.place for row in holdings.volumes(ADDRESS, 0, 10)]
    except UnknownError:
        return []


class Failing:
    """A call that fails at its n-th time and from then on, as a machine that stops does."""

    def __init__(self, call: object, at: int) -> None:
        self.call, self.left = call, at

    def __call__(self, *arguments: object) -> object:
        self.left -= 1
        if self.left < 0:
            raise OSError(errno.EIO, "the machine stopped")
        return self.call(*arguments)  # type: ignore[operator] # whatever was there before


@pytest.mark.parametrize("what", ["fsync", "replace"])
@pytest.mark.parametrize("at", range(8))
def test_a_stop_anywhere_leaves_the_volume_whole_or_lets_it_be_put_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int, what: str
) -> None:
    """[CUSTODY-10]"""
    holdings = allowed(tmp_path)
    put(holdings, b"before")
    with monkeypatch.context() as patch:
        patch.setattr(os, what, Failing(getattr(os, what), at))
        try:
            put(holdings)
            put(holdings, b"next", NOW + 1)
            holdings.expire(NOW + 200 * DAY)
        except HoldingsError:
            pass
    later = opened(tmp_path)
    for row in later.volumes(ADDRESS, 0, 10):
        volume = later.read(ADDRESS, row.digest, 0, 2**20)
        assert (sha256(volume).digest(), len(volume)) == (row.digest, row.size)
    put(later)
    put(later, b"next", NOW + 1)
    assert later.read(ADDRESS, DIGEST, 0, 2**20) == VOLUME
    assert len(places(later)) == len(set(places(later)))
    known = {f"{row.place}.volume" for row in later.volumes(ADDRESS, 0, 10)}
    assert {path.name for path in (tmp_path / "holdings/1").glob("*.volume")} == known


@pytest.mark.parametrize("cut", range(1, 57))
def test_a_row_that_was_cut_short_is_no_row(tmp_path: Path, cut: int) -> None:
    holdings = allowed(tmp_path)
    put(holdings, b"before")
    put(holdings)
    index = tmp_path / "holdings/1/index"
    index.write_bytes(index.read_bytes()[:-cut])
    later = opened(tmp_path)
    assert places(later) == [1]
    put(later)
    assert places(opened(tmp_path)) == [1, 2]


def test_a_volume_that_somebody_deleted_is_not_listed(tmp_path: Path) -> None:
    put(allowed(tmp_path))
    (tmp_path / "holdings/1/1.volume").unlink()
    later = opened(tmp_path)
    assert places(later) == []
    with pytest.raises(UnknownError):
        later.prove(TOKEN, DIGEST, b"")
    put(later)
    assert later.prove(TOKEN, DIGEST, b"") == DIGEST


def test_a_volume_that_is_taken_away_while_it_is_kept_is_not_there(tmp_path: Path) -> None:
    """[CUSTODY-7]"""
    holdings = allowed(tmp_path)
    put(holdings)
    (tmp_path / "holdings/1/1.volume").unlink()
    with pytest.raises(UnknownError):
        holdings.read(ADDRESS, DIGEST, 0, 10)
    with pytest.raises(UnknownError):
        holdings.prove(TOKEN, DIGEST, b"")


def test_letting_go_on_a_full_disk_takes_no_newer_copy_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[CUSTODY-13]"""
    holdings = allowed(tmp_path)
    for number in range(4):
        put(holdings, b"volume %d" % number, NOW + number * DAY)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(NoRoomError):
            holdings.expire(NOW + 92 * DAY)
    put(holdings, b"the newest", NOW + 92 * DAY)
    for later in (holdings, opened(tmp_path)):
        assert places(later) == [1, 2, 3, 4, 5]
        assert later.read(ADDRESS, sha256(b"volume 3").digest(), 0, 99) == b"volume 3"


def test_a_volume_that_was_altered_gives_another_proof(tmp_path: Path) -> None:
    """[CUSTODY-12]"""
    put(allowed(tmp_path))
    path = tmp_path / "holdings/1/1.volume"
    path.write_bytes(VOLUME[:-1] + b"\0")
    assert opened(tmp_path).prove(TOKEN, DIGEST, b"") != DIGEST


@pytest.mark.parametrize(
    "data",
    [b"", b"\x80", b"\xff", b"x" * 200, b"\x86\x01\x02\x03\x04\x05\xf6", b"\x86\x40\x40\x40\x01\x05\x40"],
)
def test_damaged_terms_are_said_and_nothing_is_deleted(tmp_path: Path, data: bytes) -> None:
    put(allowed(tmp_path))
    (tmp_path / "holdings/1/terms").write_bytes(data)
    other = Custody(b"o" * 32, b"p" * 32, b"q" * 32, 2**20, 90)
    (later := opened(tmp_path)).allow(other)
    (error,) = later.damaged
    assert str(tmp_path) not in str(error)
    assert [held.custody for held in opened(tmp_path).held()] == [other], (
        "of one peer: the others have theirs"
    )
    assert (tmp_path / "holdings/1/1.volume").read_bytes() == VOLUME


@pytest.mark.parametrize("data", [b"", b"\xff", b"\x83\x00\x01\x02", b"\x80", bytes(40)])
def test_of_a_volume_that_was_half_put_a_stop_may_leave_anything(tmp_path: Path, data: bytes) -> None:
    """[CUSTODY-8]"""
    holdings = allowed(tmp_path)
    put(holdings, b"before")
    holdings.begin(TOKEN, FULL, len(VOLUME), DIGEST)
    holdings.add(TOKEN, DIGEST, 0, VOLUME[:100])
    (tmp_path / "holdings/1/begun.terms").write_bytes(data)
    later = opened(tmp_path)
    assert later.begin(TOKEN, FULL, len(VOLUME), DIGEST) == 0
    put(later)
    assert places(later) == [1, 2]


def test_a_volume_whose_sync_failed_is_put_again_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read of it then may be in memory alone, and a second sync says nothing of that."""
    holdings = allowed(tmp_path)
    with monkeypatch.context() as failing:
        failing.setattr(os, "fsync", Failing(os.fsync, 0))
        with pytest.raises(HoldingsError):
            put(holdings)
    assert places(holdings) == []
    assert holdings.begin(TOKEN, FULL, len(VOLUME), DIGEST) == 0
    put(holdings)
    assert len(places(holdings)) == 1


def test_a_folder_that_never_began_is_taken_away(tmp_path: Path) -> None:
    put(allowed(tmp_path))
    (tmp_path / "holdings/2").mkdir()
    (tmp_path / "holdings/2/terms.new").write_bytes(b"half")
    assert places(opened(tmp_path)) == [1]
    assert not (tmp_path / "holdings/2").exists()


def test_a_full_disk_is_no_room_and_what_is_kept_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holdings = allowed(tmp_path)
    put(holdings, b"before")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(NoRoomError) as found:
            put(holdings)
    assert str(tmp_path) not in str(found.value)
    assert places(holdings) == [1]
    put(holdings)
    assert places(opened(tmp_path)) == [1, 2]


def test_the_disk_is_never_filled_up_for_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    holdings = allowed(tmp_path)
    put(holdings, b"before")
    free = shutil.disk_usage(tmp_path).free
    monkeypatch.setattr(folder, "FREE_BYTES_MIN", free * 2)
    with pytest.raises(NoRoomError):
        put(holdings)
    assert places(holdings) == [1]


def test_no_name_tells_whose_it_is_and_only_the_owner_reads(tmp_path: Path) -> None:
    """[CUSTODY-15]"""
    put(allowed(tmp_path))
    root = tmp_path / "holdings"
    names = " ".join(str(path.relative_to(root)) for path in root.rglob("*"))
    for secret in (ID, TOKEN, ADDRESS, DIGEST):
        assert secret.hex()[:8] not in names
    assert {path.stat().st_mode & 0o077 for path in (root, *root.rglob("*"))} == {0}
