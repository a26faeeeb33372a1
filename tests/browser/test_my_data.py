"""One's own data and who knows what, by clicks: changed, seen to arrive, taken back; files brought in."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.browser.neighbours import Neighbours, do, peer
from tests.browser.visiting import DESK, PHONE, Visits, url_of
from tests.e2e.processes.cli import until

NAME, HOME = "profile.name", "profile.address.home"
READ_AGAIN_MS = 1_500
"""By then an open page has read its live parts again."""
CARDS = "".join(
    f"BEGIN:VCARD\r\nVERSION:4.0\r\nUID:{number}\r\nFN:Person {number}\r\nEND:VCARD\r\n"
    for number in range(300)
)


def give(neighbours: Neighbours, *paths: str) -> str:
    """Anna has given Flora these, who has said that it has them; gives the relationship's id."""
    flora = peer(neighbours.anna, "Flora")
    do(neighbours.anna, lambda node: node.share(flora, list(paths), purposes=["DeliveryOfGoods"]))

    def taken() -> bool:
        rows = do(neighbours.anna, lambda node: node.ledger(peer=flora)).rows
        return {row.path for row in rows if row.state == "confirmed"} >= set(paths)

    until(taken)
    return flora


def test_a_change_says_where_it_goes_and_its_arrival_is_seen_without_reading_the_page_again(
    visits: Visits, neighbours: Neighbours
) -> None:
    give(neighbours, HOME)
    page = visits.owner(neighbours.anna.folder, PHONE, dark=True)
    page.get_by_role("link", name="My data").click()
    page.get_by_role("link", name=re.compile("^Home address")).click()
    expect(page.get_by_text("This change will go to 1 holder")).to_be_visible()
    expect(page.locator(".goes")).to_contain_text("Flora")
    page.get_by_label("Street and number").fill("Salbeigasse 3")
    page.get_by_label("Postal code").fill("28195")
    page.get_by_role("button", name="Save and tell 1").click()
    expect(page.get_by_role("status").get_by_text("Saved. It goes to those who have it")).to_be_visible()
    expect(page.get_by_text("1 of 1 have the newest")).to_be_visible()
    expect(page.locator("#holders")).to_contain_text("in use")
    held = do(neighbours.flora, lambda node: node.held()).fields
    assert [each.value["streetAddress"] for each in held if each.path == HOME] == ["Salbeigasse 3"]


def test_what_is_not_right_stays_to_be_mended(visits: Visits, neighbours: Neighbours) -> None:
    visits.watch.expect("422")
    before = do(neighbours.anna, lambda node: node.data_get(HOME))
    page = visits.owner(neighbours.anna.folder, DESK)
    page.goto(f"{url_of(neighbours.anna.folder)}/data/edit?path={HOME}")
    page.get_by_label("Country").fill("XX")
    page.get_by_role("button", name=re.compile("^Save")).click()
    expect(page.get_by_role("alert")).to_contain_text("Country takes the two letters of a country")
    expect(page.get_by_label("Country")).to_have_value("XX")
    page.wait_for_timeout(READ_AGAIN_MS)
    expect(page.get_by_label("Country")).to_have_value(
        "XX"
    )  # it is not read again, which would send it again
    assert do(neighbours.anna, lambda node: node.data_get(HOME)) == before


def test_who_knows_what_is_seen_at_a_glance_and_taken_back(visits: Visits, neighbours: Neighbours) -> None:
    flora = give(neighbours, NAME)
    page = visits.owner(neighbours.anna.folder, DESK)
    page.get_by_role("link", name="Who knows what").click()
    row = page.get_by_role("row", name=re.compile("Flora"))
    row.get_by_role("link", name=re.compile("^Name: 1, up to date")).click()
    page.get_by_role("checkbox", name=re.compile("^Name")).check()
    page.get_by_role("button", name="Have it deleted there").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Have it deleted at Flora?")
    page.get_by_role("button", name="Have it deleted there").click()
    page.get_by_text("What they have no longer").click()
    expect(page.locator("#gone")).to_contain_text("Name")

    def signed() -> bool:
        rows = do(neighbours.anna, lambda node: node.ledger(peer=flora)).rows
        return [row.state for row in rows if row.path == NAME] == ["erased"]

    until(signed)
    page.goto(f"{url_of(neighbours.anna.folder)}/known/time")
    expect(page.get_by_text("they signed to have deleted: Name").first).to_be_visible()
    assert NAME not in {each.path for each in do(neighbours.flora, lambda node: node.held()).fields}


@pytest.mark.parametrize("script", [True, False])
def test_a_file_is_looked_into_taken_and_put_away(
    visits: Visits, neighbours: Neighbours, tmp_path: Path, *, script: bool
) -> None:
    file = tmp_path / "people.vcf"
    file.write_text(CARDS.replace("Person", "Friend" if script else "Person"), newline="")
    page = visits.owner(neighbours.anna.folder, PHONE, script=script)
    page.goto(f"{url_of(neighbours.anna.folder)}/data/import")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Look into it").click()
    _look_until(page, "300 records were found", script=script)
    page.get_by_role("button", name="Take them").click()
    _look_until(page, "Taken:", script=script)
    page.get_by_role("button", name="Put the file away").click()
    expect(page.get_by_role("heading", name="Files that wait for you")).to_have_count(0)
    found = do(neighbours.anna, lambda node: node.data_search("friend" if script else "person", limit=100))
    assert len(found) == 100
    assert not list(neighbours.anna.folder.glob("page-files/*"))


def _look_until(page: Page, words: str, *, script: bool) -> None:
    """With script the page comes to it by itself; without it one looks again."""
    if script:
        expect(page.get_by_text(words)).to_be_visible()
        return

    def there() -> bool:
        again = page.get_by_role("link", name="Look again")
        if again.count():
            again.click()
        return page.get_by_text(words).count() > 0

    until(there)


def test_data_are_taken_out_into_a_file_whose_name_says_nothing(
    visits: Visits, neighbours: Neighbours
) -> None:
    page = visits.owner(neighbours.anna.folder, DESK)
    page.goto(f"{url_of(neighbours.anna.folder)}/data/export")
    page.get_by_label(re.compile("spreadsheet")).check()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Write it into a file").click()
    assert re.fullmatch(r"my-data-\d{4}-\d\d-\d\d\.csv", kept.value.suggested_filename)
    assert NAME in kept.value.path().read_text()


def test_something_new_is_added_without_script_and_found_again(
    visits: Visits, neighbours: Neighbours
) -> None:
    page = visits.owner(neighbours.anna.folder, PHONE, script=False)
    page.get_by_role("link", name="My data").click()
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_role("link", name="Interest", exact=True).click()
    page.get_by_label("Interest").fill("old roses")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    page.get_by_role("link", name="My data").first.click()
    page.get_by_label("Words to look for").fill("ROSES")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("old roses", exact=True)).to_be_visible()
    assert "roses" not in page.url
