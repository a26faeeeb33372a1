"""What a value of a setting must be, in words for its owner and as a check (see `config.py`)."""

from collections.abc import Callable
from dataclasses import field
from ipaddress import ip_address, ip_network
from typing import Any, Final, NamedTuple, TypeVar

from pcloud.limits import DOMAIN_BYTES_MAX, ENDPOINTS_MAX
from pcloud.net.endpoint import PORT_MAX, read_endpoint

ADDRESSES_MAX: Final = 16
"""Public addresses of one's own network."""

HOSTS_MAX: Final = 16
"""Extra names under which a node may be asked."""

MAIL_ADDRESS_BYTES_MAX: Final = 254
"""RFC 5321 section 4.5.3.1.3, without the angle brackets."""

OFF: Final = "off"
"""In place of an address to listen on."""

NETWORKS_MAX: Final = 16
"""Networks in one list."""


T = TypeVar("T")


class Rule(NamedTuple):
    """What a value of the right type must be."""

    allowed: str
    """Goes on after "must be"."""
    holds: Callable[[Any], bool]


def setting(default: T, rule: Rule, meaning: str) -> T:
    """A field of a section: its default, what it must be, and what it means for the owner."""
    made: T = field(default=default, metadata={"rule": rule, "meaning": meaning})
    return made


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a socket bound there is reached from this machine alone."""
    return ip_address(host).is_loopback if _is_address(host) else host == "localhost"


def _is_endpoint(value: str) -> bool:
    try:
        read_endpoint(value)
    except ValueError:
        return False
    return True


def _is_host(value: str) -> bool:
    bare = value.translate({ord(mark): None for mark in "-.:[]"})
    return bare.isascii() and bare.isalnum() and len(value) <= DOMAIN_BYTES_MAX


def _is_network(value: str) -> bool:
    try:
        network = ip_network(value)
    except ValueError:
        return False
    return network.prefixlen >= (8 if network.version == 4 else 7)  # noqa: PLR2004 - the rule's own words


def _is_mail_server(value: str) -> bool:
    host, _, port = value.rpartition(":")
    return _is_host(host) and port.isascii() and port.isdecimal() and 0 < int(port) <= PORT_MAX


def _is_mail_address(value: str) -> bool:
    """One mailbox without a name; a mail server may still refuse it."""
    name, _, domain = value.rpartition("@")
    printable = value.isascii() and value.isprintable() and not set(value) & set(' <>,;:"')
    return bool(name) and _is_host(domain) and printable and len(value) <= MAIL_ADDRESS_BYTES_MAX


def whole(least: int, most: int) -> Rule:
    """A number without fraction within bounds."""
    return Rule(f"a whole number from {least} to {most}", lambda value: least <= value <= most)


def _several(most: int, what: str, holds: Callable[[str], bool]) -> Rule:
    return Rule(
        f"a list of at most {most} {what}", lambda value: len(value) <= most and all(map(holds, value))
    )


ADDRESS: Final = Rule("an IP address", _is_address)
LISTENING: Final = Rule(
    "an IP address, or `off` to take no connection at all",
    lambda value: value == OFF or _is_address(value),
)
PORT: Final = whole(0, 65_535)
FILE: Final = Rule(
    "a path, from this file's folder where it is relative, or empty", lambda value: "\0" not in value
)
SWITCH: Final = Rule("true or false", lambda _: True)
ENDPOINTS: Final = _several(
    ENDPOINTS_MAX, "endpoints such as `https://host:port/path`, in lower case", _is_endpoint
)
ADDRESSES: Final = _several(ADDRESSES_MAX, "IP addresses", _is_address)
NETWORKS: Final = _several(
    NETWORKS_MAX, "networks such as `192.168.1.0/24`, none wider than /8 (IPv6: /7)", _is_network
)
HOSTS: Final = _several(HOSTS_MAX, "host names, a port behind a colon where it is not the usual", _is_host)
MAIL_SERVER: Final = Rule("HOST:PORT, or empty", lambda value: not value or _is_mail_server(value))
MAIL_ADDRESS: Final = Rule(
    "a mail address without a name, or empty", lambda value: not value or _is_mail_address(value)
)
TEXT: Final = Rule("one line of text, or empty", lambda value: value.isprintable())
SERVED: Final = Rule("`here` or `off`", lambda _: True)
CONFIRM: Final = Rule("`node` or `owner`", lambda _: True)
ENDPOINT: Final = Rule(
    "one endpoint such as `https://host:port/path`, in lower case, or empty",
    lambda value: not value or _is_endpoint(value),
)
ADDRESS_OR_NONE: Final = Rule("an IP address, or empty", lambda value: not value or _is_address(value))
LEVEL: Final = Rule("`debug`, `info`, `warning` or `error`", lambda _: True)
FORMAT: Final = Rule("`text` or `json`", lambda _: True)
