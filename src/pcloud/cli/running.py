"""A node put together from its parts, run until somebody stops it, and taken apart again."""

import asyncio
import errno
import os
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final

from pcloud.ambient.port import Clock
from pcloud.ambient.system import (
    SystemClock,
    ThreadWorkers,
    give_back_memory,
    settle_memory,
    system_entropy,
)
from pcloud.api.client import SOCKET_NAME
from pcloud.api.server import OwnerServer, Places
from pcloud.cli import screen
from pcloud.cli.exits import CommandError, Exit
from pcloud.cli.place import VAULT, Place
from pcloud.cli.stopping import LOOK_S, first, stopped_by_signals
from pcloud.discovery.lan import Lan
from pcloud.holdings.copies import FolderCopies
from pcloud.holdings.folder import FolderHoldings
from pcloud.net.endpoint import NOWHERE
from pcloud.net.hook import HttpHook
from pcloud.net.http import HttpNet
from pcloud.runtime import facts
from pcloud.runtime.config import Config
from pcloud.runtime.configuring.rules import OFF
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.logs import Log
from pcloud.runtime.node import Adapters, Node
from pcloud.runtime.notifying import ByHook, ByMail, Notifying, Teller
from pcloud.runtime.owner import Owner
from pcloud.runtime.relaying.opening import PURPOSE as RELAY_PURPOSE
from pcloud.runtime.relaying.opening import open_mailboxes
from pcloud.runtime.supervisor import Supervisor
from pcloud.runtime.taking.telling import Receiver, read_secret
from pcloud.store.port import FullError, Store, StoreError
from pcloud.vault.file import FileVault
from pcloud.vault.port import Secrets
from pcloud.web.ports import Ground, Handed, Ports
from pcloud.web.server import PageServer

HOLDINGS: Final = "holdings"
"""The folder of what this node keeps for peers."""
COPIES: Final = "copies"
"""The folder of its own copies."""
LEAN_S: Final = 10.0
"""How often freed memory is given back: what a node needs at times is not to stay its size."""
_TAKEN: Final = frozenset({errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES})


def run(place: Place, config: Config, store: Store, secrets: Secrets, handed: Handed | None = None) -> None:
    """Run a node over an open store, which is closed at the end. Raises PcloudError, OSError.

    `handed`: by the page on which the node was made just now.
    """
    asyncio.run(_run(place, config, store, secrets, handed))


async def _run(place: Place, config: Config, store: Store, secrets: Secrets, handed: Handed | None) -> None:
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
    notifying = Notifying(owner, clock, log, node.failed, list(_tellers(config, clock)))
    seal = secrets.derive("page")
    ground = Ground(place.path, vault, seal, clock, system_entropy, log.report, notifying)
    ports = Ports(config.page.port, config.page.lan_host, config.page.lan_port)
    page = PageServer(owner, ground, ports, handed)
    stop = asyncio.Event()
    async with AsyncExitStack() as ends:
        ends.callback(log.close)
        ends.enter_context(log.in_charge(asyncio.get_running_loop()))
        ends.enter_context(stopped_by_signals(stop))
        ends.push_async_callback(node.stop)
        await _start(node, config)
        ends.push_async_callback(server.stop)
        await server.start()
        ends.push_async_callback(notifying.stop)
        await notifying.start()
        if config.page.serve != OFF or handed is not None:
            ends.push_async_callback(page.stop)
            await page.start()
        settle_memory()
        supervisor = Supervisor()
        _tell_ready(place, node)
        supervisor.ready()
        ends.callback(supervisor.stopping)
        await first(stop.wait(), _until_broken(node), _watched(supervisor, node, stop), _lean(clock))


def _told(config: Config) -> Receiver | None:
    """A system of the owner's that is told what happens. Raises ConfigError."""
    if not config.webhook.url:
        return None
    hook = HttpHook(config.net_settings(), config.webhook.url)
    return Receiver(hook, read_secret(Path(config.webhook.secret)))


def _tellers(config: Config, clock: SystemClock) -> Iterator[Teller]:
    """The ways in which the owner is told that something waits. Raises ConfigError."""
    notify, net = config.notify, config.net_settings()
    if notify.mail_to:
        from pcloud.net.mail import Mailbox, Mailer

        password = Path(notify.mail_password) if notify.mail_password else None
        mailbox = Mailbox(notify.mail_server, notify.mail_from, notify.mail_to, notify.mail_user, password)
        yield ByMail(Mailer(mailbox, net.authorities))
    if notify.url:
        yield ByHook(HttpHook(net, notify.url), read_secret(Path(notify.secret)), clock)


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


async def _until_broken(node: Node) -> None:
    """Wait until nothing can be kept any more. Raises StoreError, which says why."""
    while node.broken is None:
        await node.clock.sleep(LOOK_S)
    raise node.broken


async def _lean(clock: Clock) -> None:
    """Keep no memory that nothing needs."""
    while True:
        await clock.sleep(LEAN_S)
        give_back_memory()


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
