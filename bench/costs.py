"""What else a node costs, each beside its floor of the same run: sending, meeting, many peers.

`python -m bench.costs`. What a process costs, at its start and at rest, is in `bench/process.py`.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import nacl.bindings as sodium

from bench import floor
from bench.node import LIMITS, TEXT
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


class Figure(NamedTuple):
    """A median beside its floor, and whether the goal is met."""

    name: str
    ours: float
    least: float | None
    unit: str
    goal: str
    met: bool

    def line(self) -> str:
        """One row of the report."""
        least = " " * 10 if self.least is None else f"{self.least:10,.2f}"
        verdict = "met" if self.met else "MISSED"
        return f"{self.name:<36} {self.ours:10,.2f} {least} {self.unit:<4} {self.goal:<24} {verdict}"


def beside(name: str, ours: float, least: float, unit: str, times: float) -> Figure:
    """A cost that may be so many times its floor."""
    return Figure(name, ours, least, unit, f"{ours / least:.2f}x, at most {times}x", ours <= times * least)


def middle(values: list[float]) -> float:
    """The median; the first round warms up."""
    return statistics.median(values[1:])


# ---------------------------------------------------------------- sending


async def sending(folder: Path) -> list[Figure]:
    """Own messages until they are durable: decided, signed, sealed and kept, in commits of what waits."""
    street = Street(folder)
    sender, other = await street.home("Sender", limits=LIMITS), await street.home("Other", limits=LIMITS)
    peers = [bytes.fromhex((await related(sender, other))[0].id) for _ in range(ROUNDS)]
    await other.down()
    ours = []
    for peer in peers:
        began = time.perf_counter()
        await asyncio.gather(*(sender.node.decider.do(_say(peer)) for _ in range(SENT)))
        ours.append((time.perf_counter() - began) / SENT * 1e6)
    await street.clear()
    least = [_send_floor(folder) for _ in range(ROUNDS)]
    return [beside("send to the durable outbox", middle(ours), middle(least), "us", 2.0)]


def _say(peer: bytes) -> Callable[[Batch], bytes]:
    return lambda batch: speaking.say(batch, batch.scope(peer), TEXT, None)


def _send_floor(folder: Path) -> float:
    database = floor.open_database(folder)
    began = time.perf_counter()
    for group in range(0, SENT, floor.GROUP):
        rows = [(floor.seal(number),) for number in range(group, group + floor.GROUP)]
        with database:
            database.executemany("INSERT INTO outbox (data) VALUES (?)", rows)
    return (time.perf_counter() - began) / SENT * 1e6


# ---------------------------------------------------------------- meeting


async def handshaking(folder: Path) -> list[Figure]:
    """From the guest's yes to active on both sides, the host's owner answering at once."""
    street = Street(folder)
    guest, host = await street.home("Guest", limits=LIMITS), await street.home("Host", limits=LIMITS)
    await related(guest, host)
    ours = []
    for _ in range(ROUNDS):
        invitation = await host.owner.invite("to meet")
        contact = await guest.owner.connect(invitation.link)
        welcome = asyncio.create_task(_welcome(host))
        await asyncio.sleep(0)
        began = time.perf_counter()
        await guest.owner.accept(contact.id)
        await welcome
        ours.append((time.perf_counter() - began) * 1e3)
    await street.clear()
    least = [_handshake_floor(folder) for _ in range(ROUNDS)]
    return [beside("handshake to active", middle(ours), middle(least), "ms", 2.1)]


async def _welcome(host: Home) -> None:
    """Say yes to the next request, and wait for the confirmation."""
    async for happening in host.owner.happenings():
        if happening.what == "relationship.request" and happening.peer is not None:
            await host.owner.accept(happening.peer)
        if happening.what == "relationship.confirm":
            return


def _handshake_floor(folder: Path) -> float:
    """Three messages between two databases: key pairs, sealed sessions, signatures, commits. No transport."""
    sides = [floor.open_database(folder) for _ in range(2)]
    began = time.perf_counter()
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
    return (time.perf_counter() - began) * 1e3


# ---------------------------------------------------------------- many peers


async def making(folder: Path) -> list[Figure]:
    """A thousand relationships of one's own: persona, keys, routes, rows; in commits of what waits."""
    street = Street(folder)
    home = await street.home("Maker", limits=LIMITS)
    await home.node.decider.do(_fill_pool)
    invitations = [await home.node.decider.do(_invite) for _ in range(MADE)]
    began = time.perf_counter()
    await asyncio.gather(*(home.node.decider.do(_pend(home, each)) for each in invitations))
    taken = time.perf_counter() - began
    await street.clear()
    return [Figure("1,000 relationships made", taken, None, "s", "at most 1 s", taken <= 1.0)]


def _fill_pool(batch: Batch) -> None:
    batch.changes.commitments.update(enumerate(pool(bytes(32), 0, 0, MADE), 100))


def _invite(batch: Batch) -> Invitation:
    wanted = offering.Wanted("to meet", "person", ("https://a.example",), None, 1, None, None, None)
    return offering.invite(batch, wanted).state.invitation


def _pend(home: Home, invitation: Invitation) -> Callable[[Batch], object]:
    return lambda batch: meeting.pend(batch, invitation, home.node.itself)


async def among_many(folder: Path) -> list[Figure]:
    """One message to a relationship that is not in memory, among few and among many."""
    costs = {}
    for count in MANY:
        street = Street(folder / str(count))
        (folder / str(count)).mkdir(mode=0o700)
        sender, other = await street.home("Sender", limits=LIMITS), await street.home("Other", limits=LIMITS)
        peer = bytes.fromhex((await related(sender, other))[0].id)
        await other.down()
        known = await sender.node.decider.do(partial(_copies, peer=peer, count=count))
        rounds = [
            await _ask(sender, known[number :: max(1, len(known) // ASKED)]) for number in range(ROUNDS)
        ]
        costs[count] = middle(rounds)
        await street.clear()
    least = costs[MANY[0]]
    return [beside(f"cold message among {count:,}", costs[count], least, "us", 1.2) for count in MANY[1:]]


def _copies(batch: Batch, peer: bytes, count: int) -> list[bytes]:
    """Fill the store with relationships like this one, each with an id, a mailbox and a row of its own."""
    scope = batch.scope(peer)
    ids = [number.to_bytes(16, "big") for number in range(1, count + 1)]
    for first in range(0, count, 1_000):
        changes = Changes()
        for id_ in ids[first : first + 1_000]:
            changes.relationships[id_] = scope.relationship
            changes.contacts[id_] = Contact(
                id_, Direction.OUT, "active", id_.hex(), "to meet", "person", None, id_, 1, 1
            )
            changes.routes[id_] = Route(id_, id_, ScopeKind.RELATIONSHIP)
        batch.store.commit(changes)
    return ids


async def _ask(sender: Home, ids: list[bytes]) -> float:
    """A message to each, every one loaded from the store and in a commit of its own."""
    began = time.perf_counter()
    for id_ in ids[:ASKED]:
        sender.node.decider.scopes.forget(id_)
        await sender.node.decider.do(_say(id_))
    return (time.perf_counter() - began) / len(ids[:ASKED]) * 1e6


def main() -> int:
    """Print the report; 1 where a goal is missed."""
    missed = 0
    print(f"{'':<36} {'median':>10} {'floor':>10}")
    for part in (sending, handshaking, making, among_many):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            folder.chmod(0o700)
            for figure in asyncio.run(part(folder)):
                print(figure.line(), flush=True)
                missed += not figure.met
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
