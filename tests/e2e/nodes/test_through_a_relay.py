"""Homes without an open port meet and talk by a relay, which keeps what comes while they are away."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from tests.e2e.nodes.lodging import lodge, ready, relay_of, settled

from pcloud.mailboxes.port import Change, Result
from pcloud.net.endpoint import NOWHERE
from pcloud.net.http import HttpNet
from pcloud.net.settings import NetSettings
from pcloud.runtime.relaying import using
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import BerthState, DamagedError, FullError, StoreError
from pcloud.testing import home
from pcloud.testing.home import Home, Street, quiet, related, texts, until


async def test_two_homes_without_a_port_meet_and_talk(street: Street) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert", listens=False)
    relay = await lodge(street, anna, bert)
    mine, theirs = await related(anna, bert)
    assert mine.code == theirs.code
    await anna.owner.say(mine.id, "Good morning.")
    await quiet(anna)
    await bert.owner.say(theirs.id, "Good evening.")
    await quiet(bert)
    assert await texts(anna, mine.id) == await texts(bert, theirs.id) == ["Good morning.", "Good evening."]
    await settled(relay)


async def test_what_is_said_while_one_is_away_waits_at_the_relay(street: Street) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert", listens=False)
    relay = await lodge(street, anna, bert)
    mine, theirs = await related(anna, bert)
    await bert.down()
    said = [f"note {number}" for number in range(20)]
    for text in said:
        await anna.owner.say(mine.id, text)

    async def kept() -> bool:
        return (await relay.owner.relay_stats()).frames >= len(said)

    await until(kept)
    await anna.down()
    await bert.up()

    async def arrived() -> bool:
        return await texts(bert, theirs.id) == said

    await until(arrived)
    await anna.up()
    await quiet(anna)
    await settled(relay)


async def test_every_relationship_and_invitation_has_a_mailbox_of_its_own(street: Street) -> None:
    """[RELAY-7]"""
    anna = await street.home("Anna", listens=False)
    guests = [await street.home(name) for name in ("Bert", "Cora")]
    await lodge(street, anna)
    for guest in guests:
        await related(guest, anna)
    mailboxes, endpoints = set(), set()
    for guest in guests:
        peer = (await guest.owner.peers())[0]
        known = guest.node.store.relationship(bytes.fromhex(peer.id))
        assert known is not None
        mailboxes.add(known.peer.mailbox)
        endpoints |= set(known.peer.endpoints)
    assert len(mailboxes) == len(guests)
    assert endpoints == set((await relay_of(anna)).endpoints)
    ours = {
        peer.id: anna.node.store.relationship(bytes.fromhex(peer.id)) for peer in await anna.owner.peers()
    }
    to_the_relay = ours[(await relay_of(anna)).id]
    assert to_the_relay is not None
    assert to_the_relay.me.endpoints == (NOWHERE,)
    assert anna.node.store.relays.berth(to_the_relay.me.mailbox) is None


async def test_an_owner_without_a_port_is_told_how_it_is_reached(street: Street) -> None:
    anna = await street.home("Anna", listens=False)

    async def reachability() -> tuple[str, str | None]:
        found = {check.name: check for check in await anna.owner.doctor()}["reachability"]
        return found.detail, found.advice

    assert (await anna.owner.status()).endpoints == []
    detail, advice = await reachability()
    assert "names no address" in detail
    assert advice is not None
    assert "relay use" in advice
    await lodge(street, anna)
    assert (await reachability())[1] is None


async def test_a_link_that_leads_nowhere_says_what_to_do(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    monkeypatch.setattr(
        home, "loopback", lambda port, listens: HttpNet(NetSettings(port=port, listens=listens))
    )
    careful = await street.home("Carla")
    with pytest.raises(OwnerError, match=r"allow_private in config\.toml\.$"):
        await careful.owner.connect(invitation.link)
    await shop.down()
    with pytest.raises(
        OwnerError, match=r"cannot be reached: nobody answers .*\. Try again later"
    ) as refused:
        await anna.owner.connect(invitation.link)
    assert refused.value.code == "unreachable"
    assert await anna.owner.contacts() == await careful.owner.contacts() == []


async def test_a_node_that_nobody_can_reach_makes_no_invitation(street: Street) -> None:
    anna = await street.home("Anna", listens=False)
    before = anna.node.store.feed_end()
    with pytest.raises(OwnerError) as refused:
        await anna.owner.invite("to meet")
    assert refused.value.code == "unreachable"
    assert await anna.owner.invitations() == []
    assert anna.node.store.feed_end() == before


async def test_who_has_no_port_still_reaches_who_has_one(street: Street) -> None:
    anna, shop = await street.home("Anna", listens=False), await street.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    await shop.owner.say(theirs.id, "Welcome.")
    await quiet(shop)
    assert await texts(anna, mine.id) == ["Welcome."]


async def test_an_invitation_can_be_fetched_while_its_maker_is_away_and_not_once_it_has_ended(
    street: Street,
) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    await lodge(street, anna)
    kept, ended = await anna.owner.invite("to meet"), await anna.owner.invite("to part")
    await anna.down()
    assert (await bert.owner.connect(kept.link)).purpose == "to meet"
    await anna.up()
    await ready(anna)
    await anna.owner.withdraw(ended.id)
    collector = next(iter(anna.node.relays.collectors.values()))

    async def closed() -> bool:
        counts = anna.node.store.relays.counts(collector.relay.scope)
        return counts.get(BerthState.SHOWN, 0) == 1

    await until(closed)
    with pytest.raises(OwnerError) as refused:
        await bert.owner.connect(ended.link)
    assert refused.value.code == "unreachable"


async def test_a_relay_asks_nobody_where_its_owner_has_not_said_so(street: Street) -> None:
    relay, anna = await street.home("Relay", "organisation"), await street.home("Anna", listens=False)
    await related(anna, relay)
    await relay.owner.relay_serve(on=True)
    asked = await anna.owner.relay_use("Relay")
    assert asked.state == "asked"

    async def asks() -> bool:
        return bool((await relay.owner.relay_stats()).asking)

    await until(asks)
    assert (await relay.owner.relay_stats()).vouchers == 0
    customer = (await relay.owner.relay_stats()).asking[0]
    await relay.owner.relay_grant(customer)
    await ready(anna)
    stats = await relay.owner.relay_stats()
    assert stats.asking == []
    assert stats.mailboxes > 0


async def test_a_relay_for_anyone_grants_to_its_peers_and_lets_nobody_in_by_itself(street: Street) -> None:
    relay, anna = await street.home("Relay", "organisation"), await street.home("Anna", listens=False)
    await relay.owner.relay_serve(on=True, anyone=True)
    invitation = await relay.owner.invite("to meet")
    await anna.owner.relay_use(invitation.link)

    async def asks() -> bool:
        return any(
            each.direction == "in" and each.state == "requested" for each in await relay.owner.contacts()
        )

    await until(asks)
    assert (await relay.owner.relay_stats()).mailboxes == 0
    await relay.owner.accept((await relay.owner.contacts())[0].id)
    await ready(anna)


async def test_vouchers_leave_the_log_of_the_relay_once_they_have_arrived(street: Street) -> None:
    """[RELAY-6]"""
    anna = await street.home("Anna", listens=False)
    relay = await lodge(street, anna)
    scope = bytes.fromhex((await relay.owner.peers())[0].id)

    async def erased() -> bool:
        entries = [fed.entry for fed in relay.node.store.log(scope, None, 100)]
        grants = [each for each in entries if each.signed.header.name == "relay.grant"]
        return bool(grants) and all(part is None for each in grants for part in each.parts[1:])

    await until(erased)
    entries = [fed.entry for fed in anna.node.store.log(bytes.fromhex((await relay_of(anna)).id), None, 100)]
    grants = [each for each in entries if each.signed.header.name == "relay.grant"]
    assert all(part is None for each in grants for part in each.parts[1:])


async def test_a_relay_that_is_none_any_more_takes_nothing_and_keeps_what_it_has(street: Street) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    relay = await lodge(street, anna)
    mine, theirs = await related(bert, anna)
    await anna.down()
    await bert.owner.say(mine.id, "Are you there?")

    async def kept() -> bool:
        return (await relay.owner.relay_stats()).frames > 0

    await until(kept)
    await relay.owner.relay_serve(on=False)
    assert not relay.node.serves
    await anna.up()
    assert await texts(anna, theirs.id) == []
    await relay.owner.relay_serve(on=True)

    async def arrived() -> bool:
        return await texts(anna, theirs.id) == ["Are you there?"]

    await until(arrived)


async def test_a_relay_whose_file_is_damaged_goes_on_as_a_node(street: Street) -> None:
    anna, bert = await street.home("Anna"), await street.home("Bert")
    await anna.owner.relay_serve(on=True)
    await anna.owner.relay_stats()
    await anna.down()
    path = anna.folder / "relay.db"
    path.write_bytes(b"damaged".ljust(path.stat().st_size, b"\0"))
    await anna.up()
    with pytest.raises(OwnerError) as refused:
        await anna.owner.relay_stats()
    assert refused.value.code == "store"
    mine, theirs = await related(bert, anna)
    await bert.owner.say(mine.id, "All the same.")
    await quiet(bert)
    assert await texts(anna, theirs.id) == ["All the same."]
    assert anna.node.broken is None
    assert "store-failed" in anna.log.getvalue()


@pytest.mark.parametrize(
    "rest",
    [
        lambda anna, relay: anna.owner.pause(relay),
        lambda anna, relay: anna.owner.close(relay),
    ],
    ids=["paused", "closed"],
)
async def test_a_relay_is_asked_for_nothing_while_its_relationship_rests_and_what_it_keeps_is_collected(
    street: Street, monkeypatch: pytest.MonkeyPatch, rest: Callable[[Home, str], Awaitable[object]]
) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    relay = await lodge(street, anna)
    mine, theirs = await related(bert, anna)
    lodging = (await relay_of(anna)).id
    await rest(anna, lodging)
    await quiet(anna, relay)
    before = await anna.owner.log(lodging)
    monkeypatch.setattr(using, "VOUCHERS_LOW", 1_000)  # it has fewer, and would ask for more
    collector = anna.node.relays.collectors[bytes.fromhex(lodging)]
    collector.tidy()
    await bert.owner.say(mine.id, "Are you there?")

    async def arrived() -> bool:
        return await texts(anna, theirs.id) == ["Are you there?"]

    await until(arrived)
    assert collector.up
    assert await anna.owner.log(lodging) == before
    assert "fault" not in anna.log.getvalue()


async def test_a_disk_that_fails_under_what_a_relay_keeps_ends_the_node(street: Street) -> None:
    anna = await street.home("Anna", listens=False)
    relay = await lodge(street, anna)
    counter = relay.node.relays.counter
    failure = StoreError("The disk failed.")
    await disk_fails(relay, failure)
    with pytest.raises(StoreError):
        await counter.vouchers(1, 0)
    assert relay.node.broken is failure
    assert "store-failed" in relay.log.getvalue()


@pytest.mark.parametrize("failure", [FullError("No room."), DamagedError("Damaged.")])
async def test_a_full_disk_or_a_damaged_file_under_what_a_relay_keeps_ends_nothing(
    street: Street, failure: StoreError
) -> None:
    anna, bert = await street.home("Anna", listens=False), await street.home("Bert")
    relay = await lodge(street, anna)
    await disk_fails(relay, failure)
    with pytest.raises(StoreError):
        await relay.node.relays.counter.vouchers(1, 0)
    assert relay.node.broken is None
    assert "store-failed" in relay.log.getvalue()
    mine, theirs = await related(bert, relay)
    await bert.owner.say(mine.id, "All the same.")
    await quiet(bert)
    assert await texts(relay, theirs.id) == ["All the same."]


async def disk_fails(relay: Home, failure: StoreError) -> None:
    """Let no commit of the mailboxes that a relay has open succeed."""

    def fail(changes: Sequence[Change], now: int) -> list[Result]:
        raise failure

    await relay.node.relays.counter.look(
        lambda kept, _now: setattr(kept, "commit", fail)  # as after a failed sync
    )
