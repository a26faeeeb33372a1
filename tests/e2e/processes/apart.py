"""Homes that cannot reach each other: each in a network of its own, from which only the relay's is reached.

Where the machine gives nobody a network of one's own, all share loopback, and only the relay opens a port.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.e2e.processes.cli import PASSPHRASE, PROGRAM, House

from pcloud.api import Client
from pcloud.vault.file import FileVault

RELAY_PORT = 7012
SETTINGS = """
[listen]
host = "{host}"
port = {port}
[reach]
endpoints = {endpoints}
allow_private = ["{network}"]
[limits]
connections_per_source = 200
[log]
level = "debug"
format = "json"
"""


class Networks(NamedTuple):
    """How each home is started, and where the relay is."""

    before: dict[str, list[str]]
    """What a command is put behind to run in somebody's network."""
    relay_host: str
    relay: str
    """Its endpoint."""
    allowed: str
    apart: bool


def _ip(*words: str) -> bool:
    ip = shutil.which("ip")
    return ip is not None and subprocess.run([ip, *words], capture_output=True, check=False).returncode == 0


@contextmanager
def networks(names: list[str], free_port: int) -> Iterator[Networks]:
    """One network for the relay, and one for each home with a cable to it and nowhere else."""
    spaces = {name: f"pc{os.getpid()}-{name.lower()}" for name in ["relay", *names]}
    try:
        if os.geteuid() == 0 and all(_ip("netns", "add", space) for space in spaces.values()):
            assert _cables(spaces, names), "networks of one's own, and no cables between them"
            before = {name: ["ip", "netns", "exec", space] for name, space in spaces.items()}
            endpoint = f"http://10.77.0.1:{RELAY_PORT}"
            yield Networks(before, "0.0.0.0", endpoint, "10.77.0.0/16", apart=True)
        else:
            endpoint = f"http://127.0.0.1:{free_port}"
            yield Networks({name: [] for name in spaces}, "127.0.0.1", endpoint, "127.0.0.0/8", apart=False)
    finally:
        for space in spaces.values():
            _ip("netns", "del", space)


def _cables(spaces: dict[str, str], names: list[str]) -> bool:
    relay = spaces["relay"]
    done = _ip("-n", relay, "link", "set", "lo", "up")
    done = done and _ip("-n", relay, "address", "add", "10.77.0.1/32", "dev", "lo")
    for number, name in enumerate(names, 1):
        ours, theirs, end = f"10.77.{number}.1/24", f"10.77.{number}.2/24", f"v{os.getpid()}{number}"
        space = spaces[name]
        done = (
            done
            and _ip("-n", space, "link", "set", "lo", "up")
            and _ip("-n", relay, "link", "add", end, "type", "veth", "peer", "name", "out", "netns", space)
            and _ip("-n", relay, "address", "add", ours, "dev", end)
            and _ip("-n", relay, "link", "set", end, "up")
            and _ip("-n", space, "address", "add", theirs, "dev", "out")
            and _ip("-n", space, "link", "set", "out", "up")
            and _ip("-n", space, "route", "add", "10.77.0.1/32", "via", f"10.77.{number}.1")
        )
    return done


class Dweller:
    """A node as a process in its network, asked by its owner over its socket."""

    def __init__(self, folder: Path, name: str, nets: Networks, *, relay: bool = False) -> None:
        house = House(folder, name, "organisation" if relay else "person")
        self.name, self.folder, self.passphrase = name, house.folder, house.passphrase
        self.log, self._before = folder / f"{name}.log", nets.before["relay" if relay else name]
        port = int(nets.relay.rpartition(":")[2]) if relay else 0
        settings = SETTINGS.format(
            host=nets.relay_host if relay else "off",
            port=port,
            endpoints=json.dumps([nets.relay] if relay else []),
            network=nets.allowed,
        )
        (self.folder / "config.toml").write_text(settings)
        self._process: subprocess.Popen[str] | None = None

    def up(self) -> "Dweller":
        """Start it, and wait for its word that it is ready."""
        command = [
            *self._before, sys.executable, *PROGRAM, "up", "--json", "--dir", str(self.folder),
            "--passphrase-file", str(self.passphrase),
        ]  # fmt: skip
        with self.log.open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        assert json.loads(self._process.stdout.readline())["ready"] is True
        return self

    def down(self) -> None:
        """Stop it as a service is stopped."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            assert self._process.wait(timeout=20) == 0, self.log.read_text()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None

    def owner(self) -> Client:
        """What its owner asks it."""
        return Client.at(self.folder)

    def ports(self) -> list[str]:
        """Where its network listens for anybody; its own page is on loopback."""
        ss = [*self._before, "ss", "-Hltn"]
        rows = subprocess.run(ss, capture_output=True, text=True, check=True).stdout.splitlines()
        return [here for row in rows if not (here := row.split()[3]).startswith(("127.", "[::1]"))]

    def key(self, purpose: str) -> bytes:
        """The key of one of its files."""
        return FileVault(self.folder / "vault").open(PASSPHRASE).derive(purpose)
