"""Who knows what, on the page: everybody, one of them, one kind of data, and over time."""

import pytest
from tests.unit.web.people.relating import BORN, MAIL, NAME, Pair
from tests.unit.web.visiting import Browser

from pcloud.runtime.giving.views import LedgerRow
from pcloud.testing.home import Village, until
from pcloud.web import knowing, naming
from pcloud.web.days import day_field

DAY_S = 86_400


def row(**how: object) -> LedgerRow:
    told: dict[str, object] = {
        "path": NAME,
        "label": "name",
        "peer": "aa",
        "name": "Flora",
        "grant": "bb",
        "version": 1,
        "has": 1,
        "newest": 1,
        "lagging": False,
        "state": "confirmed",
        "since": 1,
        "until": 2,
        "ending": False,
        "standing": True,
        "purposes": [],
        "terms": "",
        "onward": None,
        "backups": None,
    }
    return LedgerRow(**{**told, **how})  # type: ignore[arg-type]  # a row with what a test is about


@pytest.mark.parametrize(
    ("how", "stands"),
    [
        ({}, "current"),
        ({"state": "applied"}, "current"),
        ({"state": "sent", "lagging": True}, "lagging"),
        ({"ending": True}, "ending"),
        ({"ending": True, "lagging": True}, "lagging"),
        ({"state": "refused", "lagging": True}, "trouble"),
        ({"state": "need-more"}, "trouble"),
        ({"state": "erasing"}, "leaving"),
        ({"state": "kept"}, "kept"),
        ({"state": "revoked"}, None),
        ({"state": "erased"}, None),
        ({"state": "over"}, None),
    ],
)
def test_how_something_stands_is_one_word(how: dict[str, object], stands: str | None) -> None:
    assert knowing.stands(row(**how)) == stands


def test_a_fact_belongs_to_the_kind_of_what_it_is_about() -> None:
    found = {
        path: naming.kind_at(path) for path in (f"{BORN}:over-18", "receipts/7fQ2", "x-a.b", "receipts/*")
    }
    assert found == {
        f"{BORN}:over-18": BORN,
        "receipts/7fQ2": "receipts",
        "x-a.b": "x-a.b",
        "receipts/*": "receipts",
    }


@pytest.mark.parametrize("path", ["/known", "/known/time", "/known/kind?path=profile", "/known/{peer}"])
async def test_a_stranger_sees_none_of_it(pair: Pair, stranger: Browser, path: str) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    seen = await stranger.get(path.replace("{peer}", pair.hers.id))
    assert seen.status == 303
    assert (seen.to or "").startswith("/enter?ended")
    assert "Flora" not in seen.text


@pytest.mark.parametrize("what", ["revoke", "erase", "extend"])
async def test_a_stranger_and_another_site_take_nothing_back(
    pair: Pair, stranger: Browser, owner: Browser, what: str
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    before = await pair.anna.owner.ledger(peer=pair.hers.id)
    fields = {"path": NAME, "what": what, "sure": "yes", "until": "2040-01-01"}
    at = f"/known/{pair.hers.id}"
    assert (await stranger.post(at, fields)).to == "/enter?ended"
    assert (await owner.post(at, fields, Origin="https://shop.example")).status == 403
    owner.token = ""
    assert (await owner.post(at, fields)).status == 403
    after = await pair.anna.owner.ledger(peer=pair.hers.id)
    assert [(each.path, each.until) for each in after.rows] == [
        (each.path, each.until) for each in before.rows
    ]
    assert {each.state for each in after.rows}.isdisjoint({"revoked", "erasing"})


@pytest.mark.parametrize(
    "path", ["/known/ffff", "/known/kind?path=Not%20A", "/known?after=ffff", "/known/time?before=-1"]
)
async def test_what_is_unknown_is_said_and_shows_nothing(pair: Pair, owner: Browser, path: str) -> None:
    seen = await owner.get(path)
    assert seen.status in {400, 404}
    assert pair.hers.id not in seen.text


@pytest.mark.parametrize(
    "fields",
    [
        [("what", "revoke")],
        [("path", NAME)],
        [("path", NAME), ("what", "burn")],
        [("path", "Not A Path"), ("what", "revoke")],
        [("path", MAIL), ("what", "extend"), ("until", "1999-01-01")],
        [("path", MAIL), ("what", "extend"), ("until", "soon")],
    ],
)
async def test_a_form_that_means_nothing_changes_nothing(
    pair: Pair, owner: Browser, fields: list[tuple[str, str]]
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME, MAIL])
    before = (await pair.anna.owner.ledger(peer=pair.hers.id)).rows
    seen = await owner.tick(f"/known/{pair.hers.id}", fields)
    assert (seen.status, seen.to) == (303, f"/known/{pair.hers.id}")
    assert "notice failed" in (await owner.get(f"/known/{pair.hers.id}")).text
    after = (await pair.anna.owner.ledger(peer=pair.hers.id)).rows
    assert [(each.path, each.until) for each in after] == [(each.path, each.until) for each in before]


