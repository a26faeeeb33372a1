"""The way in, and what becomes of a visit that ends."""

import re
import socket

import pytest
from playwright.sync_api import expect
from tests.browser.neighbours import Neighbours, do
from tests.browser.visiting import PHONE, SIZES, Visits, link, url_of
from tests.e2e.processes.cli import House


@pytest.mark.parametrize("size", SIZES)
def test_a_link_lets_a_browser_in_and_leaves_no_code_in_its_address(
    visits: Visits, neighbours: Neighbours, size: str
) -> None:
    page = visits.owner(neighbours.anna.folder, SIZES[size])

    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert page.url == f"{url_of(neighbours.anna.folder)}/"


def test_a_link_works_once(visits: Visits, neighbours: Neighbours) -> None:
    visits.watch.expect("403")
    opened = link(neighbours.anna.folder)
    first, second = visits.stranger(), visits.stranger()
    first.goto(opened)
    first.wait_for_url(f"{url_of(neighbours.anna.folder)}/")

    second.goto(opened)

    expect(second.get_by_text("This link was used already")).to_be_visible()
    expect(second.get_by_role("navigation")).to_have_count(0)


def test_it_works_without_script(visits: Visits, neighbours: Neighbours) -> None:
    page = visits.owner(neighbours.anna.folder, PHONE, script=False)

    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_a_stranger_sees_the_way_in_and_nothing_else(visits: Visits, neighbours: Neighbours) -> None:
    page = visits.stranger()

    page.goto(url_of(neighbours.anna.folder))

    page.wait_for_url(re.compile(r"/enter$"))
    assert "Anna" not in page.content()
    assert "Flora" not in page.content()


def test_a_form_of_nobody_ends_no_visit_and_a_visit_that_ends_ends_no_other(
    visits: Visits, neighbours: Neighbours
) -> None:
    here, there = (visits.owner(neighbours.anna.folder) for _ in range(2))
    url = url_of(neighbours.anna.folder)

    refused = here.request.post(f"{url}/leave", form={"form_token": "of nobody"}, headers={"Origin": url})

    assert refused.status == 403
    here.reload()
    expect(here.get_by_role("navigation", name="Main")).to_be_visible()
    here.context.clear_cookies()
    here.evaluate("location.reload()")  # as the page's own script may do at the same time
    here.wait_for_url(re.compile("/enter"))
    there.reload()
    expect(there.get_by_role("navigation", name="Main")).to_be_visible()


def keep_port(house: House) -> int:
    """Let its page be where it was after a new start, too."""
    house.down()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    (house.folder / "config.toml").write_text(f"page.port = {port}\n")
    house.up()
    return port


def test_a_node_that_starts_anew_ends_the_visit_and_says_so(visits: Visits, alone: House) -> None:
    visits.watch.expect(
        "ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY|ERR_INCOMPLETE|ERR_NETWORK|Failed to fetch"
    )
    before = f"http://127.0.0.1:{keep_port(alone)}"
    page = visits.owner(alone.folder)

    alone.down()
    expect(page.get_by_text("Your node does not answer just now.")).to_be_visible()
    alone.up()
    expect(page.get_by_text("Reload this page to come in again.")).to_be_visible()

    page.goto(f"{before}/")
    page.wait_for_url(re.compile("/enter"))
    page.goto(f"{before}/enter?ended")
    expect(page.get_by_text("Your visit has ended")).to_be_visible()
    again = visits.owner(alone.folder)
    expect(again.get_by_role("navigation", name="Main")).to_be_visible()
    assert do(alone, lambda node: node.status()).name == "Anna"
