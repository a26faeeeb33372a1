"""Frames opened beside decisions, and lanes to peers that read slowly, move, or call at once."""

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from tests.e2e.nodes.inside import at_rest, memory_agrees, standing
from tests.e2e.nodes.rogue import Rogue

from pcloud.ambient.fixed import InlineWorkers
from pcloud.ambient.system import system_entropy
from pcloud.engine.sealing import announced, renew
from pcloud.errors import Code
from pcloud.features.relationship.move import RelationshipMove
from pcloud.features.relationship.rotate import RelationshipRotate
from pcloud.net.port import Packet
from pcloud.runtime.carrying.opening import open_all
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.receiving import Arrived, Fault, Taken, take
from pcloud.runtime.views import Peer
from pcloud.testing.home import Home, Street, quiet, related, texts, until
from pcloud.wire.answers import Receipt
from pcloud.wire.session import Frame, read_frame


class Pair(NamedTuple):
    shop: Home
    other: Rogue
    peer: Peer


@pytest.fixture
async def pair(street: Street) -> AsyncIterator[Pair]:
    shop, other = await street.home("Flora"), await Rogue("other").up()
    peer = await other.befriend(shop)
    await at_rest(shop)
    other.forget()
    yield Pair(shop, other, peer)
    await other.down()


def opened_alone(arrived: Arrived, now: int) -> list[Arrived]:
    """One packet as the lane that opens opens it."""
    return open_all([arrived], now, system_entropy, InlineWorkers().verified)


async def opened_beside(pair: Pair, *frames: bytes) -> list[Arrived]:
    """What the lane that opens makes of frames, as things stand now."""
    mailbox = pair.other.relationship.peer.mailbox
    scope = pair.shop.node.decider.scopes.by_mailbox[mailbox]
    now = pair.shop.clock.now()
    found = [
        opened
        for number, frame in enumerate(frames)
        for opened in opened_alone(Arrived(Packet(mailbox, frame), number, before=scope.relationship), now)
    ]
    assert all(each.opened is not None for each in found)
    return found


async def judge(pair: Pair, arrived: list[Arrived]) -> list[Taken]:
    def job(batch: Batch) -> list[Taken]:
        faults: list[Fault] = []
        taken = take(batch, arrived, faults)
        assert not faults
        return taken

    return await pair.shop.node.decider.do(job)


async def test_what_was_opened_beside_is_judged_in_its_order(pair: Pair) -> None:
    arrived = await opened_beside(pair, *[pair.other.say(f"{number}") for number in range(20)])
    taken = await judge(pair, arrived)
    assert [each.refused for each in taken] == [None] * 20
    assert await texts(pair.shop, pair.peer.id) == [f"{number}" for number in range(20)]
    assert await memory_agrees(pair.shop)


