"""Moving house: every peer is told, follows and says so; who has not is listed, what is late collected."""

import time
from functools import partial

import pytest
from tests.e2e.nodes.lodging import lodge, ready, relay_of, take_lodging

from pcloud.ambient.fixed import FixedClock
from pcloud.ambient.jump import DOUBTED_S
from pcloud.net.port import Packet
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Berth, BerthState, Changes
from pcloud.testing.home import Home, Street, quiet, related, texts, until
from pcloud.wire.services.relay import pickup_hash

DAY_S = 86_400


async def told(home: Home) -> None:
    """Until nobody is still to be told, and everybody has followed."""

    async def look() -> bool:
        found = await home.owner.moving()
        return not found.moving and not found.laggards

    await until(look)


def reached(home: Home, peer: str) -> tuple[bytes, tuple[str, ...]]:
    """Where a home sends what is for a peer."""
    known = home.node.store.relationship(bytes.fromhex(peer))
    assert known is not None
    return known.peer.mailbox, known.peer.endpoints


def berth_at(home: Home, mailbox: bytes) -> Berth | None:
    return home.node.store.relays.berth(mailbox)


async def test_peers_of_a_home_follow_it_to_a_relay_and_back(street: Street) -> None:
    anna, bert = await street.home("Anna"), await street.home("Bert")
    mine, theirs = await related(anna, bert)
    before = reached(bert, theirs.id)
    relay = await street.home("Relay", "organisation")
    await relay.owner.relay_serve(on=True)
    await take_lodging(relay, anna, move=True)
    await told(anna)
    at_relay = reached(bert, theirs.id)
    assert at_relay[1] == tuple((await relay_of(anna)).endpoints)
    assert at_relay[0] != before[0]
    await bert.owner.say(theirs.id, "to the relay")
    await quiet(bert)
    found = await anna.owner.move()
    assert found.relay is None
    await told(anna)
    assert reached(bert, theirs.id)[1] == before[1]
    left = berth_at(anna, at_relay[0])
    assert left is not None
    assert left.state is BerthState.LEFT
    await bert.owner.say(theirs.id, "to the house")
    await quiet(bert)
    assert await texts(anna, mine.id) == ["to the relay", "to the house"]


async def test_who_has_not_followed_is_listed_and_what_comes_late_is_collected(street: Street) -> None:
    anna, bert, cora = [await street.home(name, listens=name != "Anna") for name in ("Anna", "Bert", "Cora")]
    first = await lodge(street, anna)
    mine, theirs = await related(anna, bert)
    await related(anna, cora)
    old = reached(bert, theirs.id)
    await bert.down()
    second = await street.home("Second", "organisation")
    await second.owner.relay_serve(on=True)
    await take_lodging(second, anna, move=True)

    async def one_lags() -> bool:  # the relays are peers, too, and told directly
        found = await anna.owner.moving()
        return [each.name for each in found.laggards] == ["Bert"] and found.followed == 3 and not found.moving

    await until(one_lags)
    laggard = (await anna.owner.moving()).laggards[0]
    assert laggard.told is not None
    left = berth_at(anna, old[0])
    assert left is not None
    assert left.state is BerthState.LEFT
    await bert.up()
    await bert.owner.say(theirs.id, "Where are you?")
    await told(anna)
    assert reached(bert, theirs.id)[1] == tuple((await relay_of(anna)).endpoints)
    assert reached(bert, theirs.id) != old
    await quiet(anna, bert)
    assert await texts(anna, mine.id) == ["Where are you?"]

    before = anna.node.relays.collectors[left.relay].collected
    await first.node.receive(Packet(old[0], b"late"), None, "198.51.100.1")

    async def collected() -> bool:
        return anna.node.relays.collectors[left.relay].collected > before

    await anna.node.relays.collectors[left.relay].stop()
    anna.node.relays.collectors[left.relay].start()
    await until(collected)


async def test_a_relay_is_told_of_no_mailbox_of_its_own(street: Street) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    relay = await lodge(street, anna)
    await related(anna, bert)
    await anna.owner.move(relay="Relay")
    await told(anna)
    peer = (await relay.owner.peers())[0]
    entries = await relay.owner.log(peer.id, limit=100)
    assert "relationship.move" not in [each.what for each in entries]


