"""What else a node costs, each beside its floor of the same run: sending, meeting, many peers.

`python -m bench.costs`. What a process costs, at its start and at rest, is in `bench/process.py`.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

import apsw
import nacl.bindings as sodium

from bench import floor
from bench.node import LIMITS, TEXT
from bench.report import Figure, beside, quartiles, run, under
from pcloud.ambient.system import settle_memory
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owning import meeting, offering, speaking
from pcloud.store.port import Changes, Contact, Direction, Route, ScopeKind
from pcloud.testing.home import Home, Street, related
from pcloud.wire import keys
from pcloud.wire.invitation import Invitation
from pcloud.wire.keylog import pool
from pcloud.wire.keys import HybridKey

ROUNDS = 7
SENT = 512
MADE = 1_000
MANY = (10, 1_000, 100_000)
ASKED = 200
COLD = "a message to one of so many relationships, not in memory"
SINGLE_TIMES_MAX = 2.2
SINGLES = 60


class Spent(NamedTuple):
    """What each round took: by the clock, and of processor time."""

    wall: list[float]
    cpu: list[float]

    @contextmanager
    def round(self, each: float) -> Iterator[None]:
        """Measure one round, and divide by `each`."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.wall.append((time.perf_counter() - wall) / each)
        self.cpu.append((time.process_time() - cpu) / each)


def both(name: str, ours: Spent, least: Spent, unit: str, times: float | None) -> list[Figure]:
    """By the clock, which has the goal, and of processor time, which tells more where others work too.

    The first round warms up.
    """
    return [
        beside(name, ours.wall[1:], least.wall[1:], unit, times),
        beside(f"{name}, CPU", ours.cpu[1:], least.cpu[1:], unit),
    ]


# ---------------------------------------------------------------- sending


async def sending(folder: Path) -> list[Figure]:
    """Own messages until they are durable: decided, signed, sealed and kept, in commits of what waits."""
    street = Street(folder)
    sender, other = await street.home("Sender", limits=LIMITS), await street.home("Other", limits=LIMITS)
    peers = [bytes.fromhex((await related(sender, other))[0].id) for _ in range(2 * ROUNDS)]
    await other.down()
    found = []
    for name, first in (("send, in one conversation", True), ("send, each a thread of its own", False)):
        ours, least = Spent([], []), Spent([], [])
        for peer in [peers.pop() for _ in range(ROUNDS)]:
            thread = await sender.node.decider.do(_say(peer)) if first else None
            with ours.round(SENT / 1e6):
                await asyncio.gather(*(sender.node.decider.do(_say(peer, thread)) for _ in range(SENT)))
            database = floor.open_database(folder)
            with least.round(SENT / 1e6):
                _send_floor(database)
        found += both(name, ours, least, "us", 2.0)
    await street.clear()
    return found


async def alone(folder: Path) -> list[Figure]:
    """One message at a time on a node that rests: the median of what its caller waits until it is durable."""
    street = Street(folder)
    sender, other = await street.home("Sender", limits=LIMITS), await street.home("Other", limits=LIMITS)
    peers = [bytes.fromhex((await related(sender, other))[0].id) for _ in range(ROUNDS)]
    await other.down()
    database, loop = floor.open_database(folder), asyncio.get_running_loop()
    ours, least = [], []
    with ThreadPoolExecutor(1) as writer:
        for peer in peers:
            thread = await sender.node.decider.do(_say(peer))
            took, bare = [], []
            for number in range(SINGLES):
                began = time.perf_counter()
                await sender.node.decider.do(_say(peer, thread))
                took.append((time.perf_counter() - began) * 1e6)
                began = time.perf_counter()
                await loop.run_in_executor(writer, _keep_one, database, number)
                bare.append((time.perf_counter() - began) * 1e6)
            ours.append(median(took))
            least.append(median(bare))
    await street.clear()
    return [beside("one durable message, idle node", ours[1:], least[1:], "us", SINGLE_TIMES_MAX)]


