"""The page as it is served: its listener on loopback, from the first socket to the last answer."""

import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final, NamedTuple

from pcloud.ambient.port import Clock, Entropy
from pcloud.api.application import Report
from pcloud.api.connection import Bounds, listen, url_of
from pcloud.api.events import Events
from pcloud.runtime.surface import Surface
from pcloud.vault.port import Vault
from pcloud.web.application import PageService, make_page_app
from pcloud.web.codes import Codes, write_file
from pcloud.web.door import PageDoor
from pcloud.web.passphrases import Passphrases
from pcloud.web.ports import Handed, bind
from pcloud.web.scratch import Scratch
from pcloud.web.sessions import Sessions
from pcloud.web.table import PAGES
from pcloud.web.visit import Site, Within

STREAMS_MAX: Final = 24
"""Pages that are open at once and kept up to date."""


class Ground(NamedTuple):
    """What a page stands on beside the node."""

    folder: Path
    """The node's own."""
    vault: Vault
    clock: Clock
    entropy: Entropy
    report: Report


class PageServer:
    """The page of one node. Starts whole or not at all, and stops once."""

    def __init__(self, surface: Surface, ground: Ground, port: int, handed: Handed | None = None) -> None:
        """`handed`: by the page that has just made this node."""
        self.urls: list[str] = []
        self._ground = ground
        self._port = port
        self._handed = handed
        self._bounds = Bounds(streams_max=STREAMS_MAX)
        clock, entropy = ground.clock, ground.entropy
        events = Events(surface, self._bounds)
        self._scratch = Scratch(surface, ground.folder, clock, entropy, ground.report)
        within = Within(surface, events, Passphrases(ground.vault, clock), self._scratch)
        self._site = Site(clock, entropy, Sessions(clock, entropy), Codes(clock, entropy), within)
        if handed is not None:
            self._site.sessions.admit(handed.cookie)
        self._started = AsyncExitStack()

    async def start(self) -> None:
        """Begin to answer. Raises ListenError, or OSError where its file cannot be written."""
        async with AsyncExitStack() as stack:
            self._scratch.clear()
            stack.push_async_callback(self._scratch.close)
            ends = [stack.enter_context(end) for end in self._ends()]
            addresses = [end.getsockname()[:2] for end in ends]
            door = PageDoor("http", addresses)
            service = PageService(self._site, door, self._bounds, self._ground.report, secure=False)
            await listen(stack, make_page_app(service, PAGES), ends, self._bounds)
            self.urls = [url_of(end) for end in ends]
            path = write_file(self._ground.folder, self.urls, self._site.codes.key)
            stack.callback(path.unlink, missing_ok=True)
            self._started = stack.pop_all()

    async def stop(self) -> None:
        """Take nothing more, let what is under way come to its end for a while, then close everything."""
        await self._started.aclose()

    def _ends(self) -> Sequence[socket.socket]:
        return bind(self._port) if self._handed is None else self._handed.ends
