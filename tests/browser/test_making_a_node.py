"""From nothing to the first page of a node of one's own: `pcloud page`, a browser, paper and pencil."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.visiting import PHONE, SIZES, Visits

PASSPHRASE = "quilt raven ocean lamp"
WAIT_S_MAX = 60


class Newcomer:
    """`pcloud page` in a folder without a node."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pcloud", "--dir", str(folder), "page"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.link = self.line()

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(WAIT_S_MAX)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    # A port of its own, and a node that nobody else has: tests run beside each other.
    (folder / "config.toml").write_text("[page]\nport = 0\n[listen]\nport = 0\n")
    newcomer = Newcomer(folder)
    yield newcomer
    if newcomer.process.poll() is None:
        newcomer.stop()


def introduce(page: Page, name: str, passphrase: str = PASSPHRASE, again: str = PASSPHRASE) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("A passphrase", exact=True).fill(passphrase)
    page.get_by_label("The passphrase once more").fill(again)
    page.get_by_role("button", name="Go on").click()


def words(page: Page) -> list[str]:
    expect(page.get_by_role("heading", name="Write these 24 words on paper")).to_be_visible()
    return page.get_by_role("listitem").all_inner_texts()


def give_back(page: Page, known: list[str]) -> None:
    page.get_by_role("button", name="They are on paper").click()
    for field in page.get_by_label(re.compile(r"^Word \d+$")).all():
        place = int((field.get_attribute("name") or "").removeprefix("word-"))
        field.fill(known[place - 1])
    page.get_by_role("button", name="Make my cloud").click()


@pytest.mark.parametrize("size", SIZES)
def test_a_newcomer_makes_a_node_and_stands_in_it(size: str, newcomer: Newcomer, visits: Visits) -> None:
    page = visits.stranger(SIZES[size])
    page.goto(newcomer.link)
    introduce(page, "Anna", again="something else")
    expect(page.get_by_role("alert")).to_contain_text("not the same")
    introduce(page, "Anna")
    known = words(page)
    assert len(set(known)) > 20
    # One word is misread: they are shown again, and others are asked.
    give_back(page, ["zebra", *(["zebra"] * 23)])
    expect(page.get_by_text("Look at the words again")).to_be_visible()
    assert words(page) == known
    assert not (newcomer.folder / "vault").exists()
    give_back(page, known)

    expect(page.get_by_role("heading", name="Welcome home, Anna")).to_be_visible()
    assert (newcomer.folder / "vault").exists()
    assert newcomer.line().startswith("Your node runs")
    # It is the node itself that answers now, and a browser that comes later needs a link or the passphrase.
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    other = visits.stranger(PHONE)
    other.goto(page.url)
    other.get_by_label("Your passphrase").fill(PASSPHRASE)
    other.get_by_role("button", name="Come in").click()
    expect(other.get_by_role("navigation")).to_be_visible()
    visits.watch.expect("ERR_CONNECTION_REFUSED")  # pages that lie open look once more for the node
    assert newcomer.stop() == 0


def test_it_works_without_script(newcomer: Newcomer, visits: Visits) -> None:
    page = visits.stranger(script=False)
    page.goto(newcomer.link)
    page.get_by_role("button", name="Come in").click()
    introduce(page, "Anna")
    give_back(page, words(page))
    expect(page.get_by_role("heading", name="Welcome home, Anna")).to_be_visible()


def test_whoever_stops_before_the_words_are_back_has_made_nothing(newcomer: Newcomer, visits: Visits) -> None:
    page = visits.stranger()
    page.goto(newcomer.link)
    introduce(page, "Anna")
    words(page)
    assert newcomer.stop() == 130

    left = {path.name for path in newcomer.folder.iterdir()}
    assert left == {"config.toml"}
