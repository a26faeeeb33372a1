"""Whoever stole a running node has its pickup tokens too; they lead nowhere once the owner has come back."""

from pathlib import Path

from tests.e2e.nodes.comeback import backed_up, followed, found_in, restored
from tests.e2e.nodes.copying import endpoint
from tests.e2e.nodes.lodging import lodge, ready

from pcloud.runtime.deciding.batch import Batch
from pcloud.store.port import Berth, BerthState
from pcloud.testing.home import Home, Street, quiet, related, texts, until
from pcloud.wire.services.relay import RELAY, Close
from pcloud.wire.services.service import Outcome


async def mailboxes(home: Home, *states: BerthState) -> list[Berth]:
    """What it has at its relay."""

    def job(batch: Batch) -> list[Berth]:
        tables = batch.store.relays
        return [
            berth
            for relay in tables.all()
            for state in states or BerthState
            for berth in tables.berths(relay.scope, state, None, 1_000)
        ]

    return await home.node.decider.do(job)


async def test_a_stolen_pickup_token_collects_nothing_once_the_owner_is_back(
    street: Street, tmp_path: Path
) -> None:
    """[RELAY-23]"""
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    relay = await lodge(street, anna)
    mine, theirs = await related(anna, bert)
    await anna.owner.say(mine.id, "before")
    await quiet(anna, bert)
    stolen = await mailboxes(anna)
    assert any(berth.state is BerthState.USED for berth in stolen)
    backup = await backed_up(anna, tmp_path / "backup")
    await anna.down()

    back = await restored(street, anna, tmp_path / "back", found_in(anna, backup)).up()
    await followed(back, mine.id)
    await ready(back)

    async def moved() -> bool:
        used = await mailboxes(back, BerthState.USED)
        return bool(used) and not (await back.owner.moving()).laggards

    await until(moved)
    old = {berth.mailbox for berth in stolen}
    fresh = await mailboxes(back, BerthState.USED, BerthState.SPARE)
    assert not old & {berth.mailbox for berth in fresh}

    line = await bert.node.net.call(endpoint(relay))
    for number, berth in enumerate(stolen, 1):
        await line.send(RELAY.write_request(number, Close(berth.pickup)))
        answer = await line.receive()
        assert answer is not None
        assert RELAY.read_back(answer).outcome is Outcome.DONE
    await line.close()
    await bert.owner.say(theirs.id, "after")
    await quiet(bert)
    assert await texts(back, mine.id) == ["before", "after"]
