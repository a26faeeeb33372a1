"""The first page: what waits for the owner, what has happened since yesterday, and what needs care."""

from typing import Any, Final

from pcloud.runtime.views import Contact, Negotiation
from pcloud.web.caring import CARE, needs_care
from pcloud.web.days import day_before
from pcloud.web.happened import Line, lines
from pcloud.web.pages.questions import UNUSUAL, card
from pcloud.web.visit import Answer, Page, Shown, Visit

QUESTIONS: Final = 5
"""Questions that are shown whole; the others are in a list of their own."""
ASKED_FOR: Final = 20
"""Questions that are counted; beyond that there are just more."""
MEETING: Final = 5
"""People to meet, and terms, that are shown each; the others are on pages of their own."""
LOOKED_THROUGH: Final = 100
"""Terms that wait for anybody, among which those are looked for that wait for the owner."""
NEWS: Final = 8
"""Lines of what happened."""
LOOKED_AT: Final = 60
"""Messages among which they are looked for."""

PAGE: Final = 50
"""Lines of a page of all that happened."""


async def home(visit: Visit) -> Answer:
    """What waits, what happened, and how the node is."""
    surface = visit.surface
    status = await surface.status()
    asks = await surface.asks(limit=ASKED_FOR)
    meeting = [each for each in await surface.contacts() if waits(each)] if status.contacts else []
    terms = [
        each
        for each in (await surface.negotiations(state="waiting", limit=LOOKED_THROUGH)).rows
        if each.turn == "mine"
    ]
    return Shown(
        "home.html",
        {
            "status": status,
            "cards": [card(await surface.show_ask(each.id), visit.now) for each in asks[:QUESTIONS]],
            "more": len(asks) - min(len(asks), QUESTIONS),
            "unusual": UNUSUAL,
            "meeting": meeting[:MEETING],
            "more_meeting": max(len(meeting) - MEETING, 0),
            "terms": await _named(visit, terms[:MEETING]),
            "more_terms": max(len(terms) - MEETING, 0),
            "uncounted": len(asks) == ASKED_FOR,
            "waiting": len(asks) + len(meeting) + len(terms),
            "lines": await _news(visit),
            "caring": CARE,
            "care": await needs_care(visit, status),
        },
    )


def waits(contact: Contact) -> bool:
    """Whether it is the owner's turn with somebody who is no peer yet."""
    asks_us = contact.direction == "in" and contact.state in {"pending", "requested"}
    return asks_us or (contact.direction == "out" and contact.state == "pending")


async def _named(visit: Visit, terms: list[Negotiation]) -> list[dict[str, Any]]:
    return [{"row": each, "name": (await visit.surface.peer(each.peer)).name} for each in terms]


async def _news(visit: Visit) -> list[Line]:
    since = day_before(visit.now)
    found = lines(await visit.surface.news(limit=LOOKED_AT), seen=False)
    return [each for each in found if each.at >= since][:NEWS]


async def news(visit: Visit) -> Answer:
    """What was said and done with everybody, page by page."""
    before = visit.number("before")
    rows = await visit.surface.news(before=before, limit=PAGE)
    older = rows[-1].entry.number if len(rows) == PAGE else None
    return Shown("news.html", {"lines": lines(rows), "older": older, "first": before is None})


PAGES: Final = (Page("GET", "/", home), Page("GET", "/news", news))