async def test_a_gap_that_closes_in_one_batch_is_not_asked_for(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    one, two, three = (other.say(text) for text in ("one", "two", "three"))
    await judge(pair, await opened_beside(pair, three, two, one))
    await at_rest(shop)
    assert await texts(shop, pair.peer.id) == ["one", "two", "three"]
    answers = other.heard()
    assert [type(answer) for answer in answers] == [Receipt]
    assert isinstance(answers[0], Receipt)
    assert answers[0].number == other.relationship.outgoing.number


async def test_what_was_opened_before_a_new_session_is_opened_anew_and_judged_once(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    arrived = await opened_beside(pair, other.say("old session"))
    other.node.relationship = renew(other.relationship)
    await other.post(other.say("new session"))
    await at_rest(shop)
    assert await texts(shop, pair.peer.id) == [], "it waits for its turn"
    (taken,) = await judge(pair, arrived)
    assert taken.refused is None
    assert await texts(shop, pair.peer.id) == ["old session", "new session"]
    (again,) = await judge(pair, arrived)
    assert again.refused is None
    assert await texts(shop, pair.peer.id) == ["old session", "new session"]
    assert await memory_agrees(shop)


async def test_a_start_that_was_opened_beside_twice_spends_one_key(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    other.node.relationship = renew(other.relationship)
    frame = other.say("with a start")
    before = (await standing(shop))[pair.peer.id]
    arrived = await opened_beside(pair, frame, frame)
    taken = await judge(pair, arrived)
    assert [each.refused for each in taken] == [None, None]
    assert [each.fresh for each in taken] == [True, False]
    after = (await standing(shop))[pair.peer.id]
    assert after["key"] == before["key"] + 1
    assert await texts(shop, pair.peer.id) == ["with a start"]


async def test_each_session_that_began_in_a_batch_is_named(pair: Pair) -> None:
    """[ORDER-24]"""
    shop, other = pair.shop, pair.other
    other.node.relationship = renew(other.relationship)
    first, late = other.say("one"), other.say("two")
    await other.post(first)
    await at_rest(shop)
    await other.answer()
    await at_rest(shop)
    other.node.relationship = renew(other.relationship)
    newest = other.say("three")
    other.forget()
    await judge(pair, await opened_beside(pair, newest, late))
    await at_rest(shop)
    named = {answer.session for answer in other.heard()} - {None}
    began = {frame.session for frame in map(read_frame, (newest, late)) if isinstance(frame, Frame)}
    assert len(began) == 2
    assert named == began
    assert await texts(shop, pair.peer.id) == ["one", "two", "three"]


async def test_what_was_opened_before_a_recovery_of_the_peer_is_refused_after_it(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    arrived = await opened_beside(pair, other.say("from before"))
    await other.recover()

    async def recovered() -> bool:
        persona, _, epoch = (await standing(shop))[pair.peer.id]["peer"]
        return bool(persona and epoch == 1)

    await until(recovered)
    before = await standing(shop)
    (taken,) = await judge(pair, arrived)
    assert taken.refused in (Code.UNKNOWN_SESSION, Code.KEY_SPENT), (
        "its session is gone, and its start with it"
    )
    assert taken.scope is None
    assert await texts(shop, pair.peer.id) == []
    assert (await standing(shop))[pair.peer.id]["incoming"] == before[pair.peer.id]["incoming"]


async def test_what_was_opened_before_a_rotation_is_taken_in_its_turn(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    first = other.say("before")
    rotation = other.node.say(RelationshipRotate(key=announced(other.relationship)), other.node.thread)
    last = other.say("after")
    arrived = await opened_beside(pair, first, rotation, last)
    taken = await judge(pair, [arrived[0], arrived[1], arrived[2]])
    assert [each.refused for each in taken] == [None] * 3
    assert await texts(shop, pair.peer.id) == ["before", "after"]
    assert await memory_agrees(shop)


async def test_a_refusal_beside_holds_only_as_long_as_nothing_has_changed(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    other.node.relationship = renew(other.relationship)
    start, later = other.say("with the start"), other.say("after it")
    mailbox = other.relationship.peer.mailbox
    scope = shop.node.decider.scopes.by_mailbox[mailbox]
    number = scope.relationship.sealing.receiving.number
    bare = other.relationship.sealing.out
    assert bare is not None
    other.node.relationship = other.relationship._replace(
        sealing=other.relationship.sealing._replace(out=bare._replace(block=None, start=None))
    )
    without = other.say("without the start")
    (early,) = opened_alone(Arrived(Packet(mailbox, without), 0, before=scope.relationship), shop.clock.now())
    assert early.refused is not None
    assert early.refused.code is Code.UNKNOWN_SESSION
    (refused,) = await judge(pair, [early])
    assert refused.refused is Code.UNKNOWN_SESSION
    await other.post(start, later)
    await at_rest(shop)
    assert (await standing(shop))[pair.peer.id]["key"] == number + 1
    (taken,) = await judge(pair, [early])
    assert taken.refused is None
    assert await texts(shop, pair.peer.id) == ["with the start", "after it", "without the start"]


async def test_much_at_once_keeps_its_order_through_both_lanes(pair: Pair) -> None:
    said = [f"{number}" for number in range(99)]
    link = await pair.other.dial()
    await pair.other.pour(link, *[pair.other.say(text) for text in said])

    async def all_came() -> bool:
        return len(await texts(pair.shop, pair.peer.id)) == len(said)

    await until(all_came)
    assert await texts(pair.shop, pair.peer.id) == said
    await link.close()


async def test_a_peer_that_does_not_read_is_waited_for_alone(street: Street, pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    anna = await street.home("Anna")
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    reads = asyncio.Event()
    receive = other.ear.receive

    async def held(packet: Packet, link: object, source: str) -> None:
        await reads.wait()
        await receive(packet, None, source)

    other.ear.receive = held  # type: ignore[method-assign]  # it reads nothing more
    for number in range(300):
        await shop.owner.say(pair.peer.id, "x" * 8_000)
        if number % 10 == 0:
            await shop.owner.say(theirs.id, f"{number}")

    async def anna_has_all() -> bool:
        return len(await texts(anna, mine.id)) == 30

    await until(anna_has_all)
    await anna.owner.say(mine.id, "I have it all")
    await quiet(anna)
    assert (await shop.owner.peer(theirs.id)).waiting == 0
    assert (await shop.owner.peer(pair.peer.id)).waiting == 300
    reads.set()


async def test_a_peer_that_moved_is_found_at_its_new_place_and_mailbox(pair: Pair) -> None:
    shop, other = pair.shop, pair.other
    there, mailbox = await Rogue("there").up(), bytes(range(16))
    move = RelationshipMove(mailbox=mailbox, endpoints=(there.endpoint,))
    boxes: list[bytes] = []
    receive = there.ear.receive

    async def noting(packet: Packet, link: object, source: str) -> None:
        boxes.append(packet.mailbox)
        await receive(packet, None, source)

    there.ear.receive = noting  # type: ignore[method-assign]  # which mailbox it was for
    await other.post(other.node.say(move, other.node.thread))

    async def followed() -> bool:
        await shop.owner.say(pair.peer.id, "are you there?")
        return bool(there.ear.frames)

    await until(followed)
    await at_rest(shop)
    before = len(other.ear.frames)
    await shop.owner.say(pair.peer.id, "and now?")
    await at_rest(shop)
    assert len(other.ear.frames) == before, "nothing goes to the old place"
    assert set(boxes) == {mailbox}
    await there.down()


async def test_two_that_call_each_other_at_once_lose_nothing_and_say_nothing_twice(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    for _ in range(3):
        await anna.down()
        await shop.down()
        await asyncio.gather(anna.up(), shop.up())
        await asyncio.gather(
            *(anna.owner.say(mine.id, f"a{number}") for number in range(10)),
            *(shop.owner.say(theirs.id, f"s{number}") for number in range(10)),
        )
        await quiet(anna, shop)
    for home, peer in ((anna, mine), (shop, theirs)):
        said = await texts(home, peer.id)
        assert [each for each in said if each[0] == "a"] == [f"a{number}" for number in range(10)] * 3
        assert [each for each in said if each[0] == "s"] == [f"s{number}" for number in range(10)] * 3
        assert home.node._outbox.links <= 2
        assert await memory_agrees(home)
    await at_rest(anna, shop)
    sent = [home.node.metrics.sent for home in (anna, shop)]
    await at_rest(anna, shop)
    assert [home.node.metrics.sent for home in (anna, shop)] == sent, "and then there is silence"
