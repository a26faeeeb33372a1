"""Every page there is: the rows of all parts, in one table."""

from typing import Final

from pcloud.web.pages import entering, home, living, meeting, people, person, questions, terms, welcome
from pcloud.web.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *entering.PAGES,
    *home.PAGES,
    *living.PAGES,
    *questions.PAGES,
    *people.PAGES,
    *meeting.PAGES,
    *person.PAGES,
    *terms.PAGES,
    *welcome.PAGES,
)