async def test_the_picture_names_who_has_what_and_how_it_stands(pair: Pair, owner: Browser) -> None:
    empty = await owner.get("/known")
    assert "Nobody here has anything of yours" in empty.text
    await pair.anna.owner.share(pair.hers.id, [NAME, f"{BORN}:over-18"])

    async def settled() -> bool:
        return "Name: 1, up to date" in (await owner.get("/known")).text

    assert await until(settled)
    text = (await owner.get("/known")).text
    assert "Date of birth: 1, up to date" in text
    assert "E-mail address" not in text, "nobody has it"
    assert f'href="/known/{pair.hers.id}"' in text


async def test_somebody_is_found_by_name_which_stands_in_no_address(pair: Pair, owner: Browser) -> None:
    assert (await owner.post("/known/find", {"name": "Flora"})).to == f"/known/{pair.hers.id}"
    missed = await owner.post("/known/find", {"name": "Nobody at all"})
    assert missed.to == "/known"
    assert (await owner.get("/known/find?name=Flora")).status == 404


async def test_what_is_ticked_is_taken_back_and_the_rest_stays(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME, MAIL, BORN])
    at = f"/known/{pair.hers.id}"
    page = await owner.get(at)
    assert "Name" in page.text
    assert (await owner.tick(at, [("path", NAME), ("path", MAIL), ("what", "revoke")])).to == at
    rows = {each.path: each.state for each in (await pair.anna.owner.ledger(peer=pair.hers.id)).rows}
    assert (rows[NAME], rows[MAIL]) == ("revoked", "revoked")
    assert rows[BORN] != "revoked"
    assert "What they have no longer" in (await owner.get(at)).text


async def test_deleting_there_is_asked_once_more_and_signed(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    at = f"/known/{pair.hers.id}"
    asked = await owner.tick(at, [("path", NAME), ("what", "erase")])
    assert asked.status == 200
    assert "cannot be undone" in asked.text
    assert (await pair.anna.owner.ledger(peer=pair.hers.id)).rows[0].state != "erasing"
    assert (await owner.tick(at, [("path", NAME), ("what", "erase"), ("sure", "yes")])).to == at

    async def signed() -> bool:
        return [each.state for each in (await pair.anna.owner.ledger(peer=pair.hers.id)).rows] == ["erased"]

    assert await until(signed)
    assert (await pair.shop.owner.held()).fields == []


async def test_what_ends_is_given_anew_until_another_day(pair: Pair, owner: Browser) -> None:
    now = pair.anna.clock.now()
    await pair.anna.owner.share(pair.hers.id, [NAME], until=now + DAY_S)
    at, until_day = f"/known/{pair.hers.id}", day_field(now + 90 * DAY_S)
    assert (await owner.tick(at, [("path", NAME), ("what", "extend"), ("until", until_day)])).to == at
    ends = {day_field(each.until) for each in (await pair.anna.owner.ledger(peer=pair.hers.id)).rows}
    assert until_day in ends


async def test_a_kind_shows_who_has_it_with_and_without_a_node(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    await pair.anna.owner.letter_add("Old Bank", [NAME])
    text = (await owner.get(f"/known/kind?path={NAME}")).text
    assert "Flora" in text
    assert "Old Bank" in text
    other = (await owner.get(f"/known/kind?path={MAIL}")).text
    assert "Flora" not in other


async def test_the_time_line_tells_the_newest_first(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME, MAIL])
    await pair.anna.owner.revoke(pair.hers.id, paths=[MAIL])
    text = (await owner.get("/known/time")).text
    assert text.index("you took back: E-mail address") < text.index("you gave: Name, E-mail address")
    assert "Quittenbaum" not in text, "it says what, never the value"


async def test_a_name_that_would_turn_the_page_around_does_not(
    village: Village, pair: Pair, owner: Browser
) -> None:
    assert village is not None
    await pair.anna.owner.share(pair.hers.id, [NAME])
    text = (await owner.get("/known")).text
    assert '<bdi class="said">Flora</bdi>' in text


async def test_something_more_is_given_from_the_page_of_a_person(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    at = f"/known/{pair.hers.id}"
    assert MAIL not in (await owner.get(at)).text, "only where it is asked for"
    offered = (await owner.get(f"{at}?more")).text.partition("Give them something more")[2]
    assert f'value="{MAIL}"' in offered
    assert f'value="{NAME}"' not in offered, "they have it"
    until_day = day_field(pair.anna.clock.now() + 30 * DAY_S)
    assert (await owner.tick(at, [("path", MAIL), ("what", "extend"), ("until", until_day)])).to == at
    assert {each.path for each in (await pair.anna.owner.ledger(peer=pair.hers.id)).rows} == {NAME, MAIL}


@pytest.mark.parametrize(("fields", "standing"), [([("once", "on")], {False}), ([], {True, False})])
async def test_what_was_given_once_follows_its_changes_only_where_one_lets_it(
    pair: Pair, owner: Browser, fields: list[tuple[str, str]], standing: set[bool]
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME], once=True)
    at = f"/known/{pair.hers.id}"
    text = (await owner.get(at)).text
    assert "each change goes to them by itself, until you take it back; also of what they were given" in text
    until_day = day_field(pair.anna.clock.now() + 90 * DAY_S)
    await owner.tick(at, [("path", NAME), ("what", "extend"), ("until", until_day), *fields])
    rows = (await pair.anna.owner.ledger(peer=pair.hers.id)).rows
    assert {each.standing for each in rows} == standing