async def test_a_mailbox_that_the_relay_has_lost_is_opened_again_and_nobody_is_told(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    """[RELAY-22]: also where both of two peers had theirs there, who could not tell each other."""
    monkeypatch.setattr("pcloud.runtime.relaying.visits.UNKNOWN_WAIT_S", 0.0)
    anna, bert = [await street.home(name, listens=False) for name in ("Anna", "Bert")]
    relay = await lodge(street, anna, bert)
    mine, theirs = await related(anna, bert)
    before = reached(bert, theirs.id), reached(anna, mine.id)
    await lose_all(relay)
    for home in (anna, bert):
        await home.down()
        await home.up()
    for home, mailbox in ((anna, before[0][0]), (bert, before[1][0])):
        await until(partial(is_open, relay, berth_at(home, mailbox)))
    await bert.owner.say(theirs.id, "Found you.")
    await anna.owner.say(mine.id, "And I you.")
    await quiet(anna, bert)
    assert sorted(await texts(anna, mine.id)) == ["And I you.", "Found you."]
    assert (reached(bert, theirs.id), reached(anna, mine.id)) == before


async def is_open(relay: Home, berth: Berth | None) -> bool:
    """Whether a relay has this mailbox."""
    assert berth is not None
    digest = pickup_hash(berth.pickup)
    return await relay.node.relays.counter.look(lambda kept, now: kept.find(digest, now)) is not None


async def lose_all(relay: Home) -> None:
    """A disk that died, and with it every mailbox and voucher."""
    await relay.down()
    for file in relay.folder.glob("relay.db*"):
        file.unlink()
    await relay.up()


async def test_an_invitation_at_a_relay_that_has_lost_it_has_ended(street: Street) -> None:
    anna = await street.home("Anna", listens=False)
    relay = await lodge(street, anna)
    await anna.owner.invite("to meet")
    await anna.down()
    await lose_all(relay)
    await anna.up()

    async def over() -> bool:
        return await anna.owner.invitations() == []

    await until(over)


async def test_a_relay_whose_clock_was_wrong_at_its_start_has_kept_all_mailboxes(street: Street) -> None:
    """A year too late every lease is over; what was deleted then would not come back with the right time."""
    clock = FixedClock(int(time.time()))
    relay, bert = await street.home("Relay", "organisation", clock=clock), await street.home("Bert")
    anna = await street.home("Anna", listens=False)
    await relay.owner.relay_serve(on=True)
    await take_lodging(relay, anna)
    mine, theirs = await related(anna, bert)
    before = reached(bert, theirs.id)
    kept = await relay.owner.relay_stats()
    await anna.down()
    for jump in (400 * DAY_S, -400 * DAY_S):
        await relay.down()
        clock.jump(jump)
        await relay.up()
        await clock.advance(DOUBTED_S - 1)
        assert (await relay.owner.relay_stats()).mailboxes == kept.mailboxes
    await bert.owner.say(theirs.id, "Are you there?")
    await anna.up()
    await quiet(bert)
    assert await texts(anna, mine.id) == ["Are you there?"]
    assert reached(bert, theirs.id) == before


async def test_a_lease_is_renewed_before_it_ends(street: Street) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    await lodge(street, anna)
    _, theirs = await related(anna, bert)
    mailbox = reached(bert, theirs.id)[0]
    berth = berth_at(anna, mailbox)
    assert berth is not None
    soon = berth._replace(until=anna.clock.now() + 86_400)
    await anna.down()
    store = anna.assemble().store
    vouchers = len(store.relays.vouchers(berth.relay, 1_000))
    store.commit(Changes(berths={mailbox: soon}))
    store.close()
    await anna.up()

    async def renewed() -> bool:
        now = berth_at(anna, mailbox)
        return now is not None and now.until >= berth.until

    await until(renewed)
    assert len(anna.node.store.relays.vouchers(berth.relay, 1_000)) == vouchers - 1


async def test_where_vouchers_are_used_up_nothing_is_made_and_more_are_asked_for(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pcloud.runtime.relaying.serving.VOUCHERS_DAY_MAX", 5)
    anna = await street.home("Anna", listens=False)
    relay = await lodge(street, anna)

    async def full() -> bool:
        return (await relay_of(anna)).state == "full" and (await relay_of(anna)).spare == 5

    await until(full)
    for _ in range(2):
        await anna.owner.invite("to meet")
    made = await anna.owner.invitations()
    before = anna.node.store.feed_end()
    with pytest.raises(OwnerError) as refused:
        await anna.owner.invite("to meet")
    assert refused.value.code == "busy"
    assert await anna.owner.invitations() == made
    assert anna.node.store.feed_end() == before
    assert (await relay_of(anna)).spare == 1
    monkeypatch.setattr("pcloud.runtime.relaying.serving.VOUCHERS_DAY_MAX", 1_024)
    await anna.owner.relay_use("Relay")

    async def more() -> bool:
        return (await relay_of(anna)).spare == 16

    await until(more)
    await anna.owner.invite("to meet")
    assert (await relay.owner.relay_stats()).serving == "granted"


async def test_nobody_moves_to_a_house_that_nobody_can_enter(street: Street) -> None:
    anna = await street.home("Anna", listens=False)
    await lodge(street, anna)
    before = await anna.owner.moving()
    with pytest.raises(OwnerError) as refused:
        await anna.owner.move()
    assert refused.value.code == "invalid"
    assert await anna.owner.moving() == before
    with pytest.raises(OwnerError) as unknown:
        await anna.owner.move(relay="nobody")
    assert unknown.value.code == "unknown"


async def test_a_node_without_a_port_is_no_relay(street: Street) -> None:
    anna = await street.home("Anna", listens=False)
    with pytest.raises(OwnerError) as refused:
        await anna.owner.relay_serve(on=True)
    assert refused.value.code == "invalid"
    assert not anna.node.serves
    assert not (anna.folder / "relay.db").exists()
    with pytest.raises(OwnerError):
        await anna.owner.relay_invite()


async def test_a_move_that_was_begun_goes_on_after_a_restart(street: Street) -> None:
    anna, bert = await street.home("Anna"), await street.home("Bert")
    await related(anna, bert)
    relay = await lodge(street, anna)
    await relay.down()
    await anna.owner.move(relay="Relay")
    await anna.down()
    await relay.up()
    await anna.up()
    await ready(anna)
    await told(anna)
    peer = (await bert.owner.peers())[0]
    assert reached(bert, peer.id)[1] == tuple((await relay_of(anna)).endpoints)
