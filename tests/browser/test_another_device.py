"""A phone is paired by a scanned code, shows the page, is taken away, and can do nothing any more."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser import world
from tests.browser.neighbours import both, pair
from tests.browser.visiting import PHONE, Visits
from tests.e2e.processes.cli import PASSPHRASE, House


@pytest.fixture
def anna(tmp_path: Path) -> Iterator[House]:
    """Anna's node, whose network is this machine alone; a question of a shop waits."""
    with pair(tmp_path) as (anna, flora):
        both(anna, flora, world.relate)
        anna.down()
        (anna.folder / "config.toml").write_text(
            '[page]\nport = 0\nlan_host = "127.0.0.1"\nlan_port = 0\n[listen]\nhost = "127.0.0.1"\n'
        )
        yield anna.up()


def confirm(page: Page) -> None:
    """The passphrase, where it is asked for again."""
    expect(page.get_by_role("heading", name="Your passphrase, please")).to_be_visible()
    page.get_by_label("Your passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Go on").click()


def scan(desk: Page) -> str:
    """What the code says that the page shows."""
    desk.get_by_role("link", name="Pair a device").click()
    found = desk.locator("#link").text_content()
    assert found is not None
    return found


def serve(desk: Page) -> None:
    """Let the page be on the network, by clicks."""
    desk.get_by_role("link", name="Settings").click()
    desk.get_by_role("link", name="Your devices").click()
    desk.get_by_role("button", name="Let it be on my network").click()
    confirm(desk)
    desk.get_by_role("button", name="Let it be on my network").click()
    expect(desk.get_by_role("heading", name="Pair a device")).to_be_visible()
    desk.get_by_role("link", name="Your devices").click()


def test_a_phone_is_paired_works_and_is_taken_away(anna: House, visits: Visits) -> None:
    visits.watch.expect("403 .*/device/begin")  # a device that waits, and one that was taken away
    visits.watch.expect("ERR_INCOMPLETE_CHUNKED_ENCODING .*/live")  # whose stream was cut off
    desk = visits.owner(anna.folder)
    serve(desk)
    phone = visits.stranger(PHONE)
    phone.goto(scan(desk))
    # The code is not in the address any more, and nothing of the owner's is there yet.
    expect(phone).to_have_url(re.compile(r"/pair$"))
    phone.get_by_label("What is this device called?").fill("Anna's phone")
    phone.get_by_role("button", name="Pair it").click()
    expect(phone.locator("#number")).to_have_text(re.compile(r"^\d{3} \d{3}$"))
    number = phone.locator("#number").inner_text()

    # A scanned link alone is a device that waits.
    other = phone.context.new_page()
    other.goto(phone.url.replace("/pair", "/"))
    expect(other.get_by_text("This device is not paired")).to_be_visible()
    other.close()

    # Another number lets nobody in.
    expect(desk.get_by_text("Anna's phone waits.")).to_be_visible()
    wrong = f"{(int(number.replace(' ', '')) + 1) % 1_000_000:06}"
    desk.get_by_label("The number on its screen").fill(wrong)
    desk.get_by_role("button", name="This is my device").click()
    expect(desk.get_by_text("No device that waits shows this number")).to_be_visible()
    desk.get_by_label("The number on its screen").fill(number)
    desk.get_by_role("button", name="This is my device").click()
    expect(desk.get_by_text("The device is paired")).to_be_visible()

    # The phone goes on by itself, comes in again by itself, and is the owner's.
    expect(phone.get_by_role("navigation")).to_be_visible()
    phone.context.clear_cookies()
    phone.get_by_role("link", name="People", exact=True).click()
    expect(phone.get_by_role("navigation")).to_be_visible()
    phone.get_by_role("link", name="Settings").click()
    phone.get_by_role("link", name="Your devices").click()
    expect(phone.get_by_text("this one")).to_be_visible()

    # It answers what a shop asks.
    phone.get_by_role("link", name="Home").click()
    expect(phone.get_by_role("heading", name="One thing waits for you")).to_be_visible()
    phone.get_by_role("button", name="Give", exact=True).click()
    expect(phone.get_by_role("heading", name="Nothing waits for you")).to_be_visible()

    # Taken away, it is out at once and stays out.
    desk.get_by_role("button", name="Take away").click()
    expect(desk.get_by_text("opens nothing any more")).to_be_visible()
    other = phone.context.new_page()  # the one that is open may just notice it, and read itself again
    other.goto(phone.url)
    expect(other.get_by_text("This device is not paired, or was taken away.")).to_be_visible()


def test_a_code_lets_one_device_ask_and_no_other(anna: House, visits: Visits) -> None:
    desk = visits.owner(anna.folder)
    serve(desk)
    link = scan(desk)
    quick, slow = visits.stranger(), visits.stranger(PHONE)
    visits.watch.expect("403")
    for page, expected in ((quick, "Type this number"), (slow, "used already")):
        page.goto(link)
        page.get_by_role("button", name="Pair it").click()
        expect(page.get_by_text(expected)).to_be_visible()
    # Nobody is let in by that: the one who was quicker waits for a number that the owner does not see.
    desk.get_by_role("link", name="Your devices").click()
    expect(desk.get_by_text("No other device is paired.")).to_be_visible()


def test_a_browser_without_a_place_for_keys_is_told_so(anna: House, visits: Visits) -> None:
    desk = visits.owner(anna.folder)
    serve(desk)
    link = scan(desk)
    page = visits.stranger(PHONE, strict=False)
    page.add_init_script("Object.defineProperty(globalThis, 'indexedDB', { value: undefined })")
    page.goto(link)
    expect(page.get_by_text("This browser cannot keep a key")).to_be_visible()
    plain = visits.stranger(PHONE, script=False)
    plain.goto(link)
    expect(plain.get_by_text("this browser has to run scripts")).to_be_visible()
