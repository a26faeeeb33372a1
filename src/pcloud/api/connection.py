"""Connections to the owner API and the page, with the deadlines and caps that aiohttp does not have."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.hdrs import RETRY_AFTER, WWW_AUTHENTICATE

from pcloud.api.guard import HEADERS, literal
from pcloud.api.problems import MEDIA_TYPE, Problem, make_problem

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS_MAX: Final = 64
HEADER_LINE_BYTES_MAX: Final = 8_190

BACKLOG: Final = 128
"""Connections that wait to be accepted; the cap on accepted ones is in `Bounds`."""

LINGER_S_MAX: Final = 1
"""For the rest of a body that nobody wants any more, so that the other end reads why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one listener gives to whoever connects. Each listener has its own, so none can starve another."""

    connections_max: int = 64
    streams_max: int = 16
    """Streams of events among them."""
    idle_s_max: float = 30
    """From the opening, or from the last answer, to the end of the next request's headers."""
    body_s_max: float = 10
    """For a whole body, once the headers are there."""
    write_s_max: float = 30
    """For the other end to take a whole answer, or one event of a stream."""
    beat_s: float = 15
    """A stream in which nothing happens shows that often that it is there."""
    stop_s_max: float = 5
    """For answers under way when the node stops."""
    handshake_s_max: float = 5
    """For TLS, where there is any."""


class Connection(web.RequestHandler):
    """What aiohttp has, and: errors without their cause, and a sign that it ended."""

    __slots__ = ("_gate", "ended")

    def __init__(self, gate: "Gate") -> None:
        loop = asyncio.get_running_loop()
        super().__init__(
            gate.server,
            loop=loop,
            access_log=None,  # type: ignore[arg-type]  # for none, as its documents say
            auto_decompress=False,
            keepalive_timeout=gate.bounds.idle_s_max,
            lingering_time=LINGER_S_MAX,
            max_field_size=HEADER_LINE_BYTES_MAX,
            max_headers=HEADERS_MAX,
            max_line_size=HEADER_LINE_BYTES_MAX,
        )
        self._gate = gate
        self.ended: asyncio.Future[None] = loop.create_future()
        """Done when the other end is gone, or when the node stops: what streams for ever looks at it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it, or turn it away where the node stops or there are too many.

        Without a word: to wait until one is read would keep open just what there is too much of.
        """
        assert isinstance(transport, asyncio.Transport), "streams are all that is listened for"
        if self._gate.has_room():
            super().connection_made(transport)
            return
        transport.set_protocol(asyncio.Protocol())
        transport.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Tell whoever streams."""
        self.end()
        super().connection_lost(exc)

    def end(self) -> None:
        """Ask what streams over this connection to come to its end."""
        if not self.ended.done():
            self.ended.set_result(None)

    def drop(self) -> None:
        """End it at once, without what was not taken."""
        self.end()
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = HTTPStatus.INTERNAL_SERVER_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Refuse what is no HTTP. What was wrong stays untold and unlogged: it may hold what was sent."""
        if request.writer.output_size:
            raise ConnectionResetError("part of an answer is sent already")
        problem = make_problem(HTTPStatus(status), "invalid", "This is no valid HTTP.")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log_exception(message or "outside of every handler", exc_info=exc)
            problem = make_problem(HTTPStatus(status), "internal", "This is a fault of the node.")
        response = problem_response(problem)
        response.headers.update(HEADERS)
        response.force_close()
        return response


class Gate:
    """What the connections of one listener have in common: how many there are, and that they end together."""

    def __init__(self, server: web.Server, bounds: Bounds) -> None:
        self.server = server
        self.bounds = bounds
        self._closed = False

    def __call__(self) -> Connection:
        """The protocol of one more connection."""
        return Connection(self)

    def has_room(self) -> bool:
        """Whether one more can be taken now."""
        return not self._closed and len(self.server.connections) < self.bounds.connections_max

    def close(self) -> None:
        """Turn away who comes now, as some are accepted late, and ask all streams to come to their end."""
        self._closed = True
        for connection in self.server.connections:
            if isinstance(connection, Connection):
                connection.end()


def shell(answer: Callable[[web.Request, Handler], Awaitable[web.StreamResponse]], bounds: Bounds) -> Any:
    """Around every request of a listener: it is answered, and the answer is taken in time or dropped."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        connection = request.protocol
        assert isinstance(connection, Connection), "every listener makes its connections so"
        response = await answer(request, handler)
        if request.writer.output_size and not response.prepared:
            connection.drop()  # a stream that broke off: nothing can be said in it any more
        try:
            async with asyncio.timeout(bounds.write_s_max):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            connection.drop()
        return response

    return around


async def listen(
    stack: AsyncExitStack,
    app: web.Application,
    ends: Sequence[socket.socket],
    bounds: Bounds,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serve an application until the stack is closed."""
    runner = web.AppRunner(app, shutdown_timeout=bounds.stop_s_max)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    server = runner.server
    assert server is not None, "a runner that is set up has one"
    gate = Gate(server, bounds)
    stack.callback(gate.close)
    for end in ends:
        listening = await asyncio.get_running_loop().create_server(
            gate,
            sock=end,
            backlog=BACKLOG,
            ssl=tls,
            ssl_handshake_timeout=None if tls is None else bounds.handshake_s_max,
        )
        stack.callback(listening.close)


def url_of(end: socket.socket, scheme: str = "http") -> str:
    """Where a socket is reached."""
    host, port = end.getsockname()[:2]
    return f"{scheme}://{literal(host)}:{port}"


_ADVICE: Final[Mapping[HTTPStatus, Mapping[str, str]]] = MappingProxyType(
    {
        HTTPStatus.UNAUTHORIZED: {WWW_AUTHENTICATE: "Bearer"},
        HTTPStatus.SERVICE_UNAVAILABLE: {RETRY_AFTER: "1"},
    }
)


def problem_response(problem: Problem) -> web.Response:
    """A problem as it is sent."""
    return web.Response(
        body=msgspec.json.encode(problem),
        status=problem.status,
        content_type=MEDIA_TYPE,
        headers=_ADVICE.get(HTTPStatus(problem.status)),
    )
