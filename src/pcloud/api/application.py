"""The owner API over any `Surface`: what every request goes through, and how the table becomes handlers."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

import msgspec
from aiohttp import web
from aiohttp.hdrs import ALLOW, CONTENT_DISPOSITION, CONTENT_TYPE

from pcloud.ambient.port import Entropy
from pcloud.api import openapi, routes
from pcloud.api.connection import Bounds, Connection, Handler, problem_response, shell
from pcloud.api.events import Events, last_seen
from pcloud.api.guard import HEADERS, Door
from pcloud.api.problems import RefusedError, make_problem, status_of
from pcloud.api.reading import BODY_BYTES_MAX, read_request
from pcloud.api.routes import ROUTES, Health, Media, Route
from pcloud.runtime.surface import OwnerError, Surface

REFERENCE_BYTES: Final = 6
"""Of the random text that an answer and an event in the log have in common."""

Report = Callable[[str, BaseException], None]
"""Takes a random reference and what nobody had foreseen, for one event in the log; the text of an exception
may hold values and does not belong there."""


@dataclass(frozen=True, slots=True)
class Service:
    """What the handlers of one listener work with."""

    surface: Surface
    door: Door
    bounds: Bounds
    entropy: Entropy
    report: Report


def make_owner_app(service: Service) -> web.Application:
    """Everything an owner can ask."""
    app = _make_app(service)
    for route in ROUTES:
        # Whatever is no slash may stand in a name, braces too.
        app.router.add_route(route.method, route.path.replace("}", ":[^/]+}"), _handler(service, route))
    return app


def make_metrics_app(service: Service) -> web.Application:
    """Counters and health only, under the paths that tools expect."""
    app = _make_app(service)
    for path, route in (("/metrics", routes.METRICS), ("/health", routes.HEALTH)):
        app.router.add_route(route.method, path, _handler(service, route))
    return app


def _make_app(service: Service) -> web.Application:
    app = web.Application(
        client_max_size=BODY_BYTES_MAX, middlewares=[shell(partial(_answer, service), service.bounds)]
    )
    app.on_response_prepare.append(_add_headers)
    return app


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)


# ---------------------------------------------------------------- around every request


async def _answer(service: Service, request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask the door, do what is asked, put what went wrong into words."""
    try:
        service.door.check(request)
        return await handler(request)
    except RefusedError as refusal:
        response = problem_response(refusal.problem)
        response.force_close()
        return response
    except OwnerError as refusal:
        return problem_response(make_problem(status_of(refusal.code), refusal.code, refusal.text))
    except web.HTTPException as refusal:
        return _worded(refusal)
    except Exception as fault:  # noqa: BLE001 - whatever it is, the owner gets an answer and a reference
        reference = service.entropy(REFERENCE_BYTES).hex()
        service.report(reference, fault)
        detail = "This is a fault of the node; its log has more under the reference."
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        return problem_response(make_problem(status, "internal", detail, reference))


_WORDS: Final = MappingProxyType(
    {
        HTTPStatus.NOT_FOUND: ("no-operation", "There is no such path; /v1/openapi.json lists them all."),
        HTTPStatus.METHOD_NOT_ALLOWED: ("no-operation", "This path has other methods; see `Allow`."),
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too-large", f"At most {BODY_BYTES_MAX} bytes are taken."),
    }
)


def _worded(refusal: web.HTTPException) -> web.Response:
    """What aiohttp refuses, in our form."""
    status = HTTPStatus(refusal.status)
    code, detail = _WORDS.get(status, ("invalid", "The node does not take this request."))
    response = problem_response(make_problem(status, code, detail))
    if ALLOW in refusal.headers:
        response.headers[ALLOW] = refusal.headers[ALLOW]
    response.force_close()
    return response


# ---------------------------------------------------------------- one row of the table


def _handler(service: Service, route: Route[Any]) -> Handler:
    """Read what is asked, ask it, write what is answered."""
    if route.media is Media.EVENTS:
        return _streaming(service, route)
    if route.media is Media.ARCHIVE:
        return _giving(service, route)
    operation = _operation(service, route)

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = await read_request(route, request, service.bounds)
        return _present(route, await operation(**asked))

    return handle


def _operation(service: Service, route: Route[Any]) -> Callable[..., Awaitable[Any]]:
    """The method of the surface that the row names, or what the API answers by itself."""

    async def health() -> Health:
        await service.surface.status()
        return Health(ok=True)

    async def description() -> dict[str, Any]:
        return openapi.describe()

    own = {routes.HEALTH.operation: health, routes.DESCRIPTION.operation: description}
    found: Callable[..., Awaitable[Any]] = own.get(route.operation) or getattr(
        service.surface, route.operation
    )
    return found


def _streaming(service: Service, route: Route[Any]) -> Handler:
    events = Events(service.surface, service.bounds)

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = await read_request(route, request, service.bounds)
        return await events.stream(request, last_seen(request, asked["after"]))

    return handle


def _giving(service: Service, route: Route[Any]) -> Handler:
    """An answer that is made while it is taken, of any length. One that broke off ends its connection."""

    async def handle(request: web.Request) -> web.StreamResponse:
        asked = await read_request(route, request, service.bounds)
        response = web.StreamResponse(status=route.status)
        response.headers[CONTENT_TYPE] = route.media
        response.headers[CONTENT_DISPOSITION] = "attachment"
        async with aclosing(getattr(service.surface, route.operation)(**asked)) as pieces:
            async for piece in pieces:
                try:
                    async with asyncio.timeout(service.bounds.write_s_max):
                        await response.prepare(request)
                        await response.write(piece)
                except (TimeoutError, ConnectionError):  # whoever wanted it is gone, or has stopped reading
                    connection = request.protocol
                    assert isinstance(connection, Connection), "every listener makes its connections so"
                    connection.drop()
                    break
        return response

    return handle


def _present(route: Route[Any], answer: Any) -> web.Response:
    if route.status == HTTPStatus.NO_CONTENT:
        return web.Response(status=route.status)
    body = msgspec.json.encode(answer) if route.media is Media.JSON else answer
    response = web.Response(body=body, status=route.status, headers={CONTENT_TYPE: route.media})
    if route.media is Media.BYTES:
        response.headers[CONTENT_DISPOSITION] = "attachment"
    return response
