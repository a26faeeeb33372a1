"""Frames through a relay, from a link in to a service line out, over loopback: `python -m bench.relayed`.

Sender, relay and customer share this process, in ours as in the floor: the figure is what one frame costs all
three. The floor is the bare library: it inserts what came in synced commits, forwards it, and deletes in
synced commits what is acknowledged by 64. It knows no mailbox, no quota and no token.
"""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable, Collection
from itertools import pairwise
from pathlib import Path
from statistics import median

import aiohttp
from aiohttp import WSMsgType, web

from bench.net import Counter as Receiver
from bench.relay import FRAME_BYTES, NOW, Relay, delete
from bench.report import Figure, beside, run
from bench.store import bare, folder, insert
from pcloud.ambient.jump import ClockTrust
from pcloud.ambient.system import SystemClock, ThreadWorkers, system_entropy
from pcloud.limits import MAILBOX_BYTES
from pcloud.mailboxes.port import AddVouchers, OpenBox
from pcloud.net.http import HttpNet
from pcloud.net.port import Line, Link, Packet
from pcloud.net.settings import NetSettings
from pcloud.runtime.relaying.counter import Brought, Counter
from pcloud.runtime.relaying.visits import Visit
from pcloud.store import opening
from pcloud.wire.services.relay import RELAY, Taken, Watch, address_of, pickup_hash
from pcloud.wire.services.relay import Frame as Pushed
from pcloud.wire.services.service import Outcome

ROUNDS = 7
COUNT = 8_192
GROUP = 64
"""Frames that are acknowledged together."""
MAILBOX, PICKUP = b"m" * MAILBOX_BYTES, b"p" * 32
SETTINGS = NetSettings(allow_private=("127.0.0.0/8",))


class Desk(Receiver):
    """A node that is a relay and nothing else."""

    def __init__(self, counter: Counter, clock: SystemClock) -> None:
        super().__init__()
        self._counter, self._clock = counter, clock

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        """Let the frame wait for its commit."""
        await self._counter.take(Brought(packet, link, source))

    @property
    def serves(self) -> bool:
        """Mailboxes."""
        return True

    async def serve(self, line: Line) -> None:
        """Answer a customer."""
        visit = Visit(self._counter, line, self._clock)
        while (message := await line.receive()) is not None:
            await visit.hear(message)
        await visit.end()


def lost(what: object) -> None:
    """No frame is for nobody, and nothing fails."""
    raise AssertionError(type(what))


async def none(_mailboxes: Collection[bytes]) -> Collection[bytes]:
    """No mailbox is the relay's own."""
    return ()


async def ours(path: Path) -> tuple[float, float]:
    """Frames by a link into a mailbox, and out of it by a line."""
    clock, workers, relay = SystemClock(), ThreadWorkers(), Relay(path, 1)
    box = OpenBox(b"v" * 32, address_of(MAILBOX), pickup_hash(PICKUP))
    opened = relay.boxes.commit([AddVouchers((b"v" * 32,), NOW * 2), box], int(time.time()))
    assert {each.outcome for each in opened} == {Outcome.DONE}
    counter = Counter(
        lambda: relay.boxes, clock, ClockTrust(clock), system_entropy, workers, none, lost, lost
    )
    counter.serve(on=True)
    counter.start()
    here, sender, customer = HttpNet(SETTINGS), HttpNet(SETTINGS), HttpNet(SETTINGS)
    await here.listen(Desk(counter, clock))
    await sender.listen(Receiver())
    endpoint = f"http://127.0.0.1:{here.address[1]}"
    link, line = await sender.dial(endpoint), await customer.call(endpoint)
    await line.send(RELAY.write_request(1, Watch(PICKUP)))
    await line.receive()
    packets = tuple(Packet(MAILBOX, os.urandom(FRAME_BYTES)) for _ in range(COUNT))

    async def collect() -> None:
        came = request = 1
        while came <= COUNT:
            message = await line.receive()
            assert message is not None
            back = RELAY.read_back(message)
            if isinstance(back, Pushed):
                came += 1
                if not back.number % (GROUP // 2):  # before the window is full
                    request += 1
                    await line.send(RELAY.write_request(request, Taken(back.handle, back.number)))

    found = await timed(lambda: link.send(packets), collect)
    await line.close()
    for net in (customer, sender, here):
        await net.close()
    await counter.stop()
    workers.close()
    return found


async def floor(path: Path) -> tuple[float, float]:
    """The library alone, with rows that are synced before they are forwarded."""
    database = bare(path)
    waiting: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                waiting.put_nowait(message.data)
        return socket

    async def give(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(compress=False)
        await socket.prepare(request)
        for first, after in pairwise(range(1, COUNT + 2, GROUP)):
            rows = [(number, await waiting.get()) for number in range(first, after)]
            await asyncio.to_thread(database.transact, lambda: insert(database, rows))  # noqa: B023 - awaited
            for _, data in rows:
                await socket.send_bytes(data)
            await socket.receive()
            last = after - 1
            await asyncio.to_thread(database.transact, lambda: delete(database, first, last))  # noqa: B023 - awaited
        return socket

    application = web.Application()
    application.router.add_get("/in", take)
    application.router.add_get("/out", give)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    frames = [os.urandom(FRAME_BYTES + MAILBOX_BYTES) for _ in range(COUNT)]
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(url + "/in") as inward,
        session.ws_connect(url + "/out") as outward,
    ):

        async def post() -> None:
            for frame in frames:
                await inward.send_bytes(frame)

        async def collect() -> None:
            for came in range(1, COUNT + 1):
                await outward.receive_bytes()
                if not came % GROUP:
                    await outward.send_bytes(b"taken")

        found = await timed(post, collect)
    await runner.cleanup()
    database.close(opening.MARK_CLOSED)
    return found


def made(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


async def timed(
    post: Callable[[], Awaitable[None]], collect: Callable[[], Awaitable[None]]
) -> tuple[float, float]:
    """Microseconds for each frame, of CPU and by the clock."""
    cpu, wall = time.process_time(), time.perf_counter()
    await asyncio.gather(post(), collect())
    return (time.process_time() - cpu) / COUNT * 1e6, (time.perf_counter() - wall) / COUNT * 1e6


def figures() -> list[Figure]:
    """Floor and ours in turn."""
    own, least = [], []
    with folder() as path:
        for number in range(ROUNDS):
            least.append(asyncio.run(floor(made(path / f"floor{number}"))))
            own.append(asyncio.run(ours(path / f"ours{number}")))
    for name, times in (("floor", least), ("through a relay", own)):
        walls = [wall for _, wall in times]
        print(f"{name:<34} {min(walls):7.1f} {median(walls):7.1f} {max(walls):7.1f} us by the clock")
    found = []
    for at, name in enumerate(("CPU of all three", "by the clock")):
        pair = [each[at] for each in own], [each[at] for each in least]
        found.append(beside(f"a frame through a relay, {name}", *pair, "us"))
    return [*found, Figure("frames through a relay", 1e6 / median(wall for _, wall in own), "/s")]


if __name__ == "__main__":
    sys.exit(run(figures))
