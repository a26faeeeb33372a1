"""A disk that is full when a test wants it to be."""

import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

BLOCK_BYTES = 4_096


class SmallDisk:
    """A file system in memory with a bound, where this user may mount one. Skips the test elsewhere."""

    def __init__(self, folder: Path, kib: int) -> None:
        self.folder = folder
        folder.mkdir()
        if not self._mount(f"size={kib}k,mode=700"):
            pytest.skip("no file system can be mounted here: run it as root, where mounting is permitted")

    def _mount(self, options: str, *more: str) -> bool:
        command = ["mount", *more, "-t", "tmpfs", "-o", options, "tmpfs", str(self.folder)]
        return (
            shutil.which("mount") is not None
            and not subprocess.run(command, check=False, capture_output=True).returncode
        )

    def resize(self, kib: int) -> None:
        """Give it another size."""
        assert self._mount(f"remount,size={kib}k")

    def take_nothing(self) -> None:
        """Let it be read, and no more."""
        assert self._mount("remount,ro")

    def fill(self) -> Path:
        """Take all the room there is; gives the file that takes it."""
        much = self.folder / "much"
        with much.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(BLOCK_BYTES))
        assert shutil.disk_usage(self.folder).free == 0
        return much

    def used_kib(self) -> int:
        """What is on it."""
        return shutil.disk_usage(self.folder).used // 1024

    def close(self) -> None:
        """Take it away, with what is on it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
