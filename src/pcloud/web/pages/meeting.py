"""Meeting somebody: by a link, by a code before the camera, on this network; and one's own invitations."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from pcloud.home.marking import mark as _
from pcloud.limits import USES_MAX
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Contact, Invitation
from pcloud.web.pages.people import titles_of
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, done, staying

MEET: Final = "/people/meet"
CONTACT: Final = "/people/contact/{id}"
INVITATION: Final = "/people/invitation/{id}"
DAY_S: Final = 86_400
OPEN: Final = frozenset({"pending", "requested", "accepted"})
"""States of a contact of which something may still come."""
SHOWN: Final = 20
"""Invitations in the list, and contacts; those of many customers have a list of their own."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long an invitation stays open."""

    text: str
    seconds: int | None


EXPIRIES: Final = MappingProxyType(
    {
        "day": Span(_("for a day"), DAY_S),
        "week": Span(_("for a week"), 7 * DAY_S),
        "month": Span(_("for 30 days"), 30 * DAY_S),
        "never": Span(_("until I take it back"), None),
    }
)


async def meet(visit: Visit) -> Answer:
    """All ways to meet, and what is under way."""
    return await _meet(visit, {})


async def near(visit: Visit) -> Answer:
    """The same, with who announces a node on this network. Looking announces nothing."""
    found = await visit.surface.discover()
    return await _meet(visit, {"near": found})


async def _meet(visit: Visit, more: dict[str, Any]) -> Answer:
    invitations = [each for each in await visit.surface.invitations() if each.state == "open"]
    contacts = [each for each in await visit.surface.contacts() if each.state in OPEN]
    contacts.sort(key=lambda each: each.direction != "in")
    values = {
        "contacts": contacts[:SHOWN],
        "more_contacts": max(len(contacts) - SHOWN, 0),
        "invitations": sorted(invitations, key=lambda each: each.created, reverse=True)[:SHOWN],
        "more_invitations": max(len(invitations) - SHOWN, 0),
        "name": (await visit.surface.status()).name,
        "expiries": EXPIRIES,
        "uses_max": USES_MAX,
        "near": None,
        "link": visit.asked("link") or "",
    }
    return Shown("meet.html", {**values, **more})


async def connect(visit: Visit) -> Answer:
    """Look at what a link leads to. Nothing else is sent."""
    link = "".join(visit.need("link", "the link of an invitation").split())
    found = await visit.surface.connect(link)
    return GoneOn(CONTACT.format(id=found.id))


async def contact(visit: Visit) -> Answer:
    """Who it is, what for, and the owner's yes or no."""
    found = await _contact(visit)
    if found is None:
        return GoneOn(f"/people/{visit.part('id')}")
    return Shown(
        "contact.html",
        {
            "contact": found,
            "titles": titles_of(await visit.surface.rosters()),
            "name": (await visit.surface.status()).name,
        },
    )


async def _contact(visit: Visit) -> Contact | None:
    """The contact; None where it has become a relationship. Raises OwnerError for what is neither."""
    id_ = visit.part("id")
    found = next((each for each in await visit.surface.contacts() if each.id == id_), None)
    if found is None:
        await visit.surface.peer(id_)
    return found


async def accept(visit: Visit) -> Answer:
    """Send the request, or let somebody in."""
    name = visit.filled("name") or ""
    found = await visit.surface.accept(visit.part("id"), name=name)
    if found.direction == "out":
        return done(CONTACT.format(id=found.id), "Your request is on its way.")
    return done("/people", "You let them in; the relationship begins once their node has confirmed.")


async def decline(visit: Visit) -> Answer:
    """Refuse a request, take one's own back, or forget what was only looked at."""
    found = await visit.surface.decline(visit.part("id"))
    text = "You did not let them in; they are told." if found.direction == "in" else "It is forgotten."
    return done(MEET, text)


async def invite(visit: Visit) -> Answer:
    """Make an invitation, and show it."""
    span = EXPIRIES.get(visit.filled("expires") or "day")
    if span is None:
        raise OwnerError("invalid", "Please choose how long it stays open.")
    made = await visit.surface.invite(
        visit.need("purpose", "what it is for"),
        role=visit.filled("role"),
        uses=_uses(visit),
        expires_s=span.seconds,
        title=visit.form.get("title", "").strip(),
    )
    return GoneOn(INVITATION.format(id=made.id))


def _uses(visit: Visit) -> int:
    """How many may come by it. Raises OwnerError."""
    text = visit.filled("uses") or "1"
    uses = int(text) if text.isascii() and text.isdecimal() and len(text) <= len(str(USES_MAX)) else 0
    if not 0 < uses <= USES_MAX:
        raise OwnerError("invalid", f"An invitation is good for 1 to {USES_MAX} people.")
    return uses


async def invitation(visit: Visit) -> Answer:
    """One's own invitation: the code to scan, the link, and how often it was used."""
    return Shown("invitation.html", {"invitation": await _invitation(visit)})


async def _invitation(visit: Visit) -> Invitation:
    id_ = visit.part("id")
    found = next((each for each in await visit.surface.invitations() if each.id == id_), None)
    if found is None:
        raise OwnerError("unknown", "There is no such invitation any more: it was taken back.")
    return found


async def withdraw(visit: Visit) -> Answer:
    """Take an invitation back: nobody comes in by it any more."""
    await visit.surface.withdraw(visit.part("id"))
    return done(MEET, "The invitation is taken back: nobody comes in by it any more.")


async def to_meet(_: Visit) -> Answer:
    """Who comes back to a form by its address begins anew."""
    return GoneOn(MEET)


PAGES: Final = (
    Page("GET", MEET, meet),
    Page("GET", f"{MEET}/near", to_meet),
    Page("POST", f"{MEET}/near", staying(MEET, near)),
    Page("POST", f"{MEET}/connect", staying(MEET, connect)),
    Page("POST", f"{MEET}/invite", staying(MEET, invite)),
    Page("GET", CONTACT, contact),
    Page("POST", f"{CONTACT}/accept", staying(CONTACT, accept)),
    Page("POST", f"{CONTACT}/decline", staying(CONTACT, decline)),
    Page("GET", INVITATION, invitation),
    Page("POST", f"{INVITATION}/withdraw", staying(MEET, withdraw)),
)
