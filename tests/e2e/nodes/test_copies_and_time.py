"""[CUSTODY-13]: when copies are made, asked for and let go; under a clock that is moved."""

from tests.e2e.nodes.copying import held, hurry, peers

from pcloud.runtime.keeping.holder import Holder
from pcloud.testing.home import Home, Village, quiet, related, until
from pcloud.wire.services.custody import FULL, INCREMENT, Kept

DAY = 86_400


async def there(home: Home) -> list[Kept]:
    """What a home keeps for its one customer."""
    keeper = home.node.keepings.keeper
    assert keeper is not None
    (custody,) = [each.custody for each in await held(home)]
    return list(await keeper.do(lambda holdings: list(holdings.volumes(custody.address, 0, 1_000))))


async def holds(village: Village, *, days: int = 90) -> tuple[Home, Home, str]:
    anna, rose = await village.home("Anna"), await village.home("Rose")
    mine, _ = await related(anna, rose)
    await rose.owner.holder_serve(on=True, anyone=True, days=days)
    await anna.owner.holder_ask(mine.id, days=days)

    async def granted() -> bool:
        return [row.state for row in await peers(anna)] == ["kept"]

    await until(granted)
    await village.clock.advance(60)
    assert len(await there(rose)) >= 1
    return anna, rose, mine.id


async def later(village: Village, seconds: int, *homes: Home) -> None:
    """So much later, in which all slept, and a minute in which everything is looked at."""
    village.clock.slumber(seconds)
    for home in homes:
        await hurry(home)
        if home.node.keepings.keeper is not None:
            await home.node.keepings.keeper.do(lambda holdings: holdings.expire(village.clock.now()))
    await village.clock.advance(60)


async def test_a_change_is_at_the_holder_within_a_minute(village: Village) -> None:
    anna, rose, peer = await holds(village)
    before = await there(rose)
    await anna.owner.say(peer, "Two bunches, please.")
    await village.clock.advance(60)
    after = await there(rose)
    assert after[: len(before)] == before
    assert {row.kind for row in after[len(before) :]} == {INCREMENT}
    assert [row.current for row in await peers(anna)] == [True]
    await village.clock.advance(3 * 3_600)
    assert await there(rose) == after, "where nothing changes, nothing is made"


async def test_a_whole_copy_a_day_where_something_changed(village: Village) -> None:
    anna, rose, peer = await holds(village)
    for day in range(1, 4):
        await later(village, DAY, anna, rose)
        await anna.owner.say(peer, f"Good morning, day {day}.")
        await quiet(anna)
        await village.clock.advance(60)
        assert len([row for row in await there(rose) if row.kind == FULL]) == day + 1
    fulls = [copy for copy in anna.kept.shelf("here").names() if copy.full]
    assert len(fulls) == 4


async def test_proofs_are_asked_for_each_week(village: Village) -> None:
    anna, rose, _ = await holds(village)
    (first,) = await peers(anna)
    await later(village, 6 * DAY, anna, rose)
    assert [row.checked for row in await peers(anna)] == [first.checked]
    await later(village, 2 * DAY, anna, rose)
    (second,) = await peers(anna)
    assert second.checked is not None
    assert first.checked is not None
    assert 7 * DAY <= second.checked - first.checked <= 9 * DAY
    assert second.failed is None


async def test_a_whole_copy_a_month_where_nothing_changed(village: Village) -> None:
    anna, rose, _ = await holds(village)
    place, before = anna.node.keepings.copying.places[-1], len(await there(rose))
    for age, made in ((29 * DAY, 0), (31 * DAY, 1)):
        place.progress = place.progress._replace(full=village.clock.now() - age)
        await hurry(anna)
        await village.clock.advance(60)
        assert len(await there(rose)) == before + made
    assert (await there(rose))[-1].kind == FULL


async def test_older_copies_go_after_their_days_here_and_at_the_holder(village: Village) -> None:
    """[CUSTODY-13]"""
    anna, rose, peer = await holds(village, days=3)
    first = (await there(rose))[0]
    for day in range(6):
        await later(village, DAY, anna, rose)
        await anna.owner.say(peer, f"Day {day}.")
        await quiet(anna)
        await village.clock.advance(60)
    left = await there(rose)
    assert first not in left
    assert 3 <= len([row for row in left if row.kind == FULL]) <= 5
    assert [row.problem for row in await peers(anna)] == [None]


async def test_where_room_is_scarce_whole_copies_are_rarer(village: Village) -> None:
    anna, rose, peer = await holds(village)
    place = anna.node.keepings.copying.places[-1]
    assert isinstance(place, Holder)
    assert place.full_every_s() == DAY
    size = place.progress.full_bytes
    place.terms = place.terms._replace(bytes_max=20 * (size + 4_096))
    assert place.full_every_s() == 7 * DAY
    fulls = len([row for row in await there(rose) if row.kind == FULL])
    await later(village, 2 * DAY, anna, rose)
    await anna.owner.say(peer, "Still there.")
    await village.clock.advance(60)
    assert len([row for row in await there(rose) if row.kind == FULL]) == fulls
    assert [row.current for row in await peers(anna)] == [True]


async def test_the_days_of_copies_begin_at_their_end_whatever_a_clock_says_that_was_set(
    village: Village,
) -> None:
    """[CUSTODY-13]: an end by a clock that is a year behind would be long ago once it is right."""
    anna, rose, peer = await holds(village)
    before, right = await there(rose), village.clock.now()
    village.clock.jump(-400 * DAY)
    await anna.owner.holder_remove(peer)
    await village.clock.advance(600)
    village.clock.jump(400 * DAY)
    (ended,) = [each.custody.ended for each in await held(rose)]
    assert ended is not None
    assert right <= ended <= village.clock.now()
    await later(village, DAY, rose)
    assert (await there(rose))[: len(before)] == before
