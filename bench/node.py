"""The whole node against the floor in the same run: received over a WebSocket, judged, kept, answered.

`python -m bench.node`. Sender and receiver are processes of their own; the sender's messages are made before.
"""

import asyncio
import itertools
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import aiohttp

from bench import floor
from bench.report import Figure, beside, run, share
from pcloud.ambient.system import settle_memory
from pcloud.engine import sealing
from pcloud.engine.compose import Command, command
from pcloud.engine.snapshot import Relationship
from pcloud.features.conversation.say import ConversationSay
from pcloud.limits import WINDOW_MESSAGES
from pcloud.net.packet import LINK_PATH, SUBPROTOCOL
from pcloud.runtime.config import Limits
from pcloud.runtime.deciding.batch import Batch
from pcloud.store.port import Changes
from pcloud.testing.home import Home, Street, related

MESSAGES = 5_120
ROUNDS = 5
TEXT = "x" * 250
LIMITS = Limits(
    peer_messages_per_minute=10_000_000,
    peer_messages_burst=1_000_000,
    peer_bytes_per_day=2**50,
    node_messages_per_minute=100_000_000,
    node_messages_burst=10_000_000,
)
"""The quota is judged for each message as always, and does not end the measurement."""
GOAL = 0.45
LOOK_S = 0.002
"""How often the receiver is asked whether it has kept all: a round takes 0.3 s and more."""
PATIENCE_S = 120
"""A round that takes longer has lost something."""
REST_S, REST_WORK_S = 0.1, 0.005
"""A receiver rests that works less than this in so long."""

Kept = Callable[[], float]
"""How many the receiver has kept by now."""


class Way(NamedTuple):
    """Who receives: on one core or on both."""

    name: str
    core: int | None
    helper: bool


KINDS = {True: "one conversation", False: "a thread each"}
WAYS = (Way("one core", 0, helper=False), Way("two cores", None, helper=True))


def premake(peer: str, count: int, *, one: bool = False) -> Callable[[Batch], list[bytes]]:
    """Messages of a relationship, decided, signed and sealed, as packets; the node itself sends none.

    Each opens a thread of its own, or they are all of one conversation.
    """

    def job(batch: Batch) -> list[bytes]:
        scope = batch.scope(bytes.fromhex(peer))
        relationship, packets, thread = scope.relationship, [], None
        for _ in range(count):
            message, items = ConversationSay.pack(TEXT)
            decision = command(relationship, Command(message, thread, items), scope.log, batch.setting)
            (entry,) = decision.entries
            if one and thread is None:
                thread = entry.first_id
                scope.log.apply(decision)
            made = decision.relationship
            made = made._replace(outgoing=made.outgoing._replace(pending=()))
            made, frame = sealing.seal(made, entry.signed.data, entry.parts, batch.now, batch.draw)
            relationship = _answered(made)
            packets.append(relationship.peer.mailbox + frame)
        scope.relationship = relationship
        return packets

    return job


def _answered(relationship: Relationship) -> Relationship:
    """No more than a window of messages goes out before a receipt names the session (spec 04 §4, 05 §5).

    From then on its start travels no more.
    """
    out = relationship.sealing.out
    if out is None or out.frames < WINDOW_MESSAGES:
        return relationship
    answered = out._replace(block=None, start=None)
    return relationship._replace(sealing=relationship.sealing._replace(out=answered))


def receive(pipe: Connection, home: Home, core: int | None) -> None:
    """Run the receiving node in this process; says its port, ends when told."""
    if core is not None:
        os.sched_setaffinity(0, {core})

    async def run() -> None:
        await home.up()
        kept = _Kept()
        home.node.decider.notes.append(kept)
        settle_memory()  # as `pcloud up` does
        pipe.send(home.port)
        loop = asyncio.get_running_loop()
        while (asked := await loop.run_in_executor(None, pipe.recv)) != "end":
            pipe.send(kept.count if asked == "count" else spent())
        await home.down()

    asyncio.run(run())


class _Kept:
    """Counts messages of others in commits that stand."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, changes: Changes) -> None:
        self.count += sum(not entry.mine for entry in changes.entries.values())


def spent() -> float:
    """Processor seconds of this process, and of those that it has begun and that still run."""
    begun = [pid for path in Path("/proc/self/task").glob("*/children") for pid in path.read_text().split()]
    stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in begun]
    ticks = sum(int(user) + int(system) for user, system in (stat[11:13] for stat in stats))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def process(target: Callable[..., None], *arguments: object, **named: object) -> Iterator[Connection]:
    """A process that says its port first."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("fork").Process(
        target=target, args=(theirs, *arguments), kwargs=named
    )
    child.start()
    try:
        yield ours
        ours.send("end")
    finally:
        child.join(20)
        child.kill()


