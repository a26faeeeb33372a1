"""Coming in and going out on the node's own machine, and showing once more who it is."""

from http import HTTPStatus
from typing import Final

from pcloud.runtime.surface import OwnerError
from pcloud.web.passphrases import CONFIRMED_S, WRONG_MAX, Tries
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, own_path

_USED: Final = "This link was used already, or is too old."
_WRONG: Final = "That is not your passphrase."


async def enter(visit: Visit) -> Answer:
    """The way in; a link made by `pcloud page` brings its code along."""
    if visit.session is not None and visit.asked("code") is None:
        return GoneOn("/")
    ended, to = "ended" in visit.request.query, own_path(visit.asked("to"))
    return _door(visit, code=visit.asked("code") or "", ended=ended, to=to)


async def come_in(visit: Visit) -> Answer:
    """Let a browser in that brings a code which was not used before, or the passphrase."""
    if "passphrase" in visit.form and visit.site.within is not None:
        refused = await _refused(visit, visit.site.tries)
    else:
        refused = None if visit.site.codes.spend(visit.form.get("code", "")) else _USED
    to = own_path(visit.form.get("to"))
    if refused is not None:
        return _door(visit, refused=refused, to=to)
    if visit.session is not None:
        visit.site.sessions.end(visit.session)
    return GoneOn(to, cookie=visit.site.sessions.begin())


def _door(
    visit: Visit, *, code: str = "", ended: bool = False, refused: str | None = None, to: str = "/"
) -> Shown:
    made = visit.site.within is not None
    values = {"code": code, "ended": ended, "refused": refused, "made": made, "to": to}
    return Shown("enter.html", values, HTTPStatus.OK if refused is None else HTTPStatus.FORBIDDEN)


async def go_out(visit: Visit) -> Answer:
    """End the session of this browser."""
    assert visit.session is not None, "the row needs one"
    visit.site.sessions.end(visit.session)
    return GoneOn("/enter", cookie="")


async def ask_again(visit: Visit) -> Answer:
    """Ask for the passphrase before what matters most."""
    return Shown("confirm.html", {"to": own_path(visit.asked("to"))})


async def confirm(visit: Visit) -> Answer:
    """Let what matters most be done for a while, and go back to it; too many wrong ones end the visit."""
    session = visit.session
    assert session is not None, "the row needs one"
    to = own_path(visit.form.get("to"))
    refused = await _refused(visit, session.tries)
    if session.tries.wrong >= WRONG_MAX:
        visit.site.sessions.end(session)
        return GoneOn("/enter?ended", cookie="")
    if refused is not None:
        return Shown("confirm.html", {"to": to, "refused": refused}, HTTPStatus.FORBIDDEN)
    session.confirmed_until = visit.site.clock.since_boot() + CONFIRMED_S
    return GoneOn(to)


async def _refused(visit: Visit, tries: Tries) -> str | None:
    """Why the passphrase in a form does not do."""
    try:
        return None if await visit.within.keys.check(visit.form.get("passphrase", ""), tries) else _WRONG
    except OwnerError as refusal:
        if refusal.code != "busy":
            raise
        return refusal.text


DOOR: Final = (
    Page("GET", "/enter", enter, needs_session=False),
    Page("POST", "/enter", come_in, needs_session=False),
)
"""Of this machine alone; other devices have their own."""
PAGES: Final = (
    Page("POST", "/leave", go_out),
    Page("GET", "/confirm", ask_again),
    Page("POST", "/confirm", confirm),
)
