"""The ledger as its owner reads it: pages, filters, words for how each row stands [DISC-40] [DISC-41]."""

import pytest
from tests.unit.runtime.giving.village import DAY, HOME, KIEL, MAIL, NAME, Pair, agreed, put

from pcloud.api import OwnerError
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge, Outcome
from pcloud.testing.home import until


async def test_pages_follow_each_other_and_miss_nothing(pair: Pair) -> None:
    other = await agreed(pair.village, pair.anna.home, "Sport")
    for side in (pair, other):
        await side.anna.home.owner.share(side.anna.peer, [NAME, HOME])
        await side.settled()
    owner = pair.anna.home.owner
    whole = await owner.ledger()
    assert [row.path for row in whole.rows] == [HOME, HOME, NAME, NAME]
    assert {row.name for row in whole.rows} == {"Flora", "Sport"}
    for peer in (None, pair.anna.peer):
        wanted, rows, after = (await owner.ledger(peer=peer)).rows, [], None
        while True:
            page = await owner.ledger(peer=peer, after=after, limit=1)
            rows += page.rows
            after = page.next
            if after is None:
                break
        assert rows == wanted


async def test_rows_are_found_by_field_by_place_and_by_fact(pair: Pair) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, [NAME, HOME, f"{HOME}:city"])
    await pair.settled()
    owner = pair.anna.home.owner
    found = {
        path: [row.path for row in (await owner.ledger(path=path)).rows]
        for path in (NAME, HOME, "profile.address", f"{HOME}:city", "profile", MAIL)
    }
    assert found == {
        NAME: [NAME],
        HOME: [HOME, f"{HOME}:city"],
        "profile.address": [HOME, f"{HOME}:city"],
        f"{HOME}:city": [f"{HOME}:city"],
        "profile": [HOME, f"{HOME}:city", NAME],
        MAIL: [],
    }


@pytest.mark.parametrize("after", ["", "x", "zz.zz.profile.name", "aa"])
async def test_a_place_that_is_none_is_refused(pair: Pair, after: str) -> None:
    with pytest.raises(OwnerError, match="first page"):
        await pair.anna.home.owner.ledger(after=after)
    with pytest.raises(OwnerError, match="no path"):
        await pair.anna.home.owner.ledger(path="Not A Path")


async def test_both_sides_and_nobody_else_see_a_row_that_ends_soon(pair: Pair) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, [NAME], until=pair.now + DAY)
    await pair.anna.home.owner.share(pair.anna.peer, [HOME], until=pair.now + 60 * DAY)
    await pair.settled()
    assert {row.path: row.ending for row in await pair.rows()} == {NAME: True, HOME: False}
    assert (await pair.shop.home.owner.ledger()).rows == [], "they gave nothing"


@pytest.mark.parametrize("outcome", ["refused", "need-more"])
async def test_what_they_say_of_a_version_is_shown(pair: Pair, outcome: str) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, [NAME])
    await pair.settled()
    (thread,) = await pair.shop.threads()
    await pair.shop.says(DisclosureAcknowledge((Outcome(NAME, 1, outcome),)), thread.id)

    async def shown() -> bool:
        return await pair.states() == {NAME: outcome}

    await until(shown)


async def test_laggards_are_those_and_no_others(pair: Pair) -> None:
    other = await agreed(pair.village, pair.anna.home, "Sport")
    for side in (pair, other):
        await side.anna.home.owner.share(side.anna.peer, [NAME, HOME])
        await side.settled()
    await pair.shop.home.down()
    await put(pair.anna.home, HOME, KIEL)

    async def rest_has_it() -> bool:
        return bool((await other.holds())[HOME] == KIEL)

    await until(rest_has_it)

    async def rest_has_said_so() -> bool:
        return set((await other.states()).values()) == {"confirmed"}

    await until(rest_has_said_so)
    owner = pair.anna.home.owner
    lagging = (await owner.ledger(lagging=True)).rows
    assert [(row.peer, row.path, row.version, row.newest) for row in lagging] == [
        (pair.anna.peer, HOME, 2, 2)
    ]
    assert [row.path for row in (await owner.ledger(lagging=True, peer=other.anna.peer)).rows] == []


async def test_the_ledger_of_a_deleted_record_stays(pair: Pair) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, [NAME])
    await pair.settled()
    await pair.anna.home.owner.data_delete(NAME)
    (row,) = await pair.rows()
    assert (row.version, row.newest, row.lagging, row.state) == (1, None, False, "confirmed")
