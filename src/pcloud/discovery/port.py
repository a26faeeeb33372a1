"""Who else is on this network, by a token that changes and never a stable id (D13)."""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from pcloud.errors import PcloudError

TOKEN_BYTES: Final = 16
"""A token, which travels as hex in lower case."""


class DiscoveryError(PcloudError):
    """This network cannot be asked or told; the text is one sentence for the owner, with what to do."""


class Found(NamedTuple):
    """A node that announces itself. Nothing here is proven: it is an address and a passing token."""

    address: str
    port: int
    token: str


class Discovery(Protocol):
    """Off until asked for; nothing is announced by looking."""

    async def announce(self, port: int) -> None:
        """Announce that a node listens on this port, under a fresh token; again renews the token.

        Raises DiscoveryError; then nothing is announced.
        """

    async def browse(self, seconds: float) -> Sequence[Found]:
        """Listen that long; one's own announcement is left out. Raises DiscoveryError."""

    async def close(self) -> None:
        """Withdraw the announcement and stop. Announcing again is possible."""


def check_port(port: int) -> None:
    """Refuse what nobody can listen on. Raises DiscoveryError."""
    if not 0 < port <= 65_535:  # noqa: PLR2004 - the range of a port (RFC 768, RFC 9293)
        raise DiscoveryError("There is no port to announce: let the node listen on a port from 1 to 65535.")
