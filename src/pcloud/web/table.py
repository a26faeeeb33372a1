"""Every page there is: the rows of all parts, in one table."""

from typing import Final

from pcloud.web.pages import entering, home, living
from pcloud.web.visit import Page

PAGES: Final[tuple[Page, ...]] = (
    *entering.PAGES,
    *home.PAGES,
    *living.PAGES,
)
