"""What goes over the network, and what does not; what is not asked for and not believed."""

import asyncio
import getpass
import os
import re
import socket
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from zeroconf import NotRunningException, Zeroconf
from zeroconf._dns import DNSAddress, DNSPointer, DNSRecord, DNSService, DNSText
from zeroconf._protocol.incoming import DNSIncoming
from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

from pcloud.discovery import lan, multicast
from pcloud.discovery.lan import Lan
from pcloud.discovery.multicast import SERVICE
from pcloud.discovery.port import DiscoveryError, Found

LOOPBACK = "127.0.0.1"
GROUP = "224.0.0.251"
PORT = 4_711


class Wire:
    """Hears what everybody says in the group on loopback."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind((GROUP, 5353))
        membership = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(LOOPBACK))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership)
        self.socket.settimeout(0)

    def packets(self) -> Iterator[bytes]:
        while True:
            try:
                yield self.socket.recv(9_000)
            except BlockingIOError:
                return


@pytest.fixture
def wire() -> Iterator[Wire]:
    try:
        made = Wire()
    except OSError as failure:
        pytest.skip(f"the multicast group cannot be joined on loopback: {failure}")
    yield made
    made.socket.close()


@pytest.fixture
async def node() -> AsyncIterator[Lan]:
    made = Lan(os.urandom, asyncio.sleep, LOOPBACK)
    yield made
    await made.close()


@pytest.fixture
async def drawing() -> AsyncIterator[tuple[Lan, list[str]]]:
    """A node, and the tokens that it draws."""
    drawn: list[str] = []

    def draw(size: int) -> bytes:
        drawn.append((token := os.urandom(size)).hex())
        return token

    made = Lan(draw, asyncio.sleep, LOOPBACK)
    yield made, drawn
    await made.close()


async def look(node: Lan, wanted: Callable[[Found], bool]) -> list[Found]:
    """Look again until something of what was wanted is seen; all of that which the same look saw.

    What was said within the last second is not said again (RFC 6762 §6), so a shorter look may see nothing.
    """
    for _ in range(10):
        if found := [one for one in await node.browse(1.2) if wanted(one)]:
            return found
    raise AssertionError("never seen")


def told(packets: Iterator[bytes], token: str) -> list[bytes]:
    """What was said, but not asked, under this token; others may talk on the same loopback."""
    return [packet for packet in packets if token.encode() in packet and DNSIncoming(packet).is_response()]


async def test_what_is_announced_holds_a_token_an_address_and_a_port_and_nothing_else(
    wire: Wire, node: Lan, drawing: tuple[Lan, list[str]]
) -> None:
    """D13: no name, no id that stays, and not the machine's own name."""
    shop, drawn = drawing
    await shop.announce(PORT)
    await node.browse(0.2)
    await shop.close()

    (token,) = drawn
    packets = told(wire.packets(), token)
    records: list[DNSRecord] = [record for packet in packets for record in DNSIncoming(packet).answers()]
    assert {type(record) for record in records} >= {DNSPointer, DNSService, DNSText, DNSAddress}
    for record in records:
        assert record.name in {SERVICE, f"{token}.{SERVICE}", f"{token}.local."}
        if isinstance(record, DNSPointer):
            assert record.alias == f"{token}.{SERVICE}"
        elif isinstance(record, DNSService):
            assert (record.server, record.port) == (f"{token}.local.", PORT)
        elif isinstance(record, DNSText):
            assert record.text == b"\0"
        elif isinstance(record, DNSAddress):
            assert record.address == socket.inet_aton(LOOPBACK)
    # The goodbye of `close` went out too (RFC 6762 §10.1).
    assert any(record.ttl == 0 for record in records)
    for name in (socket.gethostname(), socket.getfqdn(), getpass.getuser()):
        for label in filter(None, name.encode().split(b".")):
            assert all(bytes([len(label)]) + label not in packet for packet in packets)


async def test_what_others_announce_in_another_shape_is_left_out(node: Lan) -> None:
    """A hostile network may say anything: names that are no tokens, no port, addresses elsewhere."""
    good = "a" * 32
    strange = {
        "Anna's laptop": (PORT, "127.0.0.1"),
        "AB" * 16: (PORT, "127.0.0.1"),
        "a" * 31: (PORT, "127.0.0.1"),
        "b" * 32: (0, "127.0.0.1"),
        "c" * 32: (PORT, "8.8.8.8"),
        "d" * 32: (PORT, "192.168.1.7"),
        "e" * 32: (PORT, "0.0.0.0"),
        "f" * 32: (PORT, "224.0.0.1"),
        good: (PORT, "127.0.0.1"),
    }
    async with AsyncZeroconf(interfaces=[LOOPBACK]) as other:
        told = [
            await other.async_register_service(
                AsyncServiceInfo(
                    SERVICE,
                    f"{name}.{SERVICE}",
                    port,
                    server=f"host{number}.local.",
                    parsed_addresses=[address],
                    properties={"name": "Anna", "id": "stable"},
                ),
                cooperating_responders=True,
            )
            for number, (name, (port, address)) in enumerate(strange.items())
        ]
        await asyncio.gather(*told)
        found = await look(node, lambda one: len(set(one.token)) == 1)
    assert found == [Found("127.0.0.1", PORT, good)]


