"""What every body of the net keeps: in memory, over HTTP, over HTTP with TLS."""

import asyncio
import os

import pytest
from tests.contract.net.worlds import Taker, World

from pcloud.errors import UsageError
from pcloud.limits import FRAME_BYTES_MAX
from pcloud.net.endpoint import read_endpoint
from pcloud.net.packet import BLOB_BYTES_MAX
from pcloud.net.port import Link, Packet, UnreachableError

HERE, THERE = b"h" * 16, b"t" * 16
LONGEST = Packet(THERE, os.urandom(FRAME_BYTES_MAX))
SHORTEST = Packet(THERE, b"\0")


def numbered(count: int, size: int = 40) -> tuple[Packet, ...]:
    return tuple(Packet(THERE, number.to_bytes(4, "big") + bytes(size)) for number in range(count))


# ---------------------------------------------------------------- posts


async def test_a_posted_packet_arrives_as_it_was_given_without_a_link(world: World) -> None:
    """[TRANSPORT-4], [TRANSPORT-6]"""
    taker = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(taker)
    await anna.post(endpoint, LONGEST)
    await anna.post(endpoint, SHORTEST)
    assert await taker.packets(2) == [LONGEST, SHORTEST]
    assert [link for _, link, _ in taker.came] == [None, None]


async def test_a_post_is_answered_before_anything_has_looked_at_the_packet(world: World) -> None:
    """[TRANSPORT-9]"""
    taker = Taker()
    taker.let_go.clear()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(taker)
    await anna.post(endpoint, SHORTEST)  # returns although the receiver has not
    assert await taker.packets(1) == [SHORTEST]
    taker.let_go.set()


async def test_a_post_to_nobody_fails_and_says_no_address(world: World) -> None:
    anna, _ = await world.net(Taker())
    with pytest.raises(UnreachableError) as refused:
        await anna.post(world.nobody, SHORTEST)
    assert "127" not in str(refused.value)
    assert "example" not in str(refused.value)


@pytest.mark.parametrize("packet", [Packet(THERE, b""), Packet(b"t" * 15, b"f"), Packet(b"t" * 17, b"f")])
async def test_a_packet_that_is_none_is_not_sent(world: World, packet: Packet) -> None:
    """[TRANSPORT-4]"""
    taker = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(taker)
    link = await anna.dial(endpoint)
    too_long = Packet(THERE, bytes(FRAME_BYTES_MAX + 1))
    for wrong in (packet, too_long):
        with pytest.raises(UsageError):
            await anna.post(endpoint, wrong)
        with pytest.raises(UsageError):
            await link.send((wrong,))
    await link.send((SHORTEST,))
    assert await taker.packets(1) == [SHORTEST]


async def test_who_is_shut_out_gets_no_answer_to_a_post(world: World) -> None:
    """[TRANSPORT-12]"""
    taker = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(taker)
    await anna.post(endpoint, SHORTEST)
    await taker.packets(1)
    taker.shut_out.add(taker.came[0][2])
    with pytest.raises(UnreachableError):
        await anna.post(endpoint, SHORTEST)
    assert len(taker.came) == 1


async def test_who_is_shut_out_gets_no_link(world: World) -> None:
    """[TRANSPORT-12]"""
    shop = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    shop.everybody_shut_out = True
    with pytest.raises(UnreachableError):
        await anna.dial(endpoint)
    assert not shop.came
    assert not shop.ended


# ---------------------------------------------------------------- links


async def connected(world: World) -> tuple[Taker, Taker, Link]:
    anna, shop = Taker(), Taker()
    net, _ = await world.net(anna)
    _, endpoint = await world.net(shop)
    link = await net.dial(endpoint)
    assert link.source == endpoint
    assert link.open
    return anna, shop, link


async def test_packets_over_a_link_arrive_in_order_and_whole(world: World) -> None:
    """[TRANSPORT-4], [TRANSPORT-14]"""
    _, shop, link = await connected(world)
    sent = (LONGEST, SHORTEST, *numbered(500))
    await link.send(sent)
    assert await shop.packets(len(sent)) == list(sent)


