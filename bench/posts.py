"""Messages that each come by a request of their own, through the whole node: `python -m bench.posts`.

They are of one conversation and made before; some dozens of connections that stay open bring them to a node
on one core, until all are kept. A request is answered before anybody looks at what it brought (spec 13 §3),
and what finds no room is dropped: a round is no more than a node lets wait, so that none is. The sender takes
receipts at its own address, as who posts has to.

The floor is the bare library: it answers, opens, verifies, and keeps in synced groups what waits by then.
"""

import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from bench import floor, net
from bench.node import (
    LIMITS,
    ROUNDS,
    WAYS,
    Kept,
    Side,
    in_turn,
    premake,
    process,
    receive,
    until_kept,
)
from bench.report import Figure, run
from pcloud.runtime.carrying.inbox import BYTES_EACH_MAX
from pcloud.testing.home import Home, Street, related

MESSAGES = 3 * floor.GROUP
CONNECTIONS = 32
"""Half of what a receiver keeps until an earlier message has come (spec 05 §4)."""
QUEUED = 4_096
"""Packets that the receiver lets wait; of bytes it lets no more wait than a constant says."""
GOAL = 0.45


async def _over_posts(port: int, packets: list[bytes], kept: Kept, *, answered_at: int) -> float:
    """Bring each by a request, on connections that are open; seconds until all are kept."""
    door = await net.floor(answered_at)
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    requests = iter([net.post_of(port, packet) for packet in packets])
    before, began = kept(), time.perf_counter()
    await asyncio.gather(*(_post(requests, *connection) for connection in connections))
    await until_kept(kept, before + len(packets))
    taken = time.perf_counter() - began
    for _, writer in connections:
        writer.close()
    await door.close()
    return taken


async def _post(
    requests: Iterator[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One connection: the next request as soon as the last one is answered."""
    for request in requests:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 202 "):
            raise AssertionError(head)


async def _prepare(folder: Path) -> tuple[Home, int, list[list[bytes]]]:
    """A receiver's folder, where its peer is answered, and the messages of each round."""
    street = Street(folder)
    sender = await street.home("Sender")
    receiver = await street.home("Receiver", limits=replace(LIMITS, peer_packets_max=QUEUED))
    mine, _ = await related(sender, receiver)
    job = premake(mine.id, MESSAGES, one=True)
    made = [await sender.node.decider.do(job) for _ in range(ROUNDS + 1)]
    assert max(sum(map(len, packets)) for packets in made) <= BYTES_EACH_MAX
    await street.clear()
    return receiver, sender.port, made


def figures() -> list[Figure]:
    """Floor and ours in turn, on one core."""
    way = WAYS[0]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        folder.chmod(0o700)
        receiver, answered_at, made = asyncio.run(_prepare(folder))
        numbers = itertools.count()
        frames = [[bytes(16) + floor.seal(next(numbers)) for _ in packets] for packets in made]
        with (
            process(floor.serve, folder, way.core, helper=way.helper) as bare,
            process(receive, receiver, way.core) as whole,
        ):
            ours, least = Side(whole, whole.recv(), made), Side(bare, bare.recv(), frames)
            carry = partial(_over_posts, answered_at=answered_at)
            return in_turn(f"messages by POST, {way.name}", way, ours, least, GOAL, carry)


if __name__ == "__main__":
    sys.exit(run(figures))
