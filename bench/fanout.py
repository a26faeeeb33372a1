"""Change once: one record, a thousand holders, a tenth of them offline (spec 09 §6).

`python -m bench.fanout [HOLDERS]`. The giver is this process, with its store in a file and connections over
loopback. The holders are whole nodes in one other process (`bench/holders.py`), with their rows in memory:
all of their work is in the second figure, on a core of its own where there are two.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import apsw

from bench import floor
from bench.holders import OFFLINE, hold
from bench.node import process
from bench.report import Figure, beside, run
from pcloud.ambient.system import SystemClock, settle_memory, system_entropy
from pcloud.net.http import HttpNet
from pcloud.net.settings import Caps, NetSettings
from pcloud.runtime.config import Limits
from pcloud.runtime.node import Node
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import Home, assemble, furnish

T = TypeVar("T")

HOLDERS = 1_000
ROUNDS = 3
PATH = "profile.address.home"
AT_ONCE = 20
"""Holders that are met at once."""
LOOK_S = 0.001
DURABLE_TIMES_MAX, ACKNOWLEDGED_TIMES_MAX = 2.0, 3.3
CONNECTIONS = 4 * HOLDERS
LIMITS = Limits(links_max=CONNECTIONS, node_messages_per_minute=10_000_000, node_messages_burst=1_000_000)


class Giver(Home):
    """A home that may have a connection to every holder, all on this machine; its commits are counted."""

    def __init__(self, folder: Path, holders: int) -> None:
        super().__init__(folder, "Anna", "person", SystemClock(), LIMITS)
        store = SqliteStore.open(self.folder / "store.db", self.key)
        self.secret = furnish(store, self.name, self.kind, system_entropy, 2 * holders)
        store.close()
        self.updates = self.acknowledged = 0

    def assemble(self) -> Node:
        """The node that would run now."""
        caps = Caps(connections_per_source=CONNECTIONS, connections=CONNECTIONS)
        net = HttpNet(NetSettings(allow_private=("127.0.0.0/8",), caps=caps))
        store = SqliteStore.open(self.folder / "store.db", self.key)
        node = assemble(store, net, self.clock, LIMITS, self.log, kept=self.kept)
        node.decider.notes.append(self._note)
        return node

    def _note(self, changes: Changes) -> None:
        for entry in changes.entries.values():
            name = entry.signed.header.name
            self.updates += entry.mine and name == "disclosure.update"
            self.acknowledged += not entry.mine and name == "disclosure.acknowledge"


class Spent(NamedTuple):
    """Milliseconds: by the clock, of the giver's processor time, and of that of all."""

    wall: float
    giver: float
    all: float


