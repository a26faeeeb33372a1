"""The owner gives the words where the node is: every relationship follows to new keys (spec 06)."""

import time

from tests.e2e.nodes.comeback import followed, renewed, stands
from tests.e2e.nodes.inside import at_rest

from pcloud.ambient.fixed import FixedClock
from pcloud.limits import RETRY_FIRST_S
from pcloud.runtime.recovering.renewing import Outcome
from pcloud.testing.home import Street, quiet, related, texts, until


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
    here, there = await stands(anna, mine.id), await stands(shop, theirs.id)
    assert (here.epochs, there.epochs) == ((1, 0), (0, 1))
    assert here.digest == there.digest != before.digest
    assert here.unaffirmed == there.unaffirmed == frozenset()


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
