"""Goes through all pages of a node as somebody does who follows every link."""

import html
import re
from collections.abc import Iterator, Sequence

from playwright.sync_api import Page as Tab
from tests.e2e.processes.cli import PASSPHRASE

from pcloud.web.table import PAGES
from pcloud.web.visit import Page

EACH_MAX = 2
"""Addresses that are looked at for one row of the table."""
LISTENS = "/live"
"""Answers as long as somebody listens."""
_LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)')


def confirm(tab: Tab, url: str, passphrase: str = PASSPHRASE) -> None:
    """Type the passphrase once more, so that the pages behind it can be seen."""
    tab.goto(f"{url}/confirm")
    tab.get_by_label("Your passphrase").fill(passphrase)
    tab.get_by_label("Your passphrase").press("Enter")
    tab.wait_for_url(lambda address: "/confirm" not in address)


def row_of(path: str) -> Page | None:
    """The row that answers a path, as far as pages are read."""
    bare = path.partition("?")[0]
    for page in PAGES:
        if page.method == "GET" and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", page.path), bare):
            return page
    return None


def roam(tab: Tab, url: str, beginnings: Sequence[str] = ("/",)) -> Iterator[tuple[str, str, int]]:
    """Rows of the table, each with an address that links lead to, and how that answers; a file has none."""
    seen: dict[str, int] = {}
    waiting = list(beginnings)
    known = set(waiting)
    while waiting:
        address = waiting.pop(0)
        row = row_of(address)
        if row is None or row.path == LISTENS or seen.get(row.path, 0) >= EACH_MAX:
            continue
        seen[row.path] = seen.get(row.path, 0) + 1
        answer = tab.request.get(url + address, headers={"Sec-Fetch-Site": "same-origin"}, max_redirects=0)
        if not answer.headers.get("content-type", "").startswith("text/html"):
            yield row.path, "", answer.status
            continue
        yield row.path, address, answer.status
        for link in _LINK.findall(answer.text()):
            path = html.unescape(link)
            if path not in known:
                known.add(path)
                waiting.append(path)
