"""Rules, receipts and rights on the page."""

import json

from playwright.sync_api import expect
from tests.browser.neighbours import Neighbours, do
from tests.browser.visiting import DESK, PHONE, Visits, url_of
from tests.e2e.processes.cli import until


def test_a_rule_for_one_of_them_is_said_tried_out_and_removed(visits: Visits, neighbours: Neighbours) -> None:
    anna = neighbours.anna
    (peer,) = do(anna, lambda node: node.peers())
    page = visits.owner(anna.folder, PHONE)
    page.goto(f"{url_of(anna.folder)}/rules?peer={peer.id}")
    page.get_by_label("No, without asking me").check()
    page.get_by_label("Telephone number").check()
    page.get_by_role("button", name="Keep this rule").click()
    expect(page.get_by_text("Questions are answered by this from now on.")).to_be_visible()
    (rule,) = do(anna, lambda node: node.rules())
    assert (rule.answer, rule.peer, rule.paths) == ("no", peer.id, ["profile.telephone"])
    page.get_by_label("They ask for").select_option("Telephone number")
    page.get_by_role("button", name="Try").click()
    expect(page.get_by_role("listitem").filter(has_text="by a rule")).to_contain_text("not given")
    page.get_by_role("link", name="Rules for").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("There are no rules here")).to_be_visible()
    assert do(anna, lambda node: node.rules()) == []


def test_a_rule_that_says_nothing_is_not_kept(visits: Visits, neighbours: Neighbours) -> None:
    page = visits.owner(neighbours.anna.folder)
    page.goto(f"{url_of(neighbours.anna.folder)}/rules")
    page.get_by_role("button", name="Keep this rule").click()
    expect(page.get_by_label("Yes, give it")).to_be_focused()
    assert do(neighbours.anna, lambda node: node.rules()) == []


def test_receipts_are_read_and_downloaded_and_hold_no_value(visits: Visits, neighbours: Neighbours) -> None:
    anna = neighbours.anna
    page = visits.owner(anna.folder, DESK)
    page.goto(f"{url_of(anna.folder)}/receipts")
    expect(page.get_by_role("listitem").filter(has_text="Flora").first).to_contain_text("SD-BASE")
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download them").click()
    text = kept.value.path().read_text()
    assert json.loads(text)["@context"]
    held = do(anna, lambda node: node.data_get("profile.name"))
    assert held.value not in text


def test_a_right_is_claimed_of_everybody_and_who_has_answered_is_seen(
    visits: Visits, neighbours: Neighbours
) -> None:
    anna, flora = neighbours
    page = visits.owner(anna.folder, PHONE)
    page.goto(f"{url_of(anna.folder)}/rights")
    page.get_by_label("tell what they have").check()
    page.get_by_label("everybody I am related to").check()
    page.get_by_role("button", name="Ask them").click()
    expect(page.get_by_text("It is claimed of 1.")).to_be_visible()
    until(lambda: do(flora, lambda node: node.rights_asked()))
    (asked,) = do(flora, lambda node: node.rights_asked())
    do(flora, lambda node: node.right_answer(asked.id, "done"))
    expect(page.get_by_role("region", name="What you asked for")).to_contain_text("done")


def test_many_are_not_told_to_delete_by_one_click(visits: Visits, neighbours: Neighbours) -> None:
    anna = neighbours.anna
    before = do(anna, lambda node: node.rights())
    page = visits.owner(anna.folder, DESK)
    visits.watch.expect("400")
    page.goto(f"{url_of(anna.folder)}/rights")
    page.get_by_label("delete what they have", exact=True).check()
    page.get_by_label("everybody I am related to").check()
    page.get_by_role("button", name="Ask them").click()
    expect(page.get_by_text("tick that you are sure")).to_be_visible()
    assert do(anna, lambda node: node.rights()) == before
