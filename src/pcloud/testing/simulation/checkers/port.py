"""What a checker is told, and how it says that something does not hold."""

from typing import NamedTuple

from pcloud.net.port import Packet
from pcloud.store.port import Changes, Store


class Commit(NamedTuple):
    """One commit of one machine, which stands."""

    at_s: float
    """When, since the world began."""
    machine: str
    """The machine's name."""
    start: int
    """How often that machine had been switched on by then."""
    changes: Changes
    store: Store
    """What holds by now."""


class Healed(NamedTuple):
    """A world in which nothing waits any more."""

    stores: dict[str, Store]
    """By the name of the machine. Machines that were given up are not among them."""


class Checker:
    """Watches one world from its beginning to its end. What is not of interest need not be overridden."""

    promise = ""
    """What is watched, as one sentence."""

    def __init__(self) -> None:
        self.violations: list[str] = []
        """What did not hold; no values of owners."""

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""

    def flew(self, machine: str, packet: Packet) -> None:
        """A machine has let a packet go."""

    def restored(self, machine: str) -> None:
        """A machine has lost its disk, and was brought back from a copy: it may have forgotten."""

    def healed(self, world: Healed) -> None:
        """Chaos is over, and every queue is empty."""

    def violated(self, text: str) -> None:
        """Something does not hold."""
        self.violations.append(text)
