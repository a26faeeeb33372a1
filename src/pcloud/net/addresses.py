"""Which addresses a stranger may make this node dial, by a table of our own (spec 13 §8).

`ipaddress.is_global` is no such table: it calls NAT64 and 6to4 forms of 127.0.0.1 global, and it changes
between versions of Python.
"""

from asyncio import BaseTransport
from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# IANA's registry of special-purpose IPv4 addresses, with multicast and the rest up to broadcast.
_CLOSED_FOUR: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carriers' own
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
_OPEN_SIX: Final = IPv6Network("2000::/3")
"""Global unicast. What is outside is closed: loopback, private, link-local, multicast, local NAT64..."""
_CLOSED_SIX: Final = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)
_NAT64: Final = IPv6Network("64:ff9b::/96")

SOURCE_PREFIX_SIX: Final = 64
"""Bits of an IPv6 address that count as one source: what one customer is given at least."""


def unwrapped(address: Address) -> Address:
    """The IPv4 address behind an IPv6 form that leads to it: mapped (RFC 4291), NAT64 (RFC 6052)."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address


def is_public(address: Address) -> bool:
    """Whether anybody may make us dial it."""
    plain = unwrapped(address)
    if isinstance(plain, IPv4Address):
        return not any(plain in closed for closed in _CLOSED_FOUR)
    return plain in _OPEN_SIX and not any(plain in closed for closed in _CLOSED_SIX)


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Whether one of these networks holds it, unwrapped."""
    plain = unwrapped(address)
    return any(plain in network for network in networks)


def read_networks(texts: Iterable[str]) -> tuple[Network, ...]:
    """Networks from settings. Raises ValueError."""
    return tuple(ip_network(text) for text in texts)


def address_of(transport: BaseTransport) -> Address | None:
    """Where an accepted connection comes from; None where it has ended already."""
    name = transport.get_extra_info("peername")
    return None if name is None else ip_address(name[0].partition("%")[0])


def source_of(address: Address) -> str:
    """What counts as one source for a limit: an IPv4 address, or the /64 of an IPv6 one (spec 13 §6)."""
    plain = unwrapped(address)
    if isinstance(plain, IPv4Address):
        return str(plain)
    return str(IPv6Network((int(plain), SOURCE_PREFIX_SIX), strict=False))