async def test_one_look_takes_in_no_more_than_its_bound(node: Lan, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multicast, "FOUND_MAX", 2)
    async with AsyncZeroconf(interfaces=[LOOPBACK]) as other:
        for number in range(6):
            token = os.urandom(16).hex()
            info = AsyncServiceInfo(
                SERVICE,
                f"{token}.{SERVICE}",
                1 + number,
                server=f"{token}.local.",
                parsed_addresses=[LOOPBACK],
            )
            await other.async_register_service(info, cooperating_responders=True)
        assert len(await look(node, lambda one: True)) <= 2


@pytest.mark.parametrize("address", ["8.8.8.8", "100.64.0.1", "1.1.1.1"])
async def test_on_a_public_network_nothing_is_announced_and_nobody_looked_for(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def joined(address: str) -> None:
        raise AssertionError("the group was joined")

    monkeypatch.setattr(multicast, "_join", joined)
    monkeypatch.setattr(lan, "_multicast_source", lambda asked: asked)
    node = Lan(os.urandom, asyncio.sleep, address)
    with pytest.raises(DiscoveryError, match="public"):
        await node.announce(PORT)
    with pytest.raises(DiscoveryError, match="public"):
        await node.browse(0)
    await node.close()


async def test_a_machine_on_no_network_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lan, "_MULTICAST", ("255.255.255.255", 5353))  # EACCES without SO_BROADCAST
    node = Lan(os.urandom, asyncio.sleep)
    with pytest.raises(DiscoveryError, match="not on that network"):
        await node.announce(PORT)
    with pytest.raises(DiscoveryError, match="not on that network"):
        await node.browse(0)


async def test_an_address_that_is_not_of_this_machine_is_told_so() -> None:
    node = Lan(os.urandom, asyncio.sleep, "192.0.2.77")
    with pytest.raises(DiscoveryError, match="not on that network"):
        await node.announce(PORT)
    with pytest.raises(DiscoveryError, match="not on that network"):
        await node.browse(0)
    await node.close()


@pytest.mark.parametrize("when", ["joining", "joined"])
async def test_who_is_cancelled_while_it_announces_leaves_nothing_behind(
    node: Lan, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    joined: list[AsyncZeroconf] = []
    begun = asyncio.Event()
    real = multicast._join

    async def join(address: str) -> AsyncZeroconf:
        if when == "joining":
            begun.set()
        joined.append(await real(address))
        begun.set()
        return joined[-1]

    monkeypatch.setattr(multicast, "_join", join)
    announcing = asyncio.create_task(node.announce(PORT))
    await begun.wait()
    announcing.cancel()
    (end,) = await asyncio.gather(announcing, return_exceptions=True)
    assert isinstance(end, asyncio.CancelledError)
    assert node._announced is None
    assert all(one.zeroconf.done for one in joined)
    await node.announce(PORT)
    assert not joined[-1].zeroconf.done


async def test_who_leaves_while_one_looks_is_not_found(drawing: tuple[Lan, list[str]]) -> None:
    shop, drawn = drawing

    async def come_and_go(seconds: float) -> None:
        await shop.announce(PORT)
        await shop.close()

    found = await Lan(os.urandom, come_and_go, LOOPBACK).browse(1)
    assert drawn[0] not in {one.token for one in found}


@pytest.mark.parametrize("failure", [OSError("no such device"), NotRunningException()])
async def test_where_multicast_does_not_work_the_owner_is_told_what_does(
    node: Lan, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    if isinstance(failure, OSError):

        def refuse(**_: object) -> None:
            raise failure

        monkeypatch.setattr(multicast, "AsyncZeroconf", refuse)
    else:
        real = Zeroconf.async_wait_for_start

        async def never(zeroconf: Zeroconf, timeout: float = 1) -> None:  # noqa: ASYNC109 - zeroconf's own
            await real(zeroconf, timeout)
            raise failure

        monkeypatch.setattr(Zeroconf, "async_wait_for_start", never)
    with pytest.raises(DiscoveryError, match="send an invitation instead"):
        await node.announce(PORT)
    with pytest.raises(DiscoveryError, match="send an invitation instead"):
        await node.browse(0)
    assert node._announced is None


async def test_two_who_announce_at_once_leave_one_announcement(drawing: tuple[Lan, list[str]]) -> None:
    node, drawn = drawing
    await asyncio.gather(node.announce(1), node.announce(2))
    other = Lan(os.urandom, asyncio.sleep, LOOPBACK)
    found = await look(other, lambda one: one.token in drawn)
    assert [(one.port, one.token) for one in found] == [(2, drawn[1])]


def test_nothing_of_zeroconf_is_loaded_before_it_is_asked_for() -> None:
    """It takes 100 ms to import, which a node pays only where its owner asks for discovery."""
    code = (
        "import os, sys, asyncio\n"
        "from pcloud.discovery import lan, memory, port\n"
        "lan.Lan(os.urandom, asyncio.sleep)\n"
        "assert 'zeroconf' not in sys.modules\n"
        "from pcloud.discovery import multicast\n"
        "assert 'zeroconf' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_only_one_module_speaks_to_zeroconf() -> None:
    package = Path(lan.__file__).parents[1]
    spoken = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"^\s*(from|import) zeroconf", path.read_text(), re.MULTILINE)
    ]
    assert spoken == ["multicast.py"]
