"""Links and service lines that are not used as they have to be, and strangers who are slow (chapter 13)."""

from collections.abc import Callable
from functools import partial
from typing import Final

from pcloud_interop.hostile.attack import Scene, Shows, attack
from pcloud_interop.hostile.ground import Ground
from pcloud_interop.hostile.raw import PACKET_BYTES_MAX, SERVICE, connected, ended, frame, get, post
from pcloud_interop.hostile.wire.cbor import enc
from pcloud_interop.live.node import MismatchError

CHAPTER: Final = "13-transport"
SERVICE_BYTES_MAX: Final = 66_560

carrier = partial(attack, CHAPTER, shows=Shows.CARRIER, scene=Scene.STRANGERS, refused="carrier ends")


def _slow(ground: Ground, data: bytes) -> None:
    """Send this, and nothing more: the node has to end the connection without a word."""
    with connected(ground) as connection:
        connection.sendall(data)
        try:
            got = connection.recv(1)
        except ConnectionError:
            return
        except TimeoutError:
            raise MismatchError("a connection on which nothing comes stays open") from None
        if got:
            raise MismatchError("a request that never ended was answered")


@carrier("TRANSPORT-21")
def a_head_that_never_ends(ground: Ground) -> None:
    """Half a head, and then nothing for ever."""
    _slow(ground, get(ground, "/")[:-2])


@carrier("TRANSPORT-21")
def a_stranger_who_says_nothing(ground: Ground) -> None:
    """A connection, and nothing at all."""
    _slow(ground, b"")


@carrier("TRANSPORT-21")
def a_body_that_never_comes(ground: Ground) -> None:
    """The head of a packet, and not its body."""
    _slow(ground, post(ground, body=b"", length="2000"))


def _played(name: str, what: str, rules: str, play: Callable[[Ground], None]) -> None:
    """Let it be played under this name."""
    play.__name__, play.__doc__ = name.replace("-", "_"), what
    carrier(rules)(play)


def _link(name: str, what: str, rules: str, frames: bytes) -> None:
    """What ends a link."""
    _played(name, what, rules, lambda ground: ended(ground, frames))


def _line(name: str, what: str, rules: str, message: bytes) -> None:
    """What ends a service line of a node that is a relay."""

    def play(ground: Ground) -> None:
        ground.node.tell("relay-serve")
        ended(ground, frame(0x82, message), SERVICE, "pcloud.service.1")

    _played(name, what, rules, play)


_link("a-text-over-a-link", "A text message.", "TRANSPORT-18", frame(0x81, b"hello"))
_link("a-packet-too-short-over-a-link", "A mailbox and no frame.", "TRANSPORT-18", frame(0x82, bytes(16)))
_link(
    "a-packet-too-long-over-a-link",
    "A byte too many.",
    "TRANSPORT-18",
    frame(0x82, bytes(PACKET_BYTES_MAX + 1)),
)
_link("a-frame-without-a-mask", "As only servers send.", "TRANSPORT-18", frame(0x82, bytes(40), masked=False))
_link(
    "a-frame-with-a-reserved-bit",
    "As of a compression that nobody has agreed on.",
    "TRANSPORT-18",
    frame(0xC2, bytes(40)),
)
_link("a-frame-of-an-unknown-kind", "Operation 3.", "TRANSPORT-18", frame(0x83, bytes(40)))
_link("a-ping-in-parts", "A fragmented control frame.", "TRANSPORT-18", frame(0x09, b""))
_link("a-ping-that-is-too-long", "A control frame of 126 bytes.", "TRANSPORT-18", frame(0x89, bytes(126)))
_link("more-pings-than-anybody-needs", "A hundred and one in a row.", "TRANSPORT-18", frame(0x89, b"") * 101)

_line("a-service-message-of-nothing", "An empty message.", "TRANSPORT-35", b"")
_line("a-service-message-that-is-no-array", "A map.", "TRANSPORT-35", enc({1: 1}))
_line("a-service-message-that-is-no-encoding", "Noise.", "TRANSPORT-35", b"\xff\xff\xff")
_line("a-service-that-nobody-has-defined", "Operation 99.", "TRANSPORT-35", enc([99, 1]))
_line(
    "a-request-without-its-number", "An operation of the relay alone.", "TRANSPORT-35 TRANSPORT-36", enc([1])
)
_line(
    "a-service-message-that-is-too-long", "A byte too many.", "TRANSPORT-35", enc([bytes(SERVICE_BYTES_MAX)])
)
