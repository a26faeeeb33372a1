"""The owner's own data on the page: looked at, changed in place, restored, deleted."""

import re

import pytest
from tests.unit.web.people.relating import NAME, Pair
from tests.unit.web.visiting import Browser, Served

from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, until

HOME = "profile.address.home"
BREMEN = {"streetAddress": "Salbeigasse 3", "postalCode": "28195", "addressCountry": "DE"}
EDIT = "/data/edit?path="


async def standing(anna: Home, path: str) -> object:
    try:
        return (await anna.owner.data_get(path)).value
    except OwnerError:
        return None


@pytest.mark.parametrize(
    "path", ["/data", "/data/list?place=receipts", f"{EDIT}{NAME}", "/data/new", f"/data/delete?path={NAME}"]
)
async def test_a_stranger_sees_none_of_it(pair: Pair, stranger: Browser, path: str) -> None:
    seen = await stranger.get(path)
    assert seen.status == 303
    assert (seen.to or "").startswith("/enter?ended")
    assert "Quittenbaum" not in seen.text
    assert pair.anna is not None


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/data/edit", {"path": NAME, "version": "1", "v.": "Eve"}),
        ("/data/delete", {"path": NAME}),
        ("/data/restore", {"path": NAME, "version": "1"}),
    ],
)
async def test_a_stranger_and_another_site_change_nothing(
    pair: Pair, stranger: Browser, owner: Browser, path: str, fields: dict[str, str]
) -> None:
    assert (await stranger.post(path, fields)).to == "/enter?ended"
    foreign = await owner.post(path, fields, Origin="https://shop.example")
    assert foreign.status == 403
    owner.token = "00" * 32
    assert (await owner.post(path, fields)).status == 403
    record = await pair.anna.owner.data_get(NAME)
    assert (record.value, record.version) == ("Anna Quittenbaum", 1)


@pytest.mark.parametrize("path", ["Not A Path", "", "..", "profile.birthDate:over-18", "a" * 400, "x%00y"])
async def test_what_is_no_place_is_said_in_words(owner: Browser, path: str) -> None:
    seen = await owner.get(EDIT + path.replace(" ", "%20"))
    assert seen.status == 400
    assert "pcloud" not in seen.text.lower().replace("<title>", "")


async def test_what_is_not_right_stays_to_be_mended_and_changes_nothing(anna: Home, owner: Browser) -> None:
    await anna.owner.data_set(HOME, BREMEN)
    fields = {"path": HOME, "version": "1", "v.addressCountry": "Germany", "v.streetAddress": "Am Wall 1"}
    seen = await owner.post("/data/edit", fields)
    assert seen.status == 422
    assert "Country" in seen.text
    assert "two letters of a country" in seen.text
    assert seen.text.count('aria-invalid="true"') == 1
    assert 'value="Am Wall 1"' in seen.text
    assert await standing(anna, HOME) == BREMEN


async def test_what_was_changed_elsewhere_meanwhile_is_not_lost(anna: Home, owner: Browser) -> None:
    await anna.owner.data_set(HOME, BREMEN)
    await anna.owner.data_set(HOME, BREMEN | {"streetAddress": "Am Wall 1"})
    seen = await owner.post("/data/edit", {"path": HOME, "version": "1", "v.postalCode": "1"})
    assert seen.status == 422
    assert "changed elsewhere" in seen.text
    assert 'name="version" value="2"' in seen.text
    assert (await anna.owner.data_get(HOME)).version == 2


async def test_an_empty_form_is_refused_and_deletes_nothing(anna: Home, owner: Browser) -> None:
    await anna.owner.data_set(NAME, "Anna")
    assert (await owner.post("/data/edit", {"path": NAME, "version": "1", "v.": " "})).status == 422
    assert await standing(anna, NAME) == "Anna"


async def test_a_part_is_changed_in_place_and_the_rest_stays(anna: Home, owner: Browser) -> None:
    await anna.owner.data_set(HOME, BREMEN | {"x-floor": [{"base64": "AAEC"}]})
    page = await owner.get(EDIT + HOME)
    assert 'value="Salbeigasse 3"' in page.text
    assert "1 more part stays as it is" in page.text
    fields = {"path": HOME, "version": "1", "v.streetAddress": "Am Wall 1", "v.addressLocality": "Bremen"}
    seen = await owner.post("/data/edit", fields)
    assert (seen.status, seen.to) == (303, EDIT + HOME)
    kept = {
        "streetAddress": "Am Wall 1",
        "addressLocality": "Bremen",
        "x-floor": [{"base64": "AAEC"}],
    }
    assert await standing(anna, HOME) == BREMEN | kept


async def test_a_new_receipt_gets_its_place_from_the_node(anna: Home, owner: Browser) -> None:
    fields = {"path": "receipts", "version": "0", "v.seller": "Flora", "v.price": "23,90"}
    seen = await owner.post("/data/edit", fields)
    assert seen.to is not None
    assert seen.to.startswith(EDIT + "receipts%2F")
    (record,) = await anna.owner.data_list(prefix="receipts")
    assert record.value == {"seller": "Flora", "price": "23.90"}
    overview = await owner.get("/data")
    assert "Flora" in overview.text
    assert "Receipts" in overview.text


