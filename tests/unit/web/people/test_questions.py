"""Questions on the page: one tap where all is usual, item by item where it is not, and never more."""

import re
import time
from dataclasses import replace

import pytest
from tests.unit.web.people.relating import BORN, MAIL, NAME, Pair
from tests.unit.web.visiting import Browser, Seen

from pcloud.testing.home import until
from pcloud.web.pages.questions import unusual

DAY_S = 86_400


async def waiting(pair: Pair) -> list[str]:
    return [each.id for each in await pair.anna.owner.asks()]


async def held(pair: Pair) -> list[str]:
    return [row.path for row in (await pair.anna.owner.ledger()).rows]


async def press(owner: Browser, path: str, fields: dict[str, str] | None = None) -> Seen:
    """Look at a question, and press a button of it."""
    looked = await owner.get(path.removesuffix("/give").removesuffix("/refuse"))
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', looked.text)
    return await owner.post(path, {"seen": seen[1] if seen else "", **(fields or {})})


async def test_a_stranger_answers_nothing(pair: Pair, stranger: Browser) -> None:
    ask = await pair.ask(NAME)
    for path in (f"/questions/{ask.id}", f"/questions/{ask.id}/give", f"/questions/{ask.id}/refuse"):
        assert (await stranger.post(path, {"all": "1", "give": NAME})).to == "/enter?ended"
    assert await waiting(pair) == [ask.id]
    assert await held(pair) == []


async def test_a_form_of_nobody_answers_nothing(pair: Pair, owner: Browser) -> None:
    ask = await pair.ask(NAME)
    seen = await press(owner, f"/questions/{ask.id}/give", {"form_token": "of nobody", "all": "1"})
    assert seen.status == 403
    assert await waiting(pair) == [ask.id]


async def test_a_question_shows_who_why_how_long_and_what_is_not_needed(pair: Pair, owner: Browser) -> None:
    await pair.ask(NAME, MAIL, required=[NAME])
    home = (await owner.get("/")).text

    assert "One thing waits for you" in home
    assert "Flora" in home
    assert "Anna Quittenbaum" in home
    assert "delivery of goods" in home
    assert "Kept until" in home
    assert "not needed" in home
    assert "SD-BASE" in home


async def test_one_tap_gives_what_they_need_and_no_more(pair: Pair, owner: Browser) -> None:
    ask = await pair.ask(NAME, MAIL, required=[NAME])
    seen = await press(owner, f"/questions/{ask.id}/give")

    assert (seen.status, seen.to) == (303, "/")
    assert await held(pair) == [NAME]
    assert await waiting(pair) == []
    assert "Given." in (await owner.get("/")).text


async def test_another_tap_gives_all(pair: Pair, owner: Browser) -> None:
    ask = await pair.ask(NAME, MAIL, required=[NAME])
    await press(owner, f"/questions/{ask.id}/give", {"all": "1"})
    assert await held(pair) == [MAIL, NAME]


async def test_no_gives_nothing(pair: Pair, owner: Browser) -> None:
    ask = await pair.ask(NAME)
    await press(owner, f"/questions/{ask.id}/refuse")
    assert (await waiting(pair), await held(pair)) == ([], [])


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("x-flora.taste", "in no register"),
        ("documents.passport", "your papers"),
        ("health.allergies", "your health"),
    ],
)
async def test_what_is_not_usual_takes_more_than_a_tap(
    pair: Pair, owner: Browser, path: str, told: str
) -> None:
    ask = await pair.ask(NAME, path)
    home = (await owner.get("/")).text
    assert told in home
    assert f"/questions/{ask.id}/give" not in home

    for fields in ({"all": "1"}, {}):
        seen = await press(owner, f"/questions/{ask.id}/give", fields)
        assert seen.to == f"/questions/{ask.id}"
    assert "look at this one closely" in (await owner.get(f"/questions/{ask.id}")).text
    unticked = await press(owner, f"/questions/{ask.id}", {"give": NAME})
    assert unticked.to == f"/questions/{ask.id}"
    assert (await waiting(pair), await held(pair)) == ([ask.id], [])

    await press(owner, f"/questions/{ask.id}", {"give": NAME, "looked": "on"})
    assert await held(pair) == [NAME]


async def test_item_by_item_only_what_is_ticked_is_given_once_and_for_as_long_as_one_says(
    pair: Pair, owner: Browser
) -> None:
    ask = await pair.ask(NAME, MAIL, standing=True)
    day = time.strftime("%Y-%m-%d", time.localtime(pair.anna.clock.now() + 30 * DAY_S))
    fields = {"give": MAIL, "until": day, "once": "on", "reason": "not-for-this"}
    assert (await press(owner, f"/questions/{ask.id}", fields)).to == "/"

    (row,) = (await pair.anna.owner.ledger()).rows
    assert (row.path, row.standing) == (MAIL, False)
    assert time.strftime("%Y-%m-%d", time.localtime(row.until)) == day
    assert await pair.anna.owner.rules() == []


async def test_what_they_did_not_ask_for_is_not_given_whatever_a_form_says(
    pair: Pair, owner: Browser
) -> None:
    ask = await pair.ask(NAME)
    await press(owner, f"/questions/{ask.id}", {"give": BORN, "until": "2020-01-31"})
    assert await held(pair) == []


