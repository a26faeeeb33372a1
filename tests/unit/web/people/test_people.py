"""People on the page: found by name, both sides shown, rested, ended; and nothing of it by an address."""

import time

import pytest
from tests.unit.web.people.relating import NAME, Pair
from tests.unit.web.visiting import Browser, serve

from pcloud.testing.home import quiet, until
from pcloud.web.pages.people import PAGE
from pcloud.web.showing import advice, day, lately, moment, when


async def test_without_anybody_the_pages_say_what_to_do_next(owner: Browser) -> None:
    assert "/people/meet" in (await owner.get("/")).text
    assert "You do not know anybody here yet." in (await owner.get("/people")).text
    assert "Nothing was said or done yet." in (await owner.get("/news")).text


async def test_a_card_shows_both_sides_the_terms_and_what_they_hold(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    page = (await owner.get("/people")).text

    assert "Flora" in page
    assert "Your side: open. Their side: open." in page
    assert "deliver the service that was asked for" in page
    assert "They hold</dt><dd>Name</dd>" in page


async def test_people_are_found_by_a_part_of_their_name_and_no_name_stands_in_an_address(
    pair: Pair, owner: Browser
) -> None:
    found = await owner.post("/people/find", {"find": "flo"})
    assert (found.status, found.to) == (200, None)
    assert pair.hers.id in found.text
    assert "One found." in found.text
    missed = await owner.post("/people/find", {"find": "Anton"})
    assert pair.hers.id not in missed.text
    assert "Nobody of that name." in missed.text
    assert (await owner.get("/people/find?find=flo")).to == "/people"
    assert (await owner.post("/people/find", {"find": " "})).to == "/people"


async def test_a_place_in_the_list_that_is_gone_is_said_plainly(owner: Browser) -> None:
    seen = await owner.get("/people?after=" + "ff" * 16)
    assert seen.status == 404
    assert "begin from its first page" in seen.text
    assert PAGE < 100


async def test_a_person_shows_what_was_said_and_the_code_to_compare(pair: Pair, owner: Browser) -> None:
    await pair.shop.owner.say(pair.theirs.id, "Tulips <b>are</b> \u202ein")

    async def heard() -> bool:
        return any(each.text for each in await pair.anna.owner.log(pair.hers.id))

    await until(heard)
    page = (await owner.get(f"/people/{pair.hers.id}")).text

    assert "Tulips &lt;b&gt;are&lt;/b&gt; in" in page
    assert "\u202e" not in page
    code = (await pair.anna.owner.peer(pair.hers.id)).code
    assert code is not None
    assert code in page


async def test_one_says_something_and_answers_in_the_same_conversation(pair: Pair, owner: Browser) -> None:
    here = f"/people/{pair.hers.id}"
    assert (await owner.post(f"{here}/say", {"text": "   "})).to == here
    assert [each.text for each in await pair.anna.owner.log(pair.hers.id) if each.text] == []

    assert (await owner.post(f"{here}/say", {"text": "Two bunches."})).to == f"{here}#talks"
    (first,) = [each for each in await pair.anna.owner.log(pair.hers.id) if each.text]
    await owner.post(f"{here}/say", {"text": "Red ones.", "thread": first.thread})

    said = [each for each in await pair.anna.owner.log(pair.hers.id) if each.text]
    assert [(each.text, each.thread) for each in said] == [
        ("Red ones.", first.thread),
        ("Two bunches.", first.thread),
    ]
    assert (await owner.get(here)).text.count('class="talk"') == 1
    refused = await owner.post(f"{here}/say", {"text": "Else.", "thread": "ff" * 32})
    assert refused.to == here
    assert len([each for each in await pair.anna.owner.log(pair.hers.id) if each.text]) == 2


async def test_a_relationship_rests_until_one_goes_on(pair: Pair, owner: Browser) -> None:
    here = f"/people/{pair.hers.id}"
    refused = await owner.post(f"{here}/pause", {"until": "soon"})
    assert refused.to == here
    assert (await pair.anna.owner.peer(pair.hers.id)).mine == "active"

    await owner.post(f"{here}/pause")
    assert (await pair.anna.owner.peer(pair.hers.id)).mine == "paused"
    assert "you rest" in (await owner.get(here)).text
    assert "/say" not in (await owner.get(here)).text
    await owner.post(f"{here}/resume")
    assert (await pair.anna.owner.peer(pair.hers.id)).mine == "active"


async def test_it_ends_only_where_one_says_so_twice_and_what_they_hold_is_to_be_deleted(
    pair: Pair, owner: Browser
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    await quiet(pair.anna, pair.shop)
    here = f"/people/{pair.hers.id}"
    assert "Order them to delete it all" in (await owner.get(f"{here}/end")).text

    for fields in (
        {},
        {"erase": "on"},
        {"sure": "on", "held": "sold"},
        {"sure": "on", "erase": "on", "held": "kept"},
        {"sure": "on", "erase": "on", "held": "kept", "until": "2020-01-01"},
        {"sure": "on", "erase": "on", "held": "none", "until": "soon"},
    ):
        assert (await owner.post(f"{here}/end", fields)).to == f"{here}/end"
    assert (await pair.anna.owner.peer(pair.hers.id)).state == "active"
    assert [row.state for row in (await pair.anna.owner.ledger()).rows] == ["confirmed"]

    assert (await owner.post(f"{here}/end", {"sure": "on", "erase": "on", "held": "none"})).to == here
    assert (await pair.anna.owner.peer(pair.hers.id)).state == "closed"
    assert next(row.state for row in (await pair.anna.owner.ledger()).rows) in {"erasing", "erased"}
    assert (await owner.get(here)).status == 200
    assert pair.hers.id not in (await owner.get("/people")).text
    assert pair.hers.id in (await owner.get("/people?ended")).text


async def test_who_holds_their_data_says_what_becomes_of_it(pair: Pair) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])

    async def holds() -> bool:
        return bool((await pair.shop.owner.held(peer=pair.theirs.id)).fields)

    await until(holds)
    served = await serve(pair.shop, pair.shop.clock)
    async with await served.owner() as shop:
        here = f"/people/{pair.theirs.id}"
        assert "Delete it here" in (await shop.get(f"{here}/end")).text
        assert (await shop.post(f"{here}/end", {"sure": "on"})).to == f"{here}/end"
        refused = (await shop.get(f"{here}/end")).text
        assert "Say what happens to them" in refused
        assert "--held" not in refused
        assert (await pair.shop.owner.peer(pair.theirs.id)).state == "active"
        await shop.post(f"{here}/end", {"sure": "on", "held": "erased"})
    assert (await pair.shop.owner.held(peer=pair.theirs.id)).fields == []
    await served.server.stop()
    assert served.faults == []


