"""The first page: what waits for the owner, and how the node is."""

from typing import Final

from pcloud.web.visit import Answer, Page, Shown, Visit


async def home(visit: Visit) -> Answer:
    """The node at a glance."""
    return Shown("home.html", {"status": await visit.surface.status()})


PAGES: Final = (Page("GET", "/", home),)
