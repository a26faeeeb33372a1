"""A shop's page: what it may hold, what it asks, what it owes, its door."""

import csv
import io

from playwright.sync_api import expect
from tests.browser.neighbours import Neighbours, do
from tests.browser.visiting import DESK, PHONE, Visits, url_of
from tests.e2e.processes.cli import until


def test_a_customer_is_asked_for_what_the_terms_allow_and_no_more(
    visits: Visits, neighbours: Neighbours
) -> None:
    anna, flora = neighbours
    (peer,) = do(flora, lambda node: node.peers())
    before = len(do(flora, lambda node: node.questions(peer=peer.id)).questions)
    page = visits.owner(flora.folder, PHONE)
    page.goto(f"{url_of(flora.folder)}/shop/ask?peer={peer.id}")
    expect(page.get_by_text("730 days at most")).to_be_visible()
    page.get_by_label("Or places").fill("profile.email")
    page.get_by_label("to use it for delivery of goods").check()
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("You have asked.")).to_be_visible()
    until(lambda: len(do(anna, lambda node: node.asks())) == 2)
    page.get_by_label("Or places").fill("profile.email")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.get_by_text("Tick what you ask for, and what you need it for.")).to_be_visible()
    assert len(do(flora, lambda node: node.questions(peer=peer.id)).questions) == before + 1


def test_what_is_held_is_shown_with_its_terms_and_its_end(visits: Visits, neighbours: Neighbours) -> None:
    anna, flora = neighbours
    (shop,) = do(anna, lambda node: node.peers())
    do(anna, lambda node: node.share(shop.id, ["profile.name"]))
    until(lambda: do(flora, lambda node: node.held()).fields)
    page = visits.owner(flora.folder, DESK)
    page.goto(f"{url_of(flora.folder)}/shop/held")
    row = page.get_by_role("row", name="Anna").first
    expect(row).to_contain_text("SD-BASE")
    expect(row).to_contain_text("Name")


def test_a_right_that_a_customer_claims_is_answered_by_one_click(
    visits: Visits, neighbours: Neighbours
) -> None:
    anna, flora = neighbours
    (shop,) = do(anna, lambda node: node.peers())
    do(anna, lambda node: node.rights_claim("access", peers=[shop.id]))
    until(lambda: do(flora, lambda node: node.rights_asked()))
    page = visits.owner(flora.folder, PHONE)
    page.goto(f"{url_of(flora.folder)}/shop")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("It is done, and they are told.")).to_be_visible()
    until(lambda: do(anna, lambda node: node.rights()).rows[-1].state == "done")


def test_customers_of_a_list_get_a_link_each_and_a_code_hangs_at_the_door(
    visits: Visits, neighbours: Neighbours
) -> None:
    flora = neighbours.flora
    page = visits.owner(flora.folder, DESK)
    page.goto(f"{url_of(flora.folder)}/shop")
    page.get_by_label("Their numbers or names in your books").fill("C-1\nC-2\n\nC-1\n")
    page.locator("#i-purpose").fill("Flowers")
    with page.expect_download() as kept:
        page.get_by_role("button", name="Links as a table").click()
    rows = list(csv.DictReader(io.StringIO(kept.value.path().read_text())))
    assert [(row["customer"], row["state"]) for row in rows] == [("C-1", "new"), ("C-2", "new")]
    assert len({row["link"] for row in rows}) == 2
    page.get_by_label("What for", exact=True).first.fill("Flowers on order")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("img", name="The code of your invitation, to scan")).to_be_visible()
    found = do(flora, lambda node: node.invitations())
    assert max(each.uses for each in found) == 10_000


def test_customers_are_found_by_the_name_that_the_shop_has_for_them(
    visits: Visits, neighbours: Neighbours
) -> None:
    page = visits.owner(neighbours.flora.folder, PHONE)
    page.goto(f"{url_of(neighbours.flora.folder)}/shop/customers")
    expect(page.get_by_role("row", name="Anna")).to_be_visible()
    page.get_by_label("Name or number").fill("nobody of that name")
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_text("Nobody here.")).to_be_visible()
    assert "nobody" not in page.url
