"""`pcloud retire`: the old machine passes packets on for so many days, and then ends by itself."""

import asyncio
import dataclasses
from pathlib import Path
from typing import Final

from pcloud.ambient.system import SystemClock
from pcloud.cli import screen
from pcloud.cli.place import STORE, VAULT, Place
from pcloud.cli.recovering import PRIVATE
from pcloud.cli.stopping import until_stopped
from pcloud.net.http import HttpNet
from pcloud.runtime.config import Config
from pcloud.runtime.recovering.retiring import Forwarder, mailboxes_of
from pcloud.store.sqlite import SqliteStore
from pcloud.vault.file import FileVault

DAY_S: Final = 86_400


def run(place: Place, folder: Path, passphrase: str, config: Config, to: str, days: int) -> int:
    """Pass on until the time is over or a signal comes; gives how many packets. Raises as `up` does."""
    store = SqliteStore.open(folder / STORE, FileVault(folder / VAULT).open(passphrase).derive("store"))
    try:
        mailboxes = mailboxes_of(store)
    finally:
        store.close()
    return asyncio.run(_forward(place, config, to, days, mailboxes))


async def _forward(place: Place, config: Config, to: str, days: int, mailboxes: frozenset[bytes]) -> int:
    settings = config.net_settings()
    allowed = (*settings.allow_private, *PRIVATE)
    net = HttpNet(dataclasses.replace(settings, allow_private=allowed))
    forwarder = Forwarder(net, to, mailboxes)
    clock = SystemClock()
    end = clock.now() + days * DAY_S
    await net.listen(forwarder)
    try:
        host, port = net.address
        if place.json:
            screen.line_document({"ready": True, "listen": f"{host}:{port}", "mailboxes": len(mailboxes)})
        else:
            screen.say(f"What comes for your node goes on to {to}. Stop with Ctrl-C.", at_once=True)
        await until_stopped(clock, end)
    finally:
        await net.close()
    return forwarder.passed_on
