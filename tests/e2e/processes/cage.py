"""A node all of whose values are canaries, and everything that it writes."""

import os
import re
import resource
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pexpect
from tests.e2e.processes.canaries import Canaries, Watch
from tests.e2e.processes.cli import PROGRAM, until

from pcloud.vault.words import secret_of

WORDS_AT_ONCE = 3
"""Fewer could stand together by chance."""
CONFIG = """
[listen]
port = {port}
[reach]
endpoints = ["http://127.0.0.1:{port}/{path}"]
allow_private = ["127.0.0.0/8"]
[owner]
port = {owner_port}
metrics_port = {metrics_port}
[limits]
peer_messages_per_minute = 60000
[log]
level = "debug"
format = "{style}"
"""


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on just now."""
    taken = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in taken]
    for each in taken:
        each.close()
    return ports


@contextmanager
def cores_wanted() -> Iterator[None]:
    """Processes that are started meanwhile may leave their memory behind, if they do not forbid it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


class Cage:
    """Its folder has a plain name, chosen here; whatever else an owner can choose is a canary."""

    def __init__(self, folder: Path, canaries: Canaries, watch: Watch, style: str) -> None:
        folder.mkdir()
        self.folder, self.cwd, self._written = folder / "node", folder / "cwd", folder / "written"
        self.cwd.mkdir()
        self._written.mkdir()
        self._canaries, self._watch, self._style = canaries, watch, style
        self._passphrase = canaries.text()
        self._passphrase_file = folder / "passphrase"
        self._passphrase_file.touch(0o600)
        self._passphrase_file.write_text(self._passphrase)
        self._process: subprocess.Popen[bytes] | None = None
        self.port, self.owner_port, self.metrics_port = free_ports(3)
        self._make()
        (self.folder / "config.toml").write_text(
            CONFIG.format(
                port=self.port,
                owner_port=self.owner_port,
                metrics_port=self.metrics_port,
                path=canaries.text(),
                style=style,
            )
        )

    def _make(self) -> None:
        """At a terminal, as a person does: what is typed there stands in nobody's list of processes."""
        person = pexpect.spawn(
            sys.executable,
            ["-m", "pcloud", "--dir", str(self.folder), "init"],
            env={**self._environment(), "TERM": "xterm"},
            encoding="utf-8",
            timeout=60,
            dimensions=(40, 120),
        )
        person.expect_exact("What is your name")
        person.sendline(self._canaries.text())
        for question in ("Choose a passphrase:", "Once more:"):
            person.expect_exact(question)
            person.sendline(self._passphrase)
        person.expect_exact("Press Enter once they are on paper")
        found = re.findall(r"\b(\d+) ([a-z]+)\b", person.before.rpartition("nobody.")[2])
        words = [word for _, word in sorted((int(place), word) for place, word in found)]
        for first in range(0, len(words), WORDS_AT_ONCE):
            self._canaries.keep("words", " ".join(words[first : first + WORDS_AT_ONCE]))
        self._canaries.keep("secret of the words", secret_of(" ".join(words)))
        person.sendline()
        for _ in range(3):
            person.expect(r"Word (\d+):")
            person.sendline(words[int(person.match[1]) - 1])
            self._watch.process(person.pid)
        person.expect(pexpect.EOF)
        person.close()
        assert person.exitstatus == 0, person.before

    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("PCLOUD_")}

    @property
    def process(self) -> "subprocess.Popen[bytes]":
        assert self._process is not None, "it was never up"
        return self._process

    def up(self, program: tuple[str, ...] = PROGRAM) -> None:
        """Start it, with all that it writes going to files, and wait until it says that it is ready."""
        number = len(list(self._written.iterdir()))
        out, err = self._written / f"{number:02} out", self._written / f"{number:02} err"
        more = ["--json"] if self._style == "json" else []
        command = [
            sys.executable, *program, "up", *more, "--dir", str(self.folder),
            "--listen", f"127.0.0.1:{self.port}", "--passphrase-file", str(self._passphrase_file),
        ]  # fmt: skip
        with out.open("wb") as output, err.open("wb") as errors, cores_wanted():
            self._process = subprocess.Popen(
                command, stdout=output, stderr=errors, cwd=self.cwd, env=self._environment()
            )
        until(lambda: b"\n" in out.read_bytes() or self.process.poll() is not None)
        assert self.process.poll() is None, err.read_text()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it, and give how it ended."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def stop(self) -> None:
        """End it, however far it has come."""
        if self._process is not None and self._process.poll() is None:
            self.end(signal.SIGKILL)

    def written(self) -> str:
        """All that it has written so far, in every life."""
        return "".join(path.read_text() for path in sorted(self._written.iterdir()))

    def look(self) -> None:
        """Look at everything that stands anywhere."""
        watch = self._watch
        watch.folder(self.folder, but="config.toml")  # which has the owner's address, by the owner's hand
        watch.folder(self.cwd)
        watch.sockets()
        for path in sorted(self._written.iterdir()):
            watch.look("written", path, path.read_bytes())
        if self.process.poll() is None:
            watch.process(self.process.pid)
            for name in ("metrics", "health"):
                with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/{name}") as answer:
                    watch.look(name, self.folder, answer.read())
