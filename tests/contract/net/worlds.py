"""Nets of every kind in pairs, and a receiver that keeps what it gets."""

import asyncio
import datetime as dt
import ipaddress
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from pcloud.net.http import HttpNet
from pcloud.net.memory import MemoryNet, Switchboard
from pcloud.net.port import Line, Link, Net, Packet, Receiver
from pcloud.net.settings import Deadlines, NetSettings

LOOPBACK = ("127.0.0.0/8", "::1/128")
QUICK = Deadlines(closing_s=0.5)


class Taker:
    """A receiver that notes everything; `hold` makes it keep a packet until told."""

    def __init__(self) -> None:
        self.came: list[tuple[Packet, Link | None, str]] = []
        self.ended: list[Link] = []
        self.blobs: dict[bytes, bytes] = {}
        self.published: bytes | None = None
        self.shut_out: set[str] = set()
        self.service: Callable[[Line], Awaitable[None]] | None = None
        """What answers service lines; None where nothing does."""
        self.lines: list[Line] = []
        self.served = 0
        self.everybody_shut_out = False
        self.let_go = asyncio.Event()
        self.let_go.set()
        self._changed = asyncio.Condition()
        self._telling: asyncio.Task[None] | None = None

    async def receive(self, packet: Packet, link: Link | None, source: str) -> None:
        self.came.append((packet, link, source))
        await self._tell()
        await self.let_go.wait()

    def closed(self, link: Link) -> None:
        self.ended.append(link)
        self._telling = asyncio.get_running_loop().create_task(self._tell())

    def refused_often(self, source: str) -> bool:
        return self.everybody_shut_out or source in self.shut_out

    async def blob(self, mailbox: bytes) -> bytes | None:
        return self.blobs.get(mailbox)

    async def card(self) -> bytes | None:
        return self.published

    @property
    def serves(self) -> bool:
        return self.service is not None

    async def serve(self, line: Line) -> None:
        self.lines.append(line)
        await self._tell()
        assert self.service is not None
        await self.service(line)
        self.served += 1
        await self._tell()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait for what is expected; a test that waits in vain fails."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(true)

    async def packets(self, count: int) -> list[Packet]:
        """What came, once so many have come."""
        await self.until(lambda: len(self.came) >= count)
        return [packet for packet, _, _ in self.came]

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()


class World(Protocol):
    """Makes nets that can reach each other."""

    async def net(self, receiver: Receiver) -> tuple[Net, str]:
        """A net that listens, and its endpoint."""

    def silent(self) -> Net:
        """A net that does not listen; who made it closes it."""

    @property
    def nobody(self) -> str:
        """An endpoint at which nobody listens."""


class MemoryWorld:
    """Nets of one switchboard."""

    nobody = "https://nobody.example"

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack
        self._switchboard = Switchboard()

    async def net(self, receiver: Receiver) -> tuple[Net, str]:
        number = len(self._switchboard.nets) + 1
        endpoint = f"https://node{number}.example/pcloud"
        net = MemoryNet(self._switchboard, endpoint, f"memory:{number}")
        await net.listen(receiver)
        self._stack.push_async_callback(net.close)
        return net, endpoint

    def silent(self) -> Net:
        return MemoryNet(self._switchboard, "https://silent.example", "memory:silent")


class HttpWorld:
    """Nets on loopback, with or without TLS."""

    def __init__(self, stack: AsyncExitStack, certificate: "Certificate | None" = None) -> None:
        self._stack = stack
        self._settings = NetSettings(allow_private=LOOPBACK, deadlines=QUICK)
        self._scheme = "http"
        if certificate is not None:
            self._scheme = "https"
            self._settings = replace(
                self._settings,
                certificate=certificate.chain,
                key=certificate.key,
                authorities=certificate.chain,
            )

    @property
    def nobody(self) -> str:
        return f"{self._scheme}://127.0.0.1:1025"

    async def net(self, receiver: Receiver) -> tuple[Net, str]:
        net = HttpNet(self._settings)
        await net.listen(receiver)
        self._stack.push_async_callback(net.close)
        host, port = net.address
        return net, f"{self._scheme}://{host}:{port}"

    def silent(self) -> Net:
        return HttpNet(self._settings)


class Certificate:
    """A certificate of one's own for loopback, and its key, as files."""

    def __init__(self, folder: Path) -> None:
        self.chain, self.key = folder / "chain.pem", folder / "key.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a node in a test")])
        now = dt.datetime.now(dt.UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=30))
            .add_extension(
                x509.SubjectAlternativeName(
                    [
                        x509.DNSName("node.example"),
                        x509.DNSName("localhost"),
                        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
                    ]
                ),
                critical=False,
            )
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.chain.write_bytes(made.public_bytes(Encoding.PEM))
        self.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
