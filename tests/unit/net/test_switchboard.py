"""The net in memory, where it is stricter or plainer than sockets."""

import errno

import pytest
from tests.contract.net.worlds import Taker

from pcloud.net.memory import POSTS_MAX, MemoryNet, Switchboard
from pcloud.net.port import Packet, UnreachableError

HERE = "https://here.example/pcloud"


async def test_an_endpoint_has_one_net() -> None:
    switchboard = Switchboard()
    first, second = (MemoryNet(switchboard, HERE, "memory:1") for _ in range(2))
    await first.listen(Taker())
    with pytest.raises(OSError, match="another net") as refused:
        await second.listen(Taker())
    assert refused.value.errno == errno.EADDRINUSE
    await second.close()
    assert switchboard.find(HERE) is first
    await first.close()
    await second.listen(Taker())
    assert switchboard.find(HERE) is second


async def test_a_net_that_does_not_listen_cannot_dial() -> None:
    switchboard = Switchboard()
    deaf, there = (
        MemoryNet(switchboard, HERE, "memory:1"),
        MemoryNet(switchboard, "https://there.example", "2"),
    )
    await there.listen(Taker())
    with pytest.raises(RuntimeError):
        await deaf.dial("https://there.example")
    await there.close()


async def test_posts_that_nobody_takes_have_an_end() -> None:
    switchboard, taker = Switchboard(), Taker()
    taker.let_go.clear()
    net = MemoryNet(switchboard, HERE, "memory:1")
    await net.listen(taker)
    packet = Packet(bytes(16), b"frame")
    for _ in range(POSTS_MAX):
        await net.post(HERE, packet)
    with pytest.raises(UnreachableError):
        await net.post(HERE, packet)
    taker.let_go.set()
    await taker.packets(POSTS_MAX)
    await net.close()


async def test_what_is_no_origin_has_no_card() -> None:
    switchboard = Switchboard()
    net = MemoryNet(switchboard, HERE, "memory:1")
    await net.listen(Taker())
    for origin in ("here.example", "https://there.example", "http://here.example"):
        with pytest.raises(UnreachableError):
            await net.fetch_card(origin)
    await net.close()
