"""From a static page of a shop to a relationship: its button opens the visitor's own cloud, and no more."""

import json
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, expect, sync_playwright
from tests.browser import chromium as system
from tests.browser.neighbours import Neighbours, do
from tests.browser.visiting import PHONE, WAIT_MS_MAX, link, url_of
from tests.browser.watching import Watch
from tests.e2e.processes.cli import PASSPHRASE, until

EXAMPLE = Path(__file__).parents[2] / "examples/rbutton"
SHOP = "flora.example"


class Quiet(SimpleHTTPRequestHandler):
    """A static page, and what was asked for."""

    asked: list[str]

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # browsers ask for it whenever they like
            self.send_response(204)
            self.end_headers()
            return
        self.asked.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


@pytest.fixture
def shop(tmp_path: Path, strangers: Neighbours) -> Iterator[tuple[str, list[str]]]:
    """The shop's own page, as the example has it, with the link of an invitation; and what is asked of it."""
    made = do(strangers.flora, lambda node: node.invite("Flowers", role="customer", uses=9))
    for file in EXAMPLE.iterdir():
        (tmp_path / file.name).write_text(file.read_text().replace("LINK", made.link))
    asked: list[str] = []
    handler = type("Here", (Quiet,), {"asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://{SHOP}:{server.server_port}/", asked
    server.shutdown()
    server.server_close()


@pytest.fixture
def visitor(
    tmp_path_factory: pytest.TempPathFactory, chromium: str, strangers: Neighbours
) -> Iterator[BrowserContext]:
    """A browser that was told once, by a click, to open such links at Anna's page; it has come in there."""
    profile = tmp_path_factory.mktemp("profile")
    handler = {
        "default": True,
        "protocol": "web+pcloud",
        "title": "",
        "url": f"{url_of(strangers.anna.folder)}/open?link=%s",
    }
    (profile / "Default").mkdir()
    known = {"custom_handlers": {"enabled": True, "registered_protocol_handlers": [handler]}}
    (profile / "Default/Preferences").write_text(json.dumps(known))
    watch = Watch()
    watch.plays(SHOP)
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=chromium, args=system.SWITCHES, viewport=PHONE, locale="en-GB"
        )
        context.set_default_timeout(WAIT_MS_MAX)
        watch.over(context)
        page = context.new_page()
        page.goto(link(strangers.anna.folder))
        page.wait_for_url(f"{url_of(strangers.anna.folder)}/")
        yield context
        context.close()
    watch.check()


def test_a_click_on_a_shops_page_leads_to_a_pending_contact_and_the_owner_to_a_relationship(
    visitor: BrowserContext, shop: tuple[str, list[str]], strangers: Neighbours
) -> None:
    anna, flora = strangers
    address, asked = shop
    page = visitor.new_page()
    page.goto(address)
    told = list(asked)
    page.get_by_role("link", name="Connect with Flora's flowers").click()
    page.wait_for_url("**/open?link=*")
    expect(
        page.get_by_text("Nothing was sent, and that page does not know that you are here.")
    ).to_be_visible()
    assert asked == told, "the shop's page learns nothing of it"
    assert do(anna, lambda node: node.contacts()) == []
    assert do(flora, lambda node: node.contacts()) == []

    page.get_by_role("link", name="Take it into my cloud").click()
    page.get_by_role("button", name="Look who it is").click()
    page.wait_for_url("**/people/contact/*")
    (contact,) = do(anna, lambda node: node.contacts())
    assert (contact.direction, contact.state, contact.purpose) == ("out", "pending", "Flowers")
    assert do(flora, lambda node: node.contacts()) == [], "nothing was sent yet"

    page.get_by_role("button", name="Ask to be let in").click()
    until(lambda: do(flora, lambda node: node.contacts()))
    (request,) = do(flora, lambda node: node.contacts())
    do(flora, lambda node: node.accept(request.id))
    until(lambda: do(anna, lambda node: node.peers()))
    assert asked == told


def test_a_link_on_a_site_shows_a_stranger_nothing_of_the_owners(
    visitor: BrowserContext, strangers: Neighbours
) -> None:
    visitor.clear_cookies()
    page = visitor.new_page()
    page.goto(f"{url_of(strangers.anna.folder)}/open?link=web%2Bpcloud%3Acontact%2F1%2Fabc")
    expect(page.get_by_role("heading", name="An invitation")).to_be_visible()
    assert "Anna" not in page.content()
    page.get_by_role("link", name="Take it into my cloud").click()
    page.wait_for_url("**/enter?*")
    page.get_by_label("Your passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_label("Paste the link here")).to_have_value("pcloud:contact/1/abc")
