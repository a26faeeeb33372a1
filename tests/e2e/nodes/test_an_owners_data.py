"""An owner's own data: set, followed by who holds it, found, and let go of."""

from dataclasses import replace
from typing import Any

import pytest
from tests.e2e.nodes.agreed import agreed

from pcloud.runtime.owner import Owner
from pcloud.runtime.recording.views import Put
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Street, Village, until

HOME = "profile.address.home"
BREMEN = {"streetAddress": "Am Wall 1", "addressLocality": "Bremen", "addressCountry": "DE"}


@pytest.fixture(params=["memory", "file"])
async def anna(request: pytest.FixtureRequest, village: Village, street: Street) -> Home:
    """On both stores: one gives the same object twice, the other does not."""
    town = village if request.param == "memory" else street
    return await town.home("Anna")


async def refused(owner: Owner, operation: str, *given: Any, **named: Any) -> OwnerError:
    with pytest.raises(OwnerError) as found:
        await getattr(owner, operation)(*given, **named)
    return found.value


async def paths(owner: Owner, prefix: str = "") -> list[str]:
    return [each.path for each in await owner.data_list(prefix=prefix)]


async def test_what_is_set_stands_there_and_what_stood_there_is_kept(anna: Home) -> None:
    owner = anna.owner
    first = await owner.data_set(HOME, BREMEN)
    assert (first.version, first.value, first.kind, first.source) == (1, BREMEN, "Address", "owner")
    assert (first.holders, first.following, first.warnings) == (0, 0, [])
    second = await owner.data_set(HOME, {**BREMEN, "addressLocality": "Kiel"})
    assert second.version == 2
    assert first.changed
    was, is_ = replace(first, changed=False), replace(second, changed=False)
    assert await owner.data_get(HOME) == is_
    assert await owner.data_get(HOME, version=1) == was
    assert await owner.data_history(HOME) == [is_, was]
    assert await owner.data_history(HOME, before=2) == [was]


async def test_the_same_value_again_is_no_new_version(anna: Home) -> None:
    first = await anna.owner.data_set("profile.telephone", "+49 30 1234567")
    again = await anna.owner.data_set("profile.telephone", "+49301234567")
    assert again == replace(first, changed=False)
    assert len(await anna.owner.data_history("profile.telephone")) == 1


async def test_in_a_collection_the_node_gives_a_name_that_says_nothing(anna: Home) -> None:
    stored = [await anna.owner.data_set("interests", "gardens") for _ in range(2)]
    assert stored[0].path != stored[1].path
    assert all(each.path.startswith("interests/") and "garden" not in each.path for each in stored)
    assert await paths(anna.owner, "interests/") == sorted(each.path for each in stored)


async def test_a_value_that_is_not_right_is_refused_and_changes_nothing(anna: Home) -> None:
    owner = anna.owner
    await owner.data_set("profile.birthDate", "1990-05-20")
    for path, value in (
        ("profile.birthDate", "20.5.1990"),
        ("profile.birthDate", None),
        ("profile.birthDate", 1.5),
        ("profile.birthDate:over-18", True),
        ("Profile", "x"),
        ("x-big", "x" * 20_000),
    ):
        assert (await refused(owner, "data_set", path, value)).code == "invalid"
    assert (await refused(owner, "data_set", "x-a", 1, source="peer:00")).code == "invalid"
    assert await paths(owner) == ["profile.birthDate"]
    assert (await owner.data_get("profile.birthDate")).version == 1


async def test_many_are_put_at_once_and_each_says_what_became_of_it(anna: Home) -> None:
    owner = anna.owner
    await owner.data_set("profile.name", "Anna")
    records = [
        Put("profile.name", "Anna"),
        Put("profile.email", "no address"),
        Put("profile.gender", "female"),
        Put("receipts", {"orderNumber": "A-1"}, "Flora A-1"),
        Put("receipts", {"orderNumber": "A-2"}, "Flora A-2"),
        Put("receipts/x", {"orderNumber": "A-3"}, "label"),
        Put("garden.pond", 1),
        Put("profile.gender", "Female"),
    ]
    stored = await owner.data_put(records)
    assert [each.outcome for each in stored] == [
        *("same", "refused", "new", "new", "new", "refused", "new", "changed")
    ]
    assert "anna@example.org" in (stored[1].reason or "")
    assert "x-" in (stored[6].reason or "")
    assert [each.version for each in stored] == [1, 0, 1, 1, 1, 0, 1, 2]
    again = await owner.data_put(records[:7])
    assert [each.outcome for each in again] == [
        *("same", "refused", "changed", "same", "same", "refused", "same")
    ]
    assert [each.path for each in again[3:5]] == [each.path for each in stored[3:5]]
    assert len(await paths(owner, "receipts")) == 2
    assert "Flora" not in stored[3].path
    too_many = [Put("x-a", number) for number in range(501)]
    assert (await refused(owner, "data_put", too_many)).code == "invalid"


