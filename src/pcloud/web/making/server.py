"""Serves the pages that make a node, until it exists."""

import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

from pcloud.ambient.port import Clock, Entropy
from pcloud.api.application import Report
from pcloud.api.connection import Bounds, listen, url_of
from pcloud.web.application import PageService, make_page_app
from pcloud.web.codes import Codes, write_file
from pcloud.web.guarding.door import PageDoor
from pcloud.web.making.pages import FirstPages, Maker
from pcloud.web.ports import Handed, bind
from pcloud.web.sessions import Sessions
from pcloud.web.visit import Site


class Begun(NamedTuple):
    """A node that was made, and what its own page goes on with."""

    passphrase: str
    handed: Handed

    def __repr__(self) -> str:
        """Without what opens anything."""
        return "Begun()"


class FirstServer:
    """Serves these pages on loopback until the node exists."""

    def __init__(
        self, maker: Maker, folder: Path, port: int, clock: Clock, entropy: Entropy, report: Report
    ) -> None:
        self.urls: list[str] = []
        self.codes = Codes(clock, entropy)
        self._site = Site(clock, entropy, Sessions(clock, entropy), self.codes)
        self._pages = FirstPages(maker, entropy)
        self._folder, self._port, self._report = folder, port, report
        self._ends: list[socket.socket] = []
        self._started = AsyncExitStack()

    async def start(self) -> None:
        """Begin to answer. Raises ListenError, OSError."""
        async with AsyncExitStack() as stack:
            ends = [stack.enter_context(end) for end in bind(self._port)]
            self._ends = [end.dup() for end in ends]
            door = PageDoor("http", [end.getsockname()[:2] for end in ends])
            bounds = Bounds()
            service = PageService(self._site, door, bounds, self._report, secure=False)
            await listen(stack, make_page_app(service, self._pages.rows()), ends, bounds)
            self.urls = [url_of(end) for end in ends]
            path = write_file(self._folder, self.urls, self.codes.key)
            stack.callback(path.unlink, missing_ok=True)
            self._started = stack.pop_all()

    def when_made(self, told: Callable[[], object]) -> None:
        """Let somebody know as soon as the node exists."""
        self._pages.when_made = told

    @property
    def begun(self) -> Begun | None:
        """The node, once it exists."""
        if self._pages.made is None:
            return None
        passphrase, cookie = self._pages.made
        return Begun(passphrase, Handed(cookie, self._ends))

    async def stop(self) -> None:
        """Let answers under way end. What listens is kept where the node exists."""
        self._pages.closing.set()  # whoever waits for it goes on after what listens is closed
        await self._started.aclose()
        if self._pages.made is None:
            for end in self._ends:
                end.close()
