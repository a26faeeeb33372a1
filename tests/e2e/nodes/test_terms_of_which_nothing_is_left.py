"""A negotiation in which nothing acts any more, left so by a recovery, is not listed and hurts nobody."""

from collections.abc import Awaitable, Callable

import pytest

from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owner import Owner
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Village, quiet, related

LEFT = bytes(range(32))


async def leave(home: Home, peer: str) -> None:
    """What refolding stores for a thread whose entries are all refused."""
    scope = bytes.fromhex(peer)

    def job(batch: Batch) -> None:
        batch.changes.threads[scope, LEFT] = Thread(LEFT, "terms", LEFT)

    await home.node.decider.do(job)


async def test_it_is_not_listed_and_the_others_are(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, _ = await related(anna, shop)
    made = await anna.owner.proffer(mine.id, "SD-BASE")
    await quiet(anna, shop)
    before = await anna.owner.terms(mine.id)
    await leave(anna, mine.id)
    assert await anna.owner.terms(mine.id) == await anna.owner.terms() == before
    assert [each.id for each in before] == [made.id]
    assert [each.id for each in (await anna.owner.negotiations()).rows] == [made.id]


@pytest.mark.parametrize(
    "wanted",
    [
        lambda owner: owner.show_terms(LEFT.hex()),
        lambda owner: owner.accept_terms(LEFT.hex()),
        lambda owner: owner.counter_terms(LEFT.hex(), "SD-BASE"),
        lambda owner: owner.decline_terms(LEFT.hex()),
        lambda owner: owner.terminate_terms(LEFT.hex()),
    ],
    ids=["show", "accept", "counter", "refuse", "terminate"],
)
async def test_who_asks_for_it_is_told_that_nothing_of_it_counts(
    village: Village, wanted: Callable[[Owner], Awaitable[object]]
) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, _ = await related(anna, shop)
    await leave(anna, mine.id)
    before = await anna.owner.log(mine.id)
    with pytest.raises(OwnerError, match="Nothing of that negotiation counts any more") as refused:
        await wanted(anna.owner)
    assert refused.value.code == "unknown"
    assert await anna.owner.log(mine.id) == before
    assert "fault" not in anna.log.getvalue()
