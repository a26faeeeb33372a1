"""A clock that is a year ahead or behind for a while, or right after long: nothing ends for it (ADR 36)."""

import asyncio
import time
from functools import partial
from typing import NamedTuple

import pytest
from tests.e2e.nodes.copying import held
from tests.e2e.nodes.lodging import lodge, ready
from tests.e2e.nodes.test_copies_and_time import holds, there
from tests.e2e.nodes.test_moving import berth_at, is_open, reached

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.jump import DOUBTED_S
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.changing import GIVE_NEWEST
from pcloud.runtime.giving.giving import OVER
from pcloud.store.port import Berth, BerthState, Changes
from pcloud.testing.home import Home, Street, Village, quiet, related, texts, until

DAY = 86_400
HOUR = 3_600


@pytest.fixture
def clock() -> FixedClock:
    """Of the one whose clock is wrong."""
    return FixedClock(int(time.time()))


class Lodged(NamedTuple):
    """Two who know each other, of whom one is reached at a relay only."""

    anna: Home
    bert: Home
    relay: Home
    peer: str
    """Whom Anna calls Bert."""
    mailbox: bytes
    """In which Bert leaves for Anna what he has for her."""


async def lodged(street: Street, clock: FixedClock) -> Lodged:
    anna, bert = await street.home("Anna", listens=False, clock=clock), await street.home("Bert")
    relay = await lodge(street, anna)
    mine, theirs = await related(anna, bert)
    await quiet(anna, bert)
    return Lodged(anna, bert, relay, mine.id, reached(bert, theirs.id)[0])


async def left(home: Home, mailbox: bytes) -> Berth | None:
    """A mailbox, once it was left."""
    found = berth_at(home, mailbox)
    return found if found is not None and found.state is BerthState.LEFT else None


async def rounds(home: Home, clock: FixedClock, count: int = 10) -> None:
    """Let a home look after everything at its relays some times."""
    for _ in range(count):
        for collector in home.node.relays.collectors.values():
            collector.tidy()
        await clock.advance(60)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("ahead_days", [-400, 400])
async def test_a_mailbox_that_was_left_by_a_wrong_clock_is_collected_for_as_long(
    street: Street, clock: FixedClock, ahead_days: int
) -> None:
    """And no longer: one that was left a year ahead counts from when that is noticed."""
    anna, bert, relay, peer, mailbox = await lodged(street, clock)
    await bert.down()
    clock.jump(ahead_days * DAY)
    await anna.owner.close(peer)
    await anna.down()
    await anna.up()
    await until(partial(left, anna, mailbox))
    await anna.down()
    clock.jump(-ahead_days * DAY)
    await anna.up()
    await ready(anna)
    await rounds(anna, clock)
    await bert.up()

    async def answered() -> bool:
        await clock.advance(60)
        return not any(peer.waiting for peer in await anna.owner.peers())

    await until(answered)
    found = berth_at(anna, mailbox)
    assert found is not None
    assert abs(clock.now() - found.since) < DAY
    assert await is_open(relay, found)


async def test_a_mailbox_that_is_left_after_weeks_off_is_collected_for_as_long(
    street: Street, clock: FixedClock
) -> None:
    anna, bert, relay, peer, mailbox = await lodged(street, clock)
    await anna.down()
    clock.slumber(40 * DAY)
    await anna.up()
    await ready(anna)
    await bert.down()
    await anna.owner.close(peer)
    await rounds(anna, clock, 2)
    await until(partial(left, anna, mailbox))
    await clock.advance(DOUBTED_S)
    await rounds(anna, clock)
    found = berth_at(anna, mailbox)
    assert found is not None
    assert await is_open(relay, found)
    clock.slumber(30 * DAY)
    await rounds(anna, clock)
    assert berth_at(anna, mailbox) is None
    assert not await is_open(relay, found)


async def test_a_mailbox_that_was_left_is_closed_by_no_clock_that_is_ahead(
    street: Street, clock: FixedClock
) -> None:
    anna, _, relay, peer, mailbox = await lodged(street, clock)
    await anna.owner.close(peer)
    await rounds(anna, clock, 2)
    found = await until(partial(left, anna, mailbox))
    assert found is not None
    clock.jump(400 * DAY)
    await rounds(anna, clock)
    clock.jump(-400 * DAY)
    await rounds(anna, clock)
    assert berth_at(anna, mailbox) == found
    assert await is_open(relay, found)


async def test_a_lease_is_renewed_after_weeks_off(street: Street, clock: FixedClock) -> None:
    anna, _, _, _, mailbox = await lodged(street, clock)
    berth = berth_at(anna, mailbox)
    assert berth is not None
    soon = berth._replace(until=clock.now() + 126 * DAY)  # a third of the lease, and a little more
    await anna.down()
    store = anna.assemble().store
    store.commit(Changes(berths={mailbox: soon}))
    store.close()
    clock.slumber(9 * DAY)
    await anna.up()
    await ready(anna)
    await rounds(anna, clock)
    renewed = berth_at(anna, mailbox)
    assert renewed is not None
    assert renewed.until > soon.until


async def test_a_machine_that_is_used_for_some_hours_a_day_believes_its_clock_again(village: Village) -> None:
    anna = await village.home("Anna")
    await village.clock.advance(HOUR)
    believed = []
    for off in (8 * DAY, 21 * HOUR, 21 * HOUR):
        await anna.down()
        village.clock.slumber(off)
        await anna.up()
        await village.clock.advance(2.5 * HOUR)
        believed.append(anna.node.store.fact(facts.DOUBT) is None)
    assert believed == [False, False, True]
    last = anna.node.store.fact(facts.CLOCK)
    assert last is not None
    assert village.clock.now() - int(last) <= HOUR


