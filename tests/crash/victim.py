"""One life of the node that is killed: it starts on what the last one left, relates, and talks itself."""

import asyncio
import os
import random
import signal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, TextIO

import msgspec
from tests.crash.clock import QuickClock

from pcloud.runtime.config import Limits
from pcloud.runtime.owner import Owner
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.home import assemble, loopback

STORE, LOG = "store.db", "log"
SAYS_MAX = 20
"""What it says to one peer in one life."""
PAUSE_S_MAX = 0.004
QUIET_LOOK_S = 0.02


class Moment(StrEnum):
    """When a life ends."""

    START = "start"
    """So many seconds after the fork, however far it has come."""
    RUN = "run"
    """So many seconds after so much has happened since it takes packets."""
    STOP = "stop"
    """The same, but counted from its being asked to stop, unless it has stopped by then."""
    LAST = "last"
    """It is not killed: it talks no more, and stops once it is told to."""


class Related(NamedTuple):
    """A relationship as the victim knows it, and the conversation in it."""

    peer: str
    thread: str


class Order(NamedTuple):
    """One life."""

    life: int
    folder: str
    key: bytes
    port: int
    zero: float
    """Where quickened time begins."""
    peers: tuple[Related, ...]
    moment: Moment
    happenings: int
    """What happens before that, so that a slow machine gets as far as a quick one."""
    wait_s: float
    """From the moment to the kill."""


class Kept(msgspec.Struct, frozen=True, tag=True):
    """The owner of the victim was told that this is kept."""

    peer: str
    text: str


class Quiet(msgspec.Struct, frozen=True, tag=True):
    """Every peer has acknowledged everything to the victim."""


class Ended(msgspec.Struct, frozen=True, tag=True):
    """How a life ended."""

    killed: bool
    """Or it had ended by itself."""
    code: int
    up: bool
    """Whether it had begun to take packets."""


Told = Kept | Quiet | Ended


def tell(told: Told) -> None:
    """One line for whoever watches; it stands in the pipe even if the next instruction never comes."""
    os.write(1, msgspec.json.encode(told) + b"\n")


def live(order: Order, pulse: int) -> None:
    """Be the node until a signal. A byte goes to `pulse` once it takes packets, and for all that happens."""
    with (Path(order.folder) / LOG).open("a", buffering=1) as log:
        os.dup2(log.fileno(), 2)
        asyncio.run(_live(order, pulse, log))


async def _live(order: Order, pulse: int, log: TextIO) -> None:
    clock = QuickClock(order.zero)
    store = SqliteStore.open(Path(order.folder) / STORE, order.key)
    node = assemble(store, loopback(order.port), clock, Limits(), log)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    with node.log.in_charge(asyncio.get_running_loop()):
        await node.start()
        os.write(pulse, b"u")
        async with asyncio.TaskGroup() as tasks:
            busy = tasks.create_task(_busy(Owner(node), order, pulse))
            await stop.wait()
            busy.cancel()
        await node.stop()


async def _busy(owner: Owner, order: Order, pulse: int) -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_beat(owner, pulse))
        if order.moment is Moment.LAST:
            tasks.create_task(_tell_when_quiet(owner))
        else:
            for related in order.peers:
                tasks.create_task(_talk(owner, order.life, related))


async def _beat(owner: Owner, pulse: int) -> None:
    async for _ in owner.happenings():
        os.write(pulse, b".")


async def _talk(owner: Owner, life: int, related: Related) -> None:
    """Say numbered texts, and tell of each once it is kept."""
    pause = random.Random(f"{life} {related.peer}")
    for number in range(SAYS_MAX):
        text = f"{life} {number}"
        await owner.say(related.peer, text, thread=related.thread)
        tell(Kept(related.peer, text))
        await asyncio.sleep(pause.uniform(0, PAUSE_S_MAX))


async def _tell_when_quiet(owner: Owner) -> None:
    """Tell once every peer has acknowledged everything."""
    while any(peer.waiting for peer in await owner.peers()):  # noqa: ASYNC110 - receipts come when they come
        await asyncio.sleep(QUIET_LOOK_S)
    tell(Quiet())
