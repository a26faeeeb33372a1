"""Where nothing can be kept, nothing is acknowledged: a full disk, and one that fails (spec 05 §9)."""

import asyncio

import pytest
from tests.e2e.nodes.inside import at_rest, fill_disk, make_room, memory_agrees, standing

from pcloud.ambient.fixed import FixedClock
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Changes, StoreError
from pcloud.testing.home import Home, Street, asked, quiet, related, texts, until

LONG = "x" * 8_000
"""More than fits into pages that are there already."""


async def refused(home: Home, times: int) -> None:
    """Wait until the disk of a node has been too full so often."""

    async def often() -> bool:
        return home.log.getvalue().count("store-failed") >= times

    await until(often)


async def test_what_a_full_node_cannot_keep_it_does_not_acknowledge_and_takes_once_there_is_room(
    street: Street,
) -> None:
    clock = FixedClock()
    anna, shop = await street.home("Anna", clock=clock), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    await fill_disk(shop)
    before, sent = await standing(shop), shop.node.metrics.sent
    said = [f"{number} {LONG}" for number in range(3)]
    await anna.owner.say(mine.id, said[0])
    await refused(shop, 1)
    assert await standing(shop) == before
    assert shop.node.metrics.sent == sent, "nothing has left the node"
    for text in said[1:]:
        await anna.owner.say(mine.id, text)
    await at_rest(anna, shop)
    assert (await anna.owner.peer(mine.id)).waiting == 3
    assert await texts(shop, theirs.id) == []
    assert await memory_agrees(shop)
    assert shop.node.broken is None, "a full disk is no reason to end"
    await make_room(shop)
    await clock.advance(40)
    await quiet(anna)
    assert await texts(shop, theirs.id) == said
    assert await memory_agrees(shop)
    assert await memory_agrees(anna)


async def test_a_full_node_tells_its_owner_and_sends_nothing_and_goes_on(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    await fill_disk(anna)
    before, received = await standing(anna), shop.node.metrics.received
    with pytest.raises(OwnerError) as told:
        await anna.owner.say(mine.id, LONG)
    assert told.value.code == "full"
    assert "room" in told.value.text
    assert await standing(anna) == before
    assert await memory_agrees(anna)
    assert shop.node.metrics.received == received
    assert anna.node.broken is None
    await make_room(anna)
    await anna.owner.say(mine.id, LONG)
    await quiet(anna)
    assert await texts(shop, theirs.id) == [LONG]


async def test_a_request_that_could_not_be_accepted_for_want_of_room_can_be_accepted_later(
    street: Street,
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    contact = await asked(anna, shop)
    commit = shop.node.store.commit
    shop.node.store.commit = _full  # type: ignore[method-assign]  # as on a disk without room
    for _ in range(2):
        with pytest.raises(OwnerError):
            await shop.owner.accept(contact.id)
    shop.node.store.commit = commit  # type: ignore[method-assign]  # there is room again
    assert await memory_agrees(shop)
    assert [each.used for each in await shop.owner.invitations()] == [0]
    await shop.owner.accept(contact.id)

    async def active() -> bool:
        return [peer.state for peer in [*await anna.owner.peers(), *await shop.owner.peers()]] == [
            "active"
        ] * 2

    await until(active)


def _full(changes: Changes) -> None:
    from pcloud.store.faults import FULL
    from pcloud.store.port import FullError

    if changes:
        raise FullError(FULL)


async def test_a_disk_that_fails_ends_the_node_whoever_noticed_it(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    failure = StoreError("The disk failed.")

    def fail(changes: Changes) -> None:
        raise failure

    for home, peer in ((anna, mine), (shop, theirs)):
        home.node.store.commit = fail  # type: ignore[method-assign]  # as after a failed sync
        with pytest.raises(OwnerError) as told:
            await home.owner.say(peer.id, "hello")
        assert told.value.code == "store"
        assert home.node.broken is failure


async def test_a_disk_that_fails_under_a_peers_message_ends_the_node_and_acknowledges_nothing(
    street: Street,
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    await at_rest(anna, shop)
    failure, sent = StoreError("The disk failed."), shop.node.metrics.sent

    def fail(changes: Changes) -> None:
        raise failure

    shop.node.store.commit = fail  # type: ignore[method-assign]  # as after a failed sync
    await anna.owner.say(mine.id, "hello")

    async def ended() -> bool:
        return shop.node.broken is failure

    await until(ended)
    assert shop.node.metrics.sent == sent
    assert (await anna.owner.peer(mine.id)).waiting == 1


async def test_many_owners_words_at_once_on_a_full_disk_stand_all_or_not_one_by_one(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await fill_disk(anna)
    words = (anna.owner.say(mine.id, f"{number} {LONG}") for number in range(10))
    results = await asyncio.gather(*words, return_exceptions=True)
    kept = [each.text for each in results if not isinstance(each, BaseException)]
    assert await memory_agrees(anna)
    await make_room(anna)
    await anna.owner.say(mine.id, "at last")
    await quiet(anna)
    assert await texts(shop, theirs.id) == [*kept, "at last"], "what was kept came, and nothing else"
