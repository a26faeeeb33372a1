"""One accepted connection: the deadlines, caps and silence that the library leaves to us (spec 13 §6).

The library parses HTTP and frames WebSocket messages. It has no deadline for a header or a body, answers
errors with texts, and takes frames that are not masked; what it lacks stands here.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

from aiohttp import web
from aiohttp.http_exceptions import LineTooLong

from pcloud.net.addresses import Network, address_of, is_within, source_of
from pcloud.net.answers import fixed
from pcloud.net.budget import Places
from pcloud.net.settings import HEAD_BYTES_MAX, HEAD_FIELD_BYTES_MAX, Deadlines

LOOK_S: Final = 1.0
"""How often the rate of a slow body is looked at."""

INTERNAL_ERROR: Final = 500
HEAD_TOO_LARGE: Final = 431

_HEADER_BYTES_MIN: Final = 4
"""The shortest header: a name of one byte, a colon, CR, LF."""
_NO_HEAD: Final = b"\0"
"""What stands in no head, so that the library ends one with an answer."""

_MASKED: Final = 0x80
_LENGTH_16: Final = 126
_LENGTH_64: Final = 127


class Connection(web.RequestHandler):
    """What the library calls for a connection, with what it does not do itself."""

    __slots__ = (
        "_body_began",
        "_body_bytes",
        "_deadlines",
        "_due",
        "_head_began",
        "_head_bytes",
        "_head_too_large",
        "_linked",
        "_open_requests",
        "_places",
        "_proxies",
        "_timer",
        "proxied",
        "source",
    )

    def __init__(
        self, server: web.Server, deadlines: Deadlines, places: Places, proxies: tuple[Network, ...]
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            access_log=cast("Any", None),  # the annotation forgets that None means none
            keepalive_timeout=2 * deadlines.idle_s,  # ours comes first and does not wait for what is unsent
            max_line_size=HEAD_FIELD_BYTES_MAX,
            max_field_size=HEAD_FIELD_BYTES_MAX,
            max_headers=HEAD_BYTES_MAX
            // _HEADER_BYTES_MIN,  # the server counts them, and says what it refuses
            lingering_time=0,  # what was refused is not read on
            auto_decompress=False,
        )
        self._deadlines = deadlines
        self._places = places
        self._proxies = proxies
        self._timer: asyncio.TimerHandle | None = None
        self._due: float | None = None
        self._open_requests = 0
        self._head_began = True  # the first header is due from the connection on
        self._head_bytes = 0
        self._head_too_large = False
        self._body_began: float | None = None
        self._body_bytes = 0
        self._linked = False
        self.source = ""
        """Where it comes from, as limits count it."""
        self.proxied = False
        """Whether a proxy of ours made it, so that each request says where it comes from."""

    # ---------------------------------------------------------------- what the loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take it in, if there is a place."""
        made = cast("asyncio.Transport", transport)
        address = address_of(made)
        if address is None:
            made.abort()
            return
        self.source = source_of(address)
        self.proxied = is_within(address, self._proxies)
        if not self._places.enter(self, None if self.proxied else self.source):
            made.abort()
            return
        self._wait(self._deadlines.header_s)
        super().connection_made(transport)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Free its place."""
        self._places.leave(self)
        if self._timer is not None:
            self._timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Let the library read it, and see how far that has come."""
        if self._linked:
            super().data_received(data)
            return
        heads = self._request_count
        self._body_bytes += len(data)
        super().data_received(data)
        if data and self._request_count == heads and not self._open_requests:
            self._head_goes_on(len(data))
        if self._request_count > heads:
            if not self._open_requests:
                self._wait(self._deadlines.idle_s)  # until the handler says what it waits for
            self._open_requests += self._request_count - heads

    def _head_goes_on(self, size: int) -> None:
        if not self._head_began:
            self._head_began = True
            self._wait(self._deadlines.header_s)
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES_MAX:
            self._head_too_large = True
            super().data_received(_NO_HEAD)

    # ---------------------------------------------------------------- what the handler calls

    def working(self) -> None:
        """The request is ours now: what takes time is this node."""
        self._due = None

    async def body(self, stream: Any, length: int) -> bytes | None:
        """The body of a request; None where it does not come in time."""
        if not stream.is_eof():
            self._body_began, self._body_bytes = self._loop.time(), 0
            self._wait(self._deadlines.body_grace_s)
        try:
            data: bytes = await stream.readexactly(length)
        except (web.RequestPayloadError, asyncio.IncompleteReadError, ConnectionError):
            return None
        self._body_began = self._due = None
        return data

    def finished(self) -> None:
        """The answer is being sent; then the next request may come."""
        self._open_requests -= 1
        self._head_began, self._head_bytes = False, 0
        self._wait(self._deadlines.idle_s)

    def shown(self) -> None:
        """It has brought what only a node brings."""
        self._places.shown(self)

    def abort(self) -> None:
        """End it at once, without a word."""
        if self.transport is not None:
            self.transport.abort()

    # ---------------------------------------------------------------- deadlines

    def _wait(self, seconds: float) -> None:
        """Be looked at after this time, unless something else is waited for by then."""
        self._due = due = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > due:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        """End what is overdue. A timer is moved only when it fires, so that a request costs none."""
        self._timer = None
        if self._due is None:
            return
        now = self._loop.time()
        if now < self._due:
            self._timer = self._loop.call_at(self._due, self._look)
        elif self._body_is_coming(now):
            self._wait(LOOK_S)
        else:
            self.abort()

    def _body_is_coming(self, now: float) -> bool:
        if self._body_began is None:
            return False
        took = now - self._body_began
        enough = self._body_bytes >= took * self._deadlines.body_bytes_per_s_min
        return enough and took + LOOK_S <= self._deadlines.body_s

    # ---------------------------------------------------------------- what the library calls

    def set_parser(self, parser: Any, data_received_cb: Callable[[], None] | None = None) -> None:
        """It is a link from here on, which has a beat of its own."""
        self._linked = True
        super().set_parser(cast("Any", _MaskedOnly(parser, self.abort)), data_received_cb)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = INTERNAL_ERROR,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is no HTTP, or an error of ours, by status alone. Only an error of ours is told on."""
        del message  # it repeats what came
        if status == INTERNAL_ERROR and not isinstance(exc, ConnectionError):
            self._loop.call_exception_handler({"message": "a request failed", "exception": exc})
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has been sent already")
        if self._head_too_large or isinstance(exc, LineTooLong):
            status = HEAD_TOO_LARGE
        answer = fixed(status)
        answer.force_close()
        return answer


class _MaskedOnly:
    """Reads WebSocket frames as far as to see that each is masked (RFC 6455 §5.1), and hands them on."""

    def __init__(self, reader: Any, abort: Callable[[], None]) -> None:
        self._reader = reader
        self._abort = abort
        self._skip = 0  # bytes of the last frame that are still to come
        self._rest = b""  # of a frame whose head is not complete

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes; those of a frame without mask end the connection."""
        if not self._all_masked(data):
            self._abort()
            return True, b""
        told: tuple[bool, bytes] = self._reader.feed_data(data)
        return told

    def feed_eof(self) -> None:
        """There is no more."""
        self._reader.feed_eof()

    def _all_masked(self, data: bytes) -> bool:
        if self._rest:
            data, self._rest = self._rest + data, b""
        at, end = self._skip, len(data)
        while at < end:
            if at + 2 > end:
                break
            second = data[at + 1]
            if not second & _MASKED:
                return False
            length, head = second & ~_MASKED, 6  # two bytes and the mask
            if length >= _LENGTH_16:
                size = 2 if length == _LENGTH_16 else 8
                if at + 2 + size > end:
                    break
                length, head = int.from_bytes(data[at + 2 : at + 2 + size], "big"), head + size
            at += head + length
        if at < end:
            self._rest, at = data[at:], end
        self._skip = at - end
        return True