async def test_what_came_over_a_link_is_answered_over_it(world: World) -> None:
    """[TRANSPORT-15]"""
    anna, shop, link = await connected(world)
    await link.send((SHORTEST,))
    await shop.packets(1)
    theirs = shop.came[0][1]
    assert theirs is not None
    assert theirs.open
    answers = (Packet(HERE, b"first"), Packet(HERE, b"second"))
    await theirs.send(answers)
    assert await anna.packets(2) == list(answers)
    assert [came for _, came, _ in anna.came] == [link, link]
    assert {source for _, _, source in anna.came} == {link.source}


async def test_each_dial_is_a_link_of_its_own(world: World) -> None:
    """[TRANSPORT-3]"""
    anna, shop = Taker(), Taker()
    net, _ = await world.net(anna)
    _, endpoint = await world.net(shop)
    links = [await net.dial(endpoint) for _ in range(3)]
    for number, link in enumerate(links):
        await link.send((Packet(THERE, bytes([number])),))
    await shop.packets(3)
    assert len({id(link) for _, link, _ in shop.came}) == 3
    await links[0].close()
    await shop.until(lambda: len(shop.ended) == 1)
    await links[1].send((SHORTEST,))
    await shop.packets(4)


async def test_a_link_that_ends_is_told_once_on_both_sides(world: World) -> None:
    anna, shop, link = await connected(world)
    await link.send((SHORTEST,))
    await shop.packets(1)
    theirs = shop.came[0][1]
    assert theirs is not None
    await link.close()
    await link.close()
    await shop.until(lambda: bool(shop.ended))
    await anna.until(lambda: bool(anna.ended))
    assert anna.ended == [link]
    assert shop.ended == [theirs]
    assert not link.open
    assert not theirs.open
    for ended in (link, theirs):
        with pytest.raises(UnreachableError):
            await ended.send((SHORTEST,))
    assert len(shop.came) == 1


async def test_the_side_that_was_dialled_can_end_it_too(world: World) -> None:
    anna, shop, link = await connected(world)
    await link.send((SHORTEST,))
    await shop.packets(1)
    theirs = shop.came[0][1]
    assert theirs is not None
    await theirs.close()
    await anna.until(lambda: bool(anna.ended))
    await shop.until(lambda: bool(shop.ended))
    assert not link.open


async def test_dialling_nobody_fails_and_says_no_address(world: World) -> None:
    anna, _ = await world.net(Taker())
    with pytest.raises(UnreachableError) as refused:
        await anna.dial(world.nobody)
    assert "127" not in str(refused.value)


async def test_the_next_packet_is_not_handed_over_before_there_is_room(world: World) -> None:
    """[TRANSPORT-13]"""
    _, shop, link = await connected(world)
    shop.let_go.clear()
    await link.send(numbered(3))
    await shop.packets(1)
    for _ in range(20):
        await asyncio.sleep(0)
    assert len(shop.came) == 1
    shop.let_go.set()
    assert await shop.packets(3) == list(numbered(3))


async def test_a_receiver_without_room_holds_its_sender_and_nobody_else(world: World) -> None:
    """[TRANSPORT-13]"""
    slow, quick = Taker(), Taker()
    slow.let_go.clear()
    net, _ = await world.net(Taker())
    _, to_slow = await world.net(slow)
    _, to_quick = await world.net(quick)
    held = await net.dial(to_slow)
    sending = asyncio.create_task(held.send((LONGEST,) * 400))
    free = await net.dial(to_quick)
    await free.send(numbered(100))
    await quick.packets(100)
    assert not sending.done(), "26 MB have no place between two nodes"
    slow.let_go.set()
    await sending
    assert len(await slow.packets(400)) == 400


