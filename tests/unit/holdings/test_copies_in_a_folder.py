"""Copies of one's own: what their names say, what is left half done, and what is let go."""

import errno
import os
from pathlib import Path

import pytest

from pcloud.holdings.copies import Copies, FolderCopies, MemoryCopies, name_of, outlived, read_name
from pcloud.holdings.port import HoldingsError, NoRoomError

NOW = 1_800_000_000
DAY = 86_400


@pytest.fixture(params=["folder", "memory"])
def copies(request: pytest.FixtureRequest, tmp_path: Path) -> Copies:
    return FolderCopies(tmp_path / "a" / "copies", make=True) if request.param == "folder" else MemoryCopies()


def write(copies: Copies, name: str, *pieces: bytes) -> None:
    sink = copies.write()
    for piece in pieces:
        sink.add(piece)
    sink.keep(name)


def test_a_name_says_when_which_and_what() -> None:
    name = name_of(NOW, 7, full=True)
    assert name == "20270115T080000Z-00000007-full.volume"
    found = read_name(name)
    assert found is not None
    assert found[1:] == (NOW, 7, True)


@pytest.mark.parametrize(
    "name",
    ["", "x.volume", "20270115T080000Z-7-full.volume", "20271315T080000Z-00000007-full.volume", ".half"],
)
def test_other_names_are_not_looked_at(copies: Copies, name: str) -> None:
    assert read_name(name) is None
    if name and isinstance(copies, FolderCopies):
        write(copies, name_of(NOW, 1, full=True), b"x")
        (copies._folder / name).write_bytes(b"")
        assert len(copies.names()) == 1


def test_what_is_kept_is_read_and_sorted_by_time(copies: Copies) -> None:
    names = [name_of(NOW + n, 9 - n, full=n == 0) for n in range(3)]
    for name in reversed(names):
        write(copies, name, b"vol", b"ume")
    assert [copy.name for copy in copies.names()] == names
    assert copies.read(names[0], 2, 3) == b"lum"
    assert copies.read(names[0], 6, 3) == b""
    copies.remove(names[0])
    copies.remove(names[0])
    assert [copy.name for copy in copies.names()] == names[1:]


def test_what_is_half_written_is_not_there_and_makes_room_for_the_next(copies: Copies) -> None:
    copies.write().add(b"half")
    assert list(copies.names()) == []
    write(copies, name_of(NOW, 1, full=True), b"whole")
    assert copies.read(name_of(NOW, 1, full=True), 0, 99) == b"whole"


def test_time_lets_go_as_at_a_holder(copies: Copies) -> None:
    """[CUSTODY-13]"""
    for time, number, full in ((0, 1, True), (1, 2, False), (DAY, 3, True), (DAY, 4, False)):
        write(copies, name_of(NOW + time, number, full=full), b"x")
    found = list(copies.names())

    def gone(now: int) -> list[int]:
        return sorted(copy.number for copy in outlived(found, 90, NOW + now))

    assert gone(7 * DAY) == []
    assert gone(8 * DAY) == [2]
    assert gone(91 * DAY) == [1, 2]
    assert gone(10_000 * DAY) == [1, 2]


def test_a_folder_that_the_owner_named_is_not_made(tmp_path: Path) -> None:
    """A disk that is not connected must not end as a folder on the one that is."""
    copies = FolderCopies(tmp_path / "disk")
    for work in (copies.names, copies.write):
        with pytest.raises(HoldingsError) as found:
            work()
        assert "not there" in str(found.value)
        assert str(tmp_path) not in str(found.value)
    assert not (tmp_path / "disk").exists()


def test_two_nodes_do_not_share_a_folder(tmp_path: Path) -> None:
    copies = FolderCopies(tmp_path)
    copies.claim("one")
    copies.claim("one")
    with pytest.raises(HoldingsError) as found:
        FolderCopies(tmp_path).claim("two")
    assert "Another node" in str(found.value)
    copies.claim("one")
    assert list(copies.names()) == []


def test_a_full_disk_is_said_and_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = FolderCopies(tmp_path)
    write(copies, name_of(NOW, 1, full=True), b"x")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    sink = copies.write()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(NoRoomError):
        sink.keep(name_of(NOW, 2, full=False))
    assert [copy.number for copy in copies.names()] == [1]


def test_only_the_owner_reads_a_copy(tmp_path: Path) -> None:
    copies = FolderCopies(tmp_path / "copies", make=True)
    write(copies, name_of(NOW, 1, full=True), b"x")
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "copies", *(tmp_path / "copies").iterdir())}
    assert modes == {0}
