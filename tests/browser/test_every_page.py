"""Every page of the table, on a phone and a desk, light and dark: usable by all, small, and reachable."""

from pathlib import Path
from typing import Any, Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, ViewportSize
from playwright.sync_api import Page as Tab
from tests.browser.neighbours import Neighbours
from tests.browser.roaming import LISTENS, confirm, roam
from tests.browser.visiting import DESK, PHONE, Visits, url_of
from tests.e2e.processes.cli import House

from pcloud.web.table import PAGES

AXE = Path(__file__).with_name("node_modules") / "axe-core/axe.min.js"
EVERYTHING = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
CONTRAST = {"type": "rule", "values": ["color-contrast"]}
LOOKS: tuple[tuple[str, ViewportSize, Literal["light", "dark"], dict[str, Any]], ...] = (
    ("phone, light", PHONE, "light", EVERYTHING),
    ("phone, dark", PHONE, "dark", CONTRAST),
    ("desk, dark", DESK, "dark", EVERYTHING),
    ("desk, light", DESK, "light", CONTRAST),
)
NARROW = ViewportSize(width=320, height=256)
"""A window of 1280 pixels at 400 % (WCAG 2.2, 1.4.10)."""
BYTES_MAX = 100_000
"""Of a page with all that belongs to it."""
NO_LINK = {
    "/data/list": "where there are more records than a page shows",
    "/people/find": "whoever looks for a name comes there",
    "/people/meet/near": "whoever looks around comes there",
    "/questions": "where many questions wait",
    "/rules/test": "whoever tries a rule comes there",
    "/open": "links of other sites lead there",
    "/settings/devices/pair": "where the page is shown to other devices",
    "/confirm": "asked for where the passphrase is needed",
}
"""Rows that links may not lead to, each with its reason; they are looked at too."""
NO_PAGE = {
    "/enter": "for whoever has not come in",
    "/data/import/{file}": "whoever has chosen a file comes there",
    LISTENS: "the script listens there",
}
"""Rows that are no page of somebody who has come in."""
WEIGHT = """['navigation', 'resource'].flatMap(kind => performance.getEntriesByType(kind))
    .reduce((sum, each) => sum + each.decodedBodySize, 0)"""
OK, ELSEWHERE = 200, 303
ANSWERS = {OK, ELSEWHERE}


class Seen(NamedTuple):
    """An address that links lead to."""

    house: House
    row: str
    address: str
    """Empty where a file comes, and no page."""
    status: int


class Looked(NamedTuple):
    """What was seen of one page."""

    address: str
    faults: list[str]
    """What axe-core says."""
    over: int
    """Pixels to be scrolled sideways in a narrow window."""
    weight: int
    """Bytes of the page with all that belongs to it."""


@pytest.fixture(scope="module")
def found(browser: Browser, furnished: Neighbours) -> list[Seen]:
    """All that can be reached, at Anna's and at Flora's."""
    visits = Visits(browser)
    seen = []
    for house in furnished:
        tab = visits.owner(house.folder)
        confirm(tab, url_of(house.folder))
        seen += [Seen(house, *each) for each in roam(tab, url_of(house.folder), ["/", *NO_LINK])]
    visits.end()
    return seen


@pytest.fixture(scope="module")
def looked(browser: Browser, found: list[Seen]) -> list[Looked]:
    """One page of each row, Anna's where she has it; what only a shop has more of, at Flora's."""
    visits = Visits(browser)
    tabs: dict[House, Tab] = {}
    rows: dict[str, Looked] = {}
    for house, row, address, status in found:
        if house not in tabs:
            tabs[house] = visits.owner(house.folder, strict=False)
            confirm(tabs[house], url_of(house.folder))
            tabs[house].context.add_init_script(path=AXE)
        if address and status == OK and (row not in rows or row.startswith("/shop")):
            rows[row] = look(tabs[house], url_of(house.folder), address)
    visits.end()
    return list(rows.values())


def look(tab: Tab, url: str, address: str) -> Looked:
    """Look at a page in every way."""
    tab.set_viewport_size(NARROW)
    tab.goto(url + address)
    over = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    weight = tab.evaluate(WEIGHT)
    faults = []
    for name, size, scheme, rules in LOOKS:
        tab.set_viewport_size(size)
        tab.emulate_media(color_scheme=scheme)
        faults += [f"{address} ({name}): {each}" for each in inaccessible(tab, rules)]
    return Looked(address, faults, over, weight)


def test_every_page_answers(found: list[Seen]) -> None:
    assert not [(seen.address or seen.row, seen.status) for seen in found if seen.status not in ANSWERS]


def test_every_page_is_reached_by_links(found: list[Seen]) -> None:
    reached = {seen.row for seen in found}
    unreached = [
        page.path for page in PAGES if page.method == "GET" and page.path not in {*reached, *NO_PAGE}
    ]
    assert not unreached, "no link leads there; say in NO_LINK why"


def test_what_no_link_leads_to_is_there_and_has_a_reason() -> None:
    for path, reason in {**NO_LINK, **NO_PAGE}.items():
        assert path in {page.path for page in PAGES}
        assert len(reason.split()) > 2


def test_axe_finds_nothing(looked: list[Looked]) -> None:
    assert looked
    assert not [fault for each in looked for fault in each.faults]


def test_nothing_has_to_be_scrolled_sideways_at_400_percent(looked: list[Looked]) -> None:
    assert not [(each.address, each.over) for each in looked if each.over > 0]


def test_every_page_is_light(looked: list[Looked]) -> None:
    assert min(each.weight for each in looked) > 0
    assert not [(each.address, each.weight) for each in looked if each.weight > BYTES_MAX]


def test_axe_finds_nothing_at_the_door(visits: Visits, furnished: Neighbours) -> None:
    tab = visits.stranger(strict=False)
    tab.context.add_init_script(path=AXE)
    for address in ("/enter", "/enter?ended"):
        assert look(tab, url_of(furnished.anna.folder), address).faults == []


def inaccessible(tab: Tab, rules: dict[str, Any]) -> list[str]:
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
