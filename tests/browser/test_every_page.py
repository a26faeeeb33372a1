"""Every page of the table, on a phone and a desk, light and dark: usable by all, small, and reachable."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from tests.browser.neighbours import Neighbours
from tests.browser.roaming import LISTENS, confirm, roam
from tests.browser.visiting import DESK, PHONE, Visits, url_of

from pcloud.web.table import PAGES

AXE = Path(__file__).with_name("node_modules") / "axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = (
    ("phone, light", PHONE, "light", RULES),
    ("phone, dark", PHONE, "dark", ["cat.color"]),
    ("desk, dark", DESK, "dark", RULES),
    ("desk, light", DESK, "light", ["cat.color"]),
)
NARROW = {"width": 320, "height": 256}
"""A window of 1280 pixels at 400 % (WCAG 2.2, 1.4.10)."""
BYTES_MAX = 100_000
"""Of a page with all that belongs to it."""
NO_LINK: dict[str, str] = {
    "/enter": "for whoever has not come in",
    LISTENS: "the script listens there",
}
"""Rows that no link of a page leads to, each with its reason."""
BEGINNINGS = ("/", "/confirm")

Found = dict[str, list[tuple[str, str]]]
"""Paths of the table; each with addresses, and whose node."""


@pytest.fixture(scope="module")
def found(browser: Browser, furnished: Neighbours) -> Found:
    visits = Visits(browser)
    rows: Found = {}
    for house in furnished:
        tab = visits.owner(house.folder)
        confirm(tab, url_of(house.folder))
        for row, address in roam(tab, url_of(house.folder), BEGINNINGS):
            rows.setdefault(row, []).append((str(house.folder), address))
    visits.end()
    return rows


def pages(found: Found, folder: Path) -> list[str]:
    """Addresses of all pages of one node: the shop's own where only it has them."""
    mine = [address for rows in found.values() for whose, address in rows if whose == str(folder)]
    return [address for address in mine if address]


def test_every_page_is_reached_by_links(found: Found) -> None:
    unreached = [page.path for page in PAGES if page.method == "GET" and page.path not in {*found, *NO_LINK}]
    assert not unreached, "no link leads there; say in NO_LINK why"


def test_what_no_link_leads_to_is_there_and_has_a_reason() -> None:
    for path, reason in NO_LINK.items():
        assert path in {page.path for page in PAGES}
        assert len(reason.split()) > 2


@pytest.mark.parametrize("name", ["anna", "flora"])
def test_axe_finds_nothing(visits: Visits, furnished: Neighbours, found: Found, name: str) -> None:
    folder = getattr(furnished, name).folder
    tab = visits.owner(folder, strict=False)
    confirm(tab, url_of(folder))
    tab.context.add_init_script(path=AXE)
    faults = []
    for address in pages(found, folder):
        tab.goto(url_of(folder) + address)
        for look, size, scheme, rules in LOOKS:
            tab.set_viewport_size(size)
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words, from the table above
            faults += [f"{address} ({look}): {each}" for each in inaccessible(tab, rules)]
    assert not faults, "\n".join(faults)


def test_axe_finds_nothing_at_the_door(visits: Visits, furnished: Neighbours) -> None:
    tab = visits.stranger(strict=False)
    tab.context.add_init_script(path=AXE)
    faults = []
    for address in ("/enter", "/enter?ended"):
        tab.goto(url_of(furnished.anna.folder) + address)
        for look, size, scheme, rules in LOOKS:
            tab.set_viewport_size(size)
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words, from the table above
            faults += [f"{address} ({look}): {each}" for each in inaccessible(tab, rules)]
    assert not faults, "\n".join(faults)


def inaccessible(tab: Tab, rules: list[str]) -> list[str]:
    """What axe-core finds wrong, one sentence each."""
    found: list[dict[str, Any]] = tab.evaluate(
        "async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations",
        rules,
    )
    return [
        f"{each['id']} ({each['impact']}): {each['help']}: {node['html'][:160]} {_why(node)}"
        for each in found
        for node in each["nodes"][:3]
    ]


def _why(node: dict[str, Any]) -> str:
    return " ".join(check["message"] for kind in ("any", "all") for check in node[kind])[:200]


def test_nothing_has_to_be_scrolled_sideways_at_400_percent(
    visits: Visits, furnished: Neighbours, found: Found
) -> None:
    faults = []
    for house in furnished:
        tab = visits.owner(house.folder)
        confirm(tab, url_of(house.folder))
        tab.set_viewport_size(NARROW)  # type: ignore[arg-type]  # it has both numbers
        for address in pages(found, house.folder):
            tab.goto(url_of(house.folder) + address)
            over = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                faults.append(f"{address} is {over} pixels too wide")
    assert not faults, "\n".join(faults)


def test_every_page_is_light(visits: Visits, furnished: Neighbours, found: Found) -> None:
    tab = visits.owner(furnished.anna.folder)
    confirm(tab, url_of(furnished.anna.folder))
    weights = {}
    for address in pages(found, furnished.anna.folder):
        tab.goto(url_of(furnished.anna.folder) + address)
        weights[address] = tab.evaluate(
            """() => ['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
                .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
        )
    heavy = {address: weight for address, weight in weights.items() if weight > BYTES_MAX}
    assert weights
    assert not heavy


def test_the_first_key_leads_past_the_menu_and_focus_can_be_seen(
    visits: Visits, furnished: Neighbours
) -> None:
    tab = visits.owner(furnished.anna.folder)

    tab.keyboard.press("Tab")
    shown = tab.evaluate(
        """() => {
            const box = document.activeElement.getBoundingClientRect();
            return [document.activeElement.innerText, box.left >= 0 && box.width > 0,
                getComputedStyle(document.activeElement).outlineStyle];
        }"""
    )
    tab.keyboard.press("Enter")

    assert shown == ["Skip to the content", True, "solid"]
    assert tab.evaluate("document.activeElement.id") == "main"
