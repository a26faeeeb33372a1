"""Whom a node dials: a stranger's endpoint reaches nothing inside, and nothing but what was looked at."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from tests.contract.net.worlds import LOOPBACK, Certificate, Taker
from tests.unit.net.raw import PACKET, USUAL, listening

from pcloud.net.addresses import Address
from pcloud.net.http import HttpNet
from pcloud.net.outbound import Outbound
from pcloud.net.port import Net, UnreachableError
from pcloud.net.reasons import MAY_NOT, TOO_OFTEN
from pcloud.net.settings import Caps, NetSettings

_touched: list[tuple[str, Any]] | None = None


def _notice(event: str, arguments: tuple[Any, ...]) -> None:
    if _touched is not None and event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
        _touched.append((event, arguments[1] if event == "socket.connect" else arguments[0]))


sys.addaudithook(_notice)


@contextmanager
def watched() -> Iterator[list[tuple[str, Any]]]:
    """What the interpreter connects to and resolves, whoever asks it to."""
    global _touched  # noqa: PLW0603 - an audit hook cannot be taken away again
    noticed: list[tuple[str, Any]] = []
    _touched = noticed
    try:
        yield noticed
    finally:
        _touched = None


class Names:
    """A resolver that says what a test wants, each answer once where several are given."""

    def __init__(self, **answers: Sequence[str]) -> None:
        self.answers = {name.replace("_", "."): list(answer) for name, answer in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, name: str, port: int) -> Sequence[str]:
        del port
        self.asked.append(name)
        if name not in self.answers:
            raise OSError("no such name")
        return self.answers[name]


WAYS: dict[str, Callable[[Net, str], Awaitable[object]]] = {
    "dial": lambda net, endpoint: net.dial(endpoint),
    "post": lambda net, endpoint: net.post(endpoint, PACKET),
    "fetch": lambda net, endpoint: net.fetch(endpoint, PACKET.mailbox),
    "card": lambda net, endpoint: net.fetch_card(endpoint),
}

INSIDE = """
    127.0.0.1 127.1 2130706433 0x7f000001 0177.0.0.1 0 0.0.0.0
    [::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [64:ff9b::7f00:1] [2002:7f00:1::] [fe80::1%25eth0] [fe80::1]
    [fc00::1] [ff02::1] [2001:0:7f00:1::] [::127.0.0.1]
    10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 169.254.169.254 [::ffff:a9fe:a9fe] 198.18.0.1 192.0.0.1
    192.88.99.1 224.0.0.1 240.0.0.1 255.255.255.255
    localhost localhost. LOCALHOST foo.localhost node.local node.internal node.home.arpa nas.lan intranet
    public.example. PUBLIC.EXAMPLE b\u00fccher.example node.onion nowhere.invalid
    user@public.example user:word@public.example public.example:22 public.example:25 public.example:6379
    public.example:0 public.example:65536 public.example:80 public.example:1024
    inside.example mixed.example mapped.example many.example none.example unknown.example
""".split()


def names() -> Names:
    return Names(
        public_example=["8.8.8.8", "2606:4700::1111"],
        inside_example=["127.0.0.1"],
        mixed_example=["8.8.8.8", "10.0.0.1"],
        mapped_example=["64:ff9b::7f00:1"],
        many_example=[f"8.8.8.{n}" for n in range(17)],
        none_example=[],
        localhost=["127.0.0.1"],
        node_onion=["8.8.8.8"],
        nowhere_invalid=["8.8.8.8"],
        **{name.replace(".", "_"): ["8.8.8.8"] for name in ("foo.localhost", "node.local", "intranet")},
    )


@pytest.mark.parametrize("host", INSIDE)
async def test_an_endpoint_that_leads_inside_is_not_dialled(host: str) -> None:
    """[TRANSPORT-28], [TRANSPORT-30], [TRANSPORT-33]"""
    net = HttpNet(NetSettings(deadlines=USUAL), names())
    await net.listen(Taker())
    for way in WAYS.values():
        with watched() as touched, pytest.raises(UnreachableError) as refused:
            await way(net, f"https://{host}")
        assert touched == []
        assert host not in str(refused.value)
    await net.close()


@pytest.mark.parametrize(
    "text",
    [
        "http://public.example",
        "http://8.8.8.8:8443",
        "ftp://public.example",
        "file:///etc/passwd",
        "gopher://public.example",
        "unix:/run/docker.sock",
        "data:text/plain,x",
        "ws://public.example",
        "wss://public.example",
        "",
    ],
)
async def test_another_scheme_is_not_dialled(text: str) -> None:
    """[TRANSPORT-1], [TRANSPORT-2]"""
    net = HttpNet(NetSettings(deadlines=USUAL), names())
    await net.listen(Taker())
    for way in WAYS.values():
        with watched() as touched, pytest.raises(UnreachableError):
            await way(net, text)
        assert touched == []
    await net.close()


async def reached(text: str, lookup: Names | None = None, settings: NetSettings | None = None) -> object:
    """The addresses that may be dialled for an endpoint, or why none may. Nothing is dialled."""
    outbound = Outbound(settings or NetSettings(), lookup or names(), lambda: 0.0)
    try:
        async with outbound.attempt(text) as way:
            return way.checked
    except UnreachableError as refused:
        return str(refused)


def those(*texts: str) -> frozenset[Address]:
    return frozenset(map(ip_address, texts))


async def test_a_public_endpoint_may_be_dialled_at_all_its_addresses() -> None:
    assert await reached("https://public.example") == those("8.8.8.8", "2606:4700::1111")
    assert await reached("https://8.8.8.8:8443/p") == those("8.8.8.8")
    assert await reached("https://[2606:4700::1111]:7012") == those("2606:4700::1111")
    nat64 = Names(six_example=["64:ff9b::8.8.8.8"])
    assert await reached("https://six.example", nat64) == those("64:ff9b::808:808")


@pytest.mark.parametrize("port", [1, 22, 25, 80, 444, 1_023, 1_024, 6_379, 7_011, 8_080, 9_200, 65_535])
async def test_another_port_of_a_public_address_is_not_dialled(port: int) -> None:
    """[TRANSPORT-30]"""
    assert await reached(f"https://public.example:{port}") == MAY_NOT


async def test_own_addresses_are_not_dialled() -> None:
    """[TRANSPORT-28]: through the router they lead inside."""
    own = NetSettings(own_addresses=("8.8.8.8",), endpoints=("https://9.9.9.9", "https://me.example"))
    for host in ("8.8.8.8", "[::ffff:8.8.8.8]", "[64:ff9b::808:808]", "9.9.9.9", "public.example"):
        assert await reached(f"https://{host}", settings=own) == MAY_NOT
    assert await reached("https://1.1.1.1", settings=own) == those("1.1.1.1")


async def test_a_network_that_the_owner_allowed_is_dialled_and_no_other() -> None:
    """[TRANSPORT-2], [TRANSPORT-30], [TRANSPORT-33]"""
    lan = NetSettings(allow_private=("192.168.1.0/24", "fd00::/8"))
    inside = Names(
        nas=["192.168.1.9"],
        nas_local=["192.168.1.9", "fd00::9"],
        other_local=["192.168.2.9"],
        both_example=["192.168.1.9", "8.8.8.8"],
        mixed_local=["192.168.1.9", "10.0.0.1"],
    )
    assert await reached("http://192.168.1.9:1024", settings=lan) == those("192.168.1.9")
    assert await reached("https://192.168.1.9", settings=lan) == those("192.168.1.9")
    assert await reached("http://[::ffff:192.168.1.9]:8080", settings=lan) == those("::ffff:c0a8:109")
    assert await reached("http://nas:8080", inside, lan) == those("192.168.1.9")
    assert await reached("http://nas.local:8080", inside, lan) == those("192.168.1.9", "fd00::9")
    assert await reached("https://both.example", inside, lan) == those("192.168.1.9", "8.8.8.8")
    for text in (
        "http://192.168.1.9",
        "http://192.168.1.9:22",
        "https://192.168.1.9:1023",
        "http://192.168.2.9:8080",
        "http://127.0.0.1:8080",
        "http://[2002:c0a8:109::]:8080",
        "http://other.local:8080",
        "https://mixed.local:8443",
        "http://both.example:8443",
    ):
        assert await reached(text, inside, lan) == MAY_NOT, text


# ---------------------------------------------------------------- what is dialled


async def test_what_was_looked_at_is_what_is_dialled() -> None:
    """[TRANSPORT-29]: a name that changes its address in between reaches nothing else."""

    class Rebinding(Names):
        async def __call__(self, name: str, port: int) -> Sequence[str]:
            answer = await super().__call__(name, port)
            self.answers[name] = ["127.0.0.1"]
            return answer

    async with listening(host="127.0.0.2", hosts=()) as good, listening() as inside:
        lookup = Rebinding(node_example=["127.0.0.2"])
        net = HttpNet(NetSettings(allow_private=("127.0.0.2/32",), deadlines=USUAL), lookup)
        endpoint = f"http://node.example:{good.port}"
        with watched() as touched, pytest.raises(UnreachableError, match="421"):
            await net.post(endpoint, PACKET)  # it got there, under a name that the node does not have
        assert touched == [("socket.connect", ("127.0.0.2", good.port))]
        assert lookup.asked == ["node.example"]
        with watched() as touched, pytest.raises(UnreachableError, match=MAY_NOT):
            await net.post(endpoint, PACKET)
        assert touched == []
        assert not inside.took
        await net.close()


async def test_no_socket_is_made_to_what_was_not_looked_at() -> None:
    """[TRANSPORT-29]: whatever the library comes to think of."""
    outbound = Outbound(NetSettings(), names(), lambda: 0.0)
    async with outbound.attempt("https://public.example") as way:
        for address in (("127.0.0.1", 443), ("1.1.1.1", 443)):
            with pytest.raises(OSError):  # noqa: PT011 - without a text: it may be logged
                way._make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", address))
        with way._make_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 443))) as made:
            assert made.fileno() > 0


async def test_the_name_stays_in_tls_and_in_the_request(certificate: Certificate) -> None:
    """[TRANSPORT-2], [TRANSPORT-29]"""
    shown: list[str | None] = []
    heads: list[bytes] = []
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.chain, certificate.key)
    context.sni_callback = lambda _, name, __: shown.append(name)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        port = server.sockets[0].getsockname()[1]
        settings = NetSettings(allow_private=LOOPBACK, authorities=certificate.chain, deadlines=USUAL)
        net = HttpNet(settings, Names(node_example=["127.0.0.1"], other_example=["127.0.0.1"]))
        await net.post(f"https://node.example:{port}", PACKET)
        assert shown == ["node.example"]
        assert f"\r\nHost: node.example:{port}\r\n".encode() in heads[0]
        with pytest.raises(UnreachableError, match="certificate"):
            await net.post(f"https://other.example:{port}", PACKET)
        with pytest.raises(UnreachableError, match="certificate"):
            await HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=USUAL)).post(
                f"https://localhost:{port}", PACKET
            )
        assert len(heads) == 1
        await net.close()


async def test_nothing_of_the_environment_is_used_and_nothing_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """[TRANSPORT-31]: no proxy, no credential, no cookie, no name of software."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 202 Accepted\r\nSet-Cookie: seen=1; Path=/\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with listening() as proxy, await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.endpoint)
            monkeypatch.setenv(name.upper(), proxy.endpoint)
        secrets = tmp_path / "netrc"
        secrets.write_text("default login owner password secret\n")
        monkeypatch.setenv("NETRC", str(secrets))
        port = server.sockets[0].getsockname()[1]
        net = HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=USUAL))
        for _ in range(2):
            await net.post(f"http://127.0.0.1:{port}", PACKET)
        await net.close()
        assert not proxy.took
    for head in heads:
        fields = {line.partition(b":")[0] for line in head.split(b"\r\n")[1:] if line}
        assert fields == {b"Host", b"Content-Type", b"Content-Length", b"Accept-Encoding", b"Connection"}
    assert len(heads) == 2


