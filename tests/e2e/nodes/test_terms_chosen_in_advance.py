"""Terms that an owner has chosen in advance are proffered and accepted without asking; nothing else is."""

import pytest
from tests.e2e.nodes.agreed import TERMS
from tests.e2e.nodes.inside import at_rest

from pcloud.runtime import facts
from pcloud.runtime.consenting.preferring import PREFERRED
from pcloud.runtime.consenting.views import PREFERENCES_MAX, Preference, Preferences
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Negotiation
from pcloud.testing.home import Home, Street, related, until

OTHER = "SD-BASE-A"
AT_ONCE = Preference(TERMS, "organisation", None, at_once=True)


async def write_fact(home: Home, name: str, value: bytes) -> None:
    def job(batch: Batch) -> None:
        batch.steps += 1
        batch.changes.facts[name] = value

    await home.node.decider.do(job)


async def nothing_due(*homes: Home) -> None:
    """Wait until nothing travels, and everything that follows by itself was done."""

    async def done() -> bool:
        now = homes[0].clock.now()
        return all(
            [await home.node.decider.do(lambda batch: not batch.store.timers_due(now, 1)) for home in homes]
        )

    await until(done)
    await at_rest(*homes)


async def test_an_organisation_proffers_nothing_to_a_person_whatever_it_has_chosen(street: Street) -> None:
    shop, anna = await street.home("Shop", "organisation"), await street.home("Anna")
    await shop.owner.prefer([Preference(TERMS, None, None, at_once=True)], [])
    _, theirs = await related(anna, shop)
    await nothing_due(anna, shop)
    assert await shop.owner.terms(theirs.id) == []


async def test_what_one_proffers_and_the_other_accepts_in_advance_is_agreed_by_nobodys_hand(
    street: Street,
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Shop", "organisation")
    await anna.owner.prefer([AT_ONCE], [])
    await shop.owner.prefer([], [TERMS])
    mine, theirs = await related(anna, shop)

    async def agreed() -> list[Negotiation] | None:
        found = [*await anna.owner.terms(mine.id), *await shop.owner.terms(theirs.id)]
        return found if len(found) == 2 and all(each.agreement for each in found) else None

    found = await until(agreed)
    assert found is not None
    assert [(each.mine, each.terms) for each in found] == [(True, TERMS), (False, TERMS)]


async def test_who_is_not_meant_is_proffered_nothing_and_what_was_not_chosen_is_not_accepted(
    street: Street,
) -> None:
    anna, friend = await street.home("Anna"), await street.home("Friend")
    await anna.owner.prefer([AT_ONCE], [])
    await friend.owner.prefer([], [OTHER])
    mine, theirs = await related(anna, friend)
    await nothing_due(anna, friend)
    assert await anna.owner.terms(mine.id) == []
    await anna.owner.proffer(mine.id, TERMS)
    await nothing_due(anna, friend)
    assert [each.state for each in await friend.owner.terms(theirs.id)] == ["proffered"]


async def test_without_at_once_nothing_is_proffered(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Shop", "organisation")
    await anna.owner.prefer([Preference(TERMS)], [])
    mine, _ = await related(anna, shop)
    await nothing_due(anna, shop)
    assert await anna.owner.terms(mine.id) == []


async def test_what_came_out_of_a_copy_does_nothing_before_its_owner_has_looked_at_it(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Friend")
    await anna.owner.prefer([Preference(TERMS, None, None, at_once=True)], [TERMS])
    await write_fact(anna, facts.RECOVERED, b"1")
    assert (await anna.owner.preferences()).confirmed is False
    mine, theirs = await related(anna, shop)
    await shop.owner.proffer(theirs.id, TERMS)
    await nothing_due(anna, shop)
    assert [(each.mine, each.state) for each in await anna.owner.terms(mine.id)] == [(False, "proffered")]
    await anna.owner.rules_confirm()
    assert (await anna.owner.preferences()).confirmed is True


async def test_what_cannot_be_read_chooses_nothing(street: Street) -> None:
    anna = await street.home("Anna")
    for kept in (b"", b"\x01", b"\x82\x80\x81\x01", b"\x82\x81\x84\x01\xf6\xf6\xf5\x80"):
        await write_fact(anna, PREFERRED, kept)
        assert await anna.owner.preferences() == Preferences([], [], confirmed=False)


@pytest.mark.parametrize(
    ("proffer", "accept", "code"),
    [
        ([Preference("NO-SUCH")], [], "unknown"),
        ([], ["NO-SUCH"], "unknown"),
        ([Preference(TERMS, "robot")], [], "invalid"),
        ([Preference(TERMS), Preference(OTHER)], [], "invalid"),
        ([], [TERMS] * (PREFERENCES_MAX + 1), "full"),
    ],
)
async def test_a_choice_that_cannot_be_is_refused_and_the_one_before_stays(
    street: Street, proffer: list[Preference], accept: list[str], code: str
) -> None:
    anna = await street.home("Anna")
    before = await anna.owner.prefer([AT_ONCE, Preference(OTHER, None, "club")], [TERMS])
    with pytest.raises(OwnerError) as refusal:
        await anna.owner.prefer(proffer, accept)
    assert refusal.value.code == code
    assert await anna.owner.preferences() == before
