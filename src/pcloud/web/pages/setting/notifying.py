"""How the owner is told that something waits: what is set, and whether it arrives."""

from typing import Final

from pcloud.runtime.surface import OwnerError
from pcloud.web.visit import Answer, Page, Shown, Visit, done, staying

HERE: Final = "/settings/notify"


async def notify(visit: Visit) -> Answer:
    """What is set, and how to set it."""
    notifying = visit.within.notifying
    wanted = notifying is not None and notifying.wanted
    return Shown("notify.html", {"wanted": wanted, "behind": notifying is not None and notifying.behind})


async def try_out(visit: Visit) -> Answer:
    """Tell the owner now."""
    notifying = visit.within.notifying
    if notifying is None or not notifying.wanted:
        raise OwnerError("invalid", "Nothing is set up yet. See below how.")
    await notifying.try_out()
    return done(HERE, "It went out. Look whether it has arrived.")


PAGES: Final = (
    Page("GET", HERE, notify),
    Page("POST", "/settings/notify/try", staying(HERE, try_out)),
)
