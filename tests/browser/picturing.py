"""Screenshots for the README: written where PICTURES is set, so that a test by itself changes nothing."""

import os
from pathlib import Path
from typing import Final

from playwright.sync_api import Locator, Page

FOLDER: Final = Path(__file__).parents[2] / "docs/pictures"
WANTED: Final = "PICTURES"


def picture(page: Page, name: str, part: Locator | None = None) -> None:
    """Keep what a page looks like now, from its top or from a part of it."""
    if not os.environ.get(WANTED):
        return
    page.evaluate("scrollTo(0, 0); document.activeElement?.blur()")
    if part is not None:
        part.scroll_into_view_if_needed()
    page.mouse.move(0, 0)
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", scale="css")
