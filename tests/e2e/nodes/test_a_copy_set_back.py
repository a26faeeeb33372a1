"""An older copy of a node notices that it is one, stops, and tells its owner (spec 06 §10)."""

import shutil
import time
from pathlib import Path

import pytest
from tests.e2e.nodes.comeback import code_of, elsewhere, stopped
from tests.e2e.nodes.inside import at_rest

from pcloud.ambient.fixed import FixedClock
from pcloud.limits import NOTICE_INTERVAL_S
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Street, quiet, related, texts, until


def copied(home: Home, to: Path) -> Path:
    """What a snapshot of the disk has, while the node runs."""
    shutil.copytree(home.folder, to)
    return to


async def set_back(home: Home, older: Path) -> None:
    """Put an older copy in the place of the node."""
    await home.down()
    shutil.rmtree(home.folder)
    shutil.copytree(older, home.folder)
    await home.up()


async def evidence(home: Home, peer: str) -> int:
    def job(batch: Batch) -> int:
        return len(batch.store.evidence(bytes.fromhex(peer)))

    return await home.node.decider.do(job)


@pytest.mark.parametrize("who", ["both", "copied", "peer"])
@pytest.mark.parametrize("closed", [False, True])
async def test_a_node_that_was_set_back_stops_in_that_relationship_and_says_so(
    street: Street, tmp_path: Path, who: str, *, closed: bool
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "before")
    await quiet(anna, shop)
    await at_rest(anna, shop)
    if closed:
        await anna.down()
    older = copied(anna, tmp_path / "copy")
    if closed:
        await anna.up()
    for number in range(3):
        if who != "peer":
            await anna.owner.say(mine.id, f"mine {number}")
        if who != "copied":
            await shop.owner.say(theirs.id, f"theirs {number}")
    await quiet(anna, shop)
    await at_rest(anna, shop)
    said = await texts(shop, theirs.id)
    await set_back(anna, older)
    waits = 0
    if who == "peer":  # it has said nothing since, so only what it is told next shows it
        await shop.owner.say(theirs.id, "and now?")
        said, waits = [*said, "and now?"], 1
    await until(lambda: stopped(anna, mine.id))
    assert (await anna.owner.care()).elsewhere
    peer = await anna.owner.peer(mine.id)
    assert peer.advice is not None
    assert "words" in peer.advice
    with pytest.raises(OwnerError) as refused:
        await anna.owner.say(mine.id, "in an old place")
    assert refused.value.code == "outdated"
    await at_rest(anna, shop)
    assert await texts(shop, theirs.id) == said, "nothing of the old copy counts"
    assert await evidence(shop, theirs.id) == 0, "the line was not forked"
    assert (await shop.owner.peer(theirs.id)).state == "active", "the peer itself is well"
    sent = anna.node.metrics.sent
    await shop.owner.say(theirs.id, "are you there?")
    await at_rest(anna, shop)
    assert anna.node.metrics.sent == sent, "nothing goes out from a copy that has stopped"
    waiting = (await shop.owner.peer(theirs.id)).waiting
    assert waiting == waits + 1, "what the peer says waits for the recovery"


async def test_an_old_copy_that_speaks_at_once_does_not_get_a_word_in(street: Street, tmp_path: Path) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    older = copied(anna, tmp_path / "copy")
    for number in range(3):
        await anna.owner.say(mine.id, f"mine {number}")
    await quiet(anna, shop)
    said = await texts(shop, theirs.id)
    await set_back(anna, older)
    assert await code_of(anna, mine.id, "in an old place") in (None, "outdated"), "it may be told that soon"
    await until(lambda: stopped(anna, mine.id))
    await at_rest(anna, shop)
    assert await texts(shop, theirs.id) == said


async def test_what_other_peers_have_is_not_touched(street: Street, tmp_path: Path) -> None:
    anna, shop, bert = [await street.home(name) for name in ("Anna", "Flora", "Bert")]
    mine, _ = await related(anna, shop)
    calm, _ = await related(anna, bert)
    await at_rest(anna, shop, bert)
    older = copied(anna, tmp_path / "copy")
    await anna.owner.say(mine.id, "only to Flora")
    await quiet(anna, shop)
    await set_back(anna, older)
    await until(lambda: stopped(anna, mine.id))
    await at_rest(anna, shop, bert)
    peer = await anna.owner.peer(calm.id)
    assert (peer.state, peer.advice) == ("active", None), "nothing had happened there since"
    await anna.owner.say(calm.id, "hello")
    await quiet(bert)

    async def heard() -> bool:
        return (await anna.owner.peer(calm.id)).waiting == 0

    await until(heard)


async def test_of_two_live_copies_only_one_is_taken_and_the_other_stops_once_it_is_reached(
    street: Street, tmp_path: Path
) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna"), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "before")
    await quiet(anna, shop)
    await at_rest(anna, shop)
    await anna.down()
    twin = elsewhere(street, anna, tmp_path / "twin", anna.folder)
    await anna.up()
    await twin.up()
    for home, name in ((anna, "first"), (twin, "second")) * 2:
        assert await code_of(home, mine.id, name) in (None, "outdated")
    await at_rest(anna, shop, twin)
    said = await texts(shop, theirs.id)
    taken = set(said) - {"before"}
    assert len(taken) == 1, "words of one copy only"
    assert said == ["before", *said[1:]]
    winner, loser = (anna, twin) if taken == {"first"} else (twin, anna)
    assert not await stopped(winner, mine.id)
    await winner.down()
    await loser.down()
    loser.port = anna.port if loser is twin else loser.port
    await clock.advance(NOTICE_INTERVAL_S)
    await loser.up()
    await until(lambda: stopped(loser, mine.id))
    await at_rest(shop, loser)
    assert set(await texts(shop, theirs.id)) - {"before"} == taken
    assert await evidence(shop, theirs.id) == 0
