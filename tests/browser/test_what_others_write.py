"""Texts of others on every page: whatever they hold, they stay text, and are taken for nothing else.

The node is real, and so are its peers; only between the node and its pages each text that another wrote
(and what may have come out of a file) is replaced. A page is then compared with what it is with harmless
words of the same length: the same elements, with the same attributes, leading to the same places.
"""

import html
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab
from tests.browser import world
from tests.browser.hostile import Hostile
from tests.browser.inside import homes, served
from tests.browser.payloads import PAYLOADS, STRANGE, UNSEEN, chunks
from tests.browser.roaming import confirm, roam
from tests.browser.visiting import Visits, url_of

from pcloud.testing.home import PASSPHRASE
from pcloud.web.showing import SHOWN_CHARACTERS_MAX

MARK, OWN_MARK = "Zqx", "Zqy"
"""In texts of peers, and in the owner's own, which may have come out of a file."""
NAMES = {"anna": "AnnaZqa", "flora": "FloraZqf"}
"""With marks of their own: what is a peer's name to one is the other's own."""
ONLY_A_SHOPS = ("/shop", "/people")
"""What is looked at of a shop's pages; the others are Anna's too."""
OK = 200
SEEN = "abcdefgh"
"""Harmless, and on no page by itself."""
ROOM = 100
"""Characters of a text beside its mark."""
SHAPES = """async addresses => {
    const kept = new Set(['href', 'src', 'action', 'formaction', 'id', 'class', 'type', 'method', 'name']);
    const about = each => [each.name, kept.has(each.name) ? each.value : ''];
    const shape = async address => {
        const text = await (await fetch(address)).text();
        const parsed = new DOMParser().parseFromString(text, 'text/html');
        return [...parsed.querySelectorAll('*')].map(each => [each.tagName, [...each.attributes].map(about)]);
    };
    return Object.fromEntries(await Promise.all(addresses.map(async each => [each, await shape(each)])));
}"""
TOGETHER = """text => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const around = walker.currentNode.parentElement;
        const apart = around.closest('bdi, [dir=auto], textarea, option');
        if (walker.currentNode.data.includes(text) && !apart) found.push(around.outerHTML.slice(0, 150));
    }
    return found;
}"""


class Spoilt(NamedTuple):
    """A page whose texts can be chosen."""

    url: str
    tab: Tab
    """In a browser that lets a test's own script into pages."""
    peers: Hostile
    own: Hostile
    addresses: list[str]
    """Of pages that show such texts, one for each row of the table that has one."""

    def shapes(self, text: str) -> Any:
        """The elements of all pages with this in all texts, without the texts."""
        self.peers.text = self.own.text = text
        return self.tab.evaluate(SHAPES, self.addresses)


@pytest.fixture(scope="module", params=["anna", "flora"])
def spoilt(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Spoilt]:
    """Anna's pages, and the shop's."""
    names = (NAMES["anna"], NAMES["flora"])
    with homes(tmp_path_factory.mktemp("h"), names) as inside:
        furnish = world.furnish(inside.anna.owner, inside.flora.owner, MARK, own=OWN_MARK, names=names)
        inside.thread.do(furnish)
        home = getattr(inside, request.param)
        mine, theirs = sorted((name[-3:] for name in names), key=lambda mark: not home.name.endswith(mark))
        peers = Hostile(home.owner, MARK, theirs)
        own = Hostile(peers.surface, OWN_MARK, mine)
        with served(inside.thread, home, own.surface):
            visits = Visits(browser)
            tab, url = visits.owner(home.folder, strict=False), url_of(home.folder)
            confirm(tab, url, PASSPHRASE)
            rows = {row: address for row, address, status in roam(tab, url) if address and status == OK}
            addresses = [
                each for each in rows.values() if home is inside.anna or each.startswith(ONLY_A_SHOPS)
            ]
            peers.text = own.text = SEEN
            touched = [each for each in addresses if SEEN in tab.request.get(url + each).text()]
            assert len(touched) > 1, "no page shows what others write"
            yield Spoilt(url, tab, peers, own, touched)
            visits.end()


def test_there_are_five_hundred_of_them_and_all_are_different() -> None:
    assert len(PAYLOADS) == 500
    assert len(set(PAYLOADS)) > 480


def test_no_text_becomes_anything_but_text(spoilt: Spoilt) -> None:
    all_ = chunks(SHOWN_CHARACTERS_MAX - ROOM)
    harmless = spoilt.shapes("x" * len(all_[0]))
    for chunk in all_:
        shapes = spoilt.shapes(chunk)
        if (
            shapes != harmless
        ):  # what has happened meanwhile, such as a copy that was made, changes a page too
            harmless, shapes = spoilt.shapes("x" * len(chunk)), spoilt.shapes(chunk)
        changed = [address for address in spoilt.addresses if shapes[address] != harmless[address]]
        assert not changed, f"another page with {chunk}"


def test_nothing_runs_and_nothing_is_asked_for(visits: Visits, spoilt: Spoilt) -> None:
    """In a browser that reports what its policy forbids; every complaint fails."""
    strict = visits.stranger()
    strict.context.add_cookies(
        [{**each, "url": spoilt.url} for each in cookies(spoilt.tab)]  # type: ignore[typeddict-item]  # as it came
    )
    strict.add_init_script("globalThis.pwned = () => console.error('a text of a peer has run')")
    strict.on("dialog", lambda dialog: pytest.fail(f"a text of a peer says {dialog.message}"))
    all_ = [*chunks(SHOWN_CHARACTERS_MAX - ROOM), " ".join(STRANGE)]
    for number, address in enumerate([*spoilt.addresses, *spoilt.addresses]):
        spoilt.peers.text = spoilt.own.text = all_[number % len(all_)]
        strict.goto(spoilt.url + address)
        assert "pwned" in strict.content() or STRANGE[0] in strict.content()


def cookies(tab: Tab) -> list[dict[str, Any]]:
    """Those of a browser, to be used in another."""
    return [{"name": each["name"], "value": each["value"]} for each in tab.context.cookies()]


def test_nothing_of_a_peer_turns_or_hides_what_stands_around_it(spoilt: Spoilt) -> None:
    spoilt.own.text = ""
    for strange in STRANGE:
        spoilt.peers.text = strange
        for address in spoilt.addresses:
            text = spoilt.tab.request.get(spoilt.url + address).text()
            unseen = [hex(ord(each)) for each in html.unescape(text) if ord(each) in UNSEEN]
            assert not unseen, f"{address} shows {unseen}"


def test_every_text_of_a_peer_stands_apart(spoilt: Spoilt) -> None:
    """Else a name that is written from right to left would turn the sentence that it stands in (UAX #9)."""
    spoilt.own.text, spoilt.peers.text = "", "\u05e2\u05d1\u05e8\u05d9\u05ea"
    together = []
    for address in spoilt.addresses:
        spoilt.tab.goto(spoilt.url + address)
        together += [f"{address}: {each}" for each in spoilt.tab.evaluate(TOGETHER, spoilt.peers.text)]
    assert not together, "\n".join(together)
