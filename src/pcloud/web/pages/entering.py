"""Coming in and going out."""

from http import HTTPStatus
from typing import Final

from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit


async def enter(visit: Visit) -> Answer:
    """The way in; a link made by `pcloud page` brings its code along."""
    if visit.session is not None and visit.asked("code") is None:
        return GoneOn("/")
    return Shown("enter.html", {"code": visit.asked("code") or "", "ended": "ended" in visit.request.query})


async def come_in(visit: Visit) -> Answer:
    """Let a browser in that brings a code which was not used before."""
    if not visit.site.codes.spend(visit.form.get("code", "")):
        return Shown("enter.html", {"code": "", "ended": False, "refused": True}, HTTPStatus.FORBIDDEN)
    return GoneOn("/", cookie=visit.site.sessions.begin())


async def go_out(visit: Visit) -> Answer:
    """End the session of this browser."""
    assert visit.session is not None, "the row needs one"
    visit.site.sessions.end(visit.session)
    return GoneOn("/enter", cookie="")


PAGES: Final = (
    Page("GET", "/enter", enter, needs_session=False),
    Page("POST", "/enter", come_in, needs_session=False),
    Page("POST", "/leave", go_out),
)
