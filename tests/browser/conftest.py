"""A browser that is there, owners in it, and nodes to visit.

    def test_something(visits: Visits, neighbours: Neighbours) -> None:
        page = visits.owner(neighbours.anna.folder, PHONE)
        page.get_by_role("link", name="People").click()

Playwright's driver keeps the event loop of its thread: tests here are not async, and ask nodes by `do`.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from tests.browser import chromium as system
from tests.browser import world
from tests.browser.neighbours import Neighbours, both, houses, pair
from tests.browser.visiting import WAIT_MS_MAX, Visits
from tests.e2e.processes.cli import House

expect.set_options(timeout=WAIT_MS_MAX)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's file. Where it is missing nothing is tested, which in CI is a failure."""
    found = system.found()
    if found is None and os.environ.get("CI"):
        pytest.fail(system.HOW)
    if found is None:
        pytest.skip(system.HOW)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One browser for the tests of a file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=system.SWITCHES)
        yield browser
        browser.close()


@pytest.fixture
def visits(browser: Browser) -> Iterator[Visits]:
    """Browsers of this test; at its end no request has left this machine, and no browser has complained."""
    visits = Visits(browser)
    yield visits
    visits.end()


@pytest.fixture(scope="module")
def strangers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    """Anna and Flora, who do not know each other. The tests of a file share them."""
    with pair(tmp_path_factory.mktemp("s")) as made:
        yield made


@pytest.fixture(scope="module")
def neighbours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    """Anna and Flora, related; a question waits, see `world.relate`. The tests of a file share them."""
    with pair(tmp_path_factory.mktemp("n")) as made:
        both(*made, world.relate)
        yield made


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neighbours]:
    """Anna and Flora with some of everything that a page shows, see `world.furnish`: only to look at."""
    with pair(tmp_path_factory.mktemp("f")) as made:
        both(*made, world.furnish)
        yield made


@pytest.fixture
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One node of this test's own, with nobody around."""
    with houses(tmp_path_factory.mktemp("a"), ("Anna", "person")) as (house,):
        yield house
