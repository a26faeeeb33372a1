"""What every browser test watches: nothing leaves this machine, and nothing goes wrong unseen."""

import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

HERE = frozenset({"127.0.0.1", "localhost", "[::1]"})
OF_NOBODY = frozenset({"about", "blob", "chrome-error", "data", "web+pcloud"})
"""Schemes that ask nobody."""


class Watch:
    """Listens to whole contexts, and says at the end what was wrong."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        """Every address that a page asked for."""
        self.troubles: list[str] = []
        """What browsers complained about."""
        self._expected: list[re.Pattern[str]] = []
        self._played: set[str] = set()

    def over(self, context: BrowserContext) -> None:
        """Listen to all pages of a context."""
        context.on("request", self._request)
        context.on("console", self._said)
        context.on("weberror", self._broke)
        context.on("page", self._opened)

    def expect(self, pattern: str) -> None:
        """Let a complaint be right in this test, such as the answer 403 to what is refused."""
        self._expected.append(re.compile(pattern))

    def plays(self, host: str) -> None:
        """Let a name be another site, which is played on this machine."""
        self._played.add(host)

    def check(self) -> None:
        """Fail where a request left this machine, or a browser complained without being expected to."""
        away = [address for address in self.asked if not self._is_here(address)]
        assert not away, f"these left this machine: {away}"
        wrong = [said for said in self.troubles if not any(each.search(said) for each in self._expected)]
        assert not wrong, "the browser says:\n" + "\n".join(wrong)

    def _is_here(self, address: str) -> bool:
        parts = urlsplit(address)
        return parts.scheme in OF_NOBODY or (parts.hostname or "") in HERE | self._played

    def _opened(self, page: Page) -> None:
        page.on("websocket", lambda socket: self.asked.append(socket.url))

    def _request(self, request: Request) -> None:
        self.asked.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"{message.text} ({message.location.get('url', '')})")

    def _broke(self, error: WebError) -> None:
        self.troubles.append(f"{error.error.message} (not caught)")
