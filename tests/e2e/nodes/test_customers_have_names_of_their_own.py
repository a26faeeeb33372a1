"""An invitation is bound to what the owner calls a customer, and so is who comes by it. Nobody else knows."""

import pytest

from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Village, quiet, requests, until


async def come(guest: Home, link: str) -> None:
    contact = await guest.owner.connect(link)
    await guest.owner.accept(contact.id)


async def test_who_comes_by_a_bound_invitation_is_found_by_that_name(village: Village) -> None:
    shop = await village.home("Flora", "organisation")
    rows = await shop.owner.invite_customers(["C-1", "C-2"], "flowers", let_in=True)
    assert [(row.reference, row.state) for row in rows] == [("C-1", "new"), ("C-2", "new")]
    anna, berta = await village.home("Anna"), await village.home("Berta")
    await come(berta, str(rows[1].link))
    await come(anna, str(rows[0].link))

    async def both() -> bool:
        peers = await shop.owner.peers()
        return len(peers) == 2 and all(peer.code for peer in peers)

    await until(both)
    await quiet(shop)
    assert (await shop.owner.peer("C-1")).name == "Anna"
    assert (await shop.owner.peer("C-2")).name == "Berta"
    assert {peer.name: peer.reference for peer in await shop.owner.peers()} == {"Anna": "C-1", "Berta": "C-2"}
    assert [peer.reference for peer in await anna.owner.peers()] == [None], "it is never sent"

    again = await shop.owner.invite_customers(["C-1", "C-3"], "flowers")
    assert [(row.state, row.link is None) for row in again] == [("came", True), ("new", False)]
    assert again[0].peer == (await shop.owner.peer("C-1")).id


async def test_a_second_round_makes_no_second_link(village: Village) -> None:
    shop = await village.home("Flora", "organisation")
    (first,) = await shop.owner.invite_customers(["C-1", "C-1"], "flowers")
    (second,) = await shop.owner.invite_customers(["C-1"], "flowers")
    assert (second.state, second.link) == ("open", first.link)
    await shop.owner.withdraw(first.invitation)
    (third,) = await shop.owner.invite_customers(["C-1"], "flowers")
    assert third.state == "new"
    assert third.link != first.link
    await shop.down()
    await shop.up()
    (fourth,) = await shop.owner.invite_customers(["C-1"], "flowers")
    assert fourth.link == third.link


async def test_without_a_word_before_the_owner_is_asked(village: Village) -> None:
    shop, anna = await village.home("Flora", "organisation"), await village.home("Anna")
    (row,) = await shop.owner.invite_customers(["C-1"], "flowers")
    await come(anna, str(row.link))
    (waiting,) = await until(lambda: requests(shop))
    with pytest.raises(OwnerError):
        await shop.owner.peer("C-1")
    await shop.owner.accept(waiting.id)

    async def there() -> bool:
        peers = await shop.owner.peers()
        return bool(peers and peers[0].code)

    await until(there)
    assert (await shop.owner.peer("C-1")).id == waiting.id


async def test_a_name_that_a_peer_gives_itself_is_none_of_the_owner_s(village: Village) -> None:
    """Who calls itself as another customer is called gets nothing that is meant for that one."""
    shop = await village.home("Flora", "organisation")
    rows = await shop.owner.invite_customers(["C-1", "C-2"], "flowers", let_in=True)
    anna, mallory = await village.home("Anna"), await village.home("C-1")
    await come(mallory, str(rows[1].link))
    await come(anna, str(rows[0].link))

    async def both() -> bool:
        return len([peer for peer in await shop.owner.peers() if peer.code]) == 2

    await until(both)
    assert (await shop.owner.peer("C-1")).name == "Anna"
    assert (await shop.owner.peer("C-2")).name == "C-1"


async def test_a_link_is_good_for_one_customer_only(village: Village) -> None:
    shop = await village.home("Flora", "organisation")
    (row,) = await shop.owner.invite_customers(["C-1"], "flowers", let_in=True)
    anna, mallory = await village.home("Anna"), await village.home("Mallory")
    await come(anna, str(row.link))

    async def there() -> bool:
        return bool([peer for peer in await shop.owner.peers() if peer.code])

    await until(there)
    with pytest.raises(OwnerError):
        await come(mallory, str(row.link))
    assert (await shop.owner.peer("C-1")).name == "Anna"


@pytest.mark.parametrize("references", [[""], ["x" * 129], [f"C-{number}" for number in range(101)]])
async def test_what_is_no_name_makes_no_invitation(village: Village, references: list[str]) -> None:
    shop = await village.home("Flora", "organisation")
    with pytest.raises(OwnerError):
        await shop.owner.invite_customers(["good", *references][: len(references) + 1], "flowers")
    assert await shop.owner.invitations() == []
