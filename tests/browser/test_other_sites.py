"""Other sites try everything against a page that its owner has open: nothing is read, and nothing is done.

The rows come from the table of pages, so a new one is tried too. "Nothing is done" is strong: of what another
site asks for, no page is even asked to answer, but for the few that links may lead to.
"""

import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
from aiohttp import web
from playwright.sync_api import Page
from tests.browser import world
from tests.browser.inside import Answered, Inside, homes, served
from tests.browser.visiting import Visits, link, url_of

from pcloud.web.devices.book import Shelf
from pcloud.web.guarding.door import PageDoor
from pcloud.web.table import LAN_PAGES, PAGES
from pcloud.web.visit import Page as Row

SCRIPT = Path(__file__).with_name("attack.js").read_text()
NEVER = {"/live"}
"""Answers as long as somebody listens; tried on its own."""


def places(method: str, pages: Sequence[Row] = PAGES) -> list[str]:
    """Paths that answer this method, with something in place of what differs."""
    rows = [page.path for page in pages if page.method == method and page.path not in NEVER]
    return [re.sub(r"\{[^}]+\}", "1", path) for path in rows]


LINKED = {(page.method, page.path) for page in PAGES if page.open_to_links and page.method == "GET"}
COMPLAINTS = r"."
"""A browser says much about an attack; what counts here is what comes of it."""


class Under(NamedTuple):
    """A page that is attacked."""

    url: str
    lan: str
    """For devices on the network, which is this machine alone."""
    port: int
    folder: Path
    inside: Inside
    answered: Answered
    asked: list[str]
    """Paths of all requests that came to its door."""


class Evil(BaseHTTPRequestHandler):
    """Another site: a page with the attack."""

    def do_GET(self) -> None:
        body = f"<!doctype html><title>Prizes</title><body><script>{SCRIPT}</script>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def evil() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Evil) as server:
        running = threading.Thread(target=server.serve_forever)
        running.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            running.join()


@pytest.fixture(scope="module")
def site() -> Iterator[int]:
    """The port of another site."""
    with evil() as port:
        yield port


@pytest.fixture(scope="module")
def under(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Under]:
    """Anna's page, whose rows count what they are asked."""
    answered, asked, check = Answered(), list[str](), PageDoor.check

    def counted(door: PageDoor, request: web.BaseRequest, *, open_to_links: bool) -> None:
        asked.append(request.path)
        check(door, request, open_to_links=open_to_links)

    with homes(tmp_path_factory.mktemp("under")) as inside, patch.object(PageDoor, "check", counted):
        inside.thread.do(world.relate(inside.anna.owner, inside.flora.owner))
        with served(inside.thread, inside.anna, counting=answered) as page:
            Shelf(inside.anna.folder).change(lambda book: book.serve(lan=True))
            inside.thread.do(page.server.look())
            assert page.server.lan is not None
            url, lan = url_of(inside.anna.folder), page.server.lan.url
            port = int(url.rpartition(":")[2])
            yield Under(url, lan, port, inside.anna.folder, inside, answered, asked)


def at_home(visits: Visits, under: Under) -> Page:
    """The owner's browser, come in by a click: with the page's script it would ask for more by itself."""
    tab = visits.stranger()
    tab.context.route("**/static/page.js*", lambda route: route.abort())
    tab.goto(link(under.folder))
    tab.get_by_role("button", name="Come in").first.click()
    tab.wait_for_url(f"{under.url}/")
    tab.context.unroute_all()
    return tab


def everything(under: Under) -> list[Any]:
    """What the node holds and has done."""
    node, do = under.inside.anna.owner, under.inside.thread.do
    peers = do(node.peers())
    return [
        [(peer.id, peer.name, peer.state, peer.mine, peer.theirs, peer.terms) for peer in peers],
        [do(node.log(peer.id, limit=100)) for peer in peers],
        do(node.contacts()),
        do(node.invitations()),
        do(node.asks()),
        do(node.rules()),
        do(node.ledger()),
        do(node.data_list()),
        do(node.letters()),
        [(each.id, each.peer) for each in do(node.holders())],  # a copy is made by itself meanwhile
        do(node.relays()),
    ]


