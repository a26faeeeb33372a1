"""Terms on the page: chosen, compared, read, kept, ended."""

import re

from playwright.sync_api import expect
from tests.browser.neighbours import Neighbours, do
from tests.browser.visiting import DESK, PHONE, Visits, url_of
from tests.e2e.processes.cli import until

from pcloud.home.clauses import DUTIES, STATE, TOPICS
from pcloud.runtime.rosters import load_packaged

HEX = re.compile(r"^[0-9a-f]{64,}$")


def test_every_clause_and_duty_of_the_roster_has_plain_words() -> None:
    roster = load_packaged().views()
    spoken = {each.allows for each in TOPICS} | {each.forbids for each in TOPICS}
    assert {clause for each in roster for clause in (*each.allows, *each.forbids)} <= spoken
    assert {duty for each in roster for duty in each.duties} <= DUTIES.keys()
    assert all(STATE.values())


def test_two_terms_stand_side_by_side_and_say_where_they_differ(
    visits: Visits, neighbours: Neighbours
) -> None:
    page = visits.owner(neighbours.anna.folder, PHONE)
    page.goto(url_of(neighbours.anna.folder) + "/terms/compare?one=SD-BASE&other=SD-BASE-A")
    row = page.get_by_role("row", name="see how their own service is used")
    expect(row.get_by_role("cell")).to_have_text(["no", "yes"])
    expect(page.get_by_role("row", name="sell the data").get_by_role("cell")).to_have_text(["no", "no"])


def test_what_is_in_force_is_read_in_plain_words_and_its_record_kept(
    visits: Visits, neighbours: Neighbours
) -> None:
    page = visits.owner(neighbours.anna.folder, DESK)
    page.goto(url_of(neighbours.anna.folder) + "/terms")
    page.get_by_role("region", name="In force").get_by_role("link", name="SD-BASE").click()
    expect(page.get_by_text("deliver the service that was asked for", exact=True)).to_be_visible()
    with page.expect_download() as kept:
        page.get_by_role("link", name="Download the record").click()
    (agreement,) = do(neighbours.anna, lambda node: node.negotiations(state="agreed")).rows
    whole = do(neighbours.anna, lambda node: node.show_terms(agreement.id))
    assert whole.record is not None
    assert kept.value.path().read_bytes() == bytes.fromhex(whole.record)
    assert "Flora" not in kept.value.suggested_filename


def test_what_is_chosen_in_advance_is_shown_and_removed_again(visits: Visits, neighbours: Neighbours) -> None:
    page = visits.owner(neighbours.anna.folder, PHONE)
    page.goto(url_of(neighbours.anna.folder) + "/terms")
    page.get_by_text("Choose in advance").click()
    page.get_by_label("Terms", exact=True).select_option("SD-BASE-DP")
    page.get_by_label("To", exact=True).select_option("organisations")
    page.get_by_role("button", name="Choose", exact=True).click()
    mine = page.get_by_role("region", name="What you proffer")
    expect(mine.get_by_role("listitem")).to_have_text(re.compile("SD-BASE-DP to organisations"))
    (chosen,) = do(neighbours.anna, lambda node: node.preferences()).proffer
    assert (chosen.terms, chosen.kind, chosen.role, chosen.at_once) == (
        "SD-BASE-DP",
        "organisation",
        None,
        True,
    )
    mine.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("You have chosen nothing in advance.")).to_be_visible()
    assert do(neighbours.anna, lambda node: node.preferences()).proffer == []


def test_terms_are_countered_taken_back_and_ended_by_clicks(visits: Visits, neighbours: Neighbours) -> None:
    anna, flora = neighbours
    (peer,) = do(anna, lambda node: node.peers())
    do(anna, lambda node: node.proffer(peer.id, "SD-BASE-A"))
    theirs = visits.owner(flora.folder, DESK)
    theirs.goto(url_of(flora.folder) + "/terms")
    waiting = theirs.get_by_role("region", name="Waiting for an answer")
    expect(waiting).to_contain_text("SD-BASE-A")
    waiting.get_by_text("Name other terms").click()
    waiting.get_by_label("Terms that you would accept").select_option("SD-BASE-AT")
    waiting.get_by_role("button", name="Name these").click()
    expect(theirs.get_by_text("You have named other terms.")).to_be_visible()
    mine = visits.owner(anna.folder, PHONE)
    mine.goto(url_of(anna.folder) + "/terms")
    named = mine.get_by_role("region", name="Waiting for an answer")
    expect(named).to_contain_text("SD-BASE-AT")
    named.get_by_role("button", name="Decline").click()
    expect(mine.get_by_text("You have declined.")).to_be_visible()
    assert do(anna, lambda node: node.negotiations()).rows == []
    mine.get_by_role("region", name="In force").get_by_role("link", name="SD-BASE").click()
    mine.get_by_text("End the agreement").click()
    mine.get_by_role("button", name="End it").click()
    expect(mine.get_by_text("The agreement is over.")).to_be_visible()
    until(lambda: not do(flora, lambda node: node.negotiations(state="agreed")).rows)