async def test_what_a_file_says_is_taken_with_a_warning(anna: Home) -> None:
    address = {"addressLocality": "Bremen", "addressCountry": "Germany"}
    (stored,) = await anna.owner.data_put([Put(HOME, address)], source="import:vcard")
    assert stored.outcome == "new"
    assert "ISO 3166" in (stored.reason or "")
    record = await anna.owner.data_get(HOME)
    assert (record.value, record.source) == (address, "import:vcard")


async def test_names_of_imported_records_stay_the_same_after_a_start(anna: Home) -> None:
    wanted = [Put("receipts", {"orderNumber": "A-1"}, "Flora A-1")]
    (before,) = await anna.owner.data_put(wanted)
    await anna.down()
    await anna.up()
    (after,) = await anna.owner.data_put(wanted)
    assert (after.path, after.outcome) == (before.path, "same")


async def test_records_are_listed_and_found_page_by_page(anna: Home) -> None:
    owner = anna.owner
    for number in range(5):
        await owner.data_set(f"receipts/r{number}", {"seller": "Flora", "orderNumber": f"A-{number}"})
    await owner.data_set("profile.name", "Flora Berg")
    page = await owner.data_list(prefix="receipts", limit=3)
    assert [each.path for each in page] == ["receipts/r0", "receipts/r1", "receipts/r2"]
    rest = await owner.data_list(prefix="receipts", after=page[-1].path)
    assert [each.path for each in rest] == ["receipts/r3", "receipts/r4"]
    found = await owner.data_search("FLORA")
    assert [each.path for each in found][:2] == ["profile.name", "receipts/r4"]
    assert len(found) == 6
    assert [each.path for each in await owner.data_search("flora", after="receipts/r2")] == [
        *("receipts/r1", "receipts/r0")
    ]
    assert [each.path for each in await owner.data_search("flora a 3")] == ["receipts/r3"]
    assert (await refused(owner, "data_search", " ".join(map(str, range(40))))).code == "invalid"
    assert (await refused(owner, "data_list", prefix="Not A Path")).code == "invalid"


async def test_what_is_deleted_is_gone_with_what_stood_there_before(anna: Home) -> None:
    owner = anna.owner
    await owner.data_set("profile.name", "Anna Berg")
    await owner.data_set("profile.name", "Anna Tal")
    deleted = await owner.data_delete("profile.name")
    assert (deleted.version, deleted.value) == (3, None)
    assert [each.value for each in await owner.data_history("profile.name")] == [None, None, None]
    assert await owner.data_search("anna") == []
    assert (await refused(owner, "data_get", "profile.name")).code == "unknown"
    assert (await refused(owner, "data_delete", "profile.name")).code == "unknown"
    assert (await refused(owner, "data_get", "profile.gender")).code == "unknown"
    assert (await owner.data_set("profile.name", "Anna Tal")).version == 4


async def test_an_owner_can_keep_the_history_of_what_is_deleted(anna: Home) -> None:
    owner = anna.owner
    await owner.data_set("profile.name", "Anna Berg")
    await owner.data_delete("profile.name", keep_history=True)
    assert [each.value for each in await owner.data_history("profile.name")] == [None, "Anna Berg"]
    assert (await owner.data_get("profile.name", version=1)).value == "Anna Berg"
    assert (await refused(owner, "data_get", "profile.name", version=9)).code == "unknown"


async def test_who_holds_a_record_is_counted_and_gets_what_changes(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    await anna.owner.data_set("profile.name", "Anna Berg")
    await anna.owner.data_set("profile.gender", "female")
    await anna.owner.share(pair.mine.id, ["profile.name"])
    await anna.owner.share(pair.mine.id, ["profile.gender"], once=True)
    (gender, name) = await anna.owner.data_list(prefix="")
    assert (name.path, name.holders, name.following) == ("profile.name", 1, 1)
    assert (gender.holders, gender.following) == (1, 0)
    stored = await anna.owner.data_put([Put("profile.name", "Anna Tal"), Put("profile.gender", "Female")])
    assert [each.following for each in stored] == [1, 0]

    async def arrived() -> bool:
        given = shop.node.store.personal.given(mine=False, scope=None, prefix="", after=None, limit=9)
        return [each.version for each in given] == [1, 2]

    assert await until(arrived), "the name follows, the gender was given once"


async def test_every_kind_is_explained(anna: Home) -> None:
    kinds = {kind.place: kind for kind in await anna.owner.vocabulary()}
    assert kinds["receipts"].many
    assert not kinds["profile.address"].many
    assert {"postalCode", "addressCountry"} <= {each.name for each in kinds["profile.address"].properties}
    assert "ISO 3166" in " ".join(each.takes for each in kinds["profile.address"].properties)