async def test_each_post_has_a_connection_of_its_own() -> None:
    """[TRANSPORT-3]"""
    async with listening() as node:
        net = HttpNet(NetSettings(allow_private=LOOPBACK, deadlines=USUAL))
        with watched() as touched:
            for _ in range(3):
                await net.post(node.endpoint, PACKET)
        assert [what for what, _ in touched] == ["socket.connect"] * 3
        await net.close()


# ---------------------------------------------------------------- how often


async def test_one_host_is_asked_for_sixty_blobs_in_an_hour() -> None:
    """[TRANSPORT-32]"""
    now = 0.0
    outbound = Outbound(NetSettings(), names(), lambda: now)

    async def ask(host: str, *, unasked: bool = True) -> None:
        async with outbound.attempt(f"https://{host}", unasked=unasked):
            pass

    for _ in range(60):
        await ask("public.example")
    with pytest.raises(UnreachableError, match=TOO_OFTEN):
        await ask("public.example")
    await ask("public.example", unasked=False)
    await ask("1.1.1.1")
    now = 59.0
    with pytest.raises(UnreachableError, match=TOO_OFTEN):
        await ask("public.example")
    now = 119.0
    await ask("public.example")
    with pytest.raises(UnreachableError, match=TOO_OFTEN):
        await ask("public.example")


