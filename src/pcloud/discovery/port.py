"""Who else is on this network, by a token that changes and never a stable id (D13)."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class Found(NamedTuple):
    """A node that announces itself. Nothing here is proven: it is an address and a passing token."""

    address: str
    port: int
    token: str


class Discovery(Protocol):
    """Off until asked for; nothing is announced by looking."""

    async def announce(self, port: int) -> None:
        """Announce that a node listens on this port, under a fresh token; again renews the token."""

    async def browse(self, seconds: float) -> Sequence[Found]:
        """Listen that long; one's own announcement is left out."""

    async def close(self) -> None:
        """Withdraw the announcement and stop."""
