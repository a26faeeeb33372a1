"""One that is related and lies: it gets what the spec says, and nobody else notices (spec 05 §4, §5)."""

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest
from tests.e2e.nodes.inside import at_rest, memory_agrees, standing
from tests.e2e.nodes.rogue import Rogue

from pcloud.ambient.fixed import FixedClock
from pcloud.engine.compose import Command
from pcloud.features.conversation.say import ConversationSay
from pcloud.features.relationship.move import RelationshipMove
from pcloud.limits import AHEAD_MESSAGES_MAX, ANSWER_INTERVAL_S
from pcloud.runtime.config import Limits
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Peer
from pcloud.testing.home import Home, Street, quiet, related, texts, until
from pcloud.wire import cbor
from pcloud.wire.answers import Busy, Expected, Fork, Receipt
from pcloud.wire.header import SignedHeader


class Scene(NamedTuple):
    """A shop, one honest peer of it, and one that is not; each as the shop sees it."""

    shop: Home
    anna: Home
    rogue: Rogue
    clock: FixedClock
    honest: Peer
    hostile: Peer
    mine: Peer
    """The shop as Anna sees it."""


def now() -> int:
    import time

    return int(time.time())


@pytest.fixture
async def scene(street: Street) -> AsyncIterator[Scene]:
    clock = FixedClock(now())
    shop, anna = await street.home("Flora", clock=clock), await street.home("Anna")
    mine, honest = await related(anna, shop)
    rogue = await Rogue("rogue").up()
    hostile = await rogue.befriend(shop)
    await at_rest(shop, anna)
    rogue.forget()
    yield Scene(shop, anna, rogue, clock, honest, hostile, mine)
    await rogue.down()


async def others_are_served(scene: Scene) -> None:
    """The honest peer speaks and is heard, both ways; memory is what the disk says."""
    await scene.anna.owner.say(scene.mine.id, "are you there?")
    await scene.shop.owner.say(scene.honest.id, "yes")
    await quiet(scene.anna)

    async def answered() -> bool:
        peer = await scene.shop.owner.peer(scene.honest.id)
        return peer.waiting == 0

    await until(answered)
    assert {"are you there?", "yes"} <= set(await texts(scene.shop, scene.honest.id))
    assert await memory_agrees(scene.shop)


async def sent_in(scene: Scene, *frames: bytes) -> None:
    """Give frames to the shop, and wait until all were looked at."""
    before = scene.shop.node.metrics.received
    await scene.rogue.post(*frames)

    async def seen() -> bool:
        return scene.shop.node.metrics.received >= before + len(frames)

    await until(seen)
    await at_rest(scene.shop)


def word(text: str) -> Command:
    message, items = ConversationSay.pack(text)
    return Command(message, None, items)


async def verdicts(scene: Scene) -> list[str | None]:
    """What the shop thought of what the hostile one said, newest first."""
    return [each.verdict for each in await scene.shop.owner.log(scene.hostile.id) if not each.mine]


async def evidence(scene: Scene) -> list[SignedHeader]:
    id_ = bytes.fromhex(scene.hostile.id)
    return await scene.shop.node.decider.do(lambda batch: list(batch.store.evidence(id_)))


async def test_a_fork_is_kept_as_proof_and_halts_that_line_and_no_other(scene: Scene) -> None:
    shop, rogue = scene.shop, scene.rogue
    others = await standing(shop, scene.hostile.id)
    await sent_in(scene, rogue.say("one"))
    number = rogue.relationship.outgoing.number
    forked = rogue.lie(word("another one"), number=number)
    await sent_in(scene, forked, forked)
    assert len(await evidence(scene)) == 1
    peer = await shop.owner.peer(scene.hostile.id)
    assert peer.advice is not None
    assert "two different messages" in peer.advice
    forks = [each for each in rogue.heard() if isinstance(each, Fork)]
    assert [(each.number, each.id) for each in forks] == [(number, rogue.relationship.outgoing.head)]
    await sent_in(scene, rogue.say("two"))
    assert await texts(shop, scene.hostile.id) == ["one"]
    assert await standing(shop, scene.hostile.id) == others
    await shop.owner.say(scene.hostile.id, "the other direction goes on")
    await others_are_served(scene)


async def test_a_number_ahead_is_answered_with_the_expected_one_every_ten_seconds_at_most(
    scene: Scene,
) -> None:
    rogue, number = scene.rogue, scene.rogue.relationship.outgoing.number
    later = [rogue.lie(word("later"), number=number + 2 + each) for each in range(20)]
    before = await standing(scene.shop)
    for frame in later:
        await sent_in(scene, frame)
    expected = [each for each in rogue.heard() if isinstance(each, Expected)]
    assert [each.number for each in expected] == [number + 1]
    await scene.clock.advance(ANSWER_INTERVAL_S)
    await sent_in(scene, later[0], later[1])
    assert len([each for each in rogue.heard() if isinstance(each, Expected)]) == 2
    assert (await standing(scene.shop))[scene.hostile.id]["incoming"] == before[scene.hostile.id]["incoming"]
    await others_are_served(scene)