async def test_a_host_that_is_no_node_is_dialled_eight_times_and_then_not_for_a_while() -> None:
    """[TRANSPORT-32]"""
    settings = NetSettings(deadlines=USUAL, caps=Caps(dial_pause_s=0.3))
    outbound = Outbound(settings, names(), lambda: 0.0)
    tried = 0

    async def fail(host: str) -> None:
        nonlocal tried
        with suppress(UnreachableError):
            async with outbound.attempt(f"https://{host}"):
                tried += 1
                raise ConnectionRefusedError

    await asyncio.gather(*(fail("public.example") for _ in range(8)))
    assert tried == 8
    ninth = asyncio.create_task(fail("public.example"))
    await fail("1.1.1.1")
    assert tried == 9, "another host has its own turns"
    assert not ninth.done()
    await ninth  # after the pause
    assert tried == 10


async def test_who_waits_too_long_for_a_turn_gives_up() -> None:
    """[TRANSPORT-32]"""
    settings = NetSettings(
        deadlines=replace(USUAL, outgoing_s=0.1), caps=Caps(dials_at_once=1, dial_pause_s=60)
    )
    outbound = Outbound(settings, names(), lambda: 0.0)
    entered = 0
    for _ in range(2):
        with suppress(UnreachableError):
            async with outbound.attempt("https://public.example"):
                entered += 1
                raise ConnectionRefusedError
    assert entered == 1


async def test_a_host_that_answers_is_not_slowed() -> None:
    """[TRANSPORT-32]"""
    outbound = Outbound(NetSettings(caps=Caps(dials_at_once=1, dial_pause_s=60)), names(), lambda: 0.0)
    for _ in range(50):
        async with outbound.attempt("https://public.example"):
            pass