def test_the_counting_counts(visits: Visits, under: Under) -> None:
    """Else the others would show nothing."""
    visits.owner(under.folder)

    assert ("GET", "/") in under.answered.rows
    assert ("POST", "/enter") in under.answered.rows


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1"])
def test_another_site_reads_nothing_and_does_nothing(
    visits: Visits, under: Under, site: int, host: str
) -> None:
    """From afar, and from another port of this machine, whose requests bring the cookie along."""
    visits.watch.expect(COMPLAINTS)
    visits.watch.plays("evil.example")
    page = at_home(visits, under)
    before = everything(under)
    page.goto(f"http://{host}:{site}/")
    under.answered.rows.clear()
    under.asked.clear()

    loot = page.evaluate(
        "([targets, posts, gets]) => attack(targets, posts, gets)",
        [[under.url], places("POST"), [*places("GET"), "/static/page.js"]],
    )

    assert loot == []
    assert len(under.asked) > len(places("POST")) * 3, "the attack did not even come to the door"
    assert set(under.answered.rows) <= LINKED
    assert everything(under) == before
    page.goto(f"{under.url}/")
    assert page.get_by_role("navigation", name="Main").count() == 1, "the owner is still in"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1"])
def test_another_site_gets_nothing_from_the_page_on_the_network(
    visits: Visits, under: Under, site: int, host: str
) -> None:
    """What pairs a device and lets it in needs no visit, and is closed to other sites all the same."""
    visits.watch.expect(COMPLAINTS)
    visits.watch.plays("evil.example")
    before = everything(under)
    page = visits.stranger()
    page.goto(f"http://{host}:{site}/")
    under.answered.rows.clear()
    under.asked.clear()

    loot = page.evaluate(
        "([targets, posts, gets]) => attack(targets, posts, gets)",
        [[under.lan], places("POST", LAN_PAGES), places("GET", LAN_PAGES)],
    )

    assert loot == []
    assert len(under.asked) > len(places("POST", LAN_PAGES))
    assert set(under.answered.rows) <= LINKED
    assert everything(under) == before


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1"])
@pytest.mark.parametrize("how", ["link", "form", "replaced", "refreshed", "window"])
def test_another_site_that_leads_a_browser_here_leads_it_to_words_and_nothing_else(
    visits: Visits, under: Under, site: int, host: str, how: str
) -> None:
    visits.watch.expect(COMPLAINTS)
    visits.watch.plays("evil.example")
    page = at_home(visits, under)
    before = everything(under)
    for path in ["/leave", "/enter"] if how == "form" else ["/", "/confirm"]:
        page.goto(f"http://{host}:{site}/")
        under.answered.rows.clear()
        address = under.url + path
        way = {
            "link": "address => Object.assign(document.createElement('a'), {href: address}).click()",
            "form": """address => {
                const form = Object.assign(document.createElement('form'), {action: address, method: 'post'});
                document.body.append(form); form.submit();
            }""",
            "replaced": "address => location.replace(address)",
            "refreshed": """address => document.head.append(Object.assign(document.createElement('meta'),
                {httpEquiv: 'refresh', content: `0;url=${address}`}))""",
            "window": "address => { location = address + '#' + name; }",
        }[how]
        page.evaluate(way, address)
        page.wait_for_url(re.compile(f":{under.port}{path}"))

        assert page.get_by_text("Another site may not use this page").count() == 1
        assert "Flora" not in page.content()
        assert set(under.answered.rows) <= LINKED
    assert everything(under) == before


@pytest.mark.parametrize(
    "name", ["rebound.example", "127.0.0.1.example", "localhost.example", "LOCALHOST.Example"]
)
def test_a_name_that_was_turned_to_this_machine_is_not_answered(
    visits: Visits, under: Under, name: str
) -> None:
    """DNS rebinding: the browser takes the page for one of the other site's own."""
    visits.watch.expect(COMPLAINTS)
    visits.watch.plays(name.lower())
    page = at_home(visits, under)
    before = everything(under)
    under.answered.rows.clear()

    page.goto(f"http://{name}:{under.port}/")
    assert page.get_by_text("This page does not answer to that name").count() == 1
    statuses = page.evaluate(
        """async ([posts, gets]) => {
            const asked = [...posts.map(path => [path, 'POST']), ...gets.map(path => [path, 'GET'])];
            const answers = asked.map(([path, method]) => fetch(path, {method, credentials: 'include'}));
            return (await Promise.all(answers)).map(answer => answer.status);
        }""",
        [places("POST"), places("GET")],
    )

    assert set(statuses) == {421}
    assert under.answered.rows == []
    assert everything(under) == before


def test_no_page_lets_itself_be_framed_even_by_its_own_origin(visits: Visits, under: Under) -> None:
    visits.watch.expect("frame|Framing|ERR_BLOCKED")
    page = visits.owner(under.folder)

    shown = page.evaluate(
        """address => new Promise(done => {
            const frame = document.createElement('iframe');
            frame.onload = () => {
                try { done(frame.contentDocument?.body?.innerText ?? ''); } catch { done(''); }
            };
            frame.src = address;
            document.body.append(frame);
        })""",
        f"{under.url}/",
    )

    assert "Flora" not in shown
    assert "Your cloud" not in shown
