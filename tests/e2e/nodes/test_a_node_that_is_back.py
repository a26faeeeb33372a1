"""A node ended before it heard an answer: once it is back, what waited for it comes at once (spec 05 §5)."""

import pytest

from pcloud.testing.home import Home, Village, related, texts, until


async def sessions(home: Home, peer: str) -> int:
    """How many sessions of the peer it has taken, as the number of the newest."""
    scope = bytes.fromhex(peer)
    return await home.node.decider.do(
        lambda batch: batch.scope(scope).relationship.sealing.sessions[-1].number
    )


async def greet_and_end(home: Home, monkeypatch: pytest.MonkeyPatch, greeted: Home, peer: str) -> None:
    """Start a node that hears nothing, and end it as soon as its greeting has come."""

    async def hear_nothing(*_: object) -> None:
        pass

    before = await sessions(greeted, peer)
    node = home.assemble()
    monkeypatch.setattr(node, "receive", hear_nothing)
    await node.start()

    async def come() -> bool:
        return await sessions(greeted, peer) > before

    await until(come)
    await node.stop()


@pytest.mark.parametrize("starts", [1, 2, 3])
async def test_what_waits_comes_at_once_however_often_the_node_was_started_in_vain(
    village: Village, monkeypatch: pytest.MonkeyPatch, starts: int
) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    await shop.down()
    await greet_and_end(shop, monkeypatch, anna, mine.id)
    for _ in range(starts - 1):
        deaf = shop.assemble()
        await deaf.start()
        await deaf.stop()
    await anna.owner.say(mine.id, "Are you there?")
    began = village.clock.now()

    await shop.up()

    async def taken() -> bool:
        return not (await anna.owner.peer(mine.id)).waiting

    await until(taken)
    assert await texts(shop, theirs.id) == ["Are you there?"]
    assert village.clock.now() == began, "no time has passed: nothing was tried again"


async def test_a_relationship_that_is_loaded_again_begins_no_second_session(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    renewed = await sessions(anna, mine.id) + 1
    await shop.down()
    await shop.up()

    async def greeted() -> bool:
        return await sessions(anna, mine.id) == renewed

    await until(greeted)
    for said in ("one", "two", "three"):
        await shop.node.decider.do(lambda batch: batch.scopes.forget(bytes.fromhex(theirs.id)))
        await shop.owner.say(theirs.id, said)

        async def taken(said: str = said) -> bool:
            return said in await texts(anna, mine.id)

        await until(taken)
    assert await sessions(anna, mine.id) == renewed
