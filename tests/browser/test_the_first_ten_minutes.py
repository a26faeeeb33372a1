"""A newcomer's first ten minutes, from `make run` to "2 of 2 have the newest", by clicks.

Nothing is asked of the nodes but by the page, on a desk, and once more on a phone. What is typed here are the
words on the pages: where one has to know more than a page says, this test would have to know it too.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.picturing import picture
from tests.browser.visiting import SIZES, Visits

ROOT = Path(__file__).parents[2]
RUN = ROOT / "examples/neighbours/run.py"
WAIT_S = 90
PASSPHRASE = "quilt raven ocean lamp"
ON_A_PHONE = {"not-needed", "a-relationship", "who-knows-what", "after-a-change"}
"""Pictures that the README shows side by side."""
ADDRESSES = (
    {"Street and number": "Quendelweg 7", "Postal code": "27386", "Town": "Sagehorn"},
    {"Street and number": "Salbeigasse 3", "Postal code": "28195", "Town": "Bremen"},
)


class Terminal:
    """`make run`, at a terminal, in a home without a node."""

    def __init__(self, home: Path) -> None:
        home.joinpath("mine").mkdir(mode=0o700)
        home.joinpath("mine/config.toml").write_text("page.port = 0\nlisten.port = 0\n")
        known = {name: value for name, value in os.environ.items() if not name.startswith("PCLOUD_")}
        self._process: Any = pexpect.spawn(
            sys.executable,
            [str(RUN)],
            env={**known, "PCLOUD_DIR": str(home / "mine"), "TMPDIR": str(home), "TERM": "dumb"},
            encoding="utf-8",
            timeout=WAIT_S,
            dimensions=(60, 400),
        )

    def link(self) -> str:
        """Where the node is made."""
        self._process.expect(r"(http://\S+)")
        return str(self._process.match[1])

    def invitations(self) -> list[str]:
        """Those of the neighbours, once they are open."""
        self._process.expect("Ctrl-C here")
        return re.findall(r"^  (pcloud:contact/\S+)\s*$", self._process.before, re.MULTILINE)

    def stop(self) -> None:
        self._process.sendintr()
        self._process.expect(pexpect.EOF)
        self._process.close()


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path_factory.mktemp("m"))
    yield terminal
    terminal.stop()


@pytest.mark.parametrize("size", SIZES)
def test_from_nothing_to_an_address_that_two_shops_have_anew(
    visits: Visits, terminal: Terminal, size: str
) -> None:
    page = visits.stranger(SIZES[size])
    shown = Shown(page, size)
    page.goto(terminal.link())
    begin(page, shown)
    fill_in(page, ADDRESSES[0])
    flower, outdoor = terminal.invitations()
    meet(page, flower, "Flower shop", shown)
    look_closer(page, "Flower shop", shown)
    meet(page, outdoor, "Outdoor shop", shown)
    choose(page, "Outdoor shop", shown)
    look_around(page, shown)
    move(page, shown)
    take_back(page, shown)


class Shown:
    """Pictures of the story: each place once, on a phone only some."""

    def __init__(self, page: Page, size: str) -> None:
        self._page, self._size, self._taken = page, size, set[str]()

    def __call__(self, name: str, part: Locator | None = None) -> None:
        if name not in self._taken and (self._size == "desk" or name in ON_A_PHONE):
            self._taken.add(name)
            picture(self._page, f"{self._size}-{name}", part)


def place(page: Page, name: str) -> None:
    """Go where the menu leads."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()


def begin(page: Page, shown: Shown) -> None:
    """Name, passphrase, words on paper."""
    page.get_by_label("Your name").fill("Anna Quittenbaum")
    page.get_by_label("A passphrase", exact=True).fill(PASSPHRASE)
    page.get_by_label("The passphrase once more").fill(PASSPHRASE)
    shown("begin")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Write these 24 words on paper")).to_be_visible()
    words = page.get_by_role("listitem").all_inner_texts()
    page.get_by_role("button", name="They are on paper").click()
    for field in page.get_by_label(re.compile(r"^Word \d+$")).all():
        field.fill(words[int((field.get_attribute("name") or "").removeprefix("word-")) - 1])
    page.get_by_role("button", name="Make my cloud").click()
    expect(page.get_by_role("heading", name=re.compile("Welcome home"))).to_be_visible()
    shown("welcome")


