"""The one way out: every connection that a node opens to others is checked and made here (spec 13 §8).

An endpoint is a stranger's word. Before anything is dialled its text, its port, its name and every address
behind the name are looked at; what is dialled is a checked address and nothing else, once, without proxy,
redirect, cookie or credential. A test keeps every other module from opening connections.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from ipaddress import ip_address
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from pcloud.net.addresses import Address, is_public, is_within, read_networks, unwrapped
from pcloud.net.budget import Allowance, Turns
from pcloud.net.endpoint import Endpoint, read_endpoint, read_target
from pcloud.net.port import UnreachableError
from pcloud.net.reasons import MAY_NOT, NO_ANSWER, NO_CERTIFICATE, TOO_OFTEN, WRONG_ANSWER
from pcloud.net.settings import HEAD_FIELD_BYTES_MAX, HEADERS_MAX, NetSettings
from pcloud.net.tls import client_context

PUBLIC_PORTS: Final = frozenset({443, 7012, 8443})
"""Where public nodes are: HTTPS, pcloud, and HTTPS beside another server."""

PRIVATE_PORT_MIN: Final = 1_024
"""In a network that the owner allowed, every port from here on may be dialled too."""

ADDRESSES_MAX: Final = 16
"""Addresses behind one name; a name with more is not dialled."""

_INNER_NAMES: Final = ("localhost", "local", "internal", "home.arpa", "lan", "home", "intranet")
_NEVER: Final = ("onion", "invalid")

Lookup = Callable[[str, int], Awaitable[Sequence[str]]]
"""From a name and a port to addresses. Raises OSError."""


async def system_lookup(name: str, port: int) -> Sequence[str]:
    """What the resolver of the system says."""
    found = await asyncio.get_running_loop().getaddrinfo(name, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


class Way:
    """A checked endpoint, and a session that can reach nothing else."""

    def __init__(self, endpoint: Endpoint, addresses: Sequence[Address], tls: ssl.SSLContext | None) -> None:
        self.endpoint = endpoint
        self.kept = False
        """Set by who goes on with the connection, and will close it."""
        self.checked = frozenset(addresses)
        """The only addresses that it dials."""
        self._sockets: list[socket.socket] = []
        connector = aiohttp.TCPConnector(
            resolver=_Checked(endpoint.host, addresses),
            use_dns_cache=False,
            force_close=True,
            limit=1,
            ssl=True if tls is None else tls,
            socket_factory=self._make_socket,
        )
        self.session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(),  # ours is around everything
            trust_env=False,
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept"),
            headers={"Accept-Encoding": "identity"},
            max_line_size=HEAD_FIELD_BYTES_MAX,
            max_field_size=HEAD_FIELD_BYTES_MAX,
            max_headers=HEADERS_MAX,
            middlewares=(_Once(),),
        )
        """Good for one request: a connection is never shared, so that nothing links two of them."""

    def url(self, path: str) -> str:
        """Where a path of the protocol is: below that of the endpoint."""
        return self.endpoint.origin + self.endpoint.path + path

    def cut(self) -> None:
        """End the connection at once; what was not sent is lost."""
        for each in self._sockets:
            with suppress(OSError):  # it has ended already
                each.shutdown(socket.SHUT_RDWR)

    async def close(self, seconds: float) -> None:
        """End the connection, within this time. The library would keep it until all is sent, however long."""
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self.session.close()
        finally:
            self.cut()

    def _make_socket(self, info: Any) -> socket.socket:
        """A socket to a checked address, whatever else the library comes to think of."""
        family, kind, protocol, _, address = info
        if ip_address(address[0]) not in self.checked:
            raise OSError
        made = socket.socket(family, kind, protocol)
        self._sockets.append(made)
        return made


class Outbound:
    """Checks, rations and opens what goes out."""

    def __init__(self, settings: NetSettings, lookup: Lookup, elapsed: Callable[[], float]) -> None:
        caps = settings.caps
        self._lookup = lookup
        self._deadline_s = settings.deadlines.outgoing_s
        self._closing_s = settings.deadlines.closing_s
        self._allowed = read_networks(settings.allow_private)
        self._own = frozenset(_own_addresses(settings))
        self._turns = Turns(caps.dials_at_once, caps.dial_pause_s)
        self._fetches = Allowance(caps.fetches_per_h, 3_600, elapsed)
        self._authorities = settings.authorities
        self._tls: ssl.SSLContext | None = None

    @asynccontextmanager
    async def attempt(self, text: str, *, unasked: bool = False) -> AsyncIterator[Way]:
        """Check an endpoint, and lend a way to it for one request; every outgoing connection begins here.

        `unasked` is for what no relationship asks for: invitations and cards. Raises UnreachableError for
        whatever goes wrong inside, without the address; the caller's time is bounded too.
        """
        try:
            async with AsyncExitStack() as stack:
                await stack.enter_async_context(asyncio.timeout(self._deadline_s))
                endpoint = read_target(text)
                addresses = await self._resolve(endpoint)
                if not all(is_within(address, self._allowed) for address in addresses):
                    self._ration(endpoint, unasked=unasked)
                    await stack.enter_async_context(self._turns.at(endpoint.authority))
                way = Way(endpoint, addresses, self._context() if endpoint.scheme == "https" else None)
                try:
                    yield way
                finally:
                    if not way.kept:
                        await way.close(self._closing_s)
        except UnreachableError:
            raise
        except TimeoutError:
            raise UnreachableError(NO_ANSWER) from None
        except aiohttp.ClientSSLError:
            raise UnreachableError(NO_CERTIFICATE) from None
        except (aiohttp.ClientConnectionError, OSError):
            raise UnreachableError(NO_ANSWER) from None
        except aiohttp.ClientError:
            raise UnreachableError(WRONG_ANSWER) from None

    async def _resolve(self, endpoint: Endpoint) -> list[Address]:
        """All addresses of an endpoint, each of which may be dialled. Raises UnreachableError, OSError."""
        try:
            addresses = [ip_address(endpoint.host)]
        except ValueError:
            if not self._may_look_up(endpoint.host):
                raise UnreachableError(MAY_NOT) from None
            found = await self._lookup(endpoint.host, endpoint.port)
            addresses = [ip_address(text) for text in found]
        if not 0 < len(addresses) <= ADDRESSES_MAX:
            raise UnreachableError(NO_ANSWER)
        # All of them: a name with one good address and one bad one is somebody's trick.
        if not all(self._may_dial(endpoint, address) for address in addresses):
            raise UnreachableError(MAY_NOT)
        return addresses

    def _ration(self, endpoint: Endpoint, *, unasked: bool) -> None:
        if unasked and not self._fetches.take(endpoint.authority):
            raise UnreachableError(TOO_OFTEN)

    def _may_look_up(self, name: str) -> bool:
        """Names that mean something inside a network only are for owners who opened theirs."""
        labels = name.split(".")
        if labels[-1] in _NEVER:
            return False
        inner = len(labels) == 1 or any(name == end or name.endswith(f".{end}") for end in _INNER_NAMES)
        return bool(self._allowed) or not inner

    def _may_dial(self, endpoint: Endpoint, address: Address) -> bool:
        if is_within(address, self._allowed):
            return endpoint.port in PUBLIC_PORTS or endpoint.port >= PRIVATE_PORT_MIN
        return (
            endpoint.scheme == "https"
            and endpoint.port in PUBLIC_PORTS
            and is_public(address)
            and unwrapped(address) not in self._own
        )

    def _context(self) -> ssl.SSLContext:
        """Made when it is first needed: it reads the system's authorities, which takes a while."""
        if self._tls is None:
            self._tls = client_context(self._authorities)
        return self._tls


class _Once:
    """Lets one request out and no redirect: the library would follow, and try again by itself."""

    def __init__(self) -> None:
        self._used = False

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        if self._used:
            raise aiohttp.ClientConnectionError
        self._used = True
        answer = await handler(request)
        if answer.status in range(300, 400):
            answer.close()
            raise aiohttp.ClientError
        return answer


class _Checked(AbstractResolver):
    """Knows one name, by the addresses that were checked."""

    def __init__(self, name: str, addresses: Sequence[Address]) -> None:
        self._name = name
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The checked addresses. Raises OSError for another name."""
        del family
        if host != self._name:
            raise OSError
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,  # noqa: PLR2004 - IPv4
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in self._addresses
        ]

    async def close(self) -> None:
        """There is nothing to close."""


def _own_addresses(settings: NetSettings) -> Iterator[Address]:
    for text in settings.own_addresses:
        yield ip_address(text)
    for text in settings.endpoints:
        try:
            yield ip_address(read_endpoint(text).host)
        except ValueError:  # a name; peers may live behind the same one
            continue
