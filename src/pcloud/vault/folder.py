"""A folder that is the owner's alone, and files in it that are there whole or not at all."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pcloud.vault.port import LockedError, NoRoomError, UnsafeError, VaultError

_OTHERS: Final = 0o077
"""Every right of group and world."""
_ROOT: Final = 0
_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def private_folder(path: Path) -> Iterator[int]:
    """Open a folder for as long as one works in it. All that is checked holds for the descriptor given.

    Raises UnsafeError where others may look into it or lead the way elsewhere, VaultError where it is not.
    """
    with _explained(
        "opened", "There is no folder here: name that of your node, or make one with: pcloud init"
    ):
        _check_links(path)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = os.fstat(folder)
        if found.st_uid != os.geteuid():
            raise UnsafeError("The folder of the node belongs to another user: use one of your own.")
        if found.st_mode & _OTHERS:
            raise UnsafeError("Others may look into the folder of the node: close it first, with chmod 700.")
        yield folder
    finally:
        os.close(folder)


@contextmanager
def only_writer(folder: int) -> Iterator[None]:
    """Keep other processes from writing meanwhile. Raises LockedError where one does already."""
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise LockedError("Another process is changing this vault: try again when it is done.") from None
    except OSError as failure:
        raise _problem("locked", failure) from failure
    try:
        yield
    finally:
        fcntl.flock(folder, fcntl.LOCK_UN)


def contains(folder: int, name: str) -> bool:
    """Whether something of this name is there, be it a link that leads nowhere."""
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    except OSError as failure:
        raise _problem("found", failure) from failure
    return True


def read_file(folder: int, name: str, bytes_max: int) -> bytes:
    """Read a file, and of one that is larger one byte more than `bytes_max`.

    Raises UnsafeError where others may read or change it, VaultError where it cannot be read.
    """
    with _explained(
        "read", "There is no vault here: name the folder of your node, or make one with: pcloud init"
    ):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor has no path
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                raise VaultError("The vault is no file: put the right one in its place, from a backup.")
            if found.st_uid != os.geteuid():
                raise UnsafeError("The vault belongs to another user: use one of your own.")
            if found.st_mode & _OTHERS:
                raise UnsafeError("Others may read or change the vault: close it first, with chmod 600.")
            return file.read(bytes_max + 1)


def write_file(folder: int, name: str, data: bytes) -> None:
    """Put a file into its place, over the one that is there; a kill at any point leaves the old or the new.

    For the only writer alone: what an earlier, interrupted write has left is taken away first. Raises
    VaultError.
    """
    new = f"{name}.new"
    with _explained("written", "The folder of the node is gone: nothing was written."):
        _remove(folder, new)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            descriptor = os.open(new, flags, 0o600, dir_fd=folder)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor has no path
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            os.rename(new, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            _remove(folder, new)
            raise
    try:
        os.fsync(folder)
    except OSError as failure:
        raise VaultError(
            "The vault is written, but the disk did not confirm it, so a loss of power may bring the earlier "
            "one back: check the disk."
        ) from failure


def _remove(folder: int, name: str) -> None:
    if contains(folder, name):
        os.unlink(name, dir_fd=folder)


def _check_links(path: Path) -> None:
    """Refuse a way through a link that another user could turn elsewhere."""
    absolute = path.absolute()
    for step in (absolute, *absolute.parents):
        if step.is_symlink() and step.lstat().st_uid not in {_ROOT, os.geteuid()}:
            raise UnsafeError(
                "The way to the folder of the node leads through another user's link: name its real path."
            )


@contextmanager
def _explained(done: str, missing: str) -> Iterator[None]:
    """Turn what the system says into a sentence."""
    try:
        yield
    except FileNotFoundError:
        raise VaultError(missing) from None
    except OSError as failure:
        raise _problem(done, failure) from failure


def _problem(done: str, failure: OSError) -> VaultError:
    """The sentence. Without the path, which may hold the owner's name."""
    said = failure.strerror or type(failure).__name__
    told = f"The vault cannot be {done}: {said}; nothing was changed."
    if failure.errno in _NO_ROOM:
        return NoRoomError(f"{told} Make room, then try again.")
    return VaultError(told)
