"""A peer that nobody can call calls by itself, and is answered over its own connections.

[TRANSPORT-39], [TRANSPORT-40], [TRANSPORT-41]
"""

import time
from collections.abc import Callable

import pytest
from tests.e2e.nodes.comeback import followed, renewed
from tests.e2e.nodes.inside import at_rest

from pcloud.ambient.fixed import FixedClock
from pcloud.engine import turn
from pcloud.engine.snapshot import Relationship
from pcloud.limits import ANSWER_INTERVAL_S
from pcloud.net.port import Link, Packet
from pcloud.runtime.carrying.outbox import HIDDEN_S_MAX, REDIAL_S_MAX, Outbox
from pcloud.testing.home import Home, Street, quiet, related, texts, until


class Wire:
    """A connection that somebody has opened."""

    source = "192.0.2.1"
    open = True

    def __init__(self) -> None:
        self.sent: list[Packet] = []

    async def send(self, packets: tuple[Packet, ...]) -> None:
        self.sent += packets

    async def close(self) -> None:
        raise NotImplementedError


def ours(home: Home, peer: str) -> Relationship:
    """The relationship as a node has it."""
    found = home.node.store.relationship(bytes.fromhex(peer))
    assert found is not None
    return found


def overheard(home: Home, monkeypatch: pytest.MonkeyPatch) -> list[Packet]:
    """What comes to a node from now on."""
    took: list[Packet] = []
    receive = home.node.receive

    async def listen(packet: Packet, link: Link | None, source: str) -> None:
        took.append(packet)
        await receive(packet, link, source)

    monkeypatch.setattr(home.node, "receive", listen)
    return took


async def begun_unanswered(
    anna: Home, shop: Home, taken: Callable[[], bool], monkeypatch: pytest.MonkeyPatch
) -> list[Packet]:
    """One is started and says something, and the other takes it; each of its answers is lost."""
    with monkeypatch.context() as lost:
        took = overheard(shop, lost)
        lost.setattr(Outbox, "attach", lambda _self, _scope, _link: None)
        lost.setattr(Outbox, "give_aside", lambda _self, _way, _packets: None)
        await anna.up()

        async def heard() -> bool:
            return bool(took) and taken()

        await until(heard)
        await at_rest(anna, shop)
    return took


