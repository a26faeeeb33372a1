"""People in the order of their names, found by parts of them; and what was said and done with all of them."""

import pytest
from tests.unit.runtime.giving.village import NAME, Pair, agreed

from pcloud.api import OwnerError
from pcloud.runtime.views import People


async def names(pair: Pair, **more: object) -> list[str | None]:
    found: People = await pair.anna.home.owner.people(**more)  # type: ignore[arg-type]  # whatever it takes
    return [each.name for each in found.rows]


async def test_people_come_in_the_order_of_their_names_and_in_pages(pair: Pair) -> None:
    owner = pair.anna.home.owner
    for name in ("Zoe", "Bert"):
        await agreed(pair.village, pair.anna.home, name)
    whole = await owner.people()
    listed = [each.name for each in whole.rows]
    assert listed == sorted(listed, key=lambda name: (name or "").casefold())
    assert (whole.total, whole.next, len(listed)) == (3, None, 3)
    assert sorted(each.id for each in whole.rows) == [each.id for each in await owner.peers()]

    first = await owner.people(limit=2)
    assert (len(first.rows), first.total, first.next) == (2, 3, first.rows[-1].id)
    second = await owner.people(after=first.next, limit=2)
    assert [*first.rows, *second.rows] == whole.rows
    assert second.next is None


async def test_they_are_found_by_words_in_their_names_by_id_and_by_nothing_else(pair: Pair) -> None:
    await agreed(pair.village, pair.anna.home, "Bert")
    (bert,) = (await pair.anna.home.owner.people(find="BER")).rows
    assert bert.name == "Bert"
    assert await names(pair, find=bert.id[:8]) == ["Bert"]
    for nobody in ("Bertha", "bert zoe", "", "%", "\ud800", "🜁"):
        assert await names(pair, find=nobody) == []
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.people(find=" ".join(f"w{n}" for n in range(99)))
    assert refused.value.code == "invalid"


async def test_a_place_that_is_gone_is_told_so(pair: Pair) -> None:
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.people(after="ff" * 16)
    assert refused.value.code == "unknown"


async def test_a_relationship_that_has_ended_stands_among_the_ended(pair: Pair) -> None:
    assert await names(pair, ended=True) == []
    before = await names(pair)
    await pair.anna.home.owner.close(pair.anna.peer)
    assert await names(pair) == []
    assert await names(pair, ended=True) == before


async def test_news_of_all_come_with_the_newest_first_and_every_entry_once(pair: Pair) -> None:
    owner = pair.anna.home.owner
    other = await agreed(pair.village, pair.anna.home, "Bert")
    await owner.share(pair.anna.peer, [NAME])
    await owner.say(other.anna.peer, "Good morning.")
    await pair.settled()
    whole = await owner.news(limit=100)

    assert whole[0].entry.number > whole[-1].entry.number
    assert {each.peer for each in whole} == {pair.anna.peer, other.anna.peer}
    said = next(each for each in whole if each.entry.text)
    assert (said.name, said.entry.text, said.entry.mine) == ("Bert", "Good morning.", True)
    paged, before = [], None
    while rows := await owner.news(before=before, limit=3):
        paged += rows
        before = rows[-1].entry.number
    assert paged == whole
    assert await owner.news(before=0) == []
    assert await owner.news(before=2**70, limit=100) == whole
