"""A node put together from its parts, run until somebody stops it, and taken apart again."""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from pcloud.ambient.port import Clock
from pcloud.ambient.system import SystemClock, ThreadWorkers, settle_memory, system_entropy
from pcloud.api.client import SOCKET_NAME
from pcloud.api.server import OwnerServer, Places
from pcloud.cli import screen
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.place import VAULT, Place
from pcloud.discovery.lan import Lan
from pcloud.holdings.copies import FolderCopies
from pcloud.holdings.folder import FolderHoldings
from pcloud.net.endpoint import NOWHERE
from pcloud.net.hook import HttpHook
from pcloud.net.http import HttpNet
from pcloud.runtime import facts
from pcloud.runtime.config import Config
from pcloud.runtime.config_rules import OFF
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.logs import Log
from pcloud.runtime.node import Adapters, Node
from pcloud.runtime.owner import Owner
from pcloud.runtime.relaying.opening import PURPOSE as RELAY_PURPOSE
from pcloud.runtime.relaying.opening import open_mailboxes
from pcloud.runtime.supervisor import Supervisor
from pcloud.runtime.taking.telling import Receiver, read_secret
from pcloud.store.port import FullError, Store, StoreError
from pcloud.vault.file import FileVault
from pcloud.vault.port import Secrets
from pcloud.web.server import Ground, PageServer

HOLDINGS: Final = "holdings"
"""The folder of what this node keeps for peers."""
COPIES: Final = "copies"
"""The folder of its own copies."""
LOOK_S: Final = 1.0
"""How often it is asked whether the store still takes what is to be kept."""
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_TAKEN: Final = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES})


def run(place: Place, config: Config, store: Store, secrets: Secrets) -> None:
    """Run a node over an open store, which is closed at the end. Raises PcloudError, OSError."""
    asyncio.run(_run(place, config, store, secrets))


async def _run(place: Place, config: Config, store: Store, secrets: Secrets) -> None:
    clock = SystemClock()
    log = Log(sys.stderr, clock, system_entropy, config.log)
    net = HttpNet(config.net_settings())
    lan = Lan(system_entropy, clock.sleep)
    boxes = partial(open_mailboxes, place.path, secrets.derive(RELAY_PURPOSE))
    adapters = Adapters(
        store,
        net,
        clock,
        system_entropy,
        ThreadWorkers(),
        lan,
        boxes,
        lambda: FolderHoldings(place.path / HOLDINGS),
        lambda name: FolderCopies(place.path / COPIES / name, make=True),
        FolderCopies(Path(config.copies.folder)) if config.copies.folder else None,
        _told(config),
    )
    node = Node(adapters, config, log)
    owner = Owner(node)
    server = OwnerServer(owner, _places(place, config), system_entropy, log.report)
    vault = FileVault(place.path / VAULT)
    page = PageServer(owner, Ground(place.path, vault, clock, system_entropy, log.report), config.page.port)
    stop = asyncio.Event()
    async with AsyncExitStack() as ends:
        ends.callback(log.close)
        ends.enter_context(log.in_charge(asyncio.get_running_loop()))
        ends.enter_context(_stopped_by_signals(stop))
        ends.push_async_callback(node.stop)
        await _start(node, config)
        ends.push_async_callback(server.stop)
        await server.start()
        if config.page.serve != OFF:
            ends.push_async_callback(page.stop)
            await page.start()
        settle_memory()
        supervisor = Supervisor()
        _tell_ready(place, node)
        supervisor.ready()
        ends.callback(supervisor.stopping)
        await _first(stop.wait(), _until_broken(node), _watched(supervisor, node, stop))


def _told(config: Config) -> Receiver | None:
    """A system of the owner's that is told what happens. Raises ConfigError."""
    if not config.webhook.url:
        return None
    hook = HttpHook(config.net_settings(), config.webhook.url)
    return Receiver(hook, read_secret(Path(config.webhook.secret)))


def _places(place: Place, config: Config) -> Places:
    """Where the owner is listened to."""
    owner = config.owner
    return Places(
        place.path,
        owner.port or None,
        (owner.metrics_host, owner.metrics_port) if owner.metrics_port else None,
        frozenset(config.reach.hosts),
    )


async def _start(node: Node, config: Config) -> None:
    try:
        await node.start()
    except OSError as error:
        if error.errno not in _TAKEN:
            raise
        where = f"{config.listen.host} port {config.listen.port}"
        raise CommandError(
            Exit.ADDRESS,
            "address",
            f"Nothing can listen on {where}: {os.strerror(error.errno)}. Choose another: --listen HOST:PORT.",
        ) from error


def _tell_ready(place: Place, node: Node) -> None:
    """One line for who waits."""
    socket = place.path / SOCKET_NAME
    if place.json:
        screen.line_document({"ready": True, "listen": node.address, "socket": str(socket)})
    else:
        where = f"listens on {node.address}" if node.address else "opens no port"
        if node.address and node.me.endpoints == (NOWHERE,):
            where += ", but names no address to others: add --endpoint URL"
        screen.say(f"Your node runs and {where}. Stop it with Ctrl-C.", at_once=True)


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Stop at the first signal; at the second leave at once, which loses nothing that was acknowledged."""

    def asked() -> None:
        if stop.is_set():
            os._exit(Exit.INTERRUPTED)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in _STOPPING:
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in _STOPPING:
            loop.remove_signal_handler(number)


async def until_stopped(clock: Clock, end: int) -> None:
    """Wait for a signal that stops a program, or for a moment by the wall."""
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        await _first(stop.wait(), _until(clock, end))


async def _until(clock: Clock, end: int) -> None:
    while clock.now() < end:
        await clock.sleep(LOOK_S)


async def _first(*awaited: Coroutine[Any, Any, object]) -> None:
    """Wait for the first to end, and end the rest. Raises what it raised."""
    tasks = [asyncio.create_task(each) for each in awaited]
    done, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in left:
        task.cancel()
    for task in done:
        task.result()


async def _until_broken(node: Node) -> None:
    """Wait until nothing can be kept any more. Raises StoreError, which says why."""
    while node.broken is None:
        await node.clock.sleep(LOOK_S)
    raise node.broken


async def _watched(supervisor: Supervisor, node: Node, stop: asyncio.Event) -> None:
    """Give signs of life where they are wanted, each after a row was written and read."""

    async def alive() -> bool:
        try:
            await node.decider.do(_write_row)
            return await node.decider.do(lambda batch: batch.store.fact(facts.ALIVE) is not None)
        except FullError:
            return True  # it does what can be done, and no restart makes room
        except StoreError:
            return False

    await supervisor.watch(node.clock, alive)
    await stop.wait()


def _write_row(batch: Batch) -> None:
    batch.changes.facts[facts.ALIVE] = str(batch.now).encode()
