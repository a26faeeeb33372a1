"""The whole node against the floor in the same run: received over a WebSocket, judged, kept, answered.

`python -m bench.node`. Sender and receiver are processes of their own; the sender's messages are made before.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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
        settle_memory()  # as `pcloud up` does
        pipe.send(home.port)
        loop = asyncio.get_running_loop()
        while (asked := await loop.run_in_executor(None, pipe.recv)) != "end":
            pipe.send(home.node.metrics.applied if asked == "count" else spent())
        await home.down()

    asyncio.run(run())


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


async def _pump(port: int, packets: list[bytes], kept: Callable[[], float]) -> float:
    """Send all as fast as the other side reads; seconds until all are kept."""
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
        while kept() - before < len(packets):  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(LOOK_S)
        taken = time.perf_counter() - began
        answers.cancel()
        return taken


async def _read(socket: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in socket:
        pass


class Round(NamedTuple):
    """Messages a second by the clock, and microseconds of the receiving process for each."""

    rate: float
    cpu: float


def pump(pipe: Connection, port: int, packets: list[bytes], core: int | None) -> Round:
    """One round."""
    if core is not None:
        os.sched_setaffinity(0, {1 - core})

    def ask(what: str) -> float:
        pipe.send(what)
        return float(pipe.recv())

    try:
        before = ask("spent")
        taken = asyncio.run(_pump(port, packets, lambda: ask("count")))
        return Round(len(packets) / taken, (ask("spent") - before) / len(packets) * 1e6)
    finally:
        os.sched_setaffinity(0, range(os.cpu_count() or 1))


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
        frames = [bytes(16) + floor.seal(number) for number in range(MESSAGES)]
        for way in WAYS:
            with (
                process(floor.serve, folder, way.core, helper=way.helper) as bare,
                process(receive, receiver, way.core) as whole,
            ):
                ports = bare.recv(), whole.recv()
                for one, kind in KINDS.items():
                    least, ours = [], []
                    for _ in range(ROUNDS + 1):
                        least.append(pump(bare, ports[0], frames, way.core))
                        ours.append(pump(whole, ports[1], made[one].pop(0), way.core))
                    found += told(f"receive, {way.name}, {kind}", way, ours[1:], least[1:])
    return found


def told(name: str, way: Way, ours: list[Round], least: list[Round]) -> list[Figure]:
    """By the clock, which has the goal; and of processor time where the floor has one process too."""
    rates = share(name, [each.rate for each in ours], [each.rate for each in least], "/s", GOAL)
    if way.helper:
        return [rates]
    return [rates, beside(f"{name}, CPU", [each.cpu for each in ours], [each.cpu for each in least], "us")]


if __name__ == "__main__":
    sys.exit(run(figures))
