"""What every way of finding neighbours promises: in memory, and by multicast over loopback."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from pcloud.discovery.lan import Lan
from pcloud.discovery.memory import MemoryDiscovery, Neighbourhood
from pcloud.discovery.port import TOKEN_BYTES, Discovery, DiscoveryError, Found

LOOPBACK = "127.0.0.1"
GROUP = "224.0.0.251"
LOOK_S = 1.2
"""What was said within the last second is not said again (RFC 6762 §6), so a shorter look may see nothing."""
LOOKS_MAX = 10


def why_no_multicast() -> str | None:
    """The step of multicast over loopback that does not work on this machine, or None."""
    step = "a socket"
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            here.bind(("", 0))
            here.settimeout(2)
            step = "joining the group on 127.0.0.1"
            membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(LOOPBACK))
            here.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
            here.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            step = "sending to the group"
            here.sendto(b"anybody?", (GROUP, here.getsockname()[1]))
            step = "hearing oneself"
            here.recv(16)
    except OSError as failure:
        return f"multicast over loopback: {step} failed: {failure}"
    return None


class Street:
    """Where the nodes of one test live. Others may talk on the same loopback, so only own tokens count."""

    def __init__(self, body: str) -> None:
        self.body = body
        self.neighbourhood = Neighbourhood()
        self.living: list[Discovery] = []
        self.tokens: list[str] = []

    def node(self) -> Discovery:
        made: Discovery
        if self.body == "memory":
            made = MemoryDiscovery(self.neighbourhood, LOOPBACK, self.draw, lambda _: asyncio.sleep(0))
        else:
            made = Lan(self.draw, asyncio.sleep, LOOPBACK)
        self.living.append(made)
        return made

    def draw(self, size: int) -> bytes:
        drawn = os.urandom(size)
        self.tokens.append(drawn.hex())
        return drawn

    async def look(self, node: Discovery, *ports: int) -> list[Found]:
        """Look until these are seen; what a test says is absent is read from the same look."""
        for _ in range(LOOKS_MAX):
            found = [one for one in await node.browse(LOOK_S) if one.token in self.tokens]
            if {one.port for one in found} >= set(ports):
                return found
        raise AssertionError("never seen")


@pytest.fixture(params=["memory", "lan"])
async def street(request: pytest.FixtureRequest) -> AsyncIterator[Street]:
    if request.param == "lan" and (reason := why_no_multicast()):
        pytest.skip(reason)
    made = Street(request.param)
    yield made
    await asyncio.gather(*(one.close() for one in made.living))


async def test_who_announces_is_found_and_who_looks_is_not(street: Street) -> None:
    anna, shop, third = street.node(), street.node(), street.node()
    await shop.announce(4_711)
    (found,) = await street.look(anna, 4_711)
    assert (found.address, found.port) == (LOOPBACK, 4_711)
    assert len(bytes.fromhex(found.token)) == TOKEN_BYTES
    # Anna looked, and so did the third; neither can be seen by it.
    assert await street.look(third, 4_711) == [found]


async def test_ones_own_announcement_is_left_out(street: Street) -> None:
    anna, shop = street.node(), street.node()
    await asyncio.gather(anna.announce(1_111), shop.announce(2_222))
    assert [found.port for found in await street.look(anna, 2_222)] == [2_222]
    assert [found.port for found in await street.look(shop, 1_111)] == [1_111]


async def test_several_are_found_each_under_a_token_of_its_own(street: Street) -> None:
    nodes = [street.node() for _ in range(3)]
    await asyncio.gather(*(node.announce(port) for port, node in enumerate(nodes, 1)))
    found = await street.look(street.node(), 1, 2, 3)
    assert sorted(one.port for one in found) == [1, 2, 3]
    assert len({one.token for one in found}) == 3


async def test_announcing_again_renews_the_token_and_leaves_no_second_one(street: Street) -> None:
    anna, shop = street.node(), street.node()
    await shop.announce(1_111)
    (before,) = await street.look(anna, 1_111)
    await shop.announce(2_222)
    (after,) = await street.look(anna, 2_222)
    assert after.token != before.token
    # Nothing of the new token was in the old one.
    assert after.token[:8] not in before.token


async def test_closing_withdraws_and_announcing_again_is_possible(street: Street) -> None:
    anna, shop, witness = street.node(), street.node(), street.node()
    await asyncio.gather(witness.announce(1), shop.announce(2))
    await street.look(anna, 1, 2)
    await shop.close()
    assert [found.port for found in await street.look(anna, 1)] == [1]
    await shop.announce(3)
    assert sorted(found.port for found in await street.look(anna, 1, 3)) == [1, 3]


async def test_closing_what_announced_nothing_does_nothing(street: Street) -> None:
    anna, shop = street.node(), street.node()
    await shop.announce(1)
    await anna.close()
    await anna.close()
    assert len(await street.look(anna, 1)) == 1


async def test_a_port_that_is_none_is_refused_and_nothing_is_announced(street: Street) -> None:
    anna, shop, witness = street.node(), street.node(), street.node()
    for port in (0, -1, 65_536, 2**31):
        with pytest.raises(DiscoveryError, match="1 to 65535"):
            await shop.announce(port)
    await witness.announce(1)
    assert [found.port for found in await street.look(anna, 1)] == [1]
