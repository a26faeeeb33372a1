"""From a link to a relationship: nothing is shared on connect, and each yes is an owner's."""

import pytest
from tests.e2e.nodes.inside import at_rest

from pcloud.engine import handshake
from pcloud.engine.compose import Command
from pcloud.errors import Code, UsageError
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Contact
from pcloud.testing.home import Home, Street, asked, quiet, related, requests, until


async def test_both_show_the_same_code_and_the_names_they_gave(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    mine, theirs = await related(anna, shop)
    assert mine.code is not None
    assert mine.code == theirs.code
    assert (mine.name, mine.kind, mine.state) == ("Flora", "organisation", "active")
    assert (theirs.name, theirs.kind, theirs.state) == ("Anna", "person", "active")
    assert await anna.owner.contacts() == []
    assert await shop.owner.contacts() == []


async def test_connecting_makes_a_pending_contact_and_tells_the_other_side_nothing(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    invitation = await shop.owner.invite("flowers on order", role="florist", terms=["SD-BASE"])
    contact = await anna.owner.connect(invitation.link)
    assert (contact.direction, contact.state, contact.name) == ("out", "pending", "Flora")
    assert (contact.purpose, contact.role, contact.terms) == ("flowers on order", "florist", ["SD-BASE"])
    assert contact.host == shop.node.me.endpoints[0]
    assert await shop.owner.contacts() == []
    assert shop.node.metrics.received == 0
    assert await anna.owner.peers() == []


async def test_connecting_twice_by_one_link_gives_one_contact(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    first = await anna.owner.connect(invitation.link)
    again = await anna.owner.connect(invitation.link)
    assert again == first
    assert await anna.owner.contacts() == [first]


async def test_a_name_can_be_withheld(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet", title="")
    contact = await anna.owner.connect(invitation.link)
    assert contact.name is None
    await anna.owner.accept(contact.id, name="")
    waiting = await until(lambda: requests(shop))
    assert waiting[0].name is None


async def test_an_invitation_for_one_lets_in_only_the_first(street: Street) -> None:
    shop = await street.home("Flora")
    anna, bert = await street.home("Anna"), await street.home("Bert")
    invitation = await shop.owner.invite("to meet", uses=1)
    for guest in (anna, bert):
        contact = await guest.owner.connect(invitation.link)
        await guest.owner.accept(contact.id)
    waiting = await until(lambda: _two(shop))
    await shop.owner.accept(waiting[0].id)
    with pytest.raises(OwnerError) as refused:
        await shop.owner.accept(waiting[1].id)
    assert refused.value.code == "invitation-used"
    assert [each.id for each in await requests(shop)] == [waiting[1].id], "the other one waits on"
    assert [(each.state, each.used) for each in await shop.owner.invitations()] in ([], [("used", 1)])


async def _two(shop: Home) -> list[Contact]:
    found = await requests(shop)
    return found if len(found) == 2 else []


async def test_a_withdrawn_or_expired_invitation_leads_nowhere(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    await shop.owner.withdraw(invitation.id[:8])
    with pytest.raises(OwnerError) as refused:
        await anna.owner.connect(invitation.link)
    assert refused.value.code == "unreachable"
    assert await anna.owner.contacts() == []


async def test_a_request_that_came_before_the_withdrawal_can_not_be_accepted(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    contact = await asked(anna, shop)
    (invitation,) = await shop.owner.invitations()
    await shop.owner.withdraw(invitation.id)
    with pytest.raises(OwnerError) as refused:
        await shop.owner.accept(contact.id)
    assert refused.value.code == "invitation-used"
    assert (await requests(shop))[0].id == contact.id


async def test_a_declined_request_ends_on_both_sides(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    contact = await asked(anna, shop)
    await shop.owner.decline(contact.id, reason="not-wanted")

    async def told() -> bool:
        return [each.state for each in await anna.owner.contacts()] == ["declined"]

    await until(told)
    assert await anna.owner.peers() == []
    assert await shop.owner.peers() == []


async def test_a_yes_that_was_given_while_the_guest_was_away_is_heard_when_the_guest_is_back(
    street: Street,
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    contact = await asked(anna, shop)
    await at_rest(anna, shop)
    await anna.down()
    await shop.owner.accept(contact.id)
    assert [each.state for each in await shop.owner.invitations()] in ([], ["used"])
    await anna.up()

    async def met() -> bool:
        return [each.state for each in await shop.owner.peers()] == ["active"]

    await until(met)
    assert [each.state for each in await anna.owner.peers()] == ["active"]


async def test_a_yes_that_fails_half_way_leaves_the_request_as_it_was(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    contact = await asked(anna, shop)
    say_yes = handshake.accept

    def fail(*_: object, **__: object) -> Command:
        raise UsageError(Code.CONTENT_TOO_LARGE)

    monkeypatch.setattr(handshake, "accept", fail)
    with pytest.raises(OwnerError) as refused:
        await shop.owner.accept(contact.id)
    assert refused.value.code == "content-too-large"
    monkeypatch.setattr(handshake, "accept", say_yes)
    assert [each.used for each in await shop.owner.invitations()] == [0]
    await shop.owner.accept(contact.id)

    async def active() -> bool:
        peers = [*await anna.owner.peers(), *await shop.owner.peers()]
        return [peer.state for peer in peers] == ["active", "active"]

    await until(active)


@pytest.mark.parametrize("name", ["x" * 101, "é" * 51, "x" * 60_000])
async def test_a_name_that_is_too_long_is_refused_before_anything_is_sent(street: Street, name: str) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    mine = await anna.owner.connect(invitation.link)
    with pytest.raises(OwnerError) as refused:
        await anna.owner.accept(mine.id, name=name)
    assert refused.value.code == "body-form"
    assert [each.state for each in await anna.owner.contacts()] == ["pending"]
    await anna.owner.accept(mine.id)
    (theirs,) = await until(lambda: requests(shop))
    with pytest.raises(OwnerError):
        await shop.owner.accept(theirs.id, name=name)
    assert [each.state for each in await shop.owner.contacts()] == ["requested"]
    assert [each.used for each in await shop.owner.invitations()] == [0]


async def test_what_was_answered_can_not_be_declined(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    for home, peer in ((anna, mine), (shop, theirs)):
        with pytest.raises(OwnerError) as refused:
            await home.owner.decline(peer.id)
        assert refused.value.code == "not-in-state"
        assert (await home.owner.peer(peer.id)).state == "active"


async def test_a_contact_that_was_dropped_is_not_dropped_again(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    invitation = await shop.owner.invite("to meet")
    first = await anna.owner.connect(invitation.link)
    await anna.owner.decline(first.id)
    second = await anna.owner.connect(invitation.link)
    assert second.id != first.id
    with pytest.raises(OwnerError) as refused:
        await anna.owner.decline(first.id)
    assert refused.value.code == "not-in-state"
    assert await anna.owner.connect(invitation.link) == second, "the link still leads to the second"


async def test_somebody_who_asks_again_in_a_new_session_is_still_one_contact(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    contact = await asked(anna, shop)
    await anna.down()
    await anna.up()
    await shop.down()
    await shop.up()
    assert [each.id for each in await requests(shop)] == [contact.id]
    await shop.owner.accept(contact.id)

    async def active() -> bool:
        peers = [*await anna.owner.peers(), *await shop.owner.peers()]
        return [peer.state for peer in peers] == ["active", "active"]

    await until(active)
    await quiet(anna, shop)


@pytest.mark.parametrize("link", ["", "pcloud:contact/1/", "https://example.org", "pcloud:contact/1/AAAA"])
async def test_what_is_no_link_is_refused_before_anything_is_dialled(street: Street, link: str) -> None:
    anna = await street.home("Anna")
    with pytest.raises(OwnerError) as refused:
        await anna.owner.connect(link)
    assert refused.value.code == "link-text"
    assert await anna.owner.contacts() == []