class _Began:
    """From now on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self, others_s: float = 0.0) -> Spent:
        """Until now, with processor seconds of others."""
        own = (time.process_time() - self._cpu) * 1e3
        return Spent((time.perf_counter() - self._wall) * 1e3, own, own + others_s * 1e3)


class Round(NamedTuple):
    """What it took until every update was kept, and until every holder that is there had said so."""

    kept: Spent
    acknowledged: Spent


async def _until(done: Callable[[], bool]) -> None:
    while not done():  # noqa: ASYNC110 - what it looks at is another thread's
        await asyncio.sleep(LOOK_S)


async def _some(look: Callable[[], Awaitable[T]]) -> T:
    """What it gives once that is something."""
    while not (found := await look()):  # noqa: ASYNC110 - it is a question to a node
        await asyncio.sleep(LOOK_S)
    return found


async def _code(giver: Giver, peer: str) -> str | None:
    return (await giver.owner.peer(peer)).code


async def _agreement(giver: Giver, peer: str) -> str | None:
    return (await giver.owner.terms(peer))[-1].agreement


async def _give(giver: Giver, link: str) -> None:
    """To a new holder: met, agreed with, given the record."""
    contact = await giver.owner.connect(link)
    await giver.owner.accept(contact.id)
    await _some(lambda: _code(giver, contact.id))
    await giver.owner.proffer(contact.id, "SD-BASE")
    await _some(lambda: _agreement(giver, contact.id))
    await giver.owner.share(contact.id, [PATH], purposes=["dpv:DeliveryOfGoods"])


def _address(number: int) -> dict[str, str]:
    return {"streetAddress": f"Am Wall {number}", "addressLocality": "Bremen", "postalCode": "28195"}


async def _rounds(folder: Path, holders: int, pipe: Connection) -> list[Round]:
    loop = asyncio.get_running_loop()

    async def ask(what: str) -> Any:
        pipe.send(what)
        return await loop.run_in_executor(None, pipe.recv)

    giver = Giver(folder / "giver", holders)
    await giver.up()
    await giver.owner.data_set(PATH, _address(0))
    began = time.perf_counter()
    for start in range(0, holders, AT_ONCE):
        links = await ask(f"more {min(AT_ONCE, holders - start)}")
        await asyncio.gather(*(_give(giver, link) for link in links))
    await _until(lambda: giver.acknowledged == holders)
    print(
        f"{holders} holders met, agreed with and given the record in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    settle_memory()
    await ask("settle")
    found = [await _change(giver, holders, number, ask) for number in range(1, ROUNDS + 2)]
    await giver.down()
    return found[1:]


async def _change(giver: Giver, holders: int, number: int, ask: Callable[[str], Awaitable[float]]) -> Round:
    """One change of the record, until everybody has it; exactly one update and one answer for each."""
    await ask("away")
    offline = len(range(0, holders, OFFLINE))
    giver.updates = giver.acknowledged = 0
    theirs, began = await ask("spent"), _Began()
    await giver.owner.data_set(PATH, _address(number))
    await _until(lambda: giver.updates == holders)
    kept = began.spent()
    await _until(lambda: giver.acknowledged == holders - offline)
    acknowledged = began.spent(await ask("spent") - theirs)
    await ask("back")
    await _until(lambda: giver.acknowledged == holders)  # each greets its peers when it comes up
    assert (giver.updates, giver.acknowledged) == (holders, holders), "a message too many"
    assert not (await giver.owner.ledger(lagging=True)).rows, "everybody has it"
    print(
        f"kept in {kept.wall:.0f} ms ({kept.giver:.0f} CPU), acknowledged in {acknowledged.wall:.0f} ms"
        f" ({acknowledged.giver:.0f} CPU, all {acknowledged.all:.0f})",
        flush=True,
    )
    return Round(kept, acknowledged)


def _least(folder: Path, holders: int) -> Round:
    """Sign, seal and keep as many; then open, verify and keep each at its holder, and the same way back."""
    database, began = floor.open_database(folder), _Began()
    frames = [floor.seal(number) for number in range(holders)]
    _keep(database, frames)
    kept = began.spent()
    for _ in range(2):  # there, and the answers back
        floor.keep(database, [floor.take(frame) for frame in frames])
        frames = [floor.seal(number) for number in range(holders)]
    _keep(database, frames)
    return Round(kept, began.spent())


def _keep(database: apsw.Connection, frames: list[bytes]) -> None:
    with database:
        database.executemany("INSERT INTO outbox (data) VALUES (?)", [(frame,) for frame in frames])


def _beside(what: str, ours: Sequence[Spent], least: Sequence[Spent], times: float) -> list[Figure]:
    """By the clock, which has the goal, and of processor time."""
    walls = [each.wall for each in least]
    found = [beside(what, [each.wall for each in ours], walls, "ms", times)]
    for name, spent in (
        ("the giver's CPU", [each.giver for each in ours]),
        ("CPU of all", [each.all for each in ours]),
    ):
        found.append(beside(f"{what}, {name}", spent, [each.all for each in least], "ms"))
    return found


def figures(holders: int = HOLDERS) -> list[Figure]:
    """What a change costs its giver, and until all who are there have said that they have it."""
    with tempfile.TemporaryDirectory() as scratch, process(hold) as pipe:
        folder = Path(scratch)
        folder.chmod(0o700)
        ours = asyncio.run(_rounds(folder, holders, pipe))
        least = [_least(folder, holders) for _ in ours]
    kept, said = [each.kept for each in ours], [each.acknowledged for each in ours]
    return [
        *_beside("every update kept", kept, [each.kept for each in least], DURABLE_TIMES_MAX),
        *_beside(
            "all there have said so", said, [each.acknowledged for each in least], ACKNOWLEDGED_TIMES_MAX
        ),
    ]


if __name__ == "__main__":
    sys.exit(run(lambda: figures(int(sys.argv[1]) if len(sys.argv) > 1 else HOLDERS)))
