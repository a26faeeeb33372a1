"""The public door of a node: packets, links, and what it publishes; no other route (spec 13 §3 to §6)."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from ipaddress import ip_address
from typing import Final, NamedTuple

from aiohttp import HttpVersion11, web

from pcloud.limits import SERVICE_BYTES_MAX
from pcloud.net.addresses import is_within, read_networks, source_of
from pcloud.net.answers import TAKEN, fixed, octets
from pcloud.net.budget import Allowance, Places
from pcloud.net.channel import Channel
from pcloud.net.connection import HEAD_TOO_LARGE, Connection
from pcloud.net.endpoint import read_endpoint
from pcloud.net.line import WebSocketLine
from pcloud.net.link import WebSocketLink
from pcloud.net.packet import (
    BLOB_BYTES_MAX,
    BLOB_TYPE,
    CARD_PATH,
    CARD_TYPE,
    INVITATIONS_PATH,
    LINK_PATH,
    PACKET_BYTES_MAX,
    PACKET_BYTES_MIN,
    PACKET_TYPE,
    PACKETS_PATH,
    SERVICE_PATH,
    SERVICE_SUBPROTOCOL,
    SUBPROTOCOL,
    read_mailbox,
    read_packet,
)
from pcloud.net.port import Receiver
from pcloud.net.settings import HEAD_BYTES_MAX, HEAD_FIELD_BYTES_MAX, HEADERS_MAX, NetSettings
from pcloud.net.tls import Threshold, server_context

_LOOPBACK_NAMES: Final = ("127.0.0.1", "[::1]", "localhost")
_LINE_BYTES: Final = 4
"""What a header takes beside name and value: colon, space, CR, LF."""
_START_BYTES: Final = 12
"""What a request line takes beside method and target: two spaces, the version, CR, LF."""

Answer = Callable[["Visit"], Awaitable[web.StreamResponse]]


class Visit(NamedTuple):
    """One request, with where it comes from."""

    request: web.BaseRequest
    connection: Connection
    source: str
    name: str
    """The last part of its path."""


class Upgraded(NamedTuple):
    """A connection that is a WebSocket from here on."""

    socket: web.WebSocketResponse
    channel: Channel


class Server:
    """Listens, and hands what comes to the receiver."""

    def __init__(self, settings: NetSettings, receiver: Receiver, elapsed: Callable[[], float]) -> None:
        self._settings = settings
        self._receiver = receiver
        caps = settings.caps
        self._places = Places(caps)
        self._lookups = Allowance(caps.lookups_per_min, 60, elapsed)
        self._proxies = read_networks(settings.trusted_proxies)
        self._visits: Counter[str] = Counter()
        self._waiting = 0
        self._requests: set[asyncio.Task[object]] = set()
        self._open: set[WebSocketLink | WebSocketLine] = set()
        self._library = web.Server(self._handle)
        self._listening: asyncio.Server | None = None
        self._hosts: frozenset[str] = frozenset()
        self._routes: dict[str, tuple[str, Answer]] = {CARD_PATH: ("GET", self._card)}
        self._families: dict[str, tuple[str, Answer]] = {}
        for prefix in {"", *(read_endpoint(text).path for text in settings.endpoints)}:
            self._routes[prefix + PACKETS_PATH] = ("POST", self._packet)
            self._routes[prefix + LINK_PATH] = ("GET", self._link)
            self._routes[prefix + SERVICE_PATH] = ("GET", self._service)
            self._families[prefix + INVITATIONS_PATH] = ("GET", self._invitation)

    # ---------------------------------------------------------------- listening

    async def start(self) -> tuple[str, int]:
        """Take the port; the address in use. Raises OSError where it cannot be had, or a file not be read."""
        settings = self._settings
        make: Callable[[], asyncio.Protocol] = partial(
            Connection, self._library, settings.deadlines, self._places, self._proxies
        )
        if settings.certificate is not None and settings.key is not None:
            context = server_context(settings.certificate, settings.key)
            make = partial(Threshold, context, settings.deadlines.handshake_s, self._places, make)
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(make, settings.host, settings.port, backlog=512)
        host, port = self._listening.sockets[0].getsockname()[:2]
        names = {f"{name}:{port}" for name in _LOOPBACK_NAMES}
        names |= {f"[{host}]:{port}" if ":" in host else f"{host}:{port}"}
        names |= {name.lower() for name in settings.hosts}
        self._hosts = frozenset(names).union(
            *(read_endpoint(text).authorities for text in settings.endpoints)
        )
        return host, port

    async def stop(self) -> None:
        """Let the port go, then end every connection."""
        if self._listening is None:
            return
        self._listening.close()
        await asyncio.gather(*(each.close() for each in list(self._open)))
        self._library.pre_shutdown()
        await self._library.shutdown(self._settings.deadlines.closing_s)
        for task in self._requests:
            task.cancel()  # what the receiver does not let go
        await asyncio.gather(*self._requests, return_exceptions=True)
        self._places.clear()
        await self._listening.wait_closed()
        self._listening = None

    # ---------------------------------------------------------------- every request

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection)
        task = asyncio.current_task()
        assert task is not None
        self._requests.add(task)
        connection.working()
        try:
            return await self._admit(request, connection)
        finally:
            connection.finished()
            self._requests.discard(task)

    async def _admit(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """What holds for every route, the cheapest first."""
        if _is_head_too_large(request):
            return fixed(HEAD_TOO_LARGE)
        if request.version != HttpVersion11:
            return fixed(400)
        absolute = not request.raw_path.startswith("/") and "://" in request.raw_path
        if absolute or request.headers.get("Host", "").lower() not in self._hosts:
            return fixed(421)
        if not request.raw_path.startswith("/"):
            return fixed(400)
        source = self._forwarded(request) if connection.proxied else connection.source
        if self._receiver.refused_often(source):
            return self._shut_out(connection)
        if not connection.proxied:
            return await self._route(request, connection, source)
        if self._visits[source] >= self._settings.caps.connections_per_source:
            return fixed(429)
        self._visits[source] += 1
        try:
            return await self._route(request, connection, source)
        finally:
            self._visits[source] -= 1
            if not self._visits[source]:
                del self._visits[source]

    async def _route(
        self, request: web.BaseRequest, connection: Connection, source: str
    ) -> web.StreamResponse:
        path = request.raw_path
        family, _, name = path.rpartition("/")
        method, answer = self._routes.get(path) or self._families.get(family) or ("", None)
        if answer not in (self._packet, self._link) and not self._lookups.take(source):
            return fixed(429)
        if answer is None:
            return fixed(404)
        if request.method != method:
            return fixed(405, {"Allow": method})
        if "Expect" in request.headers:
            return fixed(417)
        return await answer(Visit(request, connection, source, name))

    def _shut_out(self, connection: Connection) -> web.StreamResponse:
        """No answer; through a proxy the connection is not the stranger's, so there the shortest one."""
        if not connection.proxied:
            connection.abort()
        return fixed(429)

    def _forwarded(self, request: web.BaseRequest) -> str:
        """Where a request came from before the proxies of ours: the last address that is none of theirs."""
        hops = ",".join(request.headers.getall("X-Forwarded-For", ())).split(",")
        connection = request.protocol
        assert isinstance(connection, Connection)
        source = connection.source
        for hop in reversed(hops):
            try:
                address = ip_address(hop.strip())
            except ValueError:
                break
            source = source_of(address)
            if not is_within(address, self._proxies):
                break
        return source

    # ---------------------------------------------------------------- the routes

    async def _packet(self, visit: Visit) -> web.StreamResponse:
        """Take one packet. The answer is sent before anything looks at it (spec 13 §3)."""
        request = visit.request
        headers = request.headers
        if headers.get("Content-Type", "").lower() != PACKET_TYPE or _is_encoded(request):
            return fixed(415)
        if "Upgrade" in headers:
            return fixed(400)
        length = request.content_length
        if length is None:
            return fixed(411)
        if length > PACKET_BYTES_MAX:
            return fixed(413)
        if length < PACKET_BYTES_MIN:
            return fixed(400)
        if self._waiting >= self._settings.caps.waiting_posts:
            return fixed(503)
        data = await visit.connection.body(request.content, length)
        packet = None if data is None else read_packet(data)
        answer = fixed(TAKEN)
        if packet is None:
            visit.connection.abort()
            return answer
        visit.connection.shown()
        await answer.prepare(request)
        await answer.write_eof()
        self._waiting += 1
        try:
            await self._receiver.receive(packet, None, visit.source)
        finally:
            self._waiting -= 1
        return answer

    async def _link(self, visit: Visit) -> web.StreamResponse:
        """Open a link, and stay until it ends (spec 13 §4)."""
        opened = await self._upgrade(visit, SUBPROTOCOL, PACKET_BYTES_MAX)
        if not isinstance(opened, Upgraded):
            return opened
        link = WebSocketLink(opened.channel, visit.source, self._receiver, visit.connection.shown)
        self._open.add(link)
        try:
            await link.run()
        finally:
            self._open.discard(link)
        return opened.socket

    async def _service(self, visit: Visit) -> web.StreamResponse:
        """Open a service line, and stay until the receiver has served it (spec 13 §10)."""
        if not self._receiver.serves:
            return fixed(404)
        opened = await self._upgrade(visit, SERVICE_SUBPROTOCOL, SERVICE_BYTES_MAX)
        if not isinstance(opened, Upgraded):
            return opened
        line = WebSocketLine(opened.channel, visit.source, shown=visit.connection.shown)
        self._open.add(line)
        try:
            await self._receiver.serve(line)
        finally:
            self._open.discard(line)
            await line.close()
        return opened.socket

    async def _upgrade(
        self, visit: Visit, subprotocol: str, bytes_max: int
    ) -> "Upgraded | web.StreamResponse":
        """Make a WebSocket of a connection, or say why not."""
        request = visit.request
        headers = request.headers
        if headers.get("Upgrade", "").lower() != "websocket" or headers.get("Sec-WebSocket-Version") != "13":
            return fixed(426)
        offered = headers.get("Sec-WebSocket-Protocol", "").split(",")
        deadlines = self._settings.deadlines
        socket = web.WebSocketResponse(
            timeout=deadlines.closing_s,
            autoping=False,
            compress=False,
            max_msg_size=bytes_max + 1,  # the library refuses what reaches it
            protocols=(subprotocol,),
        )
        if subprotocol not in map(str.strip, offered) or not socket.can_prepare(request):
            return fixed(400)
        socket.headers["Server"] = "pcloud"
        try:
            async with asyncio.timeout(deadlines.handshake_s):
                await socket.prepare(request)
        except TimeoutError:
            visit.connection.abort()
            return socket
        return Upgraded(socket, Channel(socket, deadlines, visit.connection.abort))

    async def _invitation(self, visit: Visit) -> web.StreamResponse:
        mailbox = read_mailbox(visit.name)
        blob = None if mailbox is None else await self._receiver.blob(mailbox)
        return _published(visit, blob, BLOB_TYPE)

    async def _card(self, visit: Visit) -> web.StreamResponse:
        return _published(visit, await self._receiver.card(), CARD_TYPE)


def _published(visit: Visit, data: bytes | None, content_type: str) -> web.StreamResponse:
    if data is None or not 0 < len(data) <= BLOB_BYTES_MAX:
        return fixed(404)
    visit.connection.shown()
    return octets(data, content_type)


def _is_head_too_large(request: web.BaseRequest) -> bool:
    """[TRANSPORT-24], as far as the library has not seen it."""
    fields: Sequence[tuple[bytes, bytes]] = request.raw_headers
    lines = [len(name) + len(value) + _LINE_BYTES for name, value in fields]
    lines.append(len(request.method) + len(request.raw_path) + _START_BYTES)
    return len(fields) > HEADERS_MAX or max(lines) > HEAD_FIELD_BYTES_MAX or sum(lines) > HEAD_BYTES_MAX


def _is_encoded(request: web.BaseRequest) -> bool:
    return any(text.lower() != "identity" for text in request.headers.getall("Content-Encoding", ()))
