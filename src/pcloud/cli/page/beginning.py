"""Making a node on a page in a browser of this machine, as `init` does it in a terminal."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from pcloud.ambient.system import SystemClock, system_entropy
from pcloud.cli import making, screen
from pcloud.cli.exits import CommandError, Exit, explain
from pcloud.cli.page.links import tell_link
from pcloud.cli.place import Place
from pcloud.cli.stopping import first, stopped_by_signals
from pcloud.errors import PcloudError
from pcloud.runtime.config import Log as LogSettings
from pcloud.runtime.logs import Log
from pcloud.runtime.surface import OwnerError
from pcloud.web.making.pages import Newcomer
from pcloud.web.making.server import Begun, FirstServer

_WHERE: Final = (
    "There is no node yet: make it on that page, in a browser of this machine. Ctrl-C stops it, and then "
    "nothing is made. In a terminal it is: pcloud init"
)
_VOID: Final = "Nothing was made. If words were shown, they are good for nothing: destroy them."


class FolderMaker:
    """Makes a node in a folder that nobody else makes one in meanwhile."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def check_name(self, name: str) -> str:
        """The name as it will be shown. Raises OwnerError for one that cannot be."""
        try:
            return making.check_name(name)
        except PcloudError as refusal:
            raise OwnerError("invalid", str(refusal)) from refusal

    def make(self, newcomer: Newcomer) -> None:
        """Make it whole, and only then let it exist. Raises OwnerError."""
        name, kind, passphrase, secret = newcomer
        whole = making.Newcomer(name, kind, SystemClock().now(), passphrase, secret)
        try:
            making.make(self._folder, whole, lambda _: None)
            making.keep(self._folder)
        except (PcloudError, OSError) as fault:
            making.drop(self._folder)
            told = explain(fault)
            if told is None:
                raise
            raise OwnerError("full", told.text) from fault
        except BaseException:
            making.drop(self._folder)
            raise


def begin(place: Place, port: int, shown: Callable[[str], object]) -> Begun | None:
    """Serve the page until the node exists; None where it did already, but for its last step.

    `shown` is given the link. Raises CommandError where it is stopped before, PcloudError, OSError.
    """
    with making.alone_in(place.path) as left:
        if left is making.Leftover.FINISHED:
            return None
        return asyncio.run(_begin(place, port, shown))


async def _begin(place: Place, port: int, shown: Callable[[str], object]) -> Begun:
    clock = SystemClock()
    log = Log(sys.stderr, clock, system_entropy, LogSettings(level="warning"))
    maker = FolderMaker(place.path)
    server = FirstServer(maker, place.path, port, clock, system_entropy, log.report)
    stop, made = asyncio.Event(), asyncio.Event()
    async with AsyncExitStack() as ends:
        ends.callback(log.close)
        ends.enter_context(log.in_charge(asyncio.get_running_loop()))
        ends.enter_context(stopped_by_signals(stop))
        await server.start()
        ends.push_async_callback(server.stop)
        shown(tell_link(place, server.urls[0], server.codes.key))
        screen.note(_WHERE)
        server.when_made(made.set)
        await first(stop.wait(), made.wait())
    if server.begun is None:
        raise CommandError(Exit.INTERRUPTED, "not-made", _VOID)
    return server.begun
