"""Behind a reverse proxy: each request says where it comes from, but only where the owner named the proxy."""

import asyncio

from tests.unit.net.raw import BODY, PACKET, frame, listening

from pcloud.net.settings import Caps

PROXY = ("127.0.0.1/32", "10.0.0.0/8")


async def test_the_source_is_the_last_address_that_is_no_proxy() -> None:
    """[TRANSPORT-22]: what stands before it is whatever the stranger wrote."""
    async with listening(trusted_proxies=PROXY) as node:
        for forwarded, source in (
            ("198.51.100.7", "198.51.100.7"),
            ("1.2.3.4, 198.51.100.7", "198.51.100.7"),
            ("1.2.3.4, 198.51.100.7, 10.1.1.1, 10.2.2.2", "198.51.100.7"),
            ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
            ("::ffff:198.51.100.7", "198.51.100.7"),
            ("1.2.3.4, nonsense", "127.0.0.1"),
            ("198.51.100.7:8080", "127.0.0.1"),
            ("", "127.0.0.1"),
        ):
            node.taker.came.clear()
            told = await node.ask(
                node.post(f"X-Forwarded-For: {forwarded}", "Content-Length: 21") + node.last()
            )
            assert told.statuses == [202, 404]
            assert [came[2] for came in node.taker.came] == [source], forwarded


async def test_several_headers_count_as_one() -> None:
    async with listening(trusted_proxies=PROXY) as node:
        fields = ("X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 198.51.100.7", "Content-Length: 21")
        await node.ask(node.post(*fields) + node.last())
        assert node.taker.came[0][2] == "198.51.100.7"


async def test_nobody_else_may_say_where_it_comes_from() -> None:
    """[TRANSPORT-22]"""
    async with listening(trusted_proxies=PROXY) as node:
        data = node.post("X-Forwarded-For: 198.51.100.7", "Content-Length: 21")
        await node.ask(data + node.last(), source="127.0.0.2")
        assert node.taker.came[0][2] == "127.0.0.2"
    async with listening() as node:
        await node.ask(node.post("X-Forwarded-For: 198.51.100.7", "Content-Length: 21") + node.last())
        assert node.taker.came[0][2] == "127.0.0.1"


async def test_who_is_shut_out_behind_a_proxy_is_told_so_and_others_are_served() -> None:
    """[TRANSPORT-12]: the connection is the proxy's."""
    async with listening(trusted_proxies=PROXY) as node:
        node.taker.shut_out.add("198.51.100.7")
        bad = node.post("X-Forwarded-For: 198.51.100.7", "Content-Length: 21")
        good = node.post("X-Forwarded-For: 198.51.100.8", "Content-Length: 21")
        assert (await node.ask(bad)).statuses == [429]
        assert (await node.ask(good + node.last())).statuses == [202, 404]
        assert node.took == [PACKET]


async def test_a_proxy_has_more_connections_than_one_source_and_a_source_behind_it_has_not() -> None:
    """[TRANSPORT-22]"""
    async with listening(trusted_proxies=PROXY, caps=Caps(connections_per_source=2)) as node:
        node.taker.let_go.clear()
        held = []
        for _ in range(2):
            _, writer = await asyncio.open_connection(node.host, node.port)
            writer.write(node.post("X-Forwarded-For: 198.51.100.7", "Content-Length: 21"))
            held.append(writer)
        await node.taker.packets(2)
        third = node.post("X-Forwarded-For: 198.51.100.7", "Content-Length: 21")
        assert (await node.ask(third)).statuses == [429]
        _, other = await asyncio.open_connection(node.host, node.port)
        other.write(node.post("X-Forwarded-For: 198.51.100.8", "Content-Length: 21"))
        await node.taker.packets(3)
        node.taker.let_go.set()
        for writer in (*held, other):
            writer.transport.abort()


async def test_a_link_through_a_proxy_has_the_source_of_its_stranger() -> None:
    async with listening(trusted_proxies=PROXY) as node:
        _, writer = await asyncio.open_connection(node.host, node.port)
        head = node.upgrade("Sec-WebSocket-Protocol: pcloud.1", "X-Forwarded-For: 198.51.100.7")
        writer.write(head + frame(BODY))
        await node.taker.packets(1)
        link = node.taker.came[0][1]
        assert link is not None
        assert link.source == node.taker.came[0][2] == "198.51.100.7"
        writer.transport.abort()