async def over_link(port: int, packets: list[bytes], kept: Kept) -> float:
    """Send all over one WebSocket as fast as the other side reads; seconds until all are kept."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(
            f"http://127.0.0.1:{port}{LINK_PATH}", protocols=(SUBPROTOCOL,), max_msg_size=1 << 20
        ) as socket,
    ):
        answers = asyncio.create_task(_read(socket))
        before, began = kept(), time.perf_counter()
        for packet in packets:
            await socket.send_bytes(packet)
        await until_kept(kept, before + len(packets))
        taken = time.perf_counter() - began
        answers.cancel()
        return taken


async def until_kept(kept: Kept, count: float) -> None:
    """Wait until so many are kept. Raises TimeoutError where some never are."""
    async with asyncio.timeout(PATIENCE_S):
        while kept() < count:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(LOOK_S)


async def _read(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


class Round(NamedTuple):
    """Messages a second by the clock, and microseconds of the receiving process for each."""

    rate: float
    cpu: float


Carry = Callable[[int, list[bytes], Kept], Coroutine[None, None, float]]
"""Brings packets to a port; seconds until all are kept."""


def pump(
    pipe: Connection, port: int, packets: list[bytes], core: int | None, carry: Carry = over_link
) -> Round:
    """One round; what the receiver has left to do is done before the next one, and not counted."""
    if core is not None:
        os.sched_setaffinity(0, {1 - core})

    def ask(what: str) -> float:
        pipe.send(what)
        return float(pipe.recv())

    try:
        before = ask("spent")
        taken = asyncio.run(carry(port, packets, lambda: ask("count")))
        after = ask("spent")
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    _wait_for_rest(lambda: ask("spent"))
    return Round(len(packets) / taken, (after - before) / len(packets) * 1e6)


def _wait_for_rest(worked: Callable[[], float]) -> None:
    ends, before = time.monotonic() + PATIENCE_S, worked()
    while time.monotonic() < ends:
        time.sleep(REST_S)
        now = worked()
        if now - before < REST_WORK_S:
            return
        before = now


class Side(NamedTuple):
    """Who receives, and what it is sent in each round."""

    pipe: Connection
    port: int
    rounds: Sequence[list[bytes]]


def in_turn(
    name: str, way: Way, ours: Side, least: Side, part: float, carry: Carry = over_link
) -> list[Figure]:
    """Floor and ours, round by round; the first round warms up."""
    floors, wholes = [], []
    for bare, whole in zip(least.rounds, ours.rounds, strict=True):
        floors.append(pump(least.pipe, least.port, bare, way.core, carry))
        wholes.append(pump(ours.pipe, ours.port, whole, way.core, carry))
    return told(name, way, wholes[1:], floors[1:], part)


async def _prepare(folder: Path) -> tuple[Home, dict[bool, list[list[bytes]]]]:
    """A receiver's folder with a relationship for each kind of messages, and the rounds of them."""
    street = Street(folder)
    sender, receiver = (
        await street.home("Sender", limits=LIMITS),
        await street.home("Receiver", limits=LIMITS),
    )
    made: dict[bool, list[list[bytes]]] = {}
    for one in KINDS:
        mine, _ = await related(sender, receiver)
        job = premake(mine.id, MESSAGES, one=one)
        made[one] = [await sender.node.decider.do(job) for _ in range((ROUNDS + 1) * len(WAYS))]
    await street.clear()
    return receiver, made


def figures() -> list[Figure]:
    """Floor and ours in turn, on one core and on two, in one conversation and each a thread of its own."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o700)
        receiver, made = asyncio.run(_prepare(folder))
        numbers = itertools.count()  # a row that is there already would cost the floor less
        for way in WAYS:
            with (
                process(floor.serve, folder, way.core, helper=way.helper) as bare,
                process(receive, receiver, way.core) as whole,
            ):
                ports = bare.recv(), whole.recv()
                for one, kind in KINDS.items():
                    rounds = [made[one].pop(0) for _ in range(ROUNDS + 1)]
                    ours = Side(whole, ports[1], rounds)
                    frames = [[bytes(16) + floor.seal(next(numbers)) for _ in each] for each in rounds]
                    least = Side(bare, ports[0], frames)
                    found += in_turn(f"receive, {way.name}, {kind}", way, ours, least, GOAL)
    return found


def told(name: str, way: Way, ours: list[Round], least: list[Round], part: float) -> list[Figure]:
    """By the clock, which has the goal; and of processor time where the floor has one process too."""
    rates = share(name, [each.rate for each in ours], [each.rate for each in least], "/s", part)
    if way.helper:
        return [rates]
    return [rates, beside(f"{name}, CPU", [each.cpu for each in ours], [each.cpu for each in least], "us")]


if __name__ == "__main__":
    sys.exit(run(figures))