async def test_what_it_repeats_is_answered_where_it_repeats_it_and_nothing_else_goes_there(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna", listens=False), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    await anna.down()
    said = await begun_unanswered(anna, shop, lambda: turn.start_waits(ours(anna, mine.id)), monkeypatch)
    assert turn.start_waits(ours(anna, mine.id))
    before = ours(shop, theirs.id)
    wire, scope = Wire(), bytes.fromhex(theirs.id)
    for packet in said:
        await shop.node.receive(packet, wire, wire.source)

    async def answered() -> bool:
        return bool(wire.sent)

    await until(answered)
    assert not shop.node.is_up(scope), "it may be somebody who has recorded it"
    await shop.owner.say(theirs.id, "For you alone.")
    await at_rest(anna, shop)
    answers, wire.sent = wire.sent, []
    await shop.node.decider.do(lambda batch: batch.again(batch.scope(scope)))
    await at_rest(anna, shop)
    assert wire.sent == []
    assert ours(shop, theirs.id).incoming == before.incoming
    for packet in answers:
        await anna.node.receive(packet, None, wire.source)

    async def goes_on() -> bool:
        return not turn.start_waits(ours(anna, mine.id))

    await until(goes_on)
    await anna.owner.say(mine.id, "Here I am.")
    await quiet(anna, shop)
    assert await texts(shop, theirs.id) == ["For you alone.", "Here I am."]


async def test_a_repeat_of_a_peer_with_an_address_is_answered_at_its_address_alone(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, _ = await related(anna, shop)
    receive = shop.node.receive
    took = overheard(shop, monkeypatch)
    await anna.owner.say(mine.id, "hello")
    await quiet(anna)
    wire = Wire()
    for packet in took:
        await receive(packet, wire, wire.source)
    await at_rest(anna, shop)
    assert took
    assert wire.sent == []


async def test_a_comeback_is_answered_where_it_is_repeated(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer was lost with its connection; nothing but the answer goes where a repeat came from."""
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", listens=False), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    await quiet(anna, shop)
    await anna.down()
    renewed(anna)
    said = await begun_unanswered(anna, shop, lambda: ours(shop, theirs.id).peer.log.epoch == 1, monkeypatch)
    assert ours(anna, mine.id).recovering
    await shop.owner.say(theirs.id, "For you alone.")
    await at_rest(anna, shop)
    await clock.advance(ANSWER_INTERVAL_S)
    wire = Wire()
    for packet in said:
        await shop.node.receive(packet, wire, wire.source)
    await at_rest(anna, shop)
    (answer,) = wire.sent
    assert not shop.node.is_up(bytes.fromhex(theirs.id)), "it may be somebody who has recorded it"

    await anna.node.receive(answer, None, wire.source)

    await followed(anna, mine.id)
    await anna.owner.say(mine.id, "Here I am.")
    await quiet(anna, shop)
    assert await texts(shop, theirs.id) == ["For you alone.", "Here I am."]


async def unlinked(home: Home, peer: str) -> None:
    """The connection to a peer ends at this side, and the node has noticed."""
    scope = bytes.fromhex(peer)
    link = home.node._outbox._lanes[scope].link
    assert link is not None
    await link.close()

    async def gone() -> bool:
        return not home.node.is_up(scope)

    await until(gone)


async def test_it_calls_again_and_what_waits_comes_without_a_word_of_its_own(street: Street) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", listens=False, clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    await unlinked(shop, theirs.id)
    began = ours(anna, mine.id).sealing.started
    await shop.owner.say(theirs.id, "While you were away.")
    await at_rest(anna, shop)
    assert await texts(anna, mine.id) == []

    await clock.advance(REDIAL_S_MAX)

    async def heard() -> bool:
        return await texts(anna, mine.id) == ["While you were away."]

    await until(heard)
    await quiet(anna, shop)
    assert shop.node.is_up(bytes.fromhex(theirs.id))
    assert ours(anna, mine.id).sealing.started == began + 1, "one session says whose connection it is"


async def test_it_calls_until_somebody_answers(street: Street) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", listens=False, clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    await shop.down()
    await at_rest(anna)
    for _ in range(20):
        await clock.advance(REDIAL_S_MAX)
    await shop.up()
    await shop.owner.say(theirs.id, "Back again.")
    await clock.advance(REDIAL_S_MAX)

    async def heard() -> bool:
        return await texts(anna, mine.id) == ["Back again."]

    await until(heard)


async def test_it_calls_nobody_with_whom_it_is_over(street: Street) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", listens=False, clock=clock), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.close(mine.id)
    await quiet(anna, shop)
    began = ours(anna, mine.id).sealing.started
    await unlinked(shop, theirs.id)
    for _ in range(3):
        await clock.advance(REDIAL_S_MAX)
    await at_rest(anna, shop)
    assert ours(anna, mine.id).sealing.started == began


async def test_who_recovers_finds_it_again_by_what_it_can_no_longer_open(street: Street) -> None:
    clock, theirs_clock = FixedClock(int(time.time())), FixedClock(int(time.time()))
    anna = await street.home("Anna", listens=False, clock=clock)
    shop = await street.home("Flora", clock=theirs_clock)
    mine, theirs = await related(anna, shop)
    await quiet(anna, shop)
    await shop.down()
    renewed(shop)
    await at_rest(anna)
    await shop.up()
    assert ours(shop, theirs.id).recovering
    for _ in range(3):
        await clock.advance(HIDDEN_S_MAX)
        await theirs_clock.advance(ANSWER_INTERVAL_S)
        await at_rest(anna, shop)
    await followed(shop, theirs.id)
    assert ours(anna, mine.id).peer.log.epoch == 1
    await shop.owner.say(theirs.id, "Here I am again.")
    await quiet(anna, shop)
    assert await texts(anna, mine.id) == ["Here I am again."]


async def test_over_one_connection_recover_goes_once_in_ten_seconds_and_nothing_else(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody who has recorded a frame learns nothing by it: only the peer can open what comes back."""
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna", listens=False), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    with monkeypatch.context() as listened:
        took = overheard(shop, listened)
        await anna.owner.say(mine.id, "hello")
        await quiet(anna, shop)
    await anna.down()
    await shop.down()
    renewed(shop)
    await shop.up()
    await at_rest(shop)
    before, packet = ours(shop, theirs.id), took[0]
    wire, other = Wire(), Wire()
    for link in (wire, wire, other, wire):
        await shop.node.receive(packet, link, link.source)
        await at_rest(shop)
    assert (len(wire.sent), len(other.sent)) == (1, 1)
    await clock.advance(ANSWER_INTERVAL_S)
    await shop.node.receive(packet, wire, wire.source)
    await at_rest(shop)
    assert len(wire.sent) == 2
    after = ours(shop, theirs.id)
    assert (after.sealing, after.incoming, after.outgoing) == (
        before.sealing,
        before.incoming,
        before.outgoing,
    )
    assert not shop.node.is_up(bytes.fromhex(theirs.id))
