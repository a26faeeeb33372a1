"""What is asked, out of a request: one id in the path, and a body or a query, never both."""

import asyncio
from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.hdrs import CONTENT_ENCODING, CONTENT_TYPE

from pcloud.api.connection import Bounds
from pcloud.api.problems import RefusedError
from pcloud.api.requests import Nothing, Request
from pcloud.api.routes import Media, Route

BODY_BYTES_MAX: Final = 65_536
"""Of one request."""

ID_CHARACTERS_MAX: Final = 256
"""Of an id, a beginning of one, or a name, in a path."""

_FAULT_CHARACTERS_MAX: Final = 200


async def read_request(route: Route[Any], request: web.Request, bounds: Bounds) -> dict[str, Any]:
    """The parameters of the operation. Raises RefusedError."""
    if route.method == "POST":
        _read_query(request, Nothing)
        asked = _decode(await _read_body(request, bounds), route.request)
    elif request.body_exists:
        raise _invalid(f"A {route.method} has no body.")
    else:
        asked = _read_query(request, route.request)
    given = {name: getattr(asked, name) for name in asked.__struct_fields__}
    return given if route.subject is None else {route.subject: _read_id(request, route.subject), **given}


def _read_id(request: web.Request, subject: str) -> str:
    given = request.match_info[subject]
    if len(given) > ID_CHARACTERS_MAX:
        raise _invalid(f"An id or a name has at most {ID_CHARACTERS_MAX} characters.")
    return given


def _read_query(request: web.Request, wanted: type[Request]) -> Request:
    given = dict(request.query)
    if len(given) != len(request.query):
        raise _invalid("A parameter stands there twice.")
    try:
        # Not strict: in a query every value is text.
        return msgspec.convert(given, wanted, strict=False)
    except msgspec.ValidationError as fault:
        raise _invalid(f"The query is not as described: {_shortened(fault)}.") from fault


async def _read_body(request: web.Request, bounds: Bounds) -> bytes:
    """The body, uncompressed, in time, and of the one type that no form or plain page can send."""
    if request.headers.getall(CONTENT_TYPE, ()) != [Media.JSON] or CONTENT_ENCODING in request.headers:
        detail = f"Send `Content-Type: {Media.JSON}`, without more and without compression."
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid", detail)
    if (request.content_length or 0) > BODY_BYTES_MAX:
        raise web.HTTPRequestEntityTooLarge(BODY_BYTES_MAX)
    try:
        async with asyncio.timeout(bounds.body_s_max):
            return await request.read()
    except TimeoutError as fault:
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "invalid", "The body came too slowly.") from fault
    except (ConnectionError, web.RequestPayloadError) as fault:
        raise _invalid("The body ended early.") from fault


def _decode(body: bytes, wanted: type[Request]) -> Request:
    try:
        return msgspec.json.decode(body, type=wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise _invalid(f"The body is not as described: {_shortened(fault)}.") from fault
    except RecursionError as fault:
        raise _invalid("The body is nested too deep.") from fault


def _shortened(fault: Exception) -> str:
    """What is wrong, without most of a name that somebody made up."""
    return str(fault)[:_FAULT_CHARACTERS_MAX] if isinstance(fault, msgspec.DecodeError) else "it is not UTF-8"


def _invalid(detail: str) -> RefusedError:
    return RefusedError(HTTPStatus.BAD_REQUEST, "invalid", detail)
