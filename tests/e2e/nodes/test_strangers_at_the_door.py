"""Whoever is nobody's peer: garbage costs little, a word that is no request leaves nothing (spec 07 §3)."""

import contextlib
import os
import time
from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from tests.e2e.nodes.inside import at_rest, memory_agrees, standing
from tests.e2e.nodes.rogue import Rogue

from pcloud.ambient.fixed import FixedClock
from pcloud.engine import handshake
from pcloud.engine.compose import Command
from pcloud.features.conversation.say import ConversationSay
from pcloud.net.port import Packet, UnreachableError
from pcloud.runtime.carrying.inbox import BATCHES_MAX, PACKETS_BATCH_MAX
from pcloud.runtime.node import FAILURES_PER_S_MAX
from pcloud.runtime.views import Peer
from pcloud.testing.home import Home, Street, quiet, related, requests, texts, until
from pcloud.testing.node import ask
from pcloud.wire.keys import HybridKey
from pcloud.wire.session import FrameKey, make_start, seal_contact, seal_frame


class Door(NamedTuple):
    """A shop with one peer, and a stranger."""

    shop: Home
    anna: Home
    stranger: Rogue
    mine: Peer
    theirs: Peer


@pytest.fixture
async def door(street: Street) -> AsyncIterator[Door]:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    stranger = await Rogue("stranger").up()
    mine, theirs = await related(anna, shop)
    await at_rest(anna, shop)
    yield Door(shop, anna, stranger, mine, theirs)
    await stranger.down()


async def throw(door: Door, mailbox: bytes, *frames: bytes) -> None:
    """Give packets to the shop one by one, as far as it takes any, and wait until all were looked at."""
    endpoint = door.shop.node.me.endpoints[0]
    for frame in frames:
        await door.stranger.net.post(endpoint, Packet(mailbox, frame))
    await at_rest(door.shop)


async def served(door: Door) -> None:
    await door.anna.owner.say(door.mine.id, "good morning")
    await quiet(door.anna)
    assert (await texts(door.shop, door.theirs.id))[-1] == "good morning"
    assert await memory_agrees(door.shop)


def garbage(key_number: int = 1) -> list[bytes]:
    """Frames that are well formed, and nobody's."""
    nobody = HybridKey.from_seed(os.urandom(32))
    block, key = make_start(nobody.public, os.urandom(32), (bytes(32), bytes(32)), 1, key_number)
    return [
        seal_frame(FrameKey(os.urandom(16), bytes(32)), None, bytes(256), os.urandom(12)),
        seal_frame(key, block, bytes(256), os.urandom(12)),
        seal_contact(nobody.public, bytes(256)),
    ]


async def test_garbage_to_no_mailbox_leaves_nothing_and_opens_nothing(door: Door) -> None:
    before = await standing(door.shop)
    commits, sent = door.shop.node.store.counts()["entries"], door.shop.node.metrics.sent
    for frame in [*garbage(), b"\x00", os.urandom(1_000)]:
        await throw(door, os.urandom(16), frame)
    assert await standing(door.shop) == before
    assert door.shop.node.store.counts()["entries"] == commits
    assert door.shop.node.metrics.sent == sent
    assert await requests(door.shop) == []
    await served(door)


async def test_a_source_whose_frames_fail_is_shut_out_for_that_second(street: Street) -> None:
    clock = FixedClock(int(time.time()))
    anna, shop = await street.home("Anna"), await street.home("Flora", clock=clock)
    mine, theirs = await related(anna, shop)
    stranger, node = await Rogue("stranger").up(), shop.node
    before, received = await standing(shop), node.metrics.received
    link = await stranger.net.dial(node.me.endpoints[0])
    flood = tuple(Packet(os.urandom(16), b"garbage") for _ in range(100 * PACKETS_BATCH_MAX))
    with contextlib.suppress(UnreachableError):
        await link.send(flood)

    async def cut() -> bool:
        return not link.open

    await until(cut)
    await at_rest(shop)
    assert FAILURES_PER_S_MAX < node.metrics.received - received <= BATCHES_MAX * PACKETS_BATCH_MAX
    assert await standing(shop) == before
    with pytest.raises(UnreachableError):
        await stranger.net.dial(node.me.endpoints[0])
    await clock.advance(1)
    await served(Door(shop, anna, stranger, mine, theirs))
    await stranger.down()


async def test_garbage_with_starts_at_a_known_mailbox_spends_no_key_and_writes_nothing(door: Door) -> None:
    shop = door.shop
    scope = next(iter(shop.node.decider.scopes.by_mailbox.values()))
    number = scope.relationship.sealing.receiving.number
    before = await standing(shop)
    for frame in garbage(number) * 3:
        await throw(door, scope.relationship.me.mailbox, frame)
    after = await standing(shop)
    assert after == before
    await served(door)


