"""Under which names a node answers, and under which paths: no page in a browser reaches it by its own."""

from itertools import product

import pytest
from tests.unit.net.raw import PACKET, listening

from pcloud.net.packet import CARD_PATH, LINK_PATH, PACKETS_PATH

ENDPOINTS = ("https://node.example", "https://other.example:8443/base", "http://[::1]:8080/six")


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:{port}",
        "localhost.attacker.example:{port}",
        "127.0.0.1.nip.io:{port}",
        "a@localhost:{port}",
        "localhost:{port}@attacker.example",
        "localhost",
        "localhost:0",
        "localhost.:{port}",
        "127.1:{port}",
        "2130706433:{port}",
        "0.0.0.0:{port}",
        "l\xf6calhost:{port}",
        "node.example:80",
        "node.example.",
        "other.example",
        " ",
    ],
)
async def test_a_name_that_is_none_of_this_node_is_refused_before_its_path(host: str) -> None:
    """[TRANSPORT-23]"""
    async with listening(endpoints=ENDPOINTS) as node:
        shown = host.format(port=node.port)
        for method, path in product(("GET", "POST"), (PACKETS_PATH, LINK_PATH, CARD_PATH, "/nothing")):
            told = await node.ask(node.post(start=f"{method} {path} HTTP/1.1", host=shown))
            assert told.statuses == [421]
        assert not node.took


async def test_no_name_two_names_and_a_target_with_a_name_are_refused() -> None:
    """[TRANSPORT-23], [TRANSPORT-25]"""
    async with listening() as node:
        own = f"localhost:{node.port}"
        assert (await node.ask(node.post(host=""))).statuses == [400]
        assert (await node.ask(node.post(f"Host: {own}", "Content-Length: 21"))).statuses == [400]
        assert (await node.ask(node.post("Host: a.example", "Content-Length: 21"))).statuses == [400]
        for name in (own, "attacker.example"):
            start = f"POST http://{name}{PACKETS_PATH} HTTP/1.1"
            assert (await node.ask(node.post(start=start))).statuses == [421]
        assert not node.took


async def test_a_node_answers_to_its_own_names() -> None:
    """[TRANSPORT-23]"""
    async with listening(endpoints=ENDPOINTS, hosts=("Nas.lan:80",)) as node:
        names = [
            f"localhost:{node.port}",
            f"127.0.0.1:{node.port}",
            f"[::1]:{node.port}",
            f"LOCALHOST:{node.port}",
            "node.example",
            "node.example:443",
            "other.example:8443",
            "[::1]:8080",
            "nas.lan:80",
        ]
        for name in names:
            assert (await node.ask(node.post(host=name) + node.last())).statuses == [202, 404], name
        assert node.took == [PACKET] * len(names)


async def test_the_paths_of_own_endpoints_are_answered_and_no_others() -> None:
    """[TRANSPORT-6], [TRANSPORT-20]"""
    async with listening(endpoints=ENDPOINTS) as node:
        for prefix, status in (("", 202), ("/base", 202), ("/six", 202), ("/bas", 404), ("/base/six", 404)):
            data = node.post(start=f"POST {prefix}{PACKETS_PATH} HTTP/1.1")
            assert (await node.ask(data + node.last())).statuses == [status, 404]


async def test_a_node_on_ipv6_answers_to_its_address() -> None:
    """[TRANSPORT-23]"""
    async with listening(host="::1") as node:
        told = await node.ask(node.post(host=f"[::1]:{node.port}") + node.last(), source="::1")
        assert told.statuses == [202, 404]
        assert node.taker.came[0][2] == "::/64"


async def test_no_answer_names_software_or_repeats_a_request() -> None:
    """[TRANSPORT-26]"""
    canary = "canary123"
    async with listening() as node:
        asked = [
            node.post(f"X-Canary: {canary}", "Content-Length: 21") + node.last(),
            node.head(f"GET /{canary} HTTP/1.1", "Connection: close"),
            node.head(f"{canary} / HTTP/1.1"),
            node.head("GET / HTTP/1.1", canary),
            node.post(f"Content-Length: {canary}"),
            node.post(f"Content-Encoding: {canary}", "Content-Length: 21"),
            node.post(host=canary),
            node.upgrade(f"Sec-WebSocket-Protocol: {canary}"),
            node.head(f"GET {LINK_PATH} HTTP/1.1", f"Upgrade: {canary}"),
        ]
        for data in asked:
            told = await node.ask(data)
            assert told.statuses
            shown = told.data.lower()
            for word in (canary.encode(), b"python", b"aiohttp", b"traceback", b"<html"):
                assert word not in shown
            assert shown.count(b"server: pcloud\r\n") == len(told.statuses)


async def test_every_refusal_is_empty() -> None:
    """[TRANSPORT-7]"""
    async with listening() as node:
        for data in (
            node.post(host="a.example"),
            node.post("Content-Length: 1"),
            node.post("Expect: x", "Content-Length: 21"),
            node.post(kind="Content-Type: a/b"),
            node.post(start=f"PUT {PACKETS_PATH} HTTP/1.1"),
            node.head(f"GET {LINK_PATH} HTTP/1.1"),
            b"none\r\n\r\n",
        ):
            told = await node.ask(data)
            assert len(told.statuses) == 1
            assert b"\r\nContent-Length: 0\r\n" in told.data
            assert told.data.endswith(b"\r\n\r\n")
