"""Change once: one record, a thousand holders, a tenth of them offline (spec 09 §6).

`python -m bench.fanout [HOLDERS]`. The giver's store is a file, as always. The holders are whole nodes in the
same process with their rows in memory: all of their work is in the second figure, and none of it is parallel.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import apsw

from bench import floor
from bench.report import Figure, beside, run
from pcloud.ambient.system import ThreadWorkers, settle_memory, system_entropy
from pcloud.net.memory import MemoryNet
from pcloud.runtime.config import Limits
from pcloud.runtime.node import Node
from pcloud.store.port import Changes
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import MemoryHome, Village, assemble, furnish, requests

T = TypeVar("T")

HOLDERS = 1_000
ROUNDS = 3
OFFLINE = 10
"""One in so many holders is offline."""
PATH = "profile.address.home"
AT_ONCE = 20
"""Holders that are met at once."""
LOOK_S = 0.001
DURABLE_TIMES_MAX, ACKNOWLEDGED_TIMES_MAX = 2.0, 3.3
LIMITS = Limits(links_max=4 * HOLDERS, node_messages_per_minute=10_000_000, node_messages_burst=1_000_000)
ENDPOINT = "https://anna.example"


class Giver(MemoryHome):
    """A home in memory whose store is a file, and whose decisions have a thread."""

    def __init__(self, village: Village, folder: Path, holders: int) -> None:
        super().__init__(village, "Anna", "person")
        self._file = SqliteStore.create(folder / "store.db", bytes(32))
        furnish(self._file, self.name, self.kind, system_entropy, 2 * holders)
        self.updates = self.acknowledged = 0

    def assemble(self) -> Node:
        """The node, whose commits are counted."""
        net = MemoryNet(self._switchboard, ENDPOINT, self.name)
        node = assemble(
            self._file, net, self.clock, LIMITS, self.log, workers=ThreadWorkers(), endpoints=(ENDPOINT,)
        )
        node.decider.notes.append(self._note)
        return node

    def _note(self, changes: Changes) -> None:
        for entry in changes.entries.values():
            name = entry.signed.header.name
            self.updates += entry.mine and name == "disclosure.update"
            self.acknowledged += not entry.mine and name == "disclosure.acknowledge"


class Round(NamedTuple):
    """Milliseconds until every update was kept, and until every holder that is there had said so."""

    kept: float
    acknowledged: float


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


async def _hold(giver: Giver, village: Village, number: int) -> MemoryHome:
    """A new holder: met, agreed with, given the record."""
    holder = MemoryHome(village, f"Shop{number}", "organisation")
    await holder.up()
    invitation = await holder.owner.invite("to deliver")
    contact = await giver.owner.connect(invitation.link)
    await giver.owner.accept(contact.id)
    (asking,) = await _some(lambda: requests(holder))
    await holder.owner.accept(asking.id)
    await _some(lambda: _code(giver, contact.id))
    await giver.owner.proffer(contact.id, "SD-BASE")
    (proffered,) = await _some(holder.owner.terms)
    await holder.owner.accept_terms(proffered.id)
    await _some(lambda: _agreement(giver, contact.id))
    await giver.owner.share(contact.id, [PATH], purposes=["dpv:DeliveryOfGoods"])
    return holder


def _address(number: int) -> dict[str, str]:
    return {"streetAddress": f"Am Wall {number}", "addressLocality": "Bremen", "postalCode": "28195"}


async def _rounds(folder: Path, holders: int) -> list[Round]:
    village = Village()
    giver = Giver(village, folder, holders)
    await giver.up()
    await giver.owner.data_set(PATH, _address(0))
    began, there = time.perf_counter(), []
    for start in range(0, holders, AT_ONCE):
        group = range(start, min(start + AT_ONCE, holders))
        there += await asyncio.gather(*(_hold(giver, village, number) for number in group))
    await _until(lambda: giver.acknowledged == holders)
    print(
        f"{holders} holders met, agreed with and given the record in {time.perf_counter() - began:.0f} s",
        flush=True,
    )
    settle_memory()
    found = [await _change(giver, there, number) for number in range(1, ROUNDS + 2)]
    await giver.down()
    for holder in there:
        await holder.down()
    return found[1:]


async def _change(giver: Giver, there: list[MemoryHome], number: int) -> Round:
    """One change of the record, until everybody has it; exactly one update and one answer for each."""
    offline = there[::OFFLINE]
    for holder in offline:
        await holder.down()
    giver.updates = giver.acknowledged = 0
    began = time.perf_counter()
    await giver.owner.data_set(PATH, _address(number))
    await _until(lambda: giver.updates == len(there))
    kept = time.perf_counter() - began
    await _until(lambda: giver.acknowledged == len(there) - len(offline))
    acknowledged = time.perf_counter() - began
    for holder in offline:
        await holder.up()
    await _until(lambda: giver.acknowledged == len(there))  # each greets its peers when it comes up
    assert (giver.updates, giver.acknowledged) == (len(there), len(there)), "a message too many"
    assert not (await giver.owner.ledger(lagging=True)).rows, "everybody has it"
    print(f"kept in {kept * 1e3:.0f} ms, acknowledged in {acknowledged * 1e3:.0f} ms", flush=True)
    return Round(kept * 1e3, acknowledged * 1e3)


def _least(folder: Path, holders: int) -> Round:
    """Sign, seal and keep as many; then open, verify and keep each at its holder, and the same way back."""
    database, began = floor.open_database(folder), time.perf_counter()
    frames = [floor.seal(number) for number in range(holders)]
    _keep(database, frames)
    kept = time.perf_counter() - began
    for _ in range(2):  # there, and the answers back
        floor.keep(database, [floor.take(frame) for frame in frames])
        frames = [floor.seal(number) for number in range(holders)]
    _keep(database, frames)
    return Round(kept * 1e3, (time.perf_counter() - began) * 1e3)


def _keep(database: apsw.Connection, frames: list[bytes]) -> None:
    with database:
        database.executemany("INSERT INTO outbox (data) VALUES (?)", [(frame,) for frame in frames])


def figures(holders: int = HOLDERS) -> list[Figure]:
    """What a change costs its giver, and until all who are there have said that they have it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o700)
        ours = asyncio.run(_rounds(folder, holders))
        least = [_least(folder, holders) for _ in ours]
    return [
        beside(
            f"{holders} holders: every update kept",
            [each.kept for each in ours],
            [each.kept for each in least],
            "ms",
            DURABLE_TIMES_MAX,
        ),
        beside(
            f"{holders} holders: all there have said so",
            [each.acknowledged for each in ours],
            [each.acknowledged for each in least],
            "ms",
            ACKNOWLEDGED_TIMES_MAX,
        ),
    ]


if __name__ == "__main__":
    sys.exit(run(lambda: figures(int(sys.argv[1]) if len(sys.argv) > 1 else HOLDERS)))
