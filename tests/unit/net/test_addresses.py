"""[TRANSPORT-28]: which addresses are public, by a table of our own."""

import asyncio
import re
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from pcloud.net.addresses import Address, address_of, is_public, is_within, source_of

CHAPTER = Path(__file__).parents[3] / "spec/13-transport.md"

CLOSED = """
    0.0.0.0 0.255.255.255 10.0.0.0 10.255.255.255 100.64.0.0 100.127.255.255 127.0.0.1 127.255.255.255
    169.254.0.0 169.254.169.254 172.16.0.0 172.31.255.255 192.0.0.0 192.0.0.170 192.0.2.1 192.88.99.1
    192.168.0.0 192.168.255.255 198.18.0.0 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.0 255.255.255.255
    :: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:a9fe:a9fe ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::1 64:ff9b:1:ffff::8.8.8.8
    100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2001:1ff:ffff::
    2002:7f00:1:: 2002:808:808:: 3fff::1 4000::1 5f00::1 fc00::1 fdff::1 fe80::1 febf::1 fec0::1 ff02::1
""".split()

OPEN = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0 192.0.3.0 192.167.255.255
    192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2000::1 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00::1
    2003::1 3ffe::1
""".split()


@pytest.mark.parametrize("text", CLOSED)
def test_closed(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", OPEN)
def test_open(text: str) -> None:
    assert is_public(ip_address(text))


def test_the_table_of_the_chapter_is_the_table_of_the_code() -> None:
    """Looked at on both sides of every edge."""
    rows = re.findall(r"^\| IPv[46] \|(.*)\|$", CHAPTER.read_text(), re.MULTILINE)
    named = [ip_network(text) for row in rows for text in re.findall(r"`([0-9a-f:.]+/\d+)`", row)]
    opened = ip_network("2000::/3")
    assert len(named) == 20
    assert opened in named
    edges = [edge for network in named for end in (network[0], network[-1]) for edge in around(end)]
    assert len(edges) > 100
    for address in edges:
        closed = any(address in network for network in named if network != opened)
        assert is_public(address) is not (closed or (address.version == 6 and address not in opened)), address


def around(address: Address) -> list[Address]:
    most = 2**address.max_prefixlen - 1
    return [type(address)(number) for n in (-1, 0, 1) if 0 <= (number := int(address) + n) <= most]


def test_a_network_holds_the_forms_of_its_addresses() -> None:
    home = (ip_network("192.168.1.0/24"),)
    for text in ("192.168.1.9", "::ffff:192.168.1.9", "64:ff9b::192.168.1.9"):
        assert is_within(ip_address(text), home)
    for text in ("192.168.2.9", "::ffff:192.168.2.9", "2002:c0a8:109::", "::192.168.1.9"):
        assert not is_within(ip_address(text), home)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_source_is_an_address_or_a_64(text: str, source: str) -> None:
    """[TRANSPORT-12]"""
    assert source_of(ip_address(text)) == source


def test_a_connection_that_has_ended_already_comes_from_nowhere() -> None:
    class Ended(asyncio.Transport):
        """What asyncio gives where the other end was quicker."""

        def get_extra_info(self, name: str, default: object = None) -> object:
            assert name == "peername"
            return None

    assert address_of(Ended()) is None
