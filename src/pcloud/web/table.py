"""Every page there is: the rows of all parts, in one table."""

from typing import Final

from pcloud.web.pages import (
    bringing,
    copies,
    data,
    entering,
    handing,
    home,
    known,
    letters,
    living,
    meeting,
    people,
    person,
    questions,
    record,
    relays,
    rights,
    rules,
    settings,
    terms,
    welcome,
)
from pcloud.web.visit import Page

PAGES: Final[tuple[Page, ...]] = (
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
    *settings.PAGES,
    *copies.PAGES,
    *relays.PAGES,
    *welcome.PAGES,
)
