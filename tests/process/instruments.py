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
