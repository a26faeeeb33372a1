"""Kills a node before each thing that one command does to its files: `python -m tests.crash.command`.

Each attempt is a fork over a fresh copy of the node's folder; this process has no thread and no loop. The
last attempt is the one that comes to its end: its owner is told, and the kill comes after that.
"""

import asyncio
import io
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import NamedTuple

import apsw
import msgspec

from pcloud.ambient.system import SystemClock
from pcloud.runtime.config import Limits
from pcloud.runtime.owner import Owner
from pcloud.store.files.disk import VFS, SystemDisk
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import assemble, loopback

UNIX = "unix"
KILLING = "killing"
"""SQLite's access to files that ends the process. Encryption is above it, as it is above the system's."""


class Instant:
    """Counts what is done to files once it is armed, and kills before the last of it."""

    left = 0

    @classmethod
    def come(cls) -> None:
        cls.left -= 1
        if cls.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


class KillingFile(apsw.VFSFile):
    """A real file."""

    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__(UNIX, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        Instant.come()
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        Instant.come()
        super().xSync(flags)

    def xTruncate(self, size: int) -> None:
        Instant.come()
        super().xTruncate(size)


class KillingVfs(apsw.VFS):
    """The system's access to files, and what comes to it is counted."""

    def __init__(self) -> None:
        super().__init__(KILLING, UNIX)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> KillingFile:
        return KillingFile(name, flags)


class Order(NamedTuple):
    """The node, which is down, and the contact that is to be accepted."""

    folder: str
    key: bytes
    port: int
    contact: str


class Attempt(NamedTuple):
    """One copy that was killed."""

    folder: str
    told: bool
    """Whether its owner had been told that it is done."""
    code: int


def main(order: Order) -> None:
    """Accept, again and again, killed one step later each time; one line for each attempt."""
    vfs = KillingVfs()
    number = 0
    told = False
    while not told:
        number += 1
        attempt = _attempt(order, Path(f"{order.folder}-{number}"), number)
        print(msgspec.json.encode(attempt).decode(), flush=True)
        told = attempt.told or attempt.code != -signal.SIGKILL
    vfs.unregister()


def _attempt(order: Order, folder: Path, instant: int) -> Attempt:
    shutil.copytree(order.folder, folder)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            asyncio.run(_accept(order, folder, instant, writing))
        finally:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
    os.close(writing)
    told = os.read(reading, 1) == b"t"
    os.close(reading)
    _, status = os.waitpid(child, 0)
    return Attempt(str(folder), told, os.waitstatus_to_exitcode(status))


async def _accept(order: Order, folder: Path, instant: int, telling: int) -> None:
    store = SqliteStore.open(folder / "store.db", order.key, disk=SystemDisk(VFS.replace(UNIX, KILLING)))
    node = assemble(store, loopback(order.port), SystemClock(), Limits(), io.StringIO())
    await node.start()
    await node.decider.idle()
    Instant.left = instant
    await Owner(node).accept(order.contact)
    os.write(telling, b"t")
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(msgspec.json.decode(sys.argv[1], type=Order))
