"""Homes without a folder, a socket or a thread, under a clock that is moved: the same node."""

from pcloud.limits import SESSION_KEPT_S_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.testing.home import Home, Village, quiet, related, texts, until


def sessions(home: Home, peer: str) -> int:
    """Secrets of the peer's sessions that the store holds."""
    found = home.node.store.relationship(bytes.fromhex(peer))
    assert found is not None
    return len(found.sealing.sessions)


async def test_two_homes_meet_speak_and_say_the_same(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    assert mine.code == theirs.code
    await anna.owner.say(mine.id, "Two bunches of tulips, please.")
    await quiet(anna, shop)
    assert await texts(shop, theirs.id) == ["Two bunches of tulips, please."]


async def test_the_secret_of_a_session_is_destroyed_a_day_after_the_next_began(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.rotate(mine.id)
    await quiet(anna, shop)
    await anna.owner.say(mine.id, "in a new session")
    await quiet(anna, shop)
    assert sessions(shop, theirs.id) > 1
    await village.clock.advance(SESSION_KEPT_S_MAX + 60)

    async def only_the_newest() -> bool:
        return await shop.node.decider.do(lambda _: sessions(shop, theirs.id)) == 1

    await until(only_the_newest)
    await anna.owner.say(mine.id, "and it goes on")
    await quiet(anna)
    assert (await texts(shop, theirs.id))[-1] == "and it goes on"


async def test_a_timer_to_tidy_stands_as_long_as_there_is_something_to_tidy(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora")
    _, theirs = await related(anna, shop)

    def due(batch: Batch) -> list[str]:
        return [timer.command for timer in batch.store.timers_due(batch.now + 10 * SESSION_KEPT_S_MAX, 10)]

    commands = await shop.node.decider.do(due)
    assert ("tidy-sessions" in commands) is (sessions(shop, theirs.id) > 1)
