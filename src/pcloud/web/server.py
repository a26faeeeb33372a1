"""The page as it is served: its listener on loopback, from the first socket to the last answer.

Until somebody knocks there are only open sockets: the pages are loaded by the first one who does.
"""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from importlib import import_module
from typing import TYPE_CHECKING, Final

from pcloud.api.connection import BACKLOG, url_of
from pcloud.runtime.errands import Errands
from pcloud.runtime.surface import Surface
from pcloud.web.codes import FILE_NAME, Codes, LanPage, write_file
from pcloud.web.devices.book import Book, BookError, Shelf
from pcloud.web.ports import Ground, Handed, Ports, bind
from pcloud.web.scratch import Scratch

if TYPE_CHECKING:
    from pcloud.web.serving import Pages

LOOK_S: Final = 1.0
"""How often it is looked whether the command line has changed what is kept about devices."""
AGAIN_S: Final = 30.0
"""How long after a failure the network is tried again."""


class PageServer:
    """The page of one node. Starts whole or not at all, and stops once."""

    def __init__(self, surface: Surface, ground: Ground, ports: Ports, handed: Handed | None = None) -> None:
        """`handed`: by the page that has just made this node."""
        self.urls: list[str] = []
        self.lan: LanPage | None = None
        """Where the owner's other devices find it."""
        self._surface, self._ground, self._ports, self._handed = surface, ground, ports, handed
        self._codes = Codes(ground.clock, ground.entropy)
        self._shelf = Shelf(ground.folder)
        self._scratch = Scratch(surface, ground.folder, ground.entropy, ground.report)
        self._errands = Errands("page", lambda fault: ground.report("", fault))
        self._one_at_a_time = asyncio.Lock()
        self._here: Sequence[socket.socket] = ()
        self._pages: Pages | None = None
        self._again_at = 0.0
        self._unreadable = False
        self._started, self._opened, self._on_lan = AsyncExitStack(), AsyncExitStack(), AsyncExitStack()

    async def start(self) -> None:
        """Begin to answer. Raises ListenError, or OSError where its file cannot be written."""
        async with AsyncExitStack() as stack:
            self._scratch.clear()
            stack.push_async_callback(self._scratch.close)
            self._here = [stack.enter_context(end) for end in self._ends()]
            for end in self._here:
                end.settimeout(0)
                end.listen(BACKLOG)
            self.urls = [url_of(end) for end in self._here]
            self._tell()
            stack.callback((self._ground.folder / FILE_NAME).unlink, missing_ok=True)
            self._started = stack.pop_all()
        self._errands.begin(self._answer())
        self._errands.begin(self._watch())

    async def stop(self) -> None:
        """Take nothing more, let what is under way come to its end for a while, then close everything."""
        await self._errands.stop()
        await self._on_lan.aclose()
        await self._opened.aclose()
        await self._started.aclose()

    async def look(self) -> None:
        """Do what the book of devices says: serve to the network or not, end visits of what is revoked."""
        async with self._one_at_a_time:
            book = self._read()
            if self._pages is not None:
                self._pages.end_revoked(book)
            serves = self.lan is not None and not self.lan.problem
            if book.lan and not serves and self._ground.clock.elapsed() >= self._again_at:
                await self._open_lan()
            elif not book.lan and self.lan is not None:
                await self._close_lan()

    def _read(self) -> Book:
        """The book; where it cannot be read nobody is let in, and the log says so once."""
        try:
            book = self._shelf.read()
        except BookError as fault:
            if not self._unreadable:
                self._ground.report("", fault)
            self._unreadable = True
            return Book()
        self._unreadable = False
        return book

    async def _answer(self) -> None:
        """Wait until somebody knocks, and let the pages answer."""
        knocked, loop = asyncio.Event(), asyncio.get_running_loop()
        for end in self._here:
            loop.add_reader(end, knocked.set)
        try:
            await knocked.wait()
        finally:
            for end in self._here:
                loop.remove_reader(end)
        await (await self._loaded()).listen_here(self._opened, self._here)

    async def _watch(self) -> None:
        while True:
            await self.look()
            await self._ground.clock.sleep(LOOK_S)

    async def _loaded(self) -> "Pages":
        """The pages, loaded beside the loop where nobody has asked for them yet."""
        serving = await asyncio.to_thread(import_module, "pcloud.web.serving")
        if self._pages is None:
            made: Pages = serving.Pages(
                self._surface, self._ground, self._codes, self._scratch, self._shelf, self.look
            )
            if self._handed is not None:
                made.sessions.admit(self._handed.cookie)
            self._pages = made
        return self._pages

    async def _open_lan(self) -> None:
        stack = AsyncExitStack()
        self.lan = await (await self._loaded()).listen_lan(stack, self._ports)
        if self.lan.problem:
            await stack.aclose()
            self._again_at = self._ground.clock.elapsed() + AGAIN_S
        else:
            self._on_lan = stack
        self._tell()

    async def _close_lan(self) -> None:
        if self._pages is not None:
            self._pages.left_lan()
        await self._on_lan.aclose()
        self.lan, self._again_at = None, 0.0
        self._tell()

    def _tell(self) -> None:
        write_file(self._ground.folder, self.urls, self._codes.key, self.lan)

    def _ends(self) -> Sequence[socket.socket]:
        return bind(self._ports.here) if self._handed is None else self._handed.ends
