"""Who knows what, by person, and everything that was disclosed, over time."""

import pytest
from tests.unit.runtime.giving.village import HOME, MAIL, NAME, Pair, agreed, put

from pcloud.api import OwnerError
from pcloud.runtime.giving import timeline
from pcloud.runtime.giving.owning import KNOWN_MAX, KNOWN_ROWS_MAX
from pcloud.runtime.giving.views import Known


async def test_each_is_shown_with_what_it_was_given_in_the_order_that_was_asked_for(pair: Pair) -> None:
    other = await agreed(pair.village, pair.anna.home, "Sport")
    owner = pair.anna.home.owner
    await owner.share(pair.anna.peer, [NAME, HOME])
    found = await owner.known([other.anna.peer, pair.anna.peer])
    assert [(each.peer, [row.path for row in each.rows], each.more) for each in found] == [
        (other.anna.peer, [], False),
        (pair.anna.peer, [HOME, NAME], False),
    ]
    assert found[1].rows == (await owner.ledger(peer=pair.anna.peer)).rows
    assert await pair.shop.home.owner.known([pair.shop.peer]) == [Known(pair.shop.peer, [], more=False)], (
        "they gave nothing"
    )


async def test_of_one_who_knows_much_the_first_rows_are_shown(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcloud.runtime.giving.owning.KNOWN_ROWS_MAX", 1)
    await pair.anna.home.owner.share(pair.anna.peer, [NAME, HOME])
    (found,) = await pair.anna.home.owner.known([pair.anna.peer])
    assert (len(found.rows), found.more) == (1, True)
    assert KNOWN_ROWS_MAX > 1


async def test_strangers_and_too_many_are_refused(pair: Pair) -> None:
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.known([pair.anna.peer, "ff" * 16])
    assert refused.value.code == "unknown"
    with pytest.raises(OwnerError, match="At most"):
        await pair.anna.home.owner.known([pair.anna.peer] * (KNOWN_MAX + 1))


async def test_what_was_given_and_taken_back_is_told_with_the_newest_first(pair: Pair) -> None:
    owner = pair.anna.home.owner
    await owner.share(pair.anna.peer, [NAME, HOME])
    await pair.settled()
    await owner.data_set(NAME, "Anna B")
    await pair.settled()
    await owner.revoke(pair.anna.peer, paths=[HOME])
    await owner.erase(pair.anna.peer)
    await pair.settled()
    told = (await owner.disclosed()).rows
    assert [(row.what, row.mine, row.paths) for row in told if row.what != "erased"] == [
        ("erase", True, []),
        ("withdrawn", True, [HOME]),
        ("updated", True, [NAME]),
        ("given", True, [NAME, HOME]),
    ]
    assert [row.at for row in told] == sorted((row.at for row in told), reverse=True)
    assert {(row.peer, row.name) for row in told} == {(pair.anna.peer, "Flora")}
    assert (await pair.shop.home.owner.disclosed()).rows == [], "what they were given is not theirs"


async def test_pages_of_the_time_line_miss_nothing_however_little_is_looked_at(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = pair.anna.home.owner
    await put(pair.anna.home, MAIL, "anna@example.org")
    for path in (NAME, HOME, MAIL):
        await owner.share(pair.anna.peer, [path])
        await pair.settled()
    whole = (await owner.disclosed()).rows
    assert [row.paths for row in whole] == [[MAIL], [HOME], [NAME]]
    monkeypatch.setattr(timeline, "LOOKED_AT_MAX", 2)
    rows, before, pages = [], None, 0
    while pages == 0 or before is not None:
        page = await owner.disclosed(before=before, limit=1)
        assert before is None or page.next is None or page.next < before
        rows += page.rows
        before, pages = page.next, pages + 1
    assert rows == whole
    assert pages > len(whole), "pages in which nothing is told are passed over"


@pytest.mark.parametrize("before", [0, 1, 2**62])
async def test_a_place_before_the_first_entry_or_behind_the_last_is_no_fault(pair: Pair, before: int) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, [NAME])
    page = await pair.anna.home.owner.disclosed(before=before)
    assert [row.what for row in page.rows] == (["given"] if before > 1 else [])
    assert page.next is None
