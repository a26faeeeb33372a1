"""Files that a command makes: never over another, never through a link, readable by the owner alone (T72)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from pcloud.cli.exits import CommandError, Exit

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o700
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def write_new(path: Path, data: bytes) -> None:
    """Make a file with this content, on the disk when this returns. Raises CommandError, OSError.

    A file that exists stays as it is, and one that could not be written whole is taken away again.
    """
    with new_file(path) as file:
        file.write(data)


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """Make a file that is written little by little, on the disk when this ends; raises as `write_new`."""
    try:
        descriptor = os.open(path, _NEW, FILE_MODE)
    except FileExistsError:
        raise CommandError(
            Exit.REFUSED, "exists", f"{path} exists, and nothing is written over it. Name another file."
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put names made or moved in a folder onto the disk. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
