"""Nodes as processes of their own, driven by nothing but the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

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


class Ended(NamedTuple):
    """How a process ended, and what it wrote of errors before."""

    code: int
    errors: str


class House:
    """A folder with a node, and the process that runs it now."""

    def __init__(self, folder: Path, name: str, kind: str = "person") -> None:
        self.folder = folder / name
        self.passphrase = folder / f"{name}.passphrase"
        self.passphrase.write_text(PASSPHRASE)
        self.passphrase.chmod(0o600)
        self.words = folder / f"{name}.words"
        self.port = 0
        self.process: subprocess.Popen[str] | None = None
        made = run("init", "--name", name, "--kind", kind, *self.by_words, folder=self.folder)
        assert made.returncode == 0, made.stderr
        assert len(self.words.read_text().split()) == 24

    @property
    def by_words(self) -> tuple[str, ...]:
        """What a command takes that is done with the words, and asks for a passphrase too."""
        return ("--words-file", str(self.words), "--passphrase-file", str(self.passphrase))

    def up(
        self, program: Sequence[str] = PROGRAM, *, under: Sequence[str] = (), **environment: str
    ) -> "House":
        """Start it, also under another program or with more around it, and wait until it says it is ready."""
        command = [
            *under, sys.executable, *program, "up", "--json", "--dir", str(self.folder),
            "--listen", f"127.0.0.1:{self.port}", "--passphrase-file", str(self.passphrase),
        ]  # fmt: skip
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        assert self.process.stdout is not None
        ready = json.loads(self.process.stdout.readline())
        assert ready["ready"] is True
        self.port = int(ready["listen"].rpartition(":")[2])
        return self

    def down(self) -> None:
        """Stop it as a service is stopped."""
        if self.process is not None:
            self.send(signal.SIGTERM)
            ended = self.ended(20)
            assert ended.code == 0, ended.errors

    def kill(self) -> int:
        """End it without a word; gives its exit code."""
        self.send(signal.SIGKILL)
        return self.ended().code

    def send(self, number: signal.Signals) -> None:
        """Send its process a signal."""
        assert self.process is not None
        self.process.send_signal(number)

    def ended(self, within_s: float = WAIT_S_MAX) -> Ended:
        """Wait until it has ended."""
        assert self.process is not None
        _, errors = self.process.communicate(timeout=within_s)
        ended = Ended(self.process.returncode, errors)
        self.process = None
        return ended

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

    def texts(self) -> list[str]:
        """What was said in it, oldest first."""
        log = self.pcloud("log", self.peer()["id"])
        return [entry["text"] for entry in reversed(log) if entry["text"] is not None]


def meet(anna: House, shop: House) -> None:
    """From a link to a relationship, as both see it."""
    invitation = shop.pcloud("invite", "--purpose", "flowers on order")
    assert {"link", "id", "expires"} <= invitation.keys()
    contact = anna.pcloud("connect", invitation["link"])
    assert (contact["direction"], contact["state"], contact["name"]) == ("out", "pending", "Flora")
    assert shop.pcloud("contacts") == [], "a link that is looked at sends nothing"
    anna.pcloud("accept", contact["id"])
    (waiting,) = until(lambda: shop.pcloud("contacts"))
    assert (waiting["direction"], waiting["name"], waiting["purpose"]) == ("in", "Anna", "flowers on order")
    assert anna.pcloud("peers") == []
    shop.pcloud("accept", waiting["id"])
    until(lambda: anna.peer().get("state") == shop.peer().get("state") == "active")
    assert anna.peer()["code"] == until(lambda: shop.peer()["code"])