async def test_the_file_of_a_relationship_shows_values_only_where_one_says_so(
    pair: Pair, owner: Browser
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    bare = await owner.post_bytes(f"/people/{pair.hers.id}/export")
    whole = await owner.post_bytes(f"/people/{pair.hers.id}/export", {"values": "all"})
    assert b"Quittenbaum" not in bare
    assert b"Quittenbaum" in whole


async def test_the_time_line_comes_in_pages_and_refuses_nonsense(pair: Pair, owner: Browser) -> None:
    here = f"/people/{pair.hers.id}/log"
    assert "accepted your terms" in (await owner.get(here)).text
    assert "Nothing was said or done yet." in (await owner.get(f"{here}?before=1")).text
    for nonsense in ("-1", "x", "9" * 30, "%00"):
        assert (await owner.get(f"{here}?before={nonsense}")).status == 400
        assert (await owner.get(f"/news?before={nonsense}")).status == 400


@pytest.mark.parametrize("name", ["ffffffffffff", "%3Cb%3E", "a" * 300])
async def test_a_person_of_nobody_is_no_page_and_nothing_is_done(owner: Browser, name: str) -> None:
    assert (await owner.get(f"/people/{name}")).status == 404
    for act in ("say", "pause", "resume", "rotate", "end", "export"):
        seen = await owner.post(f"/people/{name}/{act}", {"text": "x", "sure": "on"})
        assert seen.status == 303
        assert seen.to in {f"/people/{name}", f"/people/{name}/end"} or "%" in name


async def test_moments_that_no_calendar_has_are_shown_all_the_same() -> None:
    now = int(time.time())
    for at in (0, now, 2**53, 2**62):
        assert day(at)
        assert moment(at)
        assert "<time" in when(at)
        assert "<time" in lately(at, now)
    assert advice("It was refused: pcloud asks --refused") == "It was refused."
    assert advice("Nobody. Do this. See: pcloud x y.") == "Do this."
    assert advice("pcloud") == "pcloud"


async def test_what_stands_far_down_in_a_long_list_is_deleted_there_too(pair: Pair, owner: Browser) -> None:
    many = [f"x-many.a{number:02}" for number in range(90)]
    for path in many:
        await pair.anna.owner.data_set(path, "gone")
    for some in (many[:30], many[30:60], many[60:]):
        await pair.anna.owner.share(pair.hers.id, some)
    await quiet(pair.anna, pair.shop)
    (known,) = await pair.anna.owner.known([pair.hers.id])
    for _ in range(60):  # where a grant stands in the list is chance
        await pair.anna.owner.erase(pair.hers.id)
        await quiet(pair.anna, pair.shop)
        await pair.anna.owner.share(pair.hers.id, [NAME])
        await quiet(pair.anna, pair.shop)
        (known,) = await pair.anna.owner.known([pair.hers.id])
        if {row.state for row in known.rows} == {"erased"}:
            break
    assert {row.state for row in known.rows} == {"erased"}, "else it tests nothing"
    assert known.more

    here = f"/people/{pair.hers.id}"
    assert "Order them to delete it all" in (await owner.get(f"{here}/end")).text
    assert (await owner.post(f"{here}/end", {"sure": "on", "erase": "on"})).to == here
    left = {row.state for row in (await pair.anna.owner.ledger(path=NAME)).rows}
    assert left <= {"erasing", "erased"}
