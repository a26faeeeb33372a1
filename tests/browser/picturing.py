"""Screenshots for the README: written where PICTURES is set, so that a test by itself changes nothing."""

import os
from pathlib import Path
from typing import Final

from playwright.sync_api import Page

FOLDER: Final = Path(__file__).parents[2] / "docs/pictures"
WANTED: Final = "PICTURES"


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep what a page looks like now, from its top. `whole`: with what has to be scrolled to."""
    if not os.environ.get(WANTED):
        return
    page.evaluate("scrollTo(0, 0); document.activeElement?.blur()")
    page.mouse.move(0, 0)
    FOLDER.mkdir(exist_ok=True)
    page.screenshot(path=FOLDER / f"{name}.png", full_page=whole, animations="disabled", scale="css")
