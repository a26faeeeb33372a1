"""Nodes and pages within the test's own process, on real sockets: to look behind a page, or stand before it.

They run in a thread, as the browser's driver keeps the event loop of the test's own.
"""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from unittest.mock import patch

from tests.unit.web.visiting import Served, serve

from pcloud.runtime.surface import Surface
from pcloud.testing.home import Home, Street
from pcloud.web.table import LAN_PAGES, PAGES
from pcloud.web.visit import Answer, Page, Visit

T = TypeVar("T")
WAIT_S_MAX = 120.0


class Thread:
    """An event loop in a thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        """Let it be done there, and give what it gives."""
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(WAIT_S_MAX)


@contextmanager
def thread() -> Iterator[Thread]:
    """A loop that runs, and ends."""
    began: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def wait() -> None:
        end = asyncio.Event()
        began.set_result((asyncio.get_running_loop(), end))
        await end.wait()

    running = threading.Thread(target=lambda: asyncio.run(wait()))
    running.start()
    loop, end = began.result(WAIT_S_MAX)
    try:
        yield Thread(loop)
    finally:
        loop.call_soon_threadsafe(end.set)
        running.join()


class Inside(NamedTuple):
    """Two nodes, and the thread that they run in."""

    thread: Thread
    anna: Home
    flora: Home


@contextmanager
def homes(folder: Path, names: tuple[str, str] = ("Anna", "Flora")) -> Iterator[Inside]:
    """A person's node and a shop's, up, who do not know each other."""
    folder.chmod(0o700)
    with thread() as running:
        street = Street(folder)
        anna = running.do(street.home(names[0]))
        flora = running.do(street.home(names[1], "organisation"))
        try:
            yield Inside(running, anna, flora)
        finally:
            running.do(street.clear())


class Answered:
    """What pages were asked to answer."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def counted(self, page: Page) -> Page:
        """The row, which counts and then answers as ever."""

        async def answer(visit: Visit) -> Answer:
            self.rows.append((page.method, page.path))
            return await page.answer(visit)

        return page._replace(answer=answer)


@contextmanager
def served(
    running: Thread, home: Home, surface: Surface | None = None, counting: Answered | None = None
) -> Iterator[Served]:
    """The page of a home, over its own surface or another; at its end nothing was a fault of the node.

    `counting`: what its rows are asked, on this machine and on the network.
    """
    here, lan = (
        tuple(map(counting.counted, pages)) if counting is not None else pages for pages in (PAGES, LAN_PAGES)
    )
    with patch("pcloud.web.serving.PAGES", here), patch("pcloud.web.serving.LAN_PAGES", lan):
        page = running.do(serve(home, surface=surface))
        try:
            yield page
        finally:
            running.do(page.server.stop())
        assert page.faults == []