def fill_in(page: Page, address: dict[str, str]) -> None:
    """What others keep asking her."""
    place(page, "My data")
    edit(page, "Name", {"Name": "Anna Quittenbaum"})
    edit(page, "Home address", address)
    edit(page, "Date of birth", {"Date of birth": "1990-04-01"})
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_label("What", exact=True).select_option("Size")
    page.get_by_label("Which one").fill("shoe")
    page.get_by_role("button", name="Go on").first.click()
    page.get_by_label("Shoe size").fill("39")
    page.get_by_role("button", name="Save", exact=True).click()


def edit(page: Page, name: str, values: dict[str, str]) -> None:
    """Fill in one thing."""
    page.get_by_role("link", name=name).first.click()
    for label, value in values.items():
        page.get_by_label(label).fill(value)
    page.get_by_role("button", name="Save", exact=True).click()
    place(page, "My data")


def meet(page: Page, link: str, name: str, shown: Shown) -> None:
    """A link, a look, a yes; then her terms first."""
    place(page, "People")
    page.get_by_role("link", name="Meet somebody", exact=True).first.click()
    page.get_by_label("Paste the link here").fill(link)
    page.get_by_role("button", name="Look who it is").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    shown("who-it-is")
    page.get_by_role("button", name="Ask to be let in").click()
    # The page goes on by itself as soon as the shop has let her in.
    expect(page.get_by_role("img", name="Your side: open. Their side: open.")).to_be_visible()
    page.get_by_label("Terms of yours").select_option("SD-BASE")
    page.get_by_role("button", name="Proffer these").click()
    expect(page.get_by_text("You have proffered your terms.")).to_be_visible()


def look_closer(page: Page, name: str, shown: Shown) -> None:
    """This shop has asked for more than her terms allow, too; so its question is looked at before a yes."""
    place(page, "Home")
    asked = page.get_by_role("article").filter(has_text=name)
    expect(asked.get_by_role("link", name="Look closer")).to_be_visible()
    shown("a-question")
    asked.get_by_role("link", name="Look closer").click()
    page.get_by_label("I have looked at what is not usual here").check()
    shown("a-closer-look")
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("Given, as you chose.")).to_be_visible()


def choose(page: Page, name: str, shown: Shown) -> None:
    """What this shop needs is chosen already; her postal code she gives too, and her birthday not."""
    place(page, "Home")
    asked = page.get_by_role("article").filter(has_text=name)
    expect(asked.get_by_text("not needed").first).to_be_visible()
    shown("not-needed")
    asked.get_by_role("link", name="Choose").click()
    page.get_by_role("checkbox", name=re.compile("postal", re.IGNORECASE)).check()
    expect(page.get_by_role("checkbox", name=re.compile("^Date of birth"))).not_to_be_checked()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_text("Given, as you chose.")).to_be_visible()


def look_around(page: Page, shown: Shown) -> None:
    """Whom she knows, and who knows what."""
    place(page, "People")
    expect(page.get_by_role("link", name="Outdoor shop")).to_be_visible()
    shown("people")
    page.get_by_role("link", name="Flower shop").click()
    shown("a-relationship")
    place(page, "Who knows what")
    expect(page.get_by_role("link", name="Flower shop")).to_be_visible()
    shown("who-knows-what")


def move(page: Page, shown: Shown) -> None:
    """Said once; both have it."""
    place(page, "My data")
    page.get_by_role("link", name="Home address").first.click()
    for label, value in ADDRESSES[1].items():
        page.get_by_label(label).fill(value)
    expect(page.get_by_text("This change will go to 2 holders")).to_be_visible()
    shown("before-a-change")
    page.get_by_role("button", name="Save and tell 2").click()
    expect(page.get_by_text("2 of 2 have the newest")).to_be_visible()
    shown("after-a-change", page.get_by_text("What stood here before"))


def take_back(page: Page, shown: Shown) -> None:
    """What she gave she can have deleted, which they sign."""
    place(page, "Who knows what")
    page.get_by_role("link", name="Outdoor shop", exact=True).click()
    page.get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Have it deleted there").click()
    shown("taken-back")
    expect(page.get_by_text("deleted").first).to_be_visible()
