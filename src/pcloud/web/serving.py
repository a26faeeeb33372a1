"""The pages, put together for the first one who looks: a node that nobody looks at does not pay for them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Final

from pcloud.api.connection import Bounds, listen, url_of
from pcloud.api.events import Events
from pcloud.api.sockets import ListenError, bind_address
from pcloud.discovery.lan import own_address
from pcloud.discovery.port import DiscoveryError
from pcloud.runtime.surface import Surface
from pcloud.web.application import PageService, make_page_app
from pcloud.web.codes import Codes, LanPage
from pcloud.web.devices.book import Book, Shelf
from pcloud.web.devices.certificate import certificate
from pcloud.web.devices.house import Devices
from pcloud.web.devices.proving import Challenges
from pcloud.web.guarding.door import PageDoor
from pcloud.web.passphrases import Passphrases
from pcloud.web.ports import Ground, Ports
from pcloud.web.scratch import Scratch
from pcloud.web.sessions import Sessions
from pcloud.web.table import LAN_PAGES, PAGES
from pcloud.web.visit import Site, Within

STREAMS_MAX: Final = 24
"""Pages that are open at once and kept up to date."""


class Pages:
    """All pages of a node, and the listeners that show them."""

    def __init__(
        self,
        surface: Surface,
        ground: Ground,
        codes: Codes,
        scratch: Scratch,
        shelf: Shelf,
        look: Callable[[], Awaitable[None]],
    ) -> None:
        self._ground = ground
        self._bounds = Bounds(streams_max=STREAMS_MAX)
        clock, entropy = ground.clock, ground.entropy
        self._devices = Devices(shelf, Challenges(clock, entropy), look)
        events, keys = Events(surface, self._bounds), Passphrases(ground.vault, clock)
        self.sessions = Sessions(clock, entropy)
        within = Within(surface, events, keys, scratch, self._devices, ground.notifying)
        self._site = Site(clock, entropy, self.sessions, codes, within)

    async def listen_here(self, stack: AsyncExitStack, ends: Sequence[socket.socket]) -> None:
        """Answer on this machine until the stack is closed."""
        door = PageDoor("http", [end.getsockname()[:2] for end in ends])
        service = PageService(self._site, door, self._bounds, self._ground.report, secure=False)
        await listen(stack, make_page_app(service, PAGES), ends, self._bounds)

    async def listen_lan(self, stack: AsyncExitStack, ports: Ports) -> LanPage:
        """Answer on the owner's network until the stack is closed; gives where, or why not."""
        try:
            page = await self._open_lan(stack, ports)
        except (DiscoveryError, ListenError) as refusal:
            page = LanPage(problem=str(refusal))
        except OSError as fault:
            page = LanPage(problem=f"The certificate of the page cannot be kept: {fault.strerror}.")
        self._devices.lan = page
        return page

    async def _open_lan(self, stack: AsyncExitStack, ports: Ports) -> LanPage:
        host = ports.lan_host or own_address()
        shelf, seal, now = self._devices.shelf, self._ground.seal, self._ground.clock.now()
        shown = await asyncio.to_thread(certificate, shelf, host, now, seal)
        end = stack.enter_context(bind_address(host, ports.lan))
        door = PageDoor("https", [end.getsockname()[:2]])
        service = PageService(self._site, door, self._bounds, self._ground.report, secure=True)
        await listen(stack, make_page_app(service, LAN_PAGES), [end], self._bounds, shown.context)
        return LanPage(url_of(end, "https"), shown.fingerprint)

    def left_lan(self) -> None:
        """Nobody is answered on the network any more."""
        self._devices.lan = None

    def end_revoked(self, book: Book) -> None:
        """End the visits of devices that are paired no more."""
        self.sessions.end_of_devices_but({device.id for device in book.devices})
