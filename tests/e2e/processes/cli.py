"""Nodes as processes of their own, driven by nothing but the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

WAIT_S_MAX = 60.0
PAUSE_S_MAX = 0.4
"""Between two looks: on a busy machine looking takes from what is waited for."""
PASSPHRASE = "correct horse battery staple"
PROGRAM = ("-m", "pcloud")


def until(look: Callable[[], T]) -> T:
    """What it gives once that is true in the sense of Python."""
    end, pause_s = time.monotonic() + WAIT_S_MAX, 0.05
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, PAUSE_S_MAX)
    raise AssertionError("it never came")


def environment_of(folder: Path | None) -> dict[str, str]:
    """What a command finds around it: the folder, and nothing else of ours."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PCLOUD_")}
    return environment if folder is None else {**environment, "PCLOUD_DIR": str(folder)}


def run(*words: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """One command, as a person types it."""
    command = [sys.executable, *PROGRAM, *words]
    return subprocess.run(
        command, capture_output=True, text=True, env=environment_of(folder), check=False, timeout=60
    )


class House:
    """A folder with a node, and the process that runs it now."""

    def __init__(self, folder: Path, name: str, kind: str = "person") -> None:
        self.folder = folder / name
        self.passphrase = folder / f"{name}.passphrase"
        self.passphrase.write_text(PASSPHRASE)
        self.passphrase.chmod(0o600)
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        words = folder / f"{name}.words"
        made = run(
            "init", "--name", name, "--kind", kind, "--words-file", str(words),
            "--passphrase-file", str(self.passphrase), folder=self.folder,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr
        assert len(words.read_text().split()) == 24

    def up(self, program: tuple[str, ...] = PROGRAM) -> "House":
        """Start it, and wait for its word that it is ready."""
        command = [
            sys.executable, *program, "up", "--json", "--dir", str(self.folder),
            "--listen", f"127.0.0.1:{self.port}", "--passphrase-file", str(self.passphrase),
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        assert ready["ready"] is True
        self.port = int(ready["listen"].rpartition(":")[2])
        return self

    def down(self) -> None:
        """Stop it as a service is stopped."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            _, errors = self.process.communicate(timeout=20)
            assert self.process.returncode == 0, errors
            self.process = None

    def pcloud(self, *words: str) -> Any:
        """A command's JSON. Fails where the command does."""
        done = run(*words, "--json", folder=self.folder)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    def refused(self, *words: str) -> str:
        """The code with which a command is refused."""
        done = run(*words, "--json", folder=self.folder)
        assert done.returncode != 0, done.stdout
        return str(json.loads(done.stderr.splitlines()[-1])["error"]["code"])

    def peer(self) -> dict[str, Any]:
        """Its one relationship."""
        peers = self.pcloud("peers")
        return dict(peers[0]) if peers else {}