async def test_the_page_says_to_whom_a_change_goes_before_it_is_saved_and_who_has_it_after(
    pair: Pair, owner: Browser
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    page = await owner.get(EDIT + NAME)
    assert "This change will go to 1 holder" in page.text
    assert "Flora" in page.text
    assert "Save and tell 1" in page.text
    assert (await owner.post("/data/edit", {"path": NAME, "version": "1", "v.": "Anna Q"})).status == 303

    async def told() -> bool:
        return "1 of 1 have the newest" in (await owner.get(EDIT + NAME)).text

    assert await until(told)
    held = await pair.shop.owner.held()
    assert [each.value for each in held.fields] == ["Anna Q"]


async def test_an_older_value_comes_back_with_its_history(anna: Home, owner: Browser) -> None:
    for name in ("Anna", "Anna B"):
        await anna.owner.data_set(NAME, name)
    page = await owner.get(EDIT + NAME)
    assert "Use this again" in page.text
    assert (await owner.post("/data/restore", {"path": NAME, "version": "1"})).status == 303
    assert [each.value for each in await anna.owner.data_history(NAME)] == ["Anna", "Anna B", "Anna"]


@pytest.mark.parametrize("version", ["9", "x", "", "1e9", "9" * 40])
async def test_a_version_that_is_none_restores_nothing(anna: Home, owner: Browser, version: str) -> None:
    await anna.owner.data_set(NAME, "Anna")
    await owner.post("/data/restore", {"path": NAME, "version": version})
    assert len(await anna.owner.data_history(NAME)) == 1


async def test_deleting_asks_first_and_tells_those_who_have_it(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    asked = await owner.get(f"/data/delete?path={NAME}")
    assert "Delete it there, too: 1 has it" in asked.text
    assert await standing(pair.anna, NAME) == "Anna Quittenbaum", "asking deletes nothing"
    assert (await owner.post("/data/delete", {"path": NAME, "at_holders": "on"})).to == "/data"
    assert await standing(pair.anna, NAME) is None

    async def gone() -> bool:
        return not (await pair.shop.owner.held()).fields

    assert await until(gone)


async def test_deleting_here_leaves_it_there_where_the_owner_says_so(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])

    async def there() -> bool:
        return bool((await pair.shop.owner.held()).fields)

    assert await until(there)
    await owner.post("/data/delete", {"path": NAME, "keep_history": "on"})
    assert await there()
    assert [each.value for each in await pair.anna.owner.data_history(NAME)] == [None, "Anna Quittenbaum"]


async def test_a_search_stands_in_no_address_and_finds_whole_words(pair: Pair, owner: Browser) -> None:
    seen = await owner.post("/data/search", {"words": "quittenbaum"})
    assert seen.status == 200
    assert "Anna Quittenbaum" in seen.text
    assert "Anna Quittenbaum" not in (await owner.post("/data/search", {"words": "nobody"})).text
    assert (await owner.post("/data/search", {"words": "w " * 40 + "q"})).to in (None, "/data")
    assert (await owner.get("/data/search?words=quittenbaum")).status == 405
    assert pair.anna is not None


@pytest.mark.parametrize("word", ["Zweitwohnung 7", "../x", "", "ä"])
async def test_a_name_for_one_of_several_is_one_plain_word(owner: Browser, word: str) -> None:
    seen = await owner.post("/data/new", {"place": "profile.address", "word": word})
    assert seen.to in ("/data/new", EDIT + "profile.address")
    assert (await owner.post("/data/new", {"place": "profile.address", "word": "work"})).to == (
        EDIT + "profile.address.work"
    )
    assert (await owner.post("/data/new", {"word": "wifi"})).to == EDIT + "x-wifi"


async def test_every_kind_that_is_offered_can_be_filled_in(owner: Browser, served: Served) -> None:
    for kind in await served.home.owner.vocabulary():
        page = await owner.get(EDIT + kind.place)
        assert page.status == 200, kind.place
        assert 'name="v.' in page.text, kind.place


async def test_a_list_goes_on_where_it_ended_and_misses_nothing(
    anna: Home, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcloud.web.pages.data.ROWS", 2)
    for number in range(5):
        await anna.owner.data_set("interests", f"interest-{number}")
    found: list[str] = []
    at: str | None = "/data/list?place=interests"
    while at is not None:
        text = (await owner.get(at)).text
        found += [f"interest-{number}" for number in range(5) if f"interest-{number}<" in text]
        more = text.partition("&amp;after=")[2].partition('"')[0]
        at = f"/data/list?place=interests&after={more}" if more else None
    assert sorted(found) == [f"interest-{number}" for number in range(5)]


async def test_what_a_peer_or_a_file_wrote_is_shown_as_text(anna: Home, owner: Browser) -> None:
    evil = "<script>alert(1)</script>\u202e"
    await anna.owner.data_set("x-own", {"a": evil, evil: "b"}, source="import:vcard")
    await anna.owner.data_set("interests", evil)
    for path in ("/data", EDIT + "x-own", "/data/list"):
        text = (await owner.get(path)).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert" in text


async def test_places_beside_each_other_are_all_found(anna: Home, owner: Browser) -> None:
    paths = ["x-a", "x-a-b", "x-a.c", "x-a0", "x-b.deep.down"]
    for path in paths:
        await anna.owner.data_set(path, f"value of {path}.")
    text = (await owner.get("/data")).text
    for path in paths:
        assert f"value of {path}." in text, path


async def test_a_form_that_is_sent_twice_makes_one_record(anna: Home, owner: Browser) -> None:
    page = (await owner.get(EDIT + "receipts")).text
    (path,) = re.findall(r'name="path" value="(receipts/[0-9a-f]{16})"', page)
    fields = {"path": path, "version": "0", "v.seller": "Flora", "v.price": "23,90"}
    assert (await owner.post("/data/edit", fields)).status == 303
    assert (await owner.post("/data/edit", fields)).status == 303
    assert "It stood there already" in (await owner.get("/data")).text
    other = await owner.post("/data/edit", {**fields, "v.price": "1"})
    assert other.status == 422
    (record,) = await anna.owner.data_list(prefix="receipts")
    assert (record.path, record.version, record.value["price"]) == (path, 1, "23.90")
    again = (await owner.get(EDIT + "receipts")).text
    assert path not in again
