"""A page that lies open: nothing typed is lost, nothing moves under a finger, nothing is sent twice."""

from playwright.sync_api import Page, expect
from tests.browser.neighbours import Neighbours, do, peer
from tests.browser.visiting import Visits, url_of
from tests.e2e.processes.cli import until

WATCH = """() => {
  globalThis.moves = [];
  const main = document.getElementById("main");
  const look = () => moves.push(getComputedStyle(main).pointerEvents);
  new MutationObserver(look).observe(main, { attributeFilter: ["class"] });
}"""


FIELD = """typed => {
  const field = document.createElement("input");
  field.setAttribute("aria-label", "A field");
  field.value = typed;  // at once, for the page may be about to read this part again
  document.getElementById("talks").append(field);
}"""


def person(visits: Visits, neighbours: Neighbours) -> Page:
    """Anna's page of Flora, once it follows along."""
    anna = neighbours.anna
    page = visits.owner(anna.folder)
    with page.expect_response(lambda answer: answer.url.endswith("/live")):
        page.goto(f"{url_of(anna.folder)}/people/{peer(anna, 'Flora')}")
    return page


def say(neighbours: Neighbours, text: str) -> None:
    """Flora says something to Anna."""
    flora = neighbours.flora
    (customer,) = do(flora, lambda node: node.peers())
    do(flora, lambda node: node.say(customer.id, text))


def said(neighbours: Neighbours, text: str) -> int:
    """How often Flora has heard that."""
    flora = neighbours.flora
    (customer,) = do(flora, lambda node: node.peers())
    return sum(text in str(entry) for entry in do(flora, lambda node: node.log(customer.id, limit=100)))


def test_a_double_click_says_it_once(visits: Visits, neighbours: Neighbours) -> None:
    page = person(visits, neighbours)
    page.get_by_label("What you want to say").fill("Once is enough.")
    page.get_by_role("button", name="Say it").last.dblclick()
    expect(page.locator("#talks").get_by_text("Once is enough.")).to_have_count(1)
    page.get_by_label("What you want to say").fill("That was all.")
    page.get_by_role("button", name="Say it").last.click()
    until(lambda: said(neighbours, "That was all."))
    assert said(neighbours, "Once is enough.") == 1


def test_what_is_typed_stays_while_others_speak(visits: Visits, neighbours: Neighbours) -> None:
    page = person(visits, neighbours)
    page.evaluate(FIELD, "Half a sent")
    page.get_by_role("heading", level=1).click()  # the field has the focus no more
    with page.expect_response(page.url):
        say(neighbours, "Hello again.")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_label("A field")).to_have_value("Half a sent")
    expect(page.get_by_text("Hello again.")).to_have_count(0)
    page.get_by_label("A field").fill("")
    page.get_by_role("heading", level=1).click()
    say(neighbours, "And once more.")
    expect(page.get_by_text("Hello again.")).to_be_visible()


def test_what_has_just_moved_takes_no_click_for_a_moment(visits: Visits, neighbours: Neighbours) -> None:
    page = person(visits, neighbours)
    page.evaluate(WATCH)
    say(neighbours, "Here I come.")
    expect(page.locator("#talks").get_by_text("Here I come.")).to_be_visible()
    until(lambda: page.evaluate("moves")[-1:] == ["auto"])
    assert page.evaluate("moves")[0] == "none"
