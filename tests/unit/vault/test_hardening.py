"""What a hardened process keeps to itself (T63). Each is one of its own: none of it can be undone."""

import subprocess
import sys
from pathlib import Path

import pytest

from pcloud.vault.hardening import harden

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="prctl and /proc are Linux's")


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_is_made_is_for_the_owner_alone_and_no_core_is_dumped(tmp_path: Path) -> None:
    told = run(
        "import os, resource\n"
        "from pcloud.vault.hardening import harden\n"
        "harden()\n"
        f"open({str(tmp_path / 'made')!r}, 'w').close()\n"
        f"os.mkdir({str(tmp_path / 'folder')!r})\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    )
    assert told == "(0, 0)\n"
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o700


@LINUX
def test_the_process_is_not_dumpable_and_nothing_is_missing() -> None:
    told = run(
        "import ctypes\n"
        "from pcloud.vault.hardening import harden\n"
        "get = ctypes.CDLL(None).prctl\n"
        "before = get(3, 0, 0, 0, 0)\n"
        "missing = harden()\n"
        "print(before, get(3, 0, 0, 0, 0), missing)\n"
    )
    assert told == "1 0 ()\n"


def test_hardening_twice_is_the_same_as_once() -> None:
    assert run("from pcloud.vault.hardening import harden\nprint(harden() == harden())") == "True\n"


def test_what_a_system_does_not_offer_is_said_and_the_rest_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    masks: list[int] = []

    def refuse(*_: object) -> None:
        raise ValueError("not allowed")

    monkeypatch.setattr("os.umask", masks.append)
    monkeypatch.setattr("resource.setrlimit", refuse)
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    missing = harden()
    assert masks == [0o077]
    assert len(missing) == 2
    assert "not allowed" in missing[0]
    assert "read this one's memory" in missing[1]


# Both give up every capability first, or root would read whatever it wants (capabilities(7), ptrace(2)).
GIVES_UP = "import ctypes, struct\nctypes.CDLL(None).capset(struct.pack('Ii', 0x20080522, 0), bytes(24))\n"
HARDENS = "from pcloud.vault.hardening import harden\nharden()\n"
HOLDS = "print('ready', flush=True)\ninput()\n"
READS = f"""
import subprocess, sys
holder = subprocess.Popen(
    [sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
)
holder.stdout.readline()
{GIVES_UP}
try:
    open("/proc/%d/mem" % holder.pid, "rb").close()
    print("read")
except PermissionError:
    print("refused")
holder.communicate("\\n")
"""


def attempt(holder: str) -> str:
    """What another process of the same user can do with the memory of this one."""
    done = subprocess.run(
        [sys.executable, "-c", READS, GIVES_UP + holder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@LINUX
def test_another_process_of_the_same_user_cannot_read_its_memory() -> None:
    """T63: what gcore and ptrace need."""
    assert attempt(HARDENS + HOLDS) == "refused"
    # Where another process could not read anyway, this shows nothing.
    if attempt(HOLDS) != "read":
        pytest.skip("this system lets no process read another's memory (ptrace_scope)")