async def test_messages_ahead_are_kept_up_to_a_bound_and_judged_in_order_when_the_gap_closes(
    scene: Scene,
) -> None:
    rogue, shop = scene.rogue, scene.shop
    said = [rogue.say(f"{number}") for number in range(100)]
    await sent_in(scene, *reversed(said[1:]))
    assert await texts(shop, scene.hostile.id) == []
    scope = shop.node.decider.scopes.by_mailbox[rogue.relationship.peer.mailbox]
    assert len(scope.ahead) == AHEAD_MESSAGES_MAX
    await sent_in(scene, said[0])
    assert await texts(shop, scene.hostile.id) == ["0"], "those nearest to the gap were beyond the bound"
    await sent_in(scene, *said)
    assert await texts(shop, scene.hostile.id) == [f"{number}" for number in range(100)]
    assert not scope.ahead
    receipts = [each.number for each in rogue.heard() if isinstance(each, Receipt)]
    assert max(receipts) == rogue.relationship.outgoing.number
    await others_are_served(scene)


@pytest.mark.parametrize(
    ("body", "items", "verdict"),
    [
        (b"\xff\xff", (), "body-form"),
        (cbor.encode({1: "no id"}), (cbor.encode("text"),), "body-form"),
        (cbor.encode({}), (cbor.encode("a"), cbor.encode("b")), "part-mismatch"),
        (cbor.encode({}), (cbor.encode(7),), "body-form"),
        (cbor.encode({}), (cbor.encode("x" * 8_193),), "body-form"),
        (cbor.encode({}), (b"\x00" * 48_000,), "body-form"),
    ],
)
async def test_a_body_that_is_none_is_a_verdict_and_costs_its_number_only(
    scene: Scene, body: bytes, items: tuple[bytes, ...], verdict: str
) -> None:
    class Odd(ConversationSay):
        __slots__ = ()

        def write(self) -> bytes:
            return body

    rogue = scene.rogue
    others = await standing(scene.shop, scene.hostile.id)
    header, parts = rogue.signed(Command(Odd(None), None, items))
    await sent_in(scene, rogue.seal(header.data, parts))
    assert (await verdicts(scene))[0] == verdict
    answer = next(each for each in rogue.heard() if isinstance(each, Receipt) and each.refusals)
    assert answer.refusals == ((header.header.number, verdict),)
    assert await texts(scene.shop, scene.hostile.id) == []
    assert await standing(scene.shop, scene.hostile.id) == others
    await others_are_served(scene)


async def test_a_message_of_a_name_that_nobody_knows_is_refused_and_the_next_is_taken(scene: Scene) -> None:
    rogue = scene.rogue
    header, parts = rogue.signed(word("boo"), name="conversation.shout")
    await sent_in(scene, rogue.seal(header.data, parts))
    assert (await verdicts(scene))[0] == "unknown-name"
    head = header.id
    after, parts = rogue.signed(word("boo"), number=header.header.number + 1, prev=head)
    await sent_in(scene, rogue.seal(after.data, parts))
    assert (await verdicts(scene))[:2] == ["applied", "unknown-name"]


async def test_answers_are_not_answered_however_many_come(scene: Scene) -> None:
    rogue, shop = scene.rogue, scene.shop
    await shop.owner.say(scene.hostile.id, "hello")
    await at_rest(shop)
    line = rogue.relationship.incoming
    answers = [
        rogue.claim(Busy(rogue.parties, None, None)),
        rogue.claim(Receipt(rogue.parties, None, None, line.number, line.head, ())),
        rogue.claim(Expected(rogue.parties, None, None, 1)),
    ]
    await sent_in(scene, *answers)
    sent = shop.node.metrics.sent
    await sent_in(scene, *answers * 10)
    assert shop.node.metrics.sent == sent
    assert (await shop.owner.peer(scene.hostile.id)).state == "active"


async def test_to_be_asked_for_the_same_again_and_again_is_answered_every_ten_seconds(scene: Scene) -> None:
    rogue, shop = scene.rogue, scene.shop
    await shop.owner.say(scene.hostile.id, "hello")
    await at_rest(shop)
    number = rogue.relationship.incoming.number + 1
    asks = rogue.claim(Expected(rogue.parties, None, None, number))
    sent = shop.node.metrics.sent
    await sent_in(scene, *[asks] * 20)
    assert shop.node.metrics.sent == sent + 1, "one message, once"
    await scene.clock.advance(ANSWER_INTERVAL_S)
    await sent_in(scene, *[asks] * 20)
    assert shop.node.metrics.sent == sent + 2


