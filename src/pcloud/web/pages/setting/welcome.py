"""What next, for who has just made a node."""

from typing import Final

from pcloud.web.visit import Answer, Page, Shown, Visit


async def welcome(visit: Visit) -> Answer:
    """A few good first steps, each with its page."""
    return Shown("welcome.html", {"status": await visit.surface.status()})


PAGES: Final = (Page("GET", "/welcome", welcome),)
