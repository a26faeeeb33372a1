"""How packets travel: addressed by a mailbox, opaque to the carrier (spec 13).

A packet is a mailbox id (16 bytes) and one frame. A carrier may lose, repeat, delay and reorder packets.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Protocol

from pcloud.errors import PcloudError

NO_PORT: Final = ("", 0)
"""In place of an address, where a node opens no port."""


class Packet(NamedTuple):
    """One frame and the mailbox that it is for."""

    mailbox: bytes
    frame: bytes


class UnreachableError(PcloudError):
    """The endpoint cannot be reached now, or may not be dialled; the text says which, and no address."""


class Link(Protocol):
    """An open two-way connection: a WebSocket. Who is at its other end only frames can prove."""

    @property
    def source(self) -> str:
        """Where it comes from, as far as limits need: an address prefix, or the endpoint that was dialled."""

    @property
    def open(self) -> bool:
        """Whether packets can still be given to it."""

    async def send(self, packets: tuple[Packet, ...]) -> None:
        """Give packets over; waits while the other end does not read. Raises UnreachableError."""

    async def close(self) -> None:
        """End it."""


class Line(Protocol):
    """One end of a service line (spec 13 §10): messages of bytes, in order, both ways."""

    @property
    def source(self) -> str:
        """Where it comes from, as far as limits need: an address prefix, or the endpoint that was called."""

    async def send(self, message: bytes) -> None:
        """Give a message over; waits while the other end does not read. Raises UnreachableError."""

    async def receive(self) -> bytes | None:
        """The next message; None once the line has ended, whoever ended it. One caller at a time.

        While nobody asks, the other end cannot send on, and its silence does not count.
        """

    async def close(self) -> None:
        """End it. Whoever called closes; the side that was called ends with `Receiver.serve`."""


class Receiver(Protocol):
    """What the node does with what comes in."""

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        """Take a packet; returns once there is room for the next from this source, which slows only that one.

        `link` is the connection it came over, for answers; None where it came by POST.
        """

    def closed(self, link: Link) -> None:
        """A connection ended, whichever side had opened it."""

    def refused_often(self, source: str) -> bool:
        """Whether this source has sent so much that failed that it is shut out now (spec 14 §6)."""

    async def blob(self, mailbox: bytes) -> bytes | None:
        """The sealed invitation kept under this mailbox, for one fetch (spec 07 §2)."""

    async def card(self) -> bytes | None:
        """The node card of a public persona, where the owner publishes one (spec 07 §8)."""

    @property
    def serves(self) -> bool:
        """Whether it answers service lines; where not, there is nothing on their path (spec 13 §10)."""

    async def serve(self, line: Line) -> None:
        """Answer a service line that came in; it ends when this returns."""


class Hook(Protocol):
    """A system of the owner's own that is told what happens."""

    async def tell(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Tell it once. Raises UnreachableError where it did not take it."""


class Net(Protocol):
    """Sockets, or in a simulation none."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port on which packets are taken, once it listens; `NO_PORT` where no port is open."""

    async def listen(self, receiver: Receiver) -> None:
        """Begin to take packets, on the port and on links that are dialled. Raises OSError where it cannot.

        A node that opens no port has to say who takes what arrives all the same, before it dials.
        """

    async def dial(self, endpoint: str) -> Link:
        """Open a connection. What arrives on it goes to the receiver. Raises UnreachableError."""

    async def call(self, endpoint: str) -> Line:
        """Open a service line; it needs no port of one's own. Raises UnreachableError."""

    async def post(self, endpoint: str, packet: Packet) -> None:
        """Give one packet over; that it was taken says nothing of a verdict. Raises UnreachableError."""

    async def fetch(self, endpoint: str, mailbox: bytes) -> bytes:
        """Get the sealed invitation kept under a mailbox. Raises UnreachableError."""

    async def fetch_card(self, origin: str) -> bytes:
        """Get the node card an origin publishes. Raises UnreachableError."""

    async def close(self) -> None:
        """Stop taking packets, end every connection, let the port go."""
