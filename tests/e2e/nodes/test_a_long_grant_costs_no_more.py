"""A grant that is brought to newer versions for years costs its taker no more than a new one."""

from collections import Counter

import pytest
from tests.e2e.nodes.taker import HOME, NAME, STREET_, give, holds, pair_in, said, settled, update

from pcloud.engine.snapshot import Entry
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Buffer
from pcloud.runtime.taking import said as said_of
from pcloud.runtime.taking.settling import settle
from pcloud.testing.home import Village, quiet

UPDATES = said_of.LOOKED_AT_MAX + 6


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How many entries were read of whole threads, and of what threads still hold."""
    found: Counter[str] = Counter()
    whole, holding = Buffer.entries, Buffer.holding

    def entries_of(self: Buffer, thread_id: bytes) -> list[Entry]:
        entries = list(whole(self, thread_id))
        found["whole"] += len(entries)
        return entries

    def holding_of(self: Buffer, thread_id: bytes) -> list[Entry]:
        entries = list(holding(self, thread_id))
        found["holding"] = max(found["holding"], len(entries))
        return entries

    monkeypatch.setattr(Buffer, "entries", entries_of)
    monkeypatch.setattr(Buffer, "holding", holding_of)
    return found


async def test_the_last_of_many_updates_is_taken_over_without_reading_the_others(
    village: Village, read: Counter[str]
) -> None:
    pair = await pair_in(village)
    grant = await give(pair, {HOME: STREET_, NAME: {"name": "Anna"}})
    await holds(pair, {HOME: 1, NAME: 1})
    read.clear()
    for version in range(2, UPDATES + 2):
        await update(pair, grant, {HOME: {**STREET_, "postalCode": str(version)}}, version)
        await quiet(pair.anna, pair.shop)

    await settled(pair)
    assert read["whole"] == 0, "though the name was given long ago, and answered then"
    fields = await holds(pair, {HOME: UPDATES + 1, NAME: 1})
    assert fields[HOME].value == {**STREET_, "postalCode": str(UPDATES + 1)}
    acknowledged = await said(pair.shop, pair.theirs.id, DisclosureAcknowledge.NAME)
    assert len(acknowledged) == 1 + UPDATES, "one answer for each message, and none twice"
    assert read["holding"] <= 3, "the grant, the update before, and the one that came"


async def test_what_was_said_is_found_also_before_much_that_was_said_since(
    village: Village, read: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = await pair_in(village)
    grant = await give(pair, {HOME: STREET_})
    await holds(pair, {HOME: 1})
    for number in range(said_of.LOOKED_AT_MAX + 1):
        await pair.shop.owner.say(pair.theirs.id, f"{number} apples")
    await quiet(pair.anna, pair.shop)
    before = await said(pair.shop, pair.theirs.id, DisclosureAcknowledge.NAME)
    assert len(before) == 1

    def job(batch: Batch) -> None:
        settle(batch, batch.scope(bytes.fromhex(pair.theirs.id)), bytes.fromhex(grant))

    read.clear()
    await pair.shop.node.decider.do(job)
    assert read["whole"] == 0, "it was said soon, however much was said since"
    monkeypatch.setattr(said_of, "LOOKED_AT_MAX", 0)
    await pair.shop.node.decider.do(job)
    assert read["whole"] == 2, "where it was not said soon: the grant, and its answer"
    assert await said(pair.shop, pair.theirs.id, DisclosureAcknowledge.NAME) == before
    assert await holds(pair, {HOME: 1})


async def test_an_answer_to_an_update_that_waits_is_said_once(village: Village) -> None:
    pair = await pair_in(village)
    grant = await give(pair, {HOME: STREET_})
    await holds(pair, {HOME: 1})
    await pair.anna.down()

    def job(batch: Batch) -> None:
        for _ in range(3):
            settle(batch, batch.scope(bytes.fromhex(pair.theirs.id)), bytes.fromhex(grant))

    await pair.shop.node.decider.do(job)
    await pair.anna.up()
    await update(pair, grant, {HOME: {**STREET_, "postalCode": "2"}}, 2)
    await holds(pair, {HOME: 2})
    await quiet(pair.anna, pair.shop)
    assert len(await said(pair.shop, pair.theirs.id, DisclosureAcknowledge.NAME)) == 2
    assert len(await said(pair.anna, pair.mine.id, DisclosureUpdate.NAME)) == 1
