"""What a page stands on, and where it listens."""

import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pcloud.ambient.port import Clock, Entropy
from pcloud.api.application import Report
from pcloud.api.sockets import ListenError, bind_loopback
from pcloud.runtime.notifying import Notifying
from pcloud.vault.port import Vault


class Ground(NamedTuple):
    """What a page stands on beside the node."""

    folder: Path
    """The node's own."""
    vault: Vault
    seal: bytes
    """32 bytes of the vault's secrets, which seal what the page keeps."""
    clock: Clock
    entropy: Entropy
    report: Report
    notifying: Notifying | None = None
    """Who tells the owner that something waits."""

    def __repr__(self) -> str:
        """Without what is sealed with."""
        return "Ground()"


class Ports(NamedTuple):
    """Where the page is to be."""

    here: int
    """On loopback; 0 for any that is free."""
    lan_host: str = ""
    """The address on the owner's network; empty for the one that this machine has there."""
    lan: int = 0


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