def _keep_one(database: apsw.Connection, number: int) -> None:
    with database:
        database.execute("INSERT INTO outbox (data) VALUES (?)", (floor.seal(number),))


def _say(peer: bytes, thread: bytes | None = None) -> Callable[[Batch], bytes]:
    return lambda batch: speaking.say(batch, batch.scope(peer), TEXT, thread)


def _send_floor(database: apsw.Connection) -> None:
    for group in range(0, SENT, floor.GROUP):
        rows = [(floor.seal(number),) for number in range(group, group + floor.GROUP)]
        with database:
            database.executemany("INSERT INTO outbox (data) VALUES (?)", rows)


# ---------------------------------------------------------------- meeting


async def handshaking(folder: Path) -> list[Figure]:
    """From the guest's yes to active on both sides, the host's owner answering at once."""
    street = Street(folder)
    guest, host = await street.home("Guest", limits=LIMITS), await street.home("Host", limits=LIMITS)
    await related(guest, host)
    ours, least = Spent([], []), Spent([], [])
    for _ in range(ROUNDS):
        invitation = await host.owner.invite("to meet")
        contact = await guest.owner.connect(invitation.link)
        welcome = asyncio.create_task(_welcome(host))
        await asyncio.sleep(0)
        with ours.round(1e-3):
            await guest.owner.accept(contact.id)
            await welcome
        sides = [floor.open_database(folder) for _ in range(2)]
        with least.round(1e-3):
            _handshake_floor(sides)
    await street.clear()
    return both("handshake to active", ours, least, "ms", 2.1)


async def _welcome(host: Home) -> None:
    """Say yes to the next request, and wait for the confirmation."""
    async for happening in host.owner.happenings():
        if happening.what == "relationship.request" and happening.peer is not None:
            await host.owner.accept(happening.peer)
        if happening.what == "relationship.confirm":
            return


def _handshake_floor(sides: list[apsw.Connection]) -> None:
    """Three messages between two databases: key pairs, sealed sessions, signatures, commits. No transport."""
    receiving = []
    for _ in sides:  # each side: a signing key, a contact key, two receiving keys
        sodium.crypto_sign_seed_keypair(bytes(32))
        made = [HybridKey.from_seed(bytes([number]) * 32) for number in range(3)]
        receiving.append(made[0])
    for number in range(3):
        sender, receiver = number % 2, 1 - number % 2
        block = keys.seal(receiving[receiver].public, bytes(32), b"floor")
        start = sodium.crypto_sign(block, floor.SECRET)
        frame = floor.seal(number)
        floor.keep(sides[sender], [(frame[:32], frame)])
        receiving[receiver].open(block, b"floor")
        sodium.crypto_sign_open(start, floor.PUBLIC)
        receiving[receiver] = HybridKey.from_seed(bytes([9]) * 32)
        floor.keep(sides[receiver], [floor.take(frame)])


# ---------------------------------------------------------------- many peers


async def making(folder: Path) -> list[Figure]:
    """A thousand relationships of one's own: persona, keys, routes, rows; in commits of what waits."""
    street = Street(folder)
    home = await street.home("Maker", limits=LIMITS)
    await home.node.decider.do(_fill_pool)
    invitations = [await home.node.decider.do(_invite) for _ in range(MADE)]
    ours, keys_alone = Spent([], []), Spent([], [])
    with ours.round(1):
        await asyncio.gather(*(home.node.decider.do(_pend(home, each)) for each in invitations))
    with keys_alone.round(1):
        for number in range(3 * MADE):  # a contact key and two receiving keys each
            HybridKey.from_seed(number.to_bytes(32, "big"))
    await street.clear()
    return [
        under("1,000 relationships made", ours.wall[0], "s", 1.0),
        beside("the same, CPU, beside their keys alone", ours.cpu, keys_alone.cpu, "s"),
    ]


def _fill_pool(batch: Batch) -> None:
    batch.changes.commitments.update(enumerate(pool(bytes(32), 0, 0, MADE), 100))


def _invite(batch: Batch) -> Invitation:
    wanted = offering.Wanted("to meet", "person", ("https://a.example",), None, 1, None, None, None)
    return offering.invite(batch, wanted).state.invitation


