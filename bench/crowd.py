"""What one peer notices of the others: how long its message takes, alone and beside a flood (D13, T26).

`python -m bench.crowd`. Node, calm peer and flood are processes of their own; the calm one and the
flood share a core, the node has the other.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from contextlib import nullcontext
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

import aiohttp

from bench.node import premake, process, receive
from bench.report import Figure, beside, run
from pcloud.net.packet import LINK_PATH, SUBPROTOCOL
from pcloud.testing.home import Home, Street, related

ROUNDS = 5
CALM, EVERY_S = 200, 0.01
"""Messages of the calm peer in a round, and how often one goes."""
LOUD = 4_000
"""Messages of a peer that sends as fast as it is read: twice what its quota lets through at once."""
P99_TIMES_MAX = 2.0
ANOTHER = "127.0.0.2"
"""Where the flood comes from: what one address does shuts out no other."""


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}{LINK_PATH}"


async def _calm(port: int, packets: list[bytes]) -> list[float]:
    """Seconds from each message to the answer that covers it."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(_url(port), protocols=(SUBPROTOCOL,)) as socket,
    ):
        taken = []
        for packet in packets:
            began = time.perf_counter()
            await socket.send_bytes(packet)
            await socket.receive_bytes()
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(EVERY_S)
        return taken


async def _pour(port: int, packets: list[bytes]) -> None:
    """Send without an end and as fast as it is read; a connection that was ended is opened again."""
    while True:
        try:
            async with (
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(local_addr=(ANOTHER, 0))) as session,
                session.ws_connect(_url(port), protocols=(SUBPROTOCOL,)) as socket,
            ):
                for packet in packets:
                    await socket.send_bytes(packet)
        except aiohttp.ClientError:
            await asyncio.sleep(EVERY_S)  # the node has shut it out


def _flood(pipe: Connection, port: int, packets: list[bytes]) -> None:
    os.sched_setaffinity(0, {1})
    pipe.send(port)
    pouring = multiprocessing.Process(target=lambda: asyncio.run(_pour(port, packets)), daemon=True)
    pouring.start()
    pipe.recv()
    pouring.kill()


async def _prepare(folder: Path) -> tuple[Home, list[bytes], list[bytes]]:
    """A node with two peers: what each has to send."""
    street = Street(folder)
    receiver = await street.home("Receiver")
    made = []
    for name, count in (("Calm", CALM * 3 * (ROUNDS + 1)), ("Loud", LOUD * 2 * (ROUNDS + 1))):
        sender = await street.home(name)
        mine, _ = await related(sender, receiver)
        made.append(await sender.node.decider.do(premake(mine.id, count)))
    await street.clear()
    return receiver, made[0], made[1]


def _p99_ms(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98] * 1e3


def figures() -> list[Figure]:
    """Alone, beside a peer that floods, and beside a stranger that does, in turn."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o700)
        receiver, calm, loud = asyncio.run(_prepare(folder))
        strange = [os.urandom(300) for _ in range(LOUD)]
        found: dict[str, list[float]] = {"alone": [], "peer": [], "stranger": []}
        with process(receive, receiver, 0) as node:
            port = node.recv()
            os.sched_setaffinity(0, {1})
            for _ in range(ROUNDS + 1):
                floods = (
                    ("alone", nullcontext()),
                    ("peer", process(partial(_flood, port=port, packets=_take(loud, LOUD * 2)))),
                    ("stranger", process(partial(_flood, port=port, packets=strange))),
                )
                for name, flood in floods:
                    with flood:
                        found[name].append(_p99_ms(asyncio.run(_calm(port, _take(calm, CALM)))))
            os.sched_setaffinity(0, range(os.cpu_count() or 1))
    alone = found.pop("alone")[1:]
    print(f"p99 of a calm peer alone: {median(alone):.2f} ms")
    return [
        beside(f"p99 of a peer beside a {name} that floods", slow[1:], alone, "ms", P99_TIMES_MAX)
        for name, slow in found.items()
    ]


def _take(packets: list[bytes], count: int) -> list[bytes]:
    taken, packets[:] = packets[:count], packets[count:]
    return taken


if __name__ == "__main__":
    sys.exit(run(figures))
