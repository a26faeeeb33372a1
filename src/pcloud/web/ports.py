"""Where the page listens: its own port on this machine, or another where that is taken."""

import socket
from collections.abc import Sequence
from typing import NamedTuple

from pcloud.api.sockets import ListenError, bind_loopback


class Handed(NamedTuple):
    """What the page that made a node leaves to that of the node: its browser, and where it listens."""

    cookie: str
    ends: Sequence[socket.socket]
    """Whoever connects meanwhile waits there."""

    def __repr__(self) -> str:
        """Without what lets a browser in."""
        return "Handed()"


def bind(port: int) -> list[socket.socket]:
    """The port that is set, or any that is free where another program has taken it. Raises ListenError."""
    try:
        return bind_loopback(port)
    except ListenError:
        if port == 0:
            raise
        return bind_loopback(0)
