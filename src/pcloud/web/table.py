"""Every page there is: the rows of all parts, in one table."""

from typing import Final

from pcloud.web.devices import entrance
from pcloud.web.pages import (
    bringing,
    data,
    entering,
    handing,
    home,
    known,
    letters,
    living,
    meeting,
    opening,
    people,
    person,
    questions,
    record,
    rights,
    rules,
    shop,
    terms,
)
from pcloud.web.pages.setting import around, copies, devices, notifying, relays, welcome
from pcloud.web.visit import Page

_WITHIN: Final[tuple[Page, ...]] = (
    *entering.PAGES,
    *home.PAGES,
    *living.PAGES,
    *known.PAGES,
    *data.PAGES,
    *record.PAGES,
    *bringing.PAGES,
    *handing.PAGES,
    *letters.PAGES,
    *questions.PAGES,
    *people.PAGES,
    *meeting.PAGES,
    *person.PAGES,
    *rights.PAGES,
    *rules.PAGES,
    *terms.PAGES,
    *shop.PAGES,
    *opening.PAGES,
    *around.PAGES,
    *devices.PAGES,
    *notifying.PAGES,
    *copies.PAGES,
    *relays.PAGES,
    *welcome.PAGES,
)

PAGES: Final[tuple[Page, ...]] = (*entering.DOOR, *_WITHIN)
"""On the node's own machine."""

LAN_PAGES: Final[tuple[Page, ...]] = (*entrance.PAGES, *_WITHIN)
"""On the owner's other devices."""
