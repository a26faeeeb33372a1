"""Meeting, answering, talking, resting and ending: by clicks only, in the browsers of both sides."""

import re

import pytest
from playwright.sync_api import Page, expect
from tests.browser.neighbours import Neighbours, do, peer
from tests.browser.visiting import DESK, PHONE, Visits, url_of
from tests.e2e.processes.cli import House, until


def at(page: Page, house: House, path: str) -> Page:
    page.goto(f"{url_of(house.folder)}{path}")
    return page


def test_two_meet_by_a_link_and_talk(visits: Visits, strangers: Neighbours) -> None:
    anna, flora = strangers
    hers, theirs = visits.owner(anna.folder, PHONE), visits.owner(flora.folder, DESK)

    theirs.get_by_role("link", name="People", exact=True).click()
    theirs.get_by_role("link", name="Meet somebody", exact=True).click()
    theirs.get_by_label("What for").fill("Flowers on order")
    theirs.get_by_role("button", name="Make an invitation").click()
    expect(theirs.get_by_role("img", name="The code of your invitation, to scan")).to_be_visible()
    link = theirs.locator("#link").inner_text()

    hers.get_by_role("link", name="Meet somebody").click()
    hers.get_by_label("Paste the link here").fill(link)
    hers.get_by_role("button", name="Look who it is").click()
    expect(hers.get_by_role("heading", level=1)).to_have_text("Flora")
    assert do(flora, lambda node: node.contacts()) == []
    hers.get_by_label("The name they see of you").fill("Anna Q")
    hers.get_by_role("button", name="Ask to be let in").click()
    expect(hers.get_by_text("It is their turn now.")).to_be_visible()

    theirs.get_by_role("link", name="Home", exact=True).click()
    expect(theirs.get_by_role("heading", name="One thing waits for you")).to_be_visible()
    theirs.locator("#waiting").get_by_role("link", name="Anna Q").click()
    theirs.get_by_role("button", name="Let them in").click()
    # Her page is still that of the contact; it goes on by itself.
    hers.wait_for_url(re.compile(r"/people/[0-9a-f]{32}$"))
    expect(hers.get_by_role("img", name="Your side: open. Their side: open.")).to_be_visible()

    hers.get_by_label("What you want to say").fill("Two bunches of <tulips>, please.")
    hers.get_by_role("button", name="Say it").click()
    expect(hers.locator("#talks").get_by_text("Two bunches of <tulips>, please.")).to_be_visible()
    at(theirs, flora, f"/people/{peer(flora, 'Anna Q')}")
    expect(theirs.get_by_text("Two bunches of <tulips>, please.")).to_be_visible()
    theirs.get_by_text("Answer here").click()
    theirs.get_by_label("Your answer").fill("With pleasure.")
    theirs.locator("#talks").get_by_role("button", name="Say it").click()
    # It appears on her open page.
    expect(hers.locator("#talks").get_by_text("With pleasure.")).to_be_visible()
    codes = [each.locator("p.code").inner_text() for each in (hers, theirs)]
    assert codes[0] == codes[1]


@pytest.mark.parametrize("how", ["script", "plain"])
def test_a_question_is_answered_with_one_tap(visits: Visits, neighbours: Neighbours, how: str) -> None:
    anna, flora = neighbours
    (shop,), (customer,) = (do(house, lambda node: node.peers()) for house in (anna, flora))
    for open_ in do(anna, lambda node: node.asks()):
        do(anna, lambda node, id_=open_.id: node.answer(id_, only=[]))  # type: ignore[misc]  # mypy knows no defaults of a lambda
    page = visits.owner(anna.folder, PHONE, script=how == "script")
    expect(page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    path = "profile.email" if how == "script" else "profile.size.shoe"
    wanted = [path, "profile.birthDate"]
    do(flora, lambda node: node.ask(customer.id, wanted, ["DeliveryOfGoods"], required=[path]))
    until(lambda: do(anna, lambda node: node.asks()))
    if how == "plain":
        page.reload()

    expect(page.get_by_role("heading", name="One thing waits for you")).to_be_visible()
    expect(page.get_by_text("not needed")).to_be_visible()
    page.get_by_role("button", name="Give what they need").click()

    expect(page.get_by_text("Given. You can take it back at any time")).to_be_visible()
    held = [row.path for row in do(anna, lambda node: node.ledger(peer=shop.id)).rows]
    assert path in held
    assert "profile.birthDate" not in held


def test_a_question_is_answered_item_by_item_with_the_keyboard_alone(
    visits: Visits, neighbours: Neighbours
) -> None:
    anna, flora = neighbours
    (customer,) = do(flora, lambda node: node.peers())
    known = {each.id for each in do(anna, lambda node: node.asks())}
    wanted = ["profile.name", "documents.passport"]
    do(flora, lambda node: node.ask(customer.id, wanted, ["DeliveryOfGoods"]))

    def new() -> list[str]:
        return [each.id for each in do(anna, lambda node: node.asks()) if each.id not in known]

    (ask,) = until(new)
    page = at(visits.owner(anna.folder, DESK), anna, f"/questions/{ask}")
    expect(page.get_by_text("your papers")).to_be_visible()

    for label in ("Name", "I have looked at what is not usual here"):
        box = page.get_by_role("checkbox", name=re.compile(f"^{label}"))
        for _ in range(40):
            if box.evaluate("each => each === document.activeElement"):
                break
            page.keyboard.press("Tab")
        assert box.evaluate("each => each === document.activeElement"), "no way there by Tab"
        page.keyboard.press("Space")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Given, as you chose.")).to_be_visible()
    assert ask not in [each.id for each in do(anna, lambda node: node.asks())]


def test_a_relationship_rests_goes_on_and_ends(visits: Visits, neighbours: Neighbours) -> None:
    anna, flora = neighbours
    shop = peer(anna, "Flora")
    page = at(visits.owner(anna.folder, PHONE), anna, "/people")
    page.get_by_role("link", name="Flora").click()

    page.get_by_text("Let it rest").click()
    page.get_by_role("button", name="Rest", exact=True).click()
    expect(page.get_by_role("img", name="Your side: resting. Their side: open.")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("img", name="Your side: open. Their side: open.")).to_be_visible()

    page.get_by_text("New keys, or the end").click()
    page.get_by_role("link", name="End this relationship").click()
    page.get_by_label("Yes, end it for good").check()
    page.get_by_role("button", name="End it").click()

    expect(page.get_by_text("The relationship is ended")).to_be_visible()
    assert do(anna, lambda node: node.peer(shop)).state == "closed"
    until(lambda: do(flora, lambda node: node.peers())[0].state == "closed")


def test_people_are_found_and_a_file_of_one_is_kept(visits: Visits, neighbours: Neighbours) -> None:
    anna = neighbours.anna
    page = at(visits.owner(anna.folder, PHONE), anna, "/people?ended")
    page.get_by_role("searchbox").fill("flo")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Flora").click()
    page.get_by_text("Keep it as a file").click()
    with page.expect_download() as kept:
        page.get_by_role("button", name="Download").click()
    assert kept.value.suggested_filename == "relationship.pcloud"
    assert "flo" not in page.url
