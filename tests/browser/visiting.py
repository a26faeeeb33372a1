"""Browsers of owners: each in a context of its own, let in by a link as `pcloud page` makes it."""

import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from tests.browser.watching import Watch

from pcloud.ambient.system import system_entropy
from pcloud.web.codes import make_code, read_file

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1200, height=800)
SIZES = {"phone": PHONE, "desk": DESK}
WAIT_MS_MAX = 30_000
"""For whatever is waited for: a busy machine is slow."""


def url_of(folder: Path) -> str:
    """Where the page of a node is now."""
    return read_file(folder).urls[0]


def link(folder: Path) -> str:
    """A link that lets a browser in once, as `pcloud page` prints it."""
    served = read_file(folder)
    return f"{served.urls[0]}/enter?code={make_code(served.key, int(time.time()), system_entropy)}"


class Visits:
    """All browsers of one test. `watch` looks at every one of them."""

    def __init__(self, browser: Browser) -> None:
        self.watch = Watch()
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def stranger(
        self, size: ViewportSize = DESK, *, dark: bool = False, script: bool = True, strict: bool = True
    ) -> Page:
        """An empty page in a browser of its own. `strict=False` lets a test put its own script into pages."""
        context = self._browser.new_context(
            viewport=size,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            java_script_enabled=script,
            bypass_csp=not strict,
            ignore_https_errors=True,  # the owner has compared the fingerprint of the node's certificate
            locale="en-GB",
        )
        context.set_default_timeout(WAIT_MS_MAX)
        self._contexts.append(context)
        self.watch.over(context)
        return context.new_page()

    def owner(
        self,
        folder: Path,
        size: ViewportSize = DESK,
        *,
        dark: bool = False,
        script: bool = True,
        strict: bool = True,
    ) -> Page:
        """A browser that has come in to the node of this folder, and sees its first page."""
        page = self.stranger(size, dark=dark, script=script, strict=strict)
        page.goto(link(folder))
        if not script:
            page.get_by_role("button", name="Come in").click()
        page.wait_for_url(f"{url_of(folder)}/")
        return page

    def end(self) -> None:
        """Close all, and check what was seen."""
        for context in self._contexts:
            context.close()
        self.watch.check()
