"""Finding nodes on one's own network, by multicast DNS; never on a public one. IPv4 only.

What is announced: a port, this machine's address there, and a random token. Neither the machine's name nor
anything that outlives the announcement. Who listens still sees that this address announces, or looks for,
nodes.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from pcloud.discovery.port import TOKEN_BYTES, DiscoveryError, Found, check_port

if TYPE_CHECKING:
    from pcloud.discovery.multicast import Announced

_MULTICAST: Final = ("224.0.0.251", 5353)
"""Where multicast DNS lives (RFC 6762 §3)."""


class Lan:
    """One node on the network where this machine's multicast goes, or on that of its own `address`.

    `draw` and `sleep` are those of the node's ambient. Making one costs nothing: zeroconf, which takes 100 ms
    to import, is loaded by the first call.
    """

    def __init__(
        self,
        draw: Callable[[int], bytes],
        sleep: Callable[[float], Awaitable[None]],
        address: str | None = None,
    ) -> None:
        self._draw = draw
        self._sleep = sleep
        self._address = address
        self._announced: Announced | None = None
        self._token: str | None = None
        self._one_at_a_time = asyncio.Lock()

    async def announce(self, port: int) -> None:
        """Announce that a node listens on this port, under a fresh token, until `close`; takes half a second.

        Raises DiscoveryError; then nothing is announced.
        """
        from pcloud.discovery import multicast  # noqa: PLC0415 - only who announces pays for zeroconf

        async with self._one_at_a_time:
            await self._withdraw()
            check_port(port)
            self._token = self._draw(TOKEN_BYTES).hex()
            self._announced = await multicast.announce(Found(self._own_address(), port, self._token))

    async def browse(self, seconds: float) -> Sequence[Found]:
        """Listen that long, then give what others announce, nothing of it proven. Raises DiscoveryError."""
        from pcloud.discovery import multicast  # noqa: PLC0415 - only who looks pays for zeroconf

        own_address = self._own_address()
        seen = await multicast.look(own_address, lambda: self._sleep(seconds))
        others = [found for found in seen if found.token != self._token]
        return [found for found in others if _is_near(found.address, own_address)]

    async def close(self) -> None:
        """Withdraw the announcement, with a goodbye to who listens, and let go of the sockets."""
        async with self._one_at_a_time:
            await self._withdraw()

    async def _withdraw(self) -> None:
        if self._announced is not None:
            announced, self._announced = self._announced, None
            await announced.withdraw()

    def _own_address(self) -> str:
        """This machine's address on the network. Raises DiscoveryError where it has none, or a public one."""
        return own_address(self._address or "")


def own_address(address: str = "") -> str:
    """This machine's address on its network, or the one given. Nothing is sent.

    Raises DiscoveryError where it has none, or a public one.
    """
    found = _multicast_source(address)
    if not ipaddress.IPv4Address(found).is_private:
        raise DiscoveryError(
            "This machine's network is a public one, where nodes neither announce themselves nor look "
            "around: send an invitation instead."
        )
    return found


def _multicast_source(address: str) -> str:
    """The address from which this machine would send multicast, where one is given that one.

    Nothing is sent. Raises DiscoveryError.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
            probe.connect(_MULTICAST)
        except OSError as failure:
            raise DiscoveryError(
                "This machine is not on that network: connect it, then try again."
            ) from failure
        return str(probe.getsockname()[0])


def _is_near(text: str, own: str) -> bool:
    """Whether it can be on one's own network: a public address, or one of loopback, would lead elsewhere."""
    address = ipaddress.IPv4Address(text)
    same_kind = address.is_loopback == ipaddress.IPv4Address(own).is_loopback
    return address.is_private and same_kind and not address.is_unspecified
