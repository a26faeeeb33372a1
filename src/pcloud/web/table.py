"""Every page there is: the rows of all parts, in one table."""

from typing import Final

from pcloud.web.devices import entrance
from pcloud.web.pages import (
    bringing,
    copies,
    data,
    devices,
    entering,
    handing,
    home,
    known,
    letters,
    living,
    meeting,
    notifying,
    opening,
    people,
    person,
    questions,
    record,
    relays,
    rights,
    rules,
    settings,
    shop,
    terms,
    welcome,
)
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
    *settings.PAGES,
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
