"""Endpoints: the one form of their text, and what it names (spec 13 §1)."""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Final, NamedTuple

from pcloud.limits import DOMAIN_BYTES_MAX, ENDPOINT_BYTES_MAX
from pcloud.net.port import UnreachableError

PORT_MAX: Final = 65_535

NOWHERE: Final = "https://nowhere.invalid"
"""What a party names that takes no packets itself: nothing is there, and nobody asks (spec 13 §1)."""

_SCHEME_PORTS: Final = {"https": 443, "http": 80}
_ENDPOINT: Final = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<six>[0-9a-f:.]{2,45})\]|(?P<name>[a-z0-9.-]+))"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]+)*)"
)
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Endpoint(NamedTuple):
    """Where a node is reached."""

    scheme: str
    host: str
    """A name, or an address without brackets."""
    port: int
    path: str
    """Without a slash at its end; empty where there is none."""

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a URL without path."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port, the port always written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def authorities(self) -> frozenset[str]:
        """The texts of a `Host` header that mean it (RFC 9110 §7.2)."""
        bare = self.authority.rpartition(":")[0]
        usual = self.port == _SCHEME_PORTS[self.scheme]
        return frozenset({self.authority, bare}) if usual else frozenset({self.authority})


def read_endpoint(text: str) -> Endpoint:
    """What an endpoint names. Raises ValueError, whose text does not repeat it."""
    found = _ENDPOINT.fullmatch(text) if len(text) <= ENDPOINT_BYTES_MAX else None
    if found is None:
        raise ValueError("this is no endpoint: https://host[:port][/path] in lower case")
    port = int(found["port"] or _SCHEME_PORTS[found["scheme"]])
    if port > PORT_MAX:
        raise ValueError("this endpoint has no possible port")
    if any(part in {".", ".."} for part in found["path"].split("/")):
        raise ValueError("this endpoint has dots for a folder in its path")
    return Endpoint(found["scheme"], _host(found["six"], found["name"]), port, found["path"])


def read_target(text: str) -> Endpoint:
    """The same for what shall be dialled. Raises UnreachableError."""
    try:
        return read_endpoint(text)
    except ValueError as fault:
        raise UnreachableError(str(fault)) from None


def _host(six: str | None, name: str | None) -> str:
    """The host in its one form. Raises ValueError."""
    try:
        if name is None:
            return str(IPv6Address(six or ""))
        labels = name.split(".")
        if _NUMBER.fullmatch(labels[-1]):
            return str(IPv4Address(name))
    except ValueError:
        raise ValueError("this endpoint has a number for a host that is no address") from None
    if len(name) > DOMAIN_BYTES_MAX or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("this endpoint has no possible host name")
    return name
