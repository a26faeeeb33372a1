"""An invitation is used once for each yes, and never more often than it says (spec 05 §9, spec 07 §1)."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from tests.e2e.nodes.inside import at_rest, in_memory, memory_agrees
from tests.e2e.nodes.rogue import Rogue

from pcloud.engine import invitations
from pcloud.limits import PENDING_REQUESTS_MAX
from pcloud.net.port import Packet
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Contact
from pcloud.testing.home import Home, Street, quiet, requests, until
from pcloud.testing.node import Clock, Node, ask
from pcloud.wire.invitation import Invitation
from pcloud.wire.keylog import pool


@pytest.fixture
async def crowd() -> AsyncIterator[Rogue]:
    made = await Rogue("crowd").up()
    yield made
    await made.down()


def request(crowd: Rogue, name: str, invitation: Invitation) -> Packet:
    """The request of one of the crowd, who all live at one address."""
    guest = Node(name, Clock(crowd.node.clock.now))
    persona = guest.persona(pool(guest.draw(32), 0, 0, 1)[0])
    guest.relationship = invitations.answer_invitation(
        invitation, persona, "person", (crowd.endpoint,), guest.draw
    )
    return Packet(invitation.mailbox, ask(guest, invitation))


async def crowded(host: Home, crowd: Rogue, count: int, *, uses: int) -> list[Contact]:
    """So many ask by one invitation; gives the contacts."""
    invitation = await crowd.invited((await host.owner.invite("a feast", uses=uses)).link)
    for number in range(count):
        await crowd.net.post(host.node.me.endpoints[0], request(crowd, f"guest {number}", invitation))

    async def all_asked() -> bool:
        return len(await requests(host)) == count

    await until(all_asked)
    return await requests(host)


async def used(home: Home) -> int:
    """How often its one invitation was used, as the store has it."""

    def job(batch: Batch) -> int:
        open_still = [offer.state.used for offer in batch.store.offers()]
        mailboxes = [scope.relationship.me.mailbox for scope in in_memory(batch.scopes).values()]
        routes = [route for route in map(batch.store.route, mailboxes) if route is not None]
        offers = [
            offer for offer in (batch.store.offer(route.scope) for route in routes) if offer is not None
        ]
        (count,) = {*open_still, *(offer.state.used for offer in offers)}
        return count

    return await home.node.decider.do(job)


def codes(results: Sequence[object]) -> list[str]:
    return [each.code for each in results if isinstance(each, OwnerError)]


async def test_of_many_yeses_at_once_only_as_many_count_as_the_invitation_has_uses(
    street: Street, crowd: Rogue
) -> None:
    shop = await street.home("Flora")
    contacts = await crowded(shop, crowd, 8, uses=3)
    tries = (shop.owner.accept(contact.id) for contact in contacts)
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert codes(results) == ["invitation-used"] * 5
    assert await used(shop) == 3
    assert len(await requests(shop)) == 5, "the others wait on"
    assert await memory_agrees(shop)
    for contact in await requests(shop):
        with pytest.raises(OwnerError):
            await shop.owner.accept(contact.id)
    assert await used(shop) == 3


async def test_a_yes_that_is_said_ten_times_counts_once(street: Street, crowd: Rogue) -> None:
    shop = await street.home("Flora")
    (contact,) = await crowded(shop, crowd, 1, uses=5)
    tries = (shop.owner.accept(contact.id) for _ in range(10))
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert codes(results) == ["not-in-state"] * 9
    assert await used(shop) == 1
    await shop.down()
    await shop.up()
    with pytest.raises(OwnerError):
        await shop.owner.accept(contact.id)
    assert await used(shop) == 1
    assert await memory_agrees(shop)


async def test_a_yes_and_a_withdrawal_at_once_leave_a_count_that_is_right(
    street: Street, crowd: Rogue
) -> None:
    shop = await street.home("Flora")
    first, second = await crowded(shop, crowd, 2, uses=5)
    (invitation,) = await shop.owner.invitations()
    yes, _, late = await asyncio.gather(
        shop.owner.accept(first.id),
        shop.owner.withdraw(invitation.id),
        shop.owner.accept(second.id),
        return_exceptions=True,
    )
    assert isinstance(yes, Contact)
    assert codes([late]) == ["invitation-used"]
    assert await used(shop) == 1


async def test_a_yes_and_a_no_at_once_are_one_of_the_two(street: Street, crowd: Rogue) -> None:
    shop = await street.home("Flora")
    (contact,) = await crowded(shop, crowd, 1, uses=1)
    yes, no = await asyncio.gather(
        shop.owner.accept(contact.id), shop.owner.decline(contact.id), return_exceptions=True
    )
    assert isinstance(yes, Contact)
    assert codes([no]) == ["not-in-state"]


async def test_connecting_by_one_link_at_once_makes_one_contact(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    found = await asyncio.gather(*(anna.owner.connect(invitation.link) for _ in range(5)))
    assert len({contact.id for contact in found}) == 1
    assert len(await anna.owner.contacts()) == 1


async def test_beyond_the_bound_the_oldest_request_goes_and_no_peer(street: Street, crowd: Rogue) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    offer = await shop.owner.invite("a feast", uses=1_000)
    mine = await anna.owner.connect(offer.link)
    await anna.owner.accept(mine.id)
    (asking,) = await until(lambda: requests(shop))
    await shop.owner.accept(asking.id)
    await quiet(anna)
    invitation = await crowd.invited(offer.link)
    packets = [request(crowd, f"guest {number}", invitation) for number in range(PENDING_REQUESTS_MAX + 40)]
    link = await crowd.net.dial(shop.node.me.endpoints[0])
    await link.send(tuple(packets))

    async def all_came() -> bool:
        contacts = await shop.owner.contacts()
        return len(contacts) == len(packets)

    await until(all_came)
    await at_rest(shop)
    waiting = await requests(shop)
    assert len(waiting) == PENDING_REQUESTS_MAX
    gone = [each for each in await shop.owner.contacts() if each.state == "declined"]
    assert len(gone) == 40
    assert max(each.created for each in gone) <= min(each.created for each in waiting)
    assert [peer.state for peer in await shop.owner.peers()] == ["active"]
    assert await memory_agrees(shop)


async def test_more_requests_than_the_bound_in_one_commit_leave_no_more_than_the_bound(
    street: Street, crowd: Rogue
) -> None:
    shop = await street.home("Flora")
    invitation = await crowd.invited((await shop.owner.invite("a feast", uses=1_000)).link)
    packets = [request(crowd, f"guest {number}", invitation) for number in range(PENDING_REQUESTS_MAX + 60)]

    def job(batch: Batch) -> None:
        from pcloud.runtime.deciding.receiving import Arrived, take

        take(batch, [Arrived(packet, number) for number, packet in enumerate(packets)], [])

    await shop.node.decider.do(job)
    assert len(await requests(shop)) == PENDING_REQUESTS_MAX
    gone = [each for each in await shop.owner.contacts() if each.state == "declined"]
    assert len(gone) == 60
    assert await memory_agrees(shop)


async def test_a_request_that_was_refused_makes_room_for_another(street: Street, crowd: Rogue) -> None:
    shop = await street.home("Flora")
    contacts = await crowded(shop, crowd, 3, uses=5)
    (offer,) = shop.node.store.offers()
    assert len(offer.state.pending) == 3
    await shop.owner.decline(contacts[0].id)
    (offer,) = shop.node.store.offers()
    assert len(offer.state.pending) == 2
