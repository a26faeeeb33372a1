"""What every request for a page must show before anything else looks at it.

The name it asks for (against rebound names), and what the browser says of where it comes from (against other
sites). Whoever has come in shows a cookie; that is looked at later, by page.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Final

from aiohttp import web
from aiohttp.hdrs import HOST, ORIGIN

from pcloud.api.guard import literal
from pcloud.api.problems import RefusedError
from pcloud.web.guarding.neighbours import OwnUser

CONTENT_SECURITY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types pcloud"
)
"""Everything comes from the node itself; `trusted-types` names the one place where the script reads pages."""

HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": CONTENT_SECURITY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    # With `no-referrer` browsers would send forms of our own without saying where they come from.
    "Referrer-Policy": "same-origin",
    "Server": "pcloud",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_OWN: Final = frozenset({"same-origin", "none"})
_SITE: Final = "Sec-Fetch-Site"
_MODE: Final = "Sec-Fetch-Mode"
_READING: Final = frozenset({"GET", "HEAD"})


class PageDoor:
    """The door of one listener: the names it answers to, and its scheme; without TLS it is on loopback."""

    def __init__(self, scheme: str, addresses: Iterable[tuple[str, int]]) -> None:
        self._origins = {
            f"{name}:{port}": f"{scheme}://{name}:{port}"
            for address, port in addresses
            for name in {literal(address), *(["localhost"] if scheme == "http" else [])}
        }
        self._own_user = OwnUser() if scheme == "http" else None

    def check(self, request: web.BaseRequest, *, open_to_links: bool) -> None:
        """Let a request pass, or raise RefusedError. `open_to_links`: links of other sites may lead here."""
        names = [name.lower() for name in request.headers.getall(HOST, ())]
        if len(names) != 1 or names[0] not in self._origins or not request.raw_path.startswith("/"):
            raise RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST, "misdirected", "This page does not answer to that name."
            )
        own = self._origins[names[0]]
        sites = {site.lower() for site in request.headers.getall(_SITE, ())}
        origins = {origin.lower() for origin in request.headers.getall(ORIGIN, ())}
        reading = request.method in _READING
        followed = open_to_links and reading and request.headers.get(_MODE, "") in {"", "navigate"}
        if not (sites <= _OWN or followed) or not origins <= {own} or not (reading or origins):
            raise RefusedError(HTTPStatus.FORBIDDEN, "forbidden", "Another site may not use this page.")
        if self._own_user is not None:
            self._own_user.check(request)