@pytest.mark.parametrize(
    "fields",
    [{"until": "the day after"}, {"until": "0001-01-01"}, {"until": "9999-12-31x"}, {"reason": "because"}],
)
async def test_a_form_with_nonsense_in_it_changes_nothing(
    pair: Pair, owner: Browser, fields: dict[str, str]
) -> None:
    ask = await pair.ask(NAME)
    seen = await press(owner, f"/questions/{ask.id}", {"give": NAME, **fields})
    assert seen.to == f"/questions/{ask.id}"
    assert 'class="notice failed"' in (await owner.get(f"/questions/{ask.id}")).text
    assert (await waiting(pair), await held(pair)) == ([ask.id], [])


async def test_nobody_keeps_it_longer_than_they_asked_for(pair: Pair, owner: Browser) -> None:
    ask = await pair.ask(NAME)
    await press(owner, f"/questions/{ask.id}", {"give": NAME, "until": "9998-12-31"})
    (row,) = (await pair.anna.owner.ledger()).rows
    assert row.until == ask.until


async def test_the_same_is_answered_by_itself_where_one_says_so(pair: Pair, owner: Browser) -> None:
    ask = await pair.ask(NAME, MAIL, standing=True)
    await press(
        owner, f"/questions/{ask.id}", {"give": NAME, "always": "on", "onward": "on", "reason": "not-needed"}
    )
    rules = {each.answer: each for each in await pair.anna.owner.rules()}

    assert {answer: each.paths for answer, each in rules.items()} == {"yes": [NAME], "no": [MAIL]}
    assert {each.peer for each in rules.values()} == {pair.hers.id}
    assert rules["yes"].purposes == ask.purposes
    assert rules["yes"].standing
    assert not rules["yes"].onward
    await pair.shop.owner.ask(pair.theirs.id, [NAME, MAIL], ["DeliveryOfGoods"], standing=True)

    async def answered() -> bool:
        page = await pair.shop.owner.questions(peer=pair.theirs.id)
        return len(page.questions) == 2 and all(each.state == "given" for each in page.questions)

    assert await until(answered)
    assert await waiting(pair) == []


async def test_an_answered_question_says_so_and_is_answered_no_second_time(
    pair: Pair, owner: Browser
) -> None:
    ask = await pair.ask(NAME)
    await press(owner, f"/questions/{ask.id}/refuse")
    assert "does not wait any more" in (await owner.get(f"/questions/{ask.id}")).text
    seen = await press(owner, f"/questions/{ask.id}/give", {"all": "1"})
    assert seen.to == f"/questions/{ask.id}"
    assert await held(pair) == []


async def test_a_question_of_nobody_is_no_page(owner: Browser) -> None:
    for name in ("ffffffff", "%3Cscript%3E", "..", "a" * 500):
        assert (await owner.get(f"/questions/{name}")).status in {404, 400}


async def test_the_list_names_all_that_wait(pair: Pair, owner: Browser) -> None:
    assert "Nobody asks you for anything." in (await owner.get("/questions")).text
    first, second = await pair.ask(NAME), await pair.ask(MAIL)
    listed = (await owner.get("/questions")).text
    assert f"/questions/{first.id}" in listed
    assert f"/questions/{second.id}" in listed


@pytest.mark.parametrize(("to", "fields"), [("/give", {"all": "1"}), ("/give", {}), ("", {"give": NAME})])
async def test_what_has_changed_since_one_looked_is_not_given(
    pair: Pair, owner: Browser, to: str, fields: dict[str, str]
) -> None:
    ask = await pair.ask(NAME, MAIL, required=[NAME])
    looked = (await owner.get(f"/questions/{ask.id}")).text
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', looked)
    await pair.anna.owner.data_set(NAME, "A name that was not on the page")

    assert (
        await owner.post(f"/questions/{ask.id}{to}", {"seen": seen, **fields})
    ).to == f"/questions/{ask.id}"
    assert "has changed since you looked" in (await owner.get(f"/questions/{ask.id}")).text
    assert (await waiting(pair), await held(pair)) == ([ask.id], [])


async def test_of_a_collection_what_is_shown_is_given_and_what_came_since_is_not(
    pair: Pair, owner: Browser
) -> None:
    await pair.anna.owner.data_set("interests/one", {"name": "roses"})
    ask = await pair.ask("interests/*")
    home = (await owner.get("/")).text
    (seen,) = re.findall(r'name="seen" value="([0-9a-f]+)"', home)
    await pair.anna.owner.data_set("interests/two", {"name": "chess"})
    await owner.post(f"/questions/{ask.id}/give", {"seen": seen, "all": "1"})
    assert await held(pair) == []

    await press(owner, f"/questions/{ask.id}/give", {"all": "1"})
    assert await held(pair) == ["interests/one", "interests/two"]


async def test_what_was_given_is_said_even_where_no_rule_can_be_made_of_it(
    pair: Pair, owner: Browser
) -> None:
    for number in range(256):
        await pair.anna.owner.rule_add("ask", paths=[f"x-none.n{number}"])
    ask = await pair.ask(NAME)
    seen = await press(owner, f"/questions/{ask.id}", {"give": NAME, "always": "on"})
    assert seen.to == "/rules"
    assert await held(pair) == [NAME]
    told = (await owner.get("/rules")).text
    assert "Given, as you chose. But no rule was made of it." in told


async def test_who_says_to_have_asked_in_years_to_come_asks_for_long_all_the_same(pair: Pair) -> None:
    ask = await pair.ask(NAME)
    now = pair.anna.clock.now()
    assert unusual(ask, now) == []
    assert unusual(replace(ask, until=now + 731 * DAY_S, asked=now + 730 * DAY_S), now) == ["long"]
