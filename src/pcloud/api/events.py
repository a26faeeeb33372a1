"""What happens, as server-sent events (HTML standard, section 9.2): one JSON object in each.

Nothing is queued here: while the other end does not read, nothing more is taken from the node. If it does not
read for long, it is dropped, and goes on after the last number it has seen.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.hdrs import CONTENT_TYPE

from pcloud.api.connection import Bounds, Connection
from pcloud.api.problems import RefusedError
from pcloud.api.requests import Count
from pcloud.api.routes import Media
from pcloud.runtime.surface import Surface
from pcloud.runtime.views import Happening

LAST_SEEN: Final = "Last-Event-ID"
_BEAT: Final = b":\n\n"
"""A comment: it says only that the stream is alive."""


class Events:
    """The streams of one listener."""

    def __init__(self, surface: Surface, bounds: Bounds) -> None:
        self._surface = surface
        self._bounds = bounds
        self._streams = 0

    async def stream(self, request: web.Request, after: int | None) -> web.StreamResponse:
        """Write what happens until the node or the other end has enough. Raises RefusedError where full."""
        if self._streams >= self._bounds.streams_max:
            detail = f"At most {self._bounds.streams_max} programs can listen at once."
            raise RefusedError(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail)
        connection = request.protocol
        assert isinstance(connection, Connection), "every listener makes its connections so"
        response = web.StreamResponse(headers={CONTENT_TYPE: Media.EVENTS})
        self._streams += 1
        try:
            await self._write(request, response, connection, self._surface.happenings(after=after))
        finally:
            self._streams -= 1
        return response

    async def _write(
        self,
        request: web.Request,
        response: web.StreamResponse,
        connection: Connection,
        happenings: AsyncIterator[Happening],
    ) -> None:
        # Asked for before the answer begins: who has the answer misses nothing that happens from then on.
        following = asyncio.create_task(_next(happenings))
        try:
            taken = await self._is_taken(response.prepare(request))
            while taken:
                waiting: set[asyncio.Future[Any]] = {following, connection.ended}
                await asyncio.wait(waiting, timeout=self._bounds.beat_s, return_when=asyncio.FIRST_COMPLETED)
                if connection.ended.done():
                    return
                written = _BEAT
                if following.done():
                    happening = following.result()
                    if happening is None:
                        return
                    written = _event(happening)
                    following = asyncio.create_task(_next(happenings))
                taken = await self._is_taken(response.write(written))
            connection.drop()
        finally:
            following.cancel()
            await asyncio.wait({following})
            if isinstance(happenings, AsyncGenerator):
                await happenings.aclose()

    async def _is_taken(self, sending: Awaitable[object]) -> bool:
        """Whether the other end takes it: it may be gone, or have stopped reading."""
        try:
            async with asyncio.timeout(self._bounds.write_s_max):
                await sending
        except (TimeoutError, ConnectionError):
            return False
        return True


def last_seen(request: web.Request, after: int | None) -> int | None:
    """Where to go on: after what a reader that comes back has seen, else after what it asks for."""
    given = request.headers.get(LAST_SEEN)
    if not given:
        return after
    try:
        return msgspec.convert(given, Count, strict=False)
    except msgspec.ValidationError as fault:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid", f"{LAST_SEEN} is a number.") from fault


async def _next(happenings: AsyncIterator[Happening]) -> Happening | None:
    return await anext(happenings, None)


def _event(happening: Happening) -> bytes:
    number = b"" if happening.number is None else b"id: %d\n" % happening.number
    return b"%sdata: %s\n\n" % (number, msgspec.json.encode(happening))
