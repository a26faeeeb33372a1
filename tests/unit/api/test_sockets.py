"""A socket's file is taken over from a node that died, never from one that lives; no other is removed."""

import os
import socket
import stat
from pathlib import Path

import pytest

from pcloud.api.sockets import (
    SOCKET_PATH_BYTES_MAX,
    ListenError,
    bind_address,
    bind_loopback,
    bind_path,
    remove_path,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "owner.sock"


def test_a_fresh_socket_is_for_its_owner_before_anybody_can_connect(path: Path) -> None:
    with bind_path(path), socket.socket(socket.AF_UNIX) as knocking:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(ConnectionRefusedError):
            knocking.connect(str(path))


def test_what_a_dead_node_left_is_replaced(path: Path) -> None:
    with bind_path(path) as dead:
        dead.listen()
    assert path.is_socket()
    with bind_path(path) as fresh:
        fresh.listen()
        with socket.socket(socket.AF_UNIX) as knocking:
            knocking.connect(str(path))


@pytest.mark.parametrize("backlog", [0, 8])
def test_a_socket_that_somebody_listens_on_stays_theirs(path: Path, backlog: int) -> None:
    with (
        bind_path(path) as living,
        socket.socket(socket.AF_UNIX) as first,
        socket.socket(socket.AF_UNIX) as second,
    ):
        living.listen(backlog)
        for knocking in (first, second):  # with a backlog of none, there is no room for a third
            knocking.settimeout(0)
            knocking.connect_ex(str(path))
        before = path.stat()
        with pytest.raises(ListenError, match="Another node"):
            bind_path(path)
        assert path.stat() == before
        living.accept()[0].close()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "link to nothing", "pipe"])
def test_what_is_no_socket_is_not_removed(path: Path, tmp_path: Path, kind: str) -> None:
    if kind == "file":
        path.write_text("kept")
    elif kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        target = tmp_path / "target"
        if kind == "link":
            target.write_text("kept")
        path.symlink_to(target)
    before = path.lstat()
    with pytest.raises(ListenError, match="Move it away"):
        bind_path(path)
    assert path.lstat().st_ino == before.st_ino
    assert stat.S_IFMT(path.lstat().st_mode) == stat.S_IFMT(before.st_mode)


def test_a_path_that_is_too_long_is_told_with_what_to_do(tmp_path: Path) -> None:
    long = tmp_path / ("x" * (SOCKET_PATH_BYTES_MAX + 1 - len(str(tmp_path)) - 1))
    with pytest.raises(ListenError, match="shorter path"):
        bind_path(long)
    just = long.with_name(long.name[:-1])
    with bind_path(just):
        assert just.is_socket()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ListenError, match="No such file"):
        bind_path(tmp_path / "nowhere" / "owner.sock")


def test_only_its_own_file_is_removed(path: Path) -> None:
    with bind_path(path):
        own = path.lstat().st_ino
        remove_path(path, own + 1)
        assert path.is_socket()
        remove_path(path, own)
        assert not path.exists()
        remove_path(path, own)


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with bind_address("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"{port} .*Choose another"):
            bind_address("127.0.0.1", port)
        with pytest.raises(ListenError, match="Choose another"):
            bind_loopback(port)


def test_loopback_is_every_loopback_address_of_the_machine() -> None:
    ends = bind_loopback(0)
    addresses = [end.getsockname()[0] for end in ends]
    for end in ends:
        end.close()
    assert addresses in (["127.0.0.1"], ["127.0.0.1", "::1"])


def test_a_machine_with_one_loopback_address_uses_that(monkeypatch: pytest.MonkeyPatch) -> None:
    made = socket.socket

    def without_six(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(97, "Address family not supported by protocol")
        return made(family, kind)

    monkeypatch.setattr(socket, "socket", without_six)
    [end] = bind_loopback(0)
    end.close()


def test_the_other_loopback_address_must_be_ours_too(monkeypatch: pytest.MonkeyPatch) -> None:
    made = socket.socket

    def taken_six(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(98, "Address already in use")
        return made(family, kind)

    monkeypatch.setattr(socket, "socket", taken_six)
    with pytest.raises(ListenError):
        bind_loopback(0)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2"])
def test_an_address_is_bound_as_named(host: str) -> None:
    with bind_address(host, 0) as end:
        assert end.getsockname()[0] == ("127.0.0.1" if host == "localhost" else host)
