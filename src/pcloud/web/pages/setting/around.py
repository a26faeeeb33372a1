"""Settings: one list of what can be set, what needs care, the passphrase, and what this node is."""

from types import MappingProxyType
from typing import Final

from pcloud.runtime.surface import OwnerError
from pcloud.web.visit import Answer, Page, Shown, Visit, done, staying

OPENING: Final = "/settings/passphrase"
PLACES: Final = MappingProxyType(
    {"copies": "/settings/copies", "reachability": "/settings/relays", "relays": "/settings/relays"}
)
"""Where something is done about what a check found."""


async def settings(_: Visit) -> Answer:
    """Everything that can be set, each with its page."""
    return Shown("settings.html")


async def care(_: Visit) -> Answer:
    """Where everything is looked over; that takes a while in a large store, so it is asked for."""
    return Shown("care.html", {"checks": None, "places": {}})


async def look(visit: Visit) -> Answer:
    """Look everything over, and say what to do."""
    checks = await visit.surface.doctor()
    places = {check.name: PLACES[check.name] for check in checks if check.advice and check.name in PLACES}
    checks.sort(key=lambda check: (check.ok, check.name not in places))
    return Shown("care.html", {"checks": checks, "places": places})


async def about(visit: Visit) -> Answer:
    """What this node is, and where."""
    return Shown("about.html", {"status": await visit.surface.status()})


async def announce(visit: Visit) -> Answer:
    """Let nodes on this network find this one, or stop."""
    on = visit.need("on", "whether it is announced") == "yes"
    await visit.surface.announce(on=on)
    told = (
        "Nodes on this network can find yours now."
        if on
        else "Nobody on this network finds yours by looking."
    )
    return done("/settings/about", told)


async def passphrase(_: Visit) -> Answer:
    """Where another passphrase is chosen."""
    return Shown("passphrase.html")


async def change_passphrase(visit: Visit) -> Answer:
    """Let another passphrase open the node; every other browser has to come in anew."""
    new = visit.form.get("new", "")
    if visit.form.get("again") != new:
        raise OwnerError("invalid", "The two new passphrases are not the same. Type both again.")
    session = visit.session
    assert session is not None, "the row needs one"
    if not await visit.within.keys.change(visit.form.get("passphrase", ""), new, session.tries):
        raise OwnerError("invalid", "That is not your passphrase, so nothing was changed.")
    visit.site.sessions.end_others(session)
    return done("/settings", "The passphrase is changed; the old one opens nothing any more.")


PAGES: Final = (
    Page("GET", "/settings", settings),
    Page("GET", "/settings/care", care),
    Page("POST", "/settings/care", look),
    Page("GET", "/settings/about", about),
    Page("POST", "/settings/announce", staying("/settings/about", announce)),
    Page("GET", OPENING, passphrase),
    Page("POST", OPENING, staying(OPENING, change_passphrase)),
)
