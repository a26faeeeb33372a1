"""Links on other people's sites: they lead to the owner's own page, and to nothing else.

A site that shows such a link learns nothing: not whether its visitor has a node, nor what the owner does with
the link. So this page is the same for everybody, asks nothing of the node, and looks at nothing.
"""

from typing import Final
from urllib.parse import quote

from pcloud.runtime.surface import OwnerError
from pcloud.web.visit import Answer, Page, Shown, Visit

SCHEME: Final = "web+"
"""Stands before the link where browsers are to hand it to a page (HTML standard, section 8.9.1.1)."""
LINK: Final = "pcloud:contact/"
LINK_CHARACTERS_MAX: Final = 2_048


async def opened(visit: Visit) -> Answer:
    """What a link on a site leads to: one button. Without a link, the offer to open them here from now on."""
    given = visit.asked("link")
    if given is None:
        return Shown("open_register.html")
    link = given.removeprefix(SCHEME)
    if not link.startswith(LINK) or len(link) > LINK_CHARACTERS_MAX or not link.isascii():
        raise OwnerError("invalid", "This is no invitation. Go back to where you found it, and try again.")
    return Shown("open.html", {"to": f"/people/meet?link={quote(link, safe='')}"})


PAGES: Final = (Page("GET", "/open", opened, needs_session=False, open_to_links=True),)