def _pend(home: Home, invitation: Invitation) -> Callable[[Batch], object]:
    return lambda batch: meeting.pend(batch, invitation, home.node.itself)


class Crowd(NamedTuple):
    """A home with so many relationships like its first one."""

    sender: Home
    peer: bytes
    known: list[bytes]
    spent: Spent


async def among_many(folder: Path) -> list[Figure]:
    """One message to a relationship that is not in memory, among few and among many, in turn."""
    streets, crowds = [], []
    for count in MANY:
        street = Street(folder / str(count))
        (folder / str(count)).mkdir(mode=0o700)
        sender, other = await street.home("Sender", limits=LIMITS), await street.home("Other", limits=LIMITS)
        peer = bytes.fromhex((await related(sender, other))[0].id)
        await other.down()
        known = await sender.node.decider.do(partial(_copies, peer=peer, count=count))
        streets.append(street)
        crowds.append(Crowd(sender, peer, known, Spent([], [])))
    for number in range(ROUNDS):
        for sender, _, known, spent in crowds:
            asked = known[number :: max(1, len(known) // ASKED)][:ASKED]
            with spent.round(len(asked) / 1e6):
                await _ask(sender, asked)
    alike = await _alike(crowds[0], crowds[-1])
    for street in streets:
        await street.clear()
    least = crowds[0].spent
    first = Figure(f"cold message among {MANY[0]}", median(least.wall[1:]), "us")
    found = [first._replace(spread=quartiles(least.wall[1:]), growth=(COLD, MANY[0]))]
    for count, crowd in zip(MANY[1:], crowds[1:], strict=True):
        wall, cpu = both(f"cold message among {count:,}", crowd.spent, least, "us", 1.2)
        found += [wall._replace(growth=(COLD, count)), cpu]
    return found + alike


async def _alike(few: Crowd, many: Crowd) -> list[Figure]:
    """The same with both alike: each relationship is new, so each message begins a session and dials in vain.

    Above that is so among many; among few in the first round only, and later ones seal again what waits.
    """
    ours, least = Spent([], []), Spent([], [])
    size, step = len(few.known), len(many.known) // ASKED
    for number in range(ROUNDS):
        fresh = many.known[ROUNDS + number :: step]
        first = 1 + (number + 1) * size
        made = await few.sender.node.decider.do(partial(_copies, peer=few.peer, count=size, first=first))
        with least.round(size / 1e6):
            await _ask(few.sender, made)
        with ours.round(size / 1e6):
            await _ask(many.sender, fresh[:size])
    return both("the same, both alike", ours, least, "us", None)


def _copies(batch: Batch, peer: bytes, count: int, first: int = 1) -> list[bytes]:
    """Fill the store with relationships like this one, each with an id, a mailbox and a row of its own."""
    scope = batch.scope(peer)
    ids = [number.to_bytes(16, "big") for number in range(first, first + count)]
    for at in range(0, count, 1_000):
        changes = Changes()
        for id_ in ids[at : at + 1_000]:
            changes.relationships[id_] = scope.relationship
            changes.contacts[id_] = Contact(
                id_, Direction.OUT, "active", id_.hex(), "to meet", "person", None, id_, 1, 1
            )
            changes.routes[id_] = Route(id_, id_, ScopeKind.RELATIONSHIP)
        batch.store.commit(changes)
    return ids


async def _ask(sender: Home, ids: list[bytes]) -> None:
    """A message to each, every one loaded from the store and in a commit of its own."""
    for id_ in ids:
        sender.node.decider.scopes.forget(id_)
        await sender.node.decider.do(_say(id_))


def figures() -> list[Figure]:
    """Each part in a folder of its own."""
    settle_memory()  # as `pcloud up` does
    found: list[Figure] = []
    for part in (sending, alone, handshaking, making, among_many):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            folder.chmod(0o700)
            found += asyncio.run(part(folder))
    return found


if __name__ == "__main__":
    sys.exit(run(figures))
