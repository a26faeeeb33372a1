"""The owner gives the words where the node is: every relationship follows to new keys (spec 06)."""

import time

from tests.e2e.nodes.agreed import agreed
from tests.e2e.nodes.comeback import assert_both_agree, followed, renewed, stands
from tests.e2e.nodes.inside import at_rest
from tests.e2e.nodes.taker import NAME, done, holds, said

from pcloud.ambient.fixed import FixedClock
from pcloud.limits import CONTACT_KEPT_S, RETRY_FIRST_S
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving.changing import GIVE_NEWEST
from pcloud.runtime.recovering.renewing import Outcome
from pcloud.testing.home import Home, Street, quiet, related, texts, until


async def test_every_relationship_follows_to_a_new_epoch_and_nothing_is_lost(street: Street) -> None:
    """[REC-1] [REC-2] [REC-12] with real nodes."""
    anna, shop, bert = [await street.home(name) for name in ("Anna", "Flora", "Bert")]
    mine, theirs = await related(anna, shop)
    his, hers = await related(anna, bert)
    await anna.owner.say(mine.id, "one")
    await shop.owner.say(theirs.id, "two")
    await quiet(anna, shop, bert)
    before = await stands(shop, theirs.id)
    await anna.down()
    done = renewed(anna)
    assert done.counts[Outcome.FOLLOWS] == 2
    assert done.generation == 1
    await anna.up()
    await followed(anna, mine.id, his.id)
    await anna.owner.say(mine.id, "three")
    await shop.owner.say(theirs.id, "four")
    await anna.owner.say(his.id, "and you")
    await quiet(anna, shop, bert)
    for home, peer in ((anna, mine.id), (shop, theirs.id)):
        assert sorted(await texts(home, peer)) == ["four", "one", "three", "two"]
    assert await texts(bert, hers.id) == ["and you"]
    here, there = await assert_both_agree(anna, mine.id, shop, theirs.id)
    assert (here.epochs, there.epochs) == ((1, 0), (0, 1))
    assert here.digest != before.digest


async def test_a_peer_that_is_away_is_asked_again_until_it_answers(street: Street) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await quiet(anna, shop)
    await anna.down()
    await shop.owner.say(theirs.id, "while you were away")
    await shop.down()
    renewed(anna)
    await anna.up()
    assert (await anna.owner.peer(mine.id)).state == "recovering"
    await shop.up()
    await clock.advance(2 * RETRY_FIRST_S)
    await followed(anna, mine.id)
    await quiet(anna, shop)

    async def came() -> bool:
        return await texts(anna, mine.id) == ["while you were away"]

    await until(came)
    await at_rest(anna, shop)
    assert (await stands(anna, mine.id)).digest == (await stands(shop, theirs.id)).digest


async def test_what_changes_before_a_peer_has_answered_is_brought_as_soon_as_it_has(street: Street) -> None:
    """Spec 09 §13: an update that waited, once, in the newest version, as soon as it can."""
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    await anna.owner.data_set(NAME, "Anna")
    await anna.owner.share(pair.mine.id, [NAME])
    await holds(pair, {NAME: 1})
    await done(anna, shop)
    await anna.down()
    await shop.down()
    renewed(anna)
    await anna.up()
    for name in ("Anna Tal", "Anna Berg"):
        await anna.owner.data_set(NAME, name)
    await until(lambda: is_put_off(anna, pair.mine.id))
    assert await said(anna, pair.mine.id, "disclosure.update") == []
    await shop.up()
    await clock.advance(2 * RETRY_FIRST_S)
    await followed(anna, pair.mine.id)
    assert (await holds(pair, {NAME: 3}))[NAME].value == "Anna Berg"
    assert len(await said(anna, pair.mine.id, "disclosure.update")) == 1


async def is_put_off(home: Home, peer: str) -> bool:
    """Whether an update waits in a relationship, and not as what is to be done at once."""

    def job(batch: Batch) -> bool:
        timers = batch.store.copying.timers(bytes.fromhex(peer))
        return [timer.at > batch.now for timer in timers if timer.command == GIVE_NEWEST] == [True]

    return await home.node.decider.do(job)


async def contact_keys(home: Home, peer: str) -> list[bytes]:
    def job(batch: Batch) -> list[bytes]:
        return [key.public for key in batch.store.contact_keys(bytes.fromhex(peer))]

    return await home.node.decider.do(job)


async def test_older_contact_keys_go_90_days_after_the_peer_has_answered(street: Street) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, _ = await related(anna, shop)
    await quiet(anna, shop)
    (first,) = await contact_keys(anna, mine.id)
    await anna.down()
    renewed(anna)
    await anna.up()
    await followed(anna, mine.id)
    await at_rest(anna, shop)
    both = await contact_keys(anna, mine.id)
    assert len(both) == 2
    assert first in both
    for home in (anna, shop):
        await home.down()  # a clock that is looked at for 90 days costs minutes
    await clock.advance(CONTACT_KEPT_S - 3_600)
    for home in (anna, shop):
        await home.up()
    await quiet(anna, shop)
    assert await contact_keys(anna, mine.id) == both
    await clock.advance(2 * 3_600)

    async def gone() -> bool:
        return first not in await contact_keys(anna, mine.id)

    await until(gone)
    assert len(await contact_keys(anna, mine.id)) == 1
