"""What an owner may set about the network of a node; every default is the safe one."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from pcloud.net.addresses import read_networks
from pcloud.net.endpoint import PORT_MAX, read_endpoint

HEAD_BYTES_MAX: Final = 16_384
"""Request line and headers together."""

HEAD_FIELD_BYTES_MAX: Final = 8_190
"""One line of a head."""

HEADERS_MAX: Final = 64
"""Headers of one head."""

PINGS_MAX: Final = 100
"""Pings and pongs of the other end between two pings of ours."""

PINGS_MISSED_MAX: Final = 2
"""Pings in a row that may stay unanswered."""

RETRY_AFTER_S: Final = 5
"""What a refusal for too much asks for."""


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long the other end may take, in seconds. The library in use has no deadlines of its own."""

    header_s: float = 10.0
    """From the connection, or the first byte of a later request, to the end of the headers."""
    body_s: float = 30.0
    """The body of a request."""
    body_grace_s: float = 5.0
    """After this a body must have come at `body_bytes_per_s_min` on average."""
    body_bytes_per_s_min: int = 1_024
    handshake_s: float = 5.0
    """A TLS handshake; taking the answer to a WebSocket handshake."""
    idle_s: float = 75.0
    """Between two requests of one connection; taking an answer."""
    ping_s: float = 30.0
    """The silence on a link after which it is pinged."""
    outgoing_s: float = 10.0
    """All of one outgoing request: name, connection, TLS, answer."""
    closing_s: float = 2.0
    """What a link gets to say goodbye."""


@dataclass(frozen=True, slots=True)
class Caps:
    """How much at once, and how often."""

    connections_per_source: int = 20
    connections: int = 512
    strangers: int = 64
    """Connections that have not yet brought a packet or a request; one more closes the oldest of them."""
    waiting_posts: int = 256
    """Posted packets that wait for the node; beyond it posts are refused."""
    lookups_per_min: int = 60
    """Requests of one source that are no packets."""
    dials_at_once: int = 8
    """Outgoing connections to one public host that has not answered yet."""
    dial_pause_s: float = 8.0
    """How long one that failed keeps its place: with eight places, one dial a second on average."""
    fetches_per_h: int = 60
    """Invitations and cards fetched from one public host."""


@dataclass(frozen=True, slots=True)
class NetSettings:
    """Where a node listens, under which names, and whom it may dial. Raises ValueError for what cannot be."""

    host: str = "127.0.0.1"
    port: int = 0
    """0 takes any that is free; `HttpNet.address` says which."""
    endpoints: tuple[str, ...] = ()
    """The node's own, as its peers are told; they fix the names and paths that are answered."""
    hosts: tuple[str, ...] = ()
    """Further texts of a `Host` header that are answered."""
    certificate: Path | None = None
    """Chain as PEM; without it TLS is the business of a reverse proxy."""
    key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    """Networks of reverse proxies, whose `X-Forwarded-For` says where a request comes from."""
    allow_private: tuple[str, ...] = ()
    """Networks that may be dialled although they are not public, and over `http` too."""
    own_addresses: tuple[str, ...] = ()
    """Public addresses of this network, which no peer may make it dial."""
    authorities: Path | None = None
    """Further certificate authorities as PEM, for peers in a network of one's own."""
    deadlines: Deadlines = Deadlines()
    caps: Caps = Caps()
    listens: bool = True
    """Whether a port is opened at all; a node without one can dial, call and fetch."""

    def __post_init__(self) -> None:
        for text in self.endpoints:
            read_endpoint(text)
        for text in self.own_addresses:
            ip_address(text)
        read_networks(self.trusted_proxies)
        read_networks(self.allow_private)
        if not 0 <= self.port <= PORT_MAX:
            raise ValueError("a port is 0 to 65535")
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key are set both or neither")