async def test_a_sender_that_waits_learns_that_the_link_has_ended(world: World) -> None:
    anna, shop, link = await connected(world)
    shop.let_go.clear()
    sending = asyncio.create_task(link.send((LONGEST,) * 400))
    await shop.packets(1)
    await link.close()
    with pytest.raises(UnreachableError):
        await sending
    await anna.until(lambda: anna.ended == [link])
    assert len(shop.came) == 1
    shop.let_go.set()


async def test_who_is_shut_out_loses_the_link_without_an_answer(world: World) -> None:
    """[TRANSPORT-12]"""
    anna, shop, link = await connected(world)
    await link.send((SHORTEST,))
    await shop.packets(1)
    shop.everybody_shut_out = True
    await link.send((SHORTEST,))
    await anna.until(lambda: bool(anna.ended))
    await shop.until(lambda: bool(shop.ended))
    assert len(shop.came) == 1
    assert not anna.came


# ---------------------------------------------------------------- what is published


async def test_a_blob_is_fetched_as_it_was_kept(world: World) -> None:
    """[TRANSPORT-16]"""
    shop = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    shop.blobs = {
        HERE: b"\1",
        THERE: os.urandom(BLOB_BYTES_MAX),
        bytes(16): b"zero",
        b"\xff" * 16: b"\xfb\xff",
    }
    for mailbox, blob in shop.blobs.items():
        assert await anna.fetch(endpoint, mailbox) == blob
    assert not shop.came


async def test_a_blob_that_is_not_there_or_too_long_is_not_had(world: World) -> None:
    """[TRANSPORT-16]"""
    shop = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    shop.blobs = {THERE: bytes(BLOB_BYTES_MAX + 1)}
    for mailbox in (HERE, THERE):
        with pytest.raises(UnreachableError):
            await anna.fetch(endpoint, mailbox)


async def test_a_card_is_had_where_one_is_published(world: World) -> None:
    """[TRANSPORT-17]"""
    shop = Taker()
    anna, _ = await world.net(Taker())
    _, endpoint = await world.net(shop)
    origin = "/".join(endpoint.split("/")[:3])
    with pytest.raises(UnreachableError):
        await anna.fetch_card(origin)
    shop.published = b"a signed card"
    assert await anna.fetch_card(origin) == b"a signed card"


async def test_fetching_from_nobody_fails(world: World) -> None:
    anna, _ = await world.net(Taker())
    with pytest.raises(UnreachableError):
        await anna.fetch(world.nobody, HERE)
    with pytest.raises(UnreachableError):
        await anna.fetch_card(world.nobody)


# ---------------------------------------------------------------- ending


async def test_a_net_says_where_it_listens(world: World) -> None:
    net, endpoint = await world.net(Taker())
    assert read_endpoint(endpoint)[1:3] == net.address


async def test_a_net_that_closes_ends_every_link_and_is_not_reached_any_more(world: World) -> None:
    anna, shop = Taker(), Taker()
    net, _ = await world.net(anna)
    other, endpoint = await world.net(shop)
    links = [await net.dial(endpoint) for _ in range(3)]
    for link in links:
        await link.send((SHORTEST,))
    await shop.packets(3)
    await other.close()
    await anna.until(lambda: len(anna.ended) == 3)
    assert len(shop.ended) == 3
    assert not any(link.open for link in links)
    with pytest.raises(UnreachableError):
        await net.dial(endpoint)
    with pytest.raises(UnreachableError):
        await net.post(endpoint, SHORTEST)
    await other.close()


async def test_a_net_closes_although_its_receiver_lets_nothing_go(world: World) -> None:
    anna, shop = Taker(), Taker()
    net, _ = await world.net(anna)
    other, endpoint = await world.net(shop)
    shop.let_go.clear()
    link = await net.dial(endpoint)
    await link.send(numbered(3))
    await net.post(endpoint, SHORTEST)
    await shop.packets(2)
    await other.close()
    assert len(shop.ended) == 1
    assert len(shop.came) == 2
