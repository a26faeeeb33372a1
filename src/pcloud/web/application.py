"""The pages over any `Surface`: what every request goes through, and how the table becomes handlers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.hdrs import CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION, REFERER
from multidict import MultiDict, MultiDictProxy

from pcloud.api.application import REFERENCE_BYTES, Report
from pcloud.api.connection import Bounds, Handler, shell
from pcloud.api.problems import RefusedError, status_of
from pcloud.runtime.surface import OwnerError
from pcloud.web.guarding.door import HEADERS, PageDoor
from pcloud.web.rendering import render, static
from pcloud.web.sessions import SESSION_S_MAX, Session
from pcloud.web.showing import advice
from pcloud.web.visit import FORM_FIELD, Answer, Download, GoneOn, Page, Shown, Site, Visit

_COOKIE: Final = "pcloud_session"
FORM_BYTES_MAX: Final = 262_144
"""Of one form; files are read by pages that say so."""
FORM_FIELDS_MAX: Final = 512
KEPT_S: Final = 31_536_000
"""How long a browser may keep a static file, whose address changes with its content."""


def cookie_name(request: web.Request, *, secure: bool) -> str:
    """Over TLS a name that browsers give to no other host, and to no insecure page (RFC 6265bis 4.1.3).

    Cookies know no ports: with it in the name, two nodes of one machine end no visit of each other.
    """
    name = f"{_COOKIE}_{request.url.port}"
    return f"__Host-{name}" if secure else name


@dataclass(frozen=True, slots=True)
class PageService:
    """What the handlers of one listener work with."""

    site: Site
    door: PageDoor
    bounds: Bounds
    report: Report
    secure: bool
    """Served over TLS: the cookie never goes without."""


def make_page_app(service: PageService, pages: Sequence[Page]) -> web.Application:
    """Every page of the table, and the static files."""
    linked = frozenset(page.path for page in pages if page.open_to_links)
    answer = partial(_answer, service, linked)
    app = web.Application(client_max_size=FORM_BYTES_MAX, middlewares=[shell(answer, service.bounds)])
    app.on_response_prepare.append(_add_headers)
    for page in pages:
        app.router.add_route(page.method, page.path, _handler(service, page))
    app.router.add_route("GET", "/static/{name}", _static)
    return app


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        if name != CACHE_CONTROL or name not in response.headers:
            response.headers[name] = value


# ---------------------------------------------------------------- around every request


async def _answer(
    service: PageService, linked: frozenset[str], request: web.Request, handler: Handler
) -> web.StreamResponse:
    """Ask the door, do what is asked, put what went wrong into words; links may lead to what is `linked`."""
    try:
        service.door.check(request, open_to_links=request.path in linked)
        return await handler(request)
    except RefusedError as refusal:
        response = _problem(HTTPStatus(refusal.problem.status), refusal.problem.detail)
        response.force_close()
        return response
    except OwnerError as refusal:
        return _problem(status_of(refusal.code), advice(refusal.text))
    except web.HTTPException as refusal:
        status = HTTPStatus(refusal.status)
        response = _problem(status, _WORDS.get(status, "The page does not take this request."))
        response.force_close()
        return response
    except Exception as fault:  # noqa: BLE001 - whatever it is, the owner gets an answer and a reference
        reference = service.site.entropy(REFERENCE_BYTES).hex()
        service.report(reference, fault)
        text = f"This is a fault of the node. Its log has more under the reference {reference}."
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, text)


_WORDS: Final = {
    HTTPStatus.NOT_FOUND: "There is no such page.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This page cannot be used in that way.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"A form has at most {FORM_BYTES_MAX} bytes.",
}


def _problem(status: HTTPStatus, text: str) -> web.Response:
    """A page that says why not, and shows nothing else: whoever sees it may be a stranger."""
    return _html(render("problem.html", {"text": text}), status)


def _html(page: str, status: HTTPStatus) -> web.Response:
    return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")


# ---------------------------------------------------------------- one row of the table


def _handler(service: PageService, page: Page) -> Handler:
    """Find the session, read the form, let the page answer, write the answer."""

    async def handle(request: web.Request) -> web.StreamResponse:
        session = _session(service, request)
        if session is None and page.needs_session:
            return _to(_way_in(request))
        fields = MultiDictProxy[str](MultiDict())
        if page.method == "POST" and page.reads_form:
            fields = await _read_form(request, service.bounds)
            if session is not None and not session.is_form_token(fields.get(FORM_FIELD, "")):
                raise RefusedError(
                    HTTPStatus.FORBIDDEN, "forbidden", "This form is too old. Go back, reload, and try again."
                )
        form = {name: fields[name] for name in fields}
        visit = Visit(service.site, request, session, form, fields)
        if page.confirmed and not visit.confirmed:
            return _to(f"/confirm?to={quote(_way_back(request))}")
        return _present(service, visit, await page.answer(visit))

    return handle


def _session(service: PageService, request: web.Request) -> Session | None:
    """Who has come in at this listener, and may still."""
    site = service.site
    cookie = request.cookies.get(cookie_name(request, secure=service.secure))
    session = site.sessions.find(cookie, used=request.method != "GET" or _is_seen(request))
    if session is None or (session.device is None) == service.secure:
        return None
    if session.device is not None and not (site.within and site.within.devices.knows(session.device)):
        site.sessions.end_of_device(session.device)
        return None
    return session


def _way_in(request: web.Request) -> str:
    """Where to come in; whoever was on the way to something special is brought there afterwards."""
    if request.path == "/":
        return "/enter"
    special = request.method == "GET" and request.query_string
    return f"/enter?ended&to={quote(request.path_qs, safe='')}" if special else "/enter?ended"


def _way_back(request: web.Request) -> str:
    """The page that is asked for; for a form the page on which it stands, where it is filled in once more."""
    if request.method == "GET":
        return request.path_qs
    return urlsplit(request.headers.get(REFERER, "")).path or "/"


async def _read_form(request: web.Request, bounds: Bounds) -> MultiDictProxy[str]:
    """The fields of a form without files. Raises RefusedError."""
    plain = request.charset in {None, "utf-8", "UTF-8"}
    if request.content_type != "application/x-www-form-urlencoded" or not plain:
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "invalid", "This is not a form of this page.")
    try:
        async with asyncio.timeout(bounds.body_s_max):
            given = await request.post()
    except TimeoutError as fault:
        raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "invalid", "The form came too slowly.") from fault
    except (ConnectionError, web.RequestPayloadError, ValueError) as fault:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid", "The form could not be read.") from fault
    if len(given) > FORM_FIELDS_MAX:
        raise RefusedError(HTTPStatus.BAD_REQUEST, "invalid", "The form has too many fields.")
    return MultiDictProxy(MultiDict((name, str(value)) for name, value in given.items()))


def _present(service: PageService, visit: Visit, answer: Answer) -> web.StreamResponse:
    match answer:
        case Shown():
            return _html(render(answer.template, {**_around(visit), **answer.values}), answer.status)
        case GoneOn():
            if answer.notice is not None and visit.session is not None:
                visit.session.tell(answer.notice)
            response = _to(answer.to)
            if answer.cookie is not None:
                response.set_cookie(
                    cookie_name(visit.request, secure=service.secure),
                    answer.cookie,
                    max_age=SESSION_S_MAX if answer.cookie else 0,
                    httponly=True,
                    samesite="Strict",
                    secure=service.secure,
                )
            return response
        case Download():
            kept = f'attachment; filename="{answer.name}"'
            return web.Response(
                body=answer.body, headers={CONTENT_TYPE: answer.media, CONTENT_DISPOSITION: kept}
            )
        case web.StreamResponse():
            return answer


def _around(visit: Visit) -> dict[str, Any]:
    """What every page shows around its own content."""
    session = visit.session
    return {
        "here": visit.request.path,
        "answers": visit.request.method != "GET",
        "form_token": session.form_token if session else "",
        "inside": session is not None and visit.site.within is not None,
        "notices": session.told() if session and _is_seen(visit.request) else [],
        "now": visit.now,
    }


def _is_seen(request: web.Request) -> bool:
    """Whether a page is opened; what the script of an open one reads again shows no notices and is no use."""
    return request.headers.get("Sec-Fetch-Dest", "document") == "document"


def _to(path: str) -> web.Response:
    return web.Response(status=HTTPStatus.SEE_OTHER, headers={LOCATION: path})


async def _static(request: web.Request) -> web.Response:
    found = static(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    body, media = found
    kept = f"private, max-age={KEPT_S}, immutable"
    return web.Response(body=body, headers={CONTENT_TYPE: media, CACHE_CONTROL: kept})