@pytest.mark.parametrize("claim", ["receipt", "expected", "fork", "highest"])
async def test_a_claim_about_what_was_never_sent_stops_this_relationship_and_no_other(
    scene: Scene, claim: str
) -> None:
    rogue, shop = scene.rogue, scene.shop
    others = await standing(shop, scene.hostile.id)
    far = rogue.relationship.incoming.number + 5
    frame = {
        "receipt": lambda: rogue.claim(Receipt(rogue.parties, None, None, far, bytes(32), ())),
        "expected": lambda: rogue.claim(Expected(rogue.parties, None, None, far)),
        "fork": lambda: rogue.claim(Fork(rogue.parties, None, None, far, bytes(32))),
        "highest": lambda: rogue.lie(word("you said so"), highest=far, highest_id=bytes(32)),
    }[claim]()
    await sent_in(scene, frame)
    peer = await shop.owner.peer(scene.hostile.id)
    assert peer.state == "stopped"
    assert peer.advice is not None
    with pytest.raises(OwnerError) as refused:
        await shop.owner.say(scene.hostile.id, "no word leaves this copy")
    assert refused.value.code == "outdated"
    assert await standing(shop, scene.hostile.id) == others
    sent = shop.node.metrics.sent
    await sent_in(scene, *[rogue.say(f"{number}") for number in range(5)])
    assert shop.node.metrics.sent == sent
    assert await texts(shop, scene.hostile.id) == []
    await others_are_served(scene)


async def test_one_at_full_speed_is_held_to_its_quota_and_the_others_are_served_meanwhile(
    street: Street,
) -> None:
    limits = Limits(peer_messages_per_minute=60, peer_messages_burst=100, peer_packets_max=64)
    clock = FixedClock(now())
    shop = await street.home("Flora", clock=clock, limits=limits)
    anna, rogue = await street.home("Anna"), await Rogue("rogue").up()
    mine, honest = await related(anna, shop)
    hostile = await rogue.befriend(shop)
    await at_rest(shop, anna)
    said = [rogue.say(f"{number}") for number in range(256)]
    link = await rogue.dial()
    await rogue.pour(link, *said)

    async def used_up() -> bool:
        return shop.node._inbox.queued >= 64 and len(await everything(shop, hostile)) >= 90

    await until(used_up)
    scene = Scene(shop, anna, rogue, clock, honest, hostile, mine)
    await others_are_served(scene)
    taken = len(await everything(shop, hostile))
    assert 90 <= taken <= 100
    assert shop.node._inbox.queued == 64, "the rest waits on its own connection"
    await clock.advance(10)

    async def ten_more() -> bool:
        return len(await everything(shop, hostile)) == taken + 10

    await until(ten_more)
    await others_are_served(scene)
    assert await everything(shop, hostile) == [f"{number}" for number in range(taken + 10)]
    await rogue.down()


async def everything(home: Home, peer: Peer) -> list[str]:
    """All that was said, more than a page of it."""
    found: list[str] = []
    before = None
    while page := await home.owner.log(peer.id, before=before, limit=100):
        found += [entry.text for entry in page if entry.text is not None]
        before = page[-1].number
    return found[::-1]


async def test_frames_for_somebody_elses_mailbox_open_nothing(scene: Scene) -> None:
    rogue, shop = scene.rogue, scene.shop
    before = await standing(shop)
    foreign = next(
        box for box in shop.node.decider.scopes.by_mailbox if box != rogue.relationship.peer.mailbox
    )
    peer = rogue.relationship.peer
    rogue.node.relationship = rogue.relationship._replace(peer=peer._replace(mailbox=foreign))
    await sent_in(scene, *[rogue.say(f"{number}") for number in range(5)])
    assert await standing(shop) == before
    await others_are_served(scene)


async def test_a_move_to_where_nobody_may_be_sent_is_never_dialled_and_the_peer_is_answered_where_it_is(
    scene: Scene,
) -> None:
    rogue, shop = scene.rogue, scene.shop
    tried: list[str] = []
    lookup = shop.node.net._outbound._lookup  # type: ignore[attr-defined]  # it is the real net

    async def noting(name: str, port: int) -> object:
        tried.append(name)
        return await lookup(name, port)

    shop.node.net._outbound._lookup = noting  # type: ignore[attr-defined]  # it is the real net
    link = await rogue.dial()
    inside = ("http://192.168.77.77:8080", "http://169.254.169.254:80", "https://10.0.0.1:7012")
    message = RelationshipMove(mailbox=bytes(16), endpoints=inside)
    await rogue.pour(link, rogue.node.say(message, rogue.node.thread))

    async def moved() -> bool:
        _, endpoints, _ = (await standing(shop))[scene.hostile.id]["peer"]
        return bool(endpoints == inside)

    await until(moved)
    rogue.forget()
    await rogue.pour(link, rogue.say("here I am"))
    await until(lambda: texts(shop, scene.hostile.id))
    await shop.owner.say(scene.hostile.id, "and here am I")
    await until(lambda: _came(rogue))
    await link.close()
    await at_rest(shop)
    await shop.owner.say(scene.hostile.id, "where are you?")
    await at_rest(shop)
    assert tried == []
    assert (await shop.owner.peer(scene.hostile.id)).waiting == 2
    await others_are_served(scene)


async def _came(rogue: Rogue) -> bool:
    return len(rogue.ear.frames) > rogue._read
