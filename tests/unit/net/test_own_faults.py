"""An error of our own ends one connection, is reported by kind, and stops nothing else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.contract.net.worlds import LOOPBACK, Taker
from tests.unit.net.raw import BODY, PACKET, USUAL, Node, frame

from pcloud.net.http import HttpNet
from pcloud.net.port import Link, Packet, UnreachableError
from pcloud.net.settings import NetSettings


class Broken(Taker):
    """A receiver with a fault, while it is told to have one."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = True

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        if self.fails:
            raise ZeroDivisionError("a secret value")
        await super().receive(packet, link, source)

    async def card(self) -> bytes | None:
        if self.fails:
            raise ZeroDivisionError("a secret value")
        return None


@pytest.fixture
async def told() -> list[dict[str, Any]]:
    """What the loop is told of."""
    contexts: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: contexts.append(context))
    return contexts


@pytest.fixture
async def node() -> AsyncIterator[Node]:
    net, taker = HttpNet(NetSettings(deadlines=USUAL, allow_private=LOOPBACK)), Broken()
    await net.listen(taker)
    yield Node(net, taker)
    await net.close()


async def test_a_fault_behind_a_request_is_500_and_says_nothing(
    node: Node, told: list[dict[str, Any]]
) -> None:
    """[TRANSPORT-26]"""
    answer = await node.ask(node.head("GET /.well-known/pcloud HTTP/1.1"))
    assert answer.statuses == [500]
    assert b"secret" not in answer.data
    assert b"Zero" not in answer.data
    assert [type(each["exception"]) for each in told] == [ZeroDivisionError]


async def test_a_fault_behind_a_post_comes_after_its_answer(node: Node, told: list[dict[str, Any]]) -> None:
    """[TRANSPORT-9]: the sender cannot see it."""
    answer = await node.ask(node.post())
    assert answer.statuses == [202]
    assert [type(each["exception"]) for each in told] == [ZeroDivisionError]


async def test_a_fault_behind_a_link_ends_this_link_only(node: Node, told: list[dict[str, Any]]) -> None:
    assert (await node.ask(node.upgrade() + frame(BODY))).statuses == [101]
    assert len(node.taker.ended) == 1
    assert [type(each["exception"]) for each in told] == [ZeroDivisionError]
    assert isinstance(node.taker, Broken)
    node.taker.fails = False
    assert (await node.ask(node.post() + node.last())).statuses == [202, 404]
    assert node.took == [PACKET]


async def test_a_fault_behind_a_link_that_was_dialled_is_told_too(told: list[dict[str, Any]]) -> None:
    dialler, taker = Broken(), Taker()
    net, there = (HttpNet(NetSettings(deadlines=USUAL, allow_private=LOOPBACK)) for _ in range(2))
    await net.listen(dialler)
    await there.listen(taker)
    link = await net.dial(f"http://127.0.0.1:{there.address[1]}")
    await link.send((PACKET,))
    await taker.packets(1)
    back = taker.came[0][1]
    assert back is not None
    await back.send((PACKET,))
    await dialler.until(lambda: dialler.ended == [link])
    await taker.until(lambda: taker.ended == [back])
    with pytest.raises(UnreachableError):
        await link.send((PACKET,))
    await net.close()
    await there.close()
    assert [type(each["exception"]) for each in told] == [ZeroDivisionError]
