"""Programs that hurt a node from outside. With CI set they are installed where they are missing."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

FAKETIME = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib64/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
)


def strace() -> str:
    """Lets system calls fail. Skips the test where there is none."""
    return _wanted("strace", lambda: shutil.which("strace"))


def faketime() -> str:
    """The library that makes a clock wrong. Skips the test where there is none."""
    return _wanted("libfaketime", lambda: next((path for path in FAKETIME if Path(path).exists()), None))


def _wanted(package: str, find: Callable[[], str | None]) -> str:
    found = find()
    if found is None and os.environ.get("CI"):
        may = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        waits = ("-o", "DPkg::Lock::Timeout=300")  # other tests may install something at the same time
        command = [*may, "apt-get", *waits, "install", "--yes", "--no-install-recommends", package]
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        found = find()
        assert found is not None, f"{package} is wanted here, and could not be installed"
    if found is None:
        pytest.skip(f"{package} is not here: install it with your package manager")
    return found


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

    def used_kib(self) -> int:
        """What is on it."""
        return shutil.disk_usage(self.folder).used // 1024

    def close(self) -> None:
        """Take it away, with what is on it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
