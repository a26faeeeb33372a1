"""Service lines on every body of the net: in memory, over HTTP, over HTTP with TLS."""

import asyncio
import os

import pytest
from tests.contract.net.worlds import Taker, World

from pcloud.errors import UsageError
from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.net.port import Line, Net, Packet, UnreachableError

LONGEST = os.urandom(SERVICE_BYTES_MAX)


async def echo(line: Line) -> None:
    """Give back what comes."""
    while (message := await line.receive()) is not None:
        await line.send(message)


class Shop(Taker):
    """A node that serves; what its side of each line is can be looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.service = echo


async def called(world: World, shop: Taker) -> tuple[Net, str, Line]:
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    line = await anna.call(endpoint)
    assert line.source == endpoint
    return anna, endpoint, line


async def test_messages_arrive_whole_and_in_order_and_are_answered(world: World) -> None:
    """[TRANSPORT-34]"""
    shop = Shop()
    _, _, line = await called(world, shop)
    sent = [LONGEST, b"\0", *[number.to_bytes(4, "big") for number in range(300)]]
    sending = asyncio.create_task(all_of(line, sent))
    assert [await line.receive() for _ in sent] == sent
    await sending
    assert len(shop.lines) == 1
    assert shop.lines[0].source
    assert not shop.came, "nothing on a service line is a packet"
    await line.close()


async def all_of(line: Line, messages: list[bytes]) -> None:
    for message in messages:
        await line.send(message)


async def test_the_side_that_was_called_may_speak_first(world: World) -> None:
    shop = Shop()

    async def greet(line: Line) -> None:
        await line.send(b"first")
        await line.send(b"second")
        assert await line.receive() == b"thanks"

    shop.service = greet
    _, _, line = await called(world, shop)
    assert [await line.receive(), await line.receive()] == [b"first", b"second"]
    await line.send(b"thanks")
    assert await line.receive() is None
    await shop.until(lambda: shop.served == 1)
    await line.close()


@pytest.mark.parametrize("message", [b"", LONGEST + b"x"])
async def test_a_message_that_is_none_is_not_sent(world: World, message: bytes) -> None:
    """[TRANSPORT-35]"""
    shop = Shop()
    _, _, line = await called(world, shop)
    for end in (line, await theirs(shop)):
        with pytest.raises(UsageError):
            await end.send(message)
    await line.send(b"right")
    assert await line.receive() == b"right"
    await line.close()


async def theirs(shop: Taker) -> Line:
    await shop.until(lambda: bool(shop.lines))
    return shop.lines[-1]


async def test_a_node_that_serves_nothing_has_nothing_there(world: World) -> None:
    """[TRANSPORT-34] [TRANSPORT-20]"""
    shop = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    with pytest.raises(UnreachableError, match="keeps nothing for others"):
        await anna.call(endpoint)
    assert not shop.lines
    link = await anna.dial(endpoint)
    await link.send((Packet(b"t" * 16, b"f"),))
    await shop.packets(1)


async def test_calling_nobody_fails_and_says_no_address(world: World) -> None:
    anna, _ = await world.net(Taker())
    with pytest.raises(UnreachableError) as refused:
        await anna.call(world.nobody)
    assert "127" not in str(refused.value)
    assert "example" not in str(refused.value)


async def test_who_is_shut_out_gets_no_line(world: World) -> None:
    """[TRANSPORT-12]"""
    shop = Shop()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    shop.everybody_shut_out = True
    with pytest.raises(UnreachableError):
        await anna.call(endpoint)
    assert not shop.lines


async def test_each_call_is_a_line_of_its_own(world: World) -> None:
    shop = Shop()
    anna, endpoint, first = await called(world, shop)
    second = await anna.call(endpoint)
    await second.send(b"2")
    await first.send(b"1")
    assert [await first.receive(), await second.receive()] == [b"1", b"2"]
    await first.close()
    await second.send(b"still")
    assert await second.receive() == b"still"
    assert len(shop.lines) == 2
    await shop.until(lambda: shop.served == 1)
    await second.close()


async def test_when_the_caller_ends_it_the_other_side_reads_to_the_end(world: World) -> None:
    shop = Shop()
    heard: list[bytes | None] = []

    async def listen(line: Line) -> None:
        while (message := await line.receive()) is not None:
            heard.append(message)
        heard.append(await line.receive())
        with pytest.raises(UnreachableError):
            await line.send(b"too late")

    shop.service = listen
    _, _, line = await called(world, shop)
    await line.send(b"one")
    await line.send(b"two")
    await shop.until(lambda: len(shop.lines) == 1)
    await line.close()
    await line.close()
    await shop.until(lambda: shop.served == 1)
    assert heard == [b"one", b"two", None]
    with pytest.raises(UnreachableError):
        await line.send(b"gone")


async def test_when_serving_ends_the_line_ends(world: World) -> None:
    shop = Shop()

    async def once(line: Line) -> None:
        message = await line.receive()
        assert message is not None
        await line.send(message)

    shop.service = once
    _, _, line = await called(world, shop)
    await line.send(b"ask")
    assert await line.receive() == b"ask"
    assert await line.receive() is None
    with pytest.raises(UnreachableError):
        await all_of(line, [b"again"] * 1_000)
    await line.close()


async def test_who_does_not_read_holds_the_other_and_nobody_else(world: World) -> None:
    """[TRANSPORT-13] [TRANSPORT-38]"""
    shop, quick = Shop(), Shop()
    shop.service = deaf
    anna, _, held = await called(world, shop)
    _, endpoint = await world.net(quick)
    sending = asyncio.create_task(all_of(held, [LONGEST] * 400))
    free = await anna.call(endpoint)
    await free.send(b"quick")
    assert await free.receive() == b"quick"
    assert not sending.done(), "26 MB have no place between two nodes"
    await held.close()
    with pytest.raises(UnreachableError):
        await sending
    await free.close()


async def deaf(line: Line) -> None:
    """Read nothing until the net ends it."""
    del line
    await asyncio.Event().wait()


async def test_a_net_that_closes_ends_every_line_of_both_directions(world: World) -> None:
    shop, other = Shop(), Shop()
    here, there = await world.net(shop)
    far, yonder = await world.net(other)
    lines = [await far.call(there), await here.call(yonder)]
    for line in lines:
        await line.send(b"up")
        assert await line.receive() == b"up"
    reading = [asyncio.create_task(line.receive()) for line in lines]
    await here.close()
    assert await asyncio.gather(*reading) == [None, None]
    for line in lines:
        with pytest.raises(UnreachableError):
            await all_of(line, [b"down"] * 1_000)
        await line.close()
    with pytest.raises(UnreachableError):
        await far.call(there)


async def test_a_net_closes_although_who_serves_does_not_let_go(world: World) -> None:
    shop = Shop()
    shop.service = deaf
    anna, _ = await world.net(Taker())
    net, endpoint = await world.net(shop)
    line = await anna.call(endpoint)
    await line.send(b"hello")
    await shop.until(lambda: bool(shop.lines))
    await net.close()
    assert await line.receive() is None
    await line.close()


async def test_a_call_needs_no_port_of_ones_own(world: World) -> None:
    shop = Shop()
    _, endpoint = await world.net(shop)
    mute = world.silent()
    line = await mute.call(endpoint)
    await line.send(b"hello")
    assert await line.receive() == b"hello"
    await line.close()
    await mute.close()


async def test_a_reading_that_was_given_up_loses_nothing(world: World) -> None:
    _, _, line = await called(world, Shop())
    reading = asyncio.create_task(line.receive())
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    await line.send(b"one")
    assert await line.receive() == b"one"
    await line.close()