async def test_copies_that_end_after_months_off_are_kept_for_their_days(village: Village) -> None:
    anna, rose, peer = await holds(village)
    before = (await there(rose))[-1]
    await rose.down()
    village.clock.slumber(100 * DAY)
    await rose.up()
    await village.clock.advance(60)
    await anna.owner.holder_remove(peer)
    await village.clock.advance(600)
    (ended,) = [each.custody.ended for each in await held(rose)]
    assert ended is not None
    assert village.clock.now() - ended <= 660
    await village.clock.advance(DOUBTED_S + HOUR)
    assert before in await there(rose)


@pytest.mark.parametrize("ahead_days", [-400, 400])
async def test_own_copies_stay_whatever_a_clock_says_that_was_set(village: Village, ahead_days: int) -> None:
    anna, bert = await village.home("Anna"), await village.home("Bert")
    mine, _ = await related(anna, bert)

    def names() -> set[str]:
        place = next(place for place in anna.node.keepings.copying.places if place.name == "here")
        return {copy.name for copy in place.copies.names()}

    for day in range(5):
        await anna.owner.say(mine.id, f"day {day}")
        await village.clock.advance(60)
        village.clock.slumber(DAY)
        await village.clock.advance(60)
    before = names()
    assert len(before) > 5
    for jump in (ahead_days, -ahead_days):
        village.clock.jump(jump * DAY)
        await anna.owner.say(mine.id, f"{jump} days")
        await village.clock.advance(120)
    assert before < names()


async def test_what_was_put_off_by_a_clock_that_was_ahead_is_done_once_it_is_right(village: Village) -> None:
    anna, bert = await village.home("Anna"), await village.home("Bert")
    mine, _ = await related(anna, bert)
    ran: list[int] = []

    def rests(batch: Batch, _scope: Scope, _key: bytes) -> None:
        ran.append(batch.now)
        raise PutOffError(HOUR)

    anna.node.decider.handlers = {**anna.node.decider.handlers, GIVE_NEWEST: rests}
    await anna.node.decider.do(lambda batch: batch.ask(bytes.fromhex(mine.id), GIVE_NEWEST, b"some"))
    await village.clock.advance(60)
    village.clock.jump(400 * DAY)
    await village.clock.advance(120)
    village.clock.jump(-400 * DAY)
    before = len(ran)
    await village.clock.advance(2 * HOUR)
    assert len(ran) > before


@pytest.mark.parametrize("restart", [True, False])
async def test_what_is_said_by_a_clock_that_is_behind_keeps_its_items(
    village: Village, *, restart: bool
) -> None:
    anna, bert = await village.home("Anna"), await village.home("Bert")
    mine, theirs = await related(anna, bert)
    await quiet(anna, bert)
    village.clock.slumber(40 * DAY)
    await village.clock.advance(2 * HOUR)
    await bert.down()
    await anna.down()
    village.clock.jump(-400 * DAY)
    await anna.up()
    await village.clock.advance(60)
    await anna.owner.say(mine.id, "Are you there?")
    await village.clock.advance(60)
    if restart:
        await anna.down()
    village.clock.jump(400 * DAY)
    if restart:
        await anna.up()
    await village.clock.advance(600)
    await bert.up()
    await village.clock.advance(HOUR)
    assert await texts(bert, theirs.id) == ["Are you there?"]


async def test_what_is_promised_for_a_day_is_asked_for_on_no_other(village: Village) -> None:
    anna, bert = await village.home("Anna"), await village.home("Bert")
    mine, _ = await related(anna, bert)
    scope, day = bytes.fromhex(mine.id), village.clock.now() + 40 * DAY
    await anna.node.decider.do(lambda batch: batch.ask(scope, OVER, b"some", day))
    for jump in (10 * DAY, -10 * DAY):
        village.clock.jump(jump)
        await village.clock.advance(120)
        (timer,) = [each for each in anna.node.store.copying.timers(scope) if each.command == OVER]
        assert timer.at == day


async def test_a_message_that_a_clock_has_dated_far_ahead_waits_from_when_that_is_noticed(
    village: Village,
) -> None:
    """After six hours a wrong clock is believed; once it is right, what waits is 30 days old in 30 days."""
    anna, bert = await village.home("Anna"), await village.home("Bert")
    mine, _ = await related(anna, bert)
    await quiet(anna, bert)
    await bert.down()
    village.clock.jump(400 * DAY)
    await village.clock.advance(DOUBTED_S + HOUR)
    village.clock.jump(-400 * DAY)
    await anna.owner.say(mine.id, "Are you there?")
    await village.clock.advance(DOUBTED_S + DAY)
    delivery = anna.node.store.delivery(bytes.fromhex(mine.id))
    assert delivery is not None
    assert village.clock.now() - 2 * DAY <= delivery.first_try <= village.clock.now()


async def test_a_peer_was_not_heard_next_year(village: Village) -> None:
    anna, bert = await village.home("Anna"), await village.home("Bert")
    _, theirs = await related(anna, bert)
    for jump, text in ((400 * DAY, "One."), (-400 * DAY, "Two.")):
        village.clock.jump(jump)
        await bert.owner.say(theirs.id, text)
        await village.clock.advance(120)
    (peer,) = await anna.owner.peers()
    assert peer.last_contact is not None
    assert peer.last_contact <= village.clock.now()