@pytest.mark.parametrize(
    "changed",
    [
        {"number": 2},
        {"number": 7},
        {"prev": bytes(32)},
        {"highest": 3, "highest_id": bytes(32)},
        {"thread": bytes(32)},
        {"name": "relationship.close"},
        {"name": "nobody.knows"},
    ],
)
async def test_a_first_word_that_is_no_request_leaves_nothing_and_costs_nobody_anything(
    door: Door, changed: dict[str, object]
) -> None:
    shop, stranger = door.shop, door.stranger
    invitation = await stranger.invited((await shop.owner.invite("to meet")).link)
    wanted = handshake.request(stranger.relationship, invitation)
    before, sent = await standing(shop), shop.node.metrics.sent
    await stranger.post(stranger.lie(wanted, **changed))
    await at_rest(shop)
    assert await standing(shop) == before
    assert shop.node.metrics.sent == sent
    assert "fault" not in shop.log.getvalue()
    assert await requests(shop) == []
    await stranger.post(stranger.lie(wanted))
    await until(lambda: requests(shop))
    await served(door)


async def test_a_first_word_of_another_kind_opens_no_relationship(door: Door) -> None:
    shop, stranger = door.shop, door.stranger
    await stranger.invited((await shop.owner.invite("to meet")).link)
    message, items = ConversationSay.pack("let me in")
    await stranger.post(stranger.lie(Command(message, None, items)))
    await at_rest(shop)
    assert await requests(shop) == []
    assert "fault" not in shop.log.getvalue()
    await served(door)


async def test_one_bad_word_costs_no_other_packet_of_its_batch(door: Door) -> None:
    shop, stranger = door.shop, door.stranger
    invitation = await stranger.invited((await shop.owner.invite("to meet")).link)
    bad = stranger.lie(handshake.request(stranger.relationship, invitation), number=2)
    link = await stranger.dial()
    for number in range(10):
        await stranger.pour(link, bad)
        await door.anna.owner.say(door.mine.id, f"{number}")
    await quiet(door.anna)
    assert await texts(shop, door.theirs.id) == [f"{number}" for number in range(10)]


async def test_a_request_that_comes_again_and_again_is_one_contact(door: Door) -> None:
    shop, stranger = door.shop, door.stranger
    invitation = await stranger.invited((await shop.owner.invite("to meet", uses=5)).link)
    frame = ask(stranger.node, invitation)
    await stranger.post(*[frame] * 5)
    await at_rest(shop)
    assert len(await requests(shop)) == 1
    (mine,) = await requests(shop)
    await shop.owner.accept(mine.id)
    await stranger.post(*[frame] * 5)
    await at_rest(shop)
    assert await requests(shop) == []
    assert [each.used for each in await shop.owner.invitations()] == [1]


async def test_an_old_frame_that_somebody_else_lets_through_again_gets_no_answers(door: Door) -> None:
    shop, thief = door.shop, door.stranger
    peer = await Rogue("peer").up()
    known = await peer.befriend(shop)
    await at_rest(shop)
    old = peer.say("hello")
    await peer.post(old)
    await until(lambda: texts(shop, known.id))
    stolen = await thief.net.dial(shop.node.me.endpoints[0])
    await stolen.send((Packet(peer.relationship.peer.mailbox, old),) * 3)
    await at_rest(shop)
    peer.forget()
    for number in range(5):
        await shop.owner.say(known.id, f"{number}")
    await at_rest(shop)
    assert thief.ear.frames == []
    assert await texts(shop, known.id) == ["hello", *(f"{number}" for number in range(5))]
    await peer.down()


async def test_who_kept_a_frame_back_gets_answers_only_until_the_peer_is_heard_again(door: Door) -> None:
    shop, thief = door.shop, door.stranger
    peer = await Rogue("peer").up()
    known = await peer.befriend(shop)
    link = await peer.dial()
    await at_rest(shop)
    for held in [link for link, of in shop.node._outbox._by_link.items() if bytes.fromhex(known.id) in of]:
        await held.close()  # nobody is connected, so the next to bring something new is answered there
    await at_rest(shop)
    kept = peer.say("kept back")
    stolen = await thief.net.dial(shop.node.me.endpoints[0])
    await stolen.send((Packet(peer.relationship.peer.mailbox, kept),))
    await until(lambda: texts(shop, known.id))
    await peer.pour(link if link.open else await peer.dial(), peer.say("here I am"))

    async def both() -> bool:
        return len(await texts(shop, known.id)) == 2

    await until(both)
    await at_rest(shop)
    caught = len(thief.ear.frames)
    peer.forget()
    await shop.owner.say(known.id, "hello")
    await at_rest(shop)
    assert len(thief.ear.frames) == caught
    assert len(peer.ear.frames) > peer._read
    await peer.down()
