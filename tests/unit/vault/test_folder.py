"""Files that are there whole or not at all, in a folder that is the owner's alone."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from errno import EIO, ENOSPC, EROFS
from pathlib import Path

import pytest

from pcloud.vault.folder import contains, only_writer, private_folder, read_file, write_file
from pcloud.vault.port import UnsafeError, VaultError

OLD, NEW = b"old " * 40, b"new " * 40
NAME = "vault"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path


@pytest.fixture
def folder(path: Path) -> Iterator[int]:
    with private_folder(path) as opened:
        yield opened


def held(path: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in path.iterdir()}


def test_what_is_written_is_read_and_only_the_owner_may(path: Path, folder: int) -> None:
    write_file(folder, NAME, OLD)
    assert read_file(folder, NAME, 1_000) == OLD
    assert (path / NAME).stat().st_mode & 0o7777 == 0o600
    write_file(folder, NAME, NEW)
    assert held(path) == {NAME: NEW}


def test_only_the_owner_may_whatever_the_umask_says(path: Path, folder: int) -> None:
    before = os.umask(0)
    try:
        write_file(folder, NAME, OLD)
    finally:
        os.umask(before)
    assert (path / NAME).stat().st_mode & 0o7777 == 0o600


def test_of_a_large_file_only_one_byte_too_many_is_read(path: Path, folder: int) -> None:
    write_file(folder, NAME, bytes(70_000))
    assert len(read_file(folder, NAME, 1_024)) == 1_025


def test_a_file_is_on_the_disk_before_it_has_its_name_and_then_the_name(
    folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Write, fsync, rename, fsync of the folder: in any other order a loss of power could lose both."""
    done: list[str] = []
    real_sync, real_rename = os.fsync, os.rename

    def sync(descriptor: int) -> None:
        done.append("folder" if descriptor == folder else f"file of {os.fstat(descriptor).st_size}")
        real_sync(descriptor)

    def rename(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        done.append("rename")
        real_rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(os, "rename", rename)
    write_file(folder, NAME, NEW)
    assert done == [f"file of {len(NEW)}", "rename", "folder"]


# Runs in a process of its own: it forks, and each child kills itself one line of the module later.
KILLS = """
import os, signal, sys
from pathlib import Path
from pcloud.vault import folder as module

path, old, new = Path(sys.argv[1]), b"old " * 40, b"new " * 40
LINES_MAX = 500
for line in range(1, LINES_MAX):
    for name in os.listdir(path):
        os.unlink(path / name)
    (path / "vault").write_bytes(old)
    child = os.fork()
    if not child:
        left = line
        def trace(frame, event, _):
            global left
            if frame.f_code.co_filename != module.__file__:
                return None
            if event == "line":
                left -= 1
                if not left:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace
        with module.private_folder(path) as opened, module.only_writer(opened):
            sys.settrace(trace)
            module.write_file(opened, "vault", new)
            sys.settrace(None)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    there = (path / "vault").read_bytes()
    assert there in (old, new), (line, there)
    print("old" if there == old else "new", "ended" if os.WIFEXITED(status) else "killed")
    with module.private_folder(path) as opened, module.only_writer(opened):
        module.write_file(opened, "vault", new)
    assert os.listdir(path) == ["vault"], line
    assert (path / "vault").read_bytes() == new, line
    if os.WIFEXITED(status):
        break
"""


def test_a_kill_at_any_line_leaves_the_old_file_or_the_new_and_the_next_write_cleans_up(path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLS, str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    told = done.stdout.split("\n")[:-1]
    assert len(told) > 10
    # Once the new one stands, it stands at every later line; and the last child came to its end.
    assert told == [*sorted(told[:-1], reverse=True), "new ended"]
    assert {"old killed", "new killed"} <= set(told)


def fail_with(number: int) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["open", "fsync", "rename"])
@pytest.mark.parametrize("number", [ENOSPC, EIO, EROFS])
def test_whatever_fails_while_writing_leaves_the_old_file_and_nothing_else(
    path: Path, folder: int, call: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(folder, NAME, OLD)
    with monkeypatch.context() as broken:
        broken.setattr(os, call, fail_with(number))
        with pytest.raises(VaultError, match="nothing was changed") as refusal:
            write_file(folder, NAME, NEW)
    assert os.strerror(number) in str(refusal.value)
    assert held(path) == {NAME: OLD}


@pytest.mark.parametrize("call", ["fcntl.flock", "os.stat"])
def test_a_disk_that_does_not_answer_is_said_to_be_so_and_nothing_is_written(
    path: Path, folder: int, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call, fail_with(EIO))
    with pytest.raises(VaultError, match="Input/output error; nothing was changed"), only_writer(folder):
        write_file(folder, NAME, NEW)
    monkeypatch.undo()
    assert held(path) == {}


def test_a_folder_that_the_disk_does_not_confirm_is_said_to_be_so(
    path: Path, folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync
    monkeypatch.setattr(os, "fsync", lambda one: fail_with(EIO)() if one == folder else real(one))
    with pytest.raises(VaultError, match="did not confirm"):
        write_file(folder, NAME, NEW)
    assert held(path) == {NAME: NEW}


@pytest.mark.parametrize("mode", [0o701, 0o710, 0o750, 0o755, 0o770, 0o777, 0o1777, 0o704])
def test_a_folder_that_others_may_look_into_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(UnsafeError, match="chmod 700"), private_folder(path):
        pytest.fail("opened")


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o644, 0o660, 0o666, 0o601])
def test_a_file_that_others_may_read_or_change_is_refused(path: Path, folder: int, mode: int) -> None:
    write_file(folder, NAME, OLD)
    (path / NAME).chmod(mode)
    with pytest.raises(UnsafeError, match="chmod 600"):
        read_file(folder, NAME, 1_000)


def test_a_folder_or_file_of_another_user_is_refused(
    path: Path, folder: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_file(folder, NAME, OLD)
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    with pytest.raises(UnsafeError, match="another user"), private_folder(path):
        pytest.fail("opened")
    with pytest.raises(UnsafeError, match="another user"):
        read_file(folder, NAME, 1_000)


def test_ones_own_link_to_a_folder_is_followed_and_that_of_another_user_is_not(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path / "real").mkdir(0o700)
    (path / "link").symlink_to(path / "real")
    with private_folder(path / "link") as opened:
        write_file(opened, NAME, OLD)
    assert held(path / "real") == {NAME: OLD}

    if os.geteuid() != 0:
        pytest.skip("only root can make a link that is another user's")
    os.lchown(path / "link", 12_345, 12_345)
    for way in (path / "link", path / "link" / ".." / "real"):
        with pytest.raises(UnsafeError, match="link"), private_folder(way):
            pytest.fail("opened")


@pytest.mark.parametrize("missing", ["nowhere", "file", "file/deeper"])
def test_where_there_is_no_folder_there_is_no_vault(path: Path, missing: str) -> None:
    (path / "file").write_bytes(b"")
    with pytest.raises(VaultError) as refusal, private_folder(path / missing):
        pytest.fail("opened")
    assert str(path) not in str(refusal.value), "a path may hold the owner's name"


def test_what_stands_in_the_place_of_a_file_is_not_followed_and_not_waited_for(
    path: Path, folder: int
) -> None:
    (path / "elsewhere").write_bytes(OLD)
    (path / "elsewhere").chmod(0o600)
    (path / "link").symlink_to("elsewhere")
    (path / "folder").mkdir()
    os.mkfifo(path / "pipe", 0o600)
    for name in ("link", "folder", "pipe", "nothing"):
        with pytest.raises(VaultError):
            read_file(folder, name, 1_000)
    assert contains(folder, "link")
    assert not contains(folder, "nothing")


def test_a_link_in_the_place_of_what_is_written_is_replaced_and_not_followed(path: Path, folder: int) -> None:
    (path / "elsewhere").write_bytes(OLD)
    (path / NAME).symlink_to("elsewhere")
    (path / f"{NAME}.new").symlink_to("elsewhere")
    write_file(folder, NAME, NEW)
    assert held(path) == {NAME: NEW, "elsewhere": OLD}
    assert not (path / NAME).is_symlink()


def test_while_one_writes_another_is_refused_and_afterwards_not(path: Path) -> None:
    with private_folder(path) as first, private_folder(path) as second:
        with only_writer(first), pytest.raises(VaultError, match="Another process"), only_writer(second):
            pytest.fail("both wrote")
        with only_writer(second):
            write_file(second, NAME, NEW)
