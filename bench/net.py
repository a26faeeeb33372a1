"""Packets received over loopback: our net against the bare library, which does no more than to read them.

`python -m bench.net`. A second process sends what was made before; the figure is CPU time of this process
for each packet.
"""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import NamedTuple, TypeVar

from aiohttp import WSMsgType, web

from bench.report import Figure, beside, run
from pcloud.limits import MAILBOX_BYTES
from pcloud.net.http import HttpNet
from pcloud.net.packet import LINK_PATH, PACKET_BYTES_MAX, PACKET_TYPE, PACKETS_PATH, SUBPROTOCOL
from pcloud.net.port import Link, Packet
from pcloud.net.quiet import Quiet

T = TypeVar("T")

ROUNDS = 7
PACKET_BYTES = MAILBOX_BYTES + 600
COUNTS = {"link": 40_000, "post": 4_000}
CONNECTIONS = {"link": 1, "post": 8}
GOALS = {"link": 1.6, "post": 1.5}
"""The most that ours may cost over the floor."""

LINK_HEAD = (
    f"GET {LINK_PATH} HTTP/1.1\r\nHost: localhost:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {'A' * 22}==\r\n"
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
)
POST_HEAD = (
    f"POST {PACKETS_PATH} HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: {PACKET_TYPE}\r\n"
    "Content-Length: %d\r\n\r\n"
)


class Door(NamedTuple):
    """Something that listens, counts what it gets, and can be closed."""

    port: int
    came: Callable[[], int]
    close: Callable[[], Awaitable[None]]


class Counter(Quiet):
    """A receiver that does nothing else."""

    def __init__(self) -> None:
        self.came = 0

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        """One more."""
        del packet, link, source
        self.came += 1


async def ours() -> Door:
    counter, net = Counter(), HttpNet()
    await net.listen(counter)
    return Door(net.address[1], lambda: counter.came, net.close)


async def floor(port: int = 0) -> Door:
    """The library with a handler that only counts."""
    came = 0

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal came
        if request.method == "POST":
            await request.read()
            came += 1
            return web.Response(status=202)
        link = web.WebSocketResponse(
            compress=False, max_msg_size=PACKET_BYTES_MAX + 1, protocols=(SUBPROTOCOL,)
        )
        await link.prepare(request)
        async for message in link:
            came += message.type is WSMsgType.BINARY
        return link

    server = web.Server(handle, access_log=None)
    listening = await asyncio.get_running_loop().create_server(server, "127.0.0.1", port)

    async def close() -> None:
        listening.close()
        await server.shutdown(0.1)

    return Door(listening.sockets[0].getsockname()[1], lambda: came, close)


def post_of(port: int, packet: bytes) -> bytes:
    """The request that brings one packet."""
    return (POST_HEAD % (port, len(packet))).encode() + packet


def send(how: str, port: int, count: int) -> None:
    """The other process: connect, wait for a line, send, and read what is answered."""
    mask = os.urandom(4)
    if how == "link":
        unit = b"\x82" + bytes([0x80 | 126]) + PACKET_BYTES.to_bytes(2, "big") + mask + bytes(PACKET_BYTES)
    else:
        unit = post_of(port, bytes(PACKET_BYTES))
    with socket.create_connection(("127.0.0.1", port)) as connection:
        if how == "link":
            connection.sendall((LINK_HEAD % port).encode())
            connection.recv(65_536)
        print("ready", flush=True)
        sys.stdin.readline()
        if how == "link":
            burst = unit * 100
            for _ in range(count // 100):
                connection.sendall(burst)
        else:
            for _ in range(count):
                connection.sendall(unit)
                connection.recv(65_536)
        sys.stdin.readline()


async def measure(open_door: Callable[[], Awaitable[Door]], how: str) -> float:
    """CPU microseconds for each packet."""
    door = await open_door()
    each = COUNTS[how] // CONNECTIONS[how]
    arguments = ["-m", "bench.net", "send", how, str(door.port), str(each)]
    senders = [
        await asyncio.create_subprocess_exec(
            sys.executable, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for _ in range(CONNECTIONS[how])
    ]
    for sender in senders:
        await required(sender.stdout).readline()
    began = time.process_time()
    for sender in senders:
        required(sender.stdin).write(b"\n")
    while door.came() < COUNTS[how]:  # noqa: ASYNC110 - an event would cost something for each packet
        await asyncio.sleep(0.005)
    took = time.process_time() - began
    for sender in senders:
        await sender.communicate(b"\n")
    await door.close()
    return took / COUNTS[how] * 1e6


def required(stream: T | None) -> T:
    """A pipe that was asked for."""
    if stream is None:
        raise ValueError("the process has no such pipe")
    return stream


def figures() -> list[Figure]:
    """Floor and ours in turn."""
    found = []
    for how, goal in GOALS.items():
        rounds = [(asyncio.run(measure(floor, how)), asyncio.run(measure(ours, how))) for _ in range(ROUNDS)]
        least, own = zip(*rounds, strict=True)
        for name, times in ((f"{how} floor", least), (how, own)):
            print(f"{name:<34} {min(times):7.1f} {median(times):7.1f} {max(times):7.1f} us")
        found.append(beside(f"packet received by {how}, CPU", own, least, "us", goal))
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["send"]:
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
    else:
        sys.exit(run(figures))
