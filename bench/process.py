"""What a process costs: from its start to an open port, at rest, and with a thousand relationships.

`python -m bench.process`. Ours is `pcloud up` as an owner types it; the floor opens the same kind of vault,
database and port, and does nothing else.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.report import Figure, beside, run, under
from pcloud.engine.snapshot import Relationship
from pcloud.store.port import Changes, Contact, Direction, Route, ScopeKind
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Street, related
from pcloud.vault.file import FileVault

ROUNDS = 5
PEERS = 1_000
PASSPHRASE = "correct horse battery staple"
INSTALLED = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""As it is where it was installed: its modules are compiled once, not at each start."""
LOOK_S, LOOKS = 1.0, 20
"""Memory stands still where so many looks, so far apart, differ by no more than STILL_MIB."""
STILL_MIB = 0.25
BUSY_S = 60.0
"""No sooner: a node greets its peers after a start, and begins with its first copy after 40 seconds."""
SETTLED_S_MAX = 240.0

FLOOR = """
import asyncio, sys
import apsw, nacl.bindings, aiohttp, aiohttp.web
import cryptography.hazmat.primitives.hpke
import nacl.pwhash.argon2id as argon2id
argon2id.kdf(32, sys.argv[2].encode(), bytes(16), opslimit=3, memlimit=268435456)
database = apsw.Connection(sys.argv[1])
database.pragma("hexkey", bytes(32).hex())
database.pragma("journal_mode", "wal")
database.execute("CREATE TABLE IF NOT EXISTS inbox (number INTEGER PRIMARY KEY, data BLOB)")
async def run():
    async def take(request):
        return aiohttp.web.Response(status=202)
    application = aiohttp.web.Application()
    application.router.add_post("/", take)
    runner = aiohttp.web.AppRunner(application)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(run())
"""


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """A process, and the milliseconds until it says that it is ready."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=INSTALLED, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise RuntimeError("it did not start")
        yield process, (time.perf_counter() - began) * 1e3
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def rest_mib(process: subprocess.Popen[str]) -> float:
    """Memory that is its own and resident, once it stands still."""
    began = time.perf_counter()
    looks: list[float] = []
    while (taken := time.perf_counter() - began) < SETTLED_S_MAX:
        looks = [*looks[1 - LOOKS :], _resident_mib(process.pid)]
        if taken > BUSY_S and max(looks) - min(looks) <= STILL_MIB:
            break
        time.sleep(LOOK_S)
    return looks[-1]


def _resident_mib(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) / 1024


async def _relationship(folder: Path) -> Relationship:
    street = Street(folder)
    one, other = await street.home("One"), await street.home("Other")
    peer, _ = await related(one, other)
    scope = await one.node.decider.do(lambda batch: batch.scope(bytes.fromhex(peer.id)))
    await street.clear()
    return scope.relationship


def add_peers(node: Path, scratch: Path) -> None:
    """Relationships of a node, each with an id, a mailbox and a row of its own; nobody answers them."""
    relationship = asyncio.run(_relationship(scratch))
    secrets = FileVault(node / "vault").open(PASSPHRASE)
    store = SqliteStore.open(node / "store.db", secrets.derive("store"))
    changes = Changes()
    for number in range(PEERS):
        id_ = number.to_bytes(16, "big")
        side = relationship.me._replace(mailbox=id_)
        changes.relationships[id_] = relationship._replace(me=side)
        changes.contacts[id_] = Contact(
            id_, Direction.OUT, "active", id_.hex(), "to meet", "person", None, id_, 1, 1
        )
        changes.routes[id_] = Route(id_, id_, ScopeKind.RELATIONSHIP)
    store.commit(changes)
    store.close()


def figures() -> list[Figure]:
    """Starts in turn; then the memory of each, side by side, once it has settled."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        node, passphrase = folder / "node", folder / "passphrase"
        passphrase.write_text(PASSPHRASE)
        passphrase.chmod(0o600)
        pcloud = [sys.executable, "-m", "pcloud", "--dir", str(node)]
        named = ["--passphrase-file", str(passphrase)]
        made = [*pcloud, "init", "--name", "Bench", "--words-file", str(folder / "words"), *named]
        subprocess.run(made, check=True, capture_output=True)
        up = [*pcloud, "up", "--json", "--listen", "127.0.0.1:0", *named]
        least = [sys.executable, "-c", FLOOR, str(folder / "floor.db"), PASSPHRASE]
        times: dict[str, list[float]] = {"ours": [], "least": []}
        for _ in range(ROUNDS):
            for name, command in (("least", least), ("ours", up)):
                with started(command) as (_, taken):
                    times[name].append(taken)
        crowded = [each.replace(str(node), str(folder / "crowded")) for each in up]
        shutil.copytree(node, folder / "crowded")
        add_peers(folder / "crowded", folder)
        with started(least) as (bare, _), started(up) as (one, _), started(crowded) as (many, _):
            rests = [rest_mib(process) for process in (one, many)]
            floor = _resident_mib(bare.pid)
    return [
        beside("cold start, vault opened", times["ours"][1:], times["least"][1:], "ms", 1.8),
        beside("memory at rest", rests[:1], [floor], "MiB", 1.4),
        under(f"memory with {PEERS:,} relationships", rests[1], "MiB", 70),
    ]


if __name__ == "__main__":
    sys.exit(run(figures))
