"""A network in memory, on which several nodes announce themselves and look. For tests and simulations."""

from collections.abc import Awaitable, Callable, Sequence

from pcloud.discovery.port import TOKEN_BYTES, Found, check_port


class Neighbourhood:
    """What all who share it can see."""

    def __init__(self) -> None:
        self.announced: dict[str, Found] = {}
        """By token."""


class MemoryDiscovery:
    """One node there. `sleep` is that of its clock."""

    def __init__(
        self,
        neighbourhood: Neighbourhood,
        address: str,
        draw: Callable[[int], bytes],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._announced = neighbourhood.announced
        self._address = address
        self._draw = draw
        self._sleep = sleep
        self._token: str | None = None

    async def announce(self, port: int) -> None:
        """Announce that a node listens on this port, under a fresh token. Raises DiscoveryError."""
        await self.close()
        check_port(port)
        self._token = self._draw(TOKEN_BYTES).hex()
        self._announced[self._token] = Found(self._address, port, self._token)

    async def browse(self, seconds: float) -> Sequence[Found]:
        """Wait that long, then give what is announced by others."""
        await self._sleep(seconds)
        return [found for found in self._announced.values() if found.token != self._token]

    async def close(self) -> None:
        """Withdraw the announcement."""
        if self._token is not None:
            del self._announced[self._token]
            self._token = None
