"""A machine is gone; the words and a copy bring every relationship and message back (spec 21, spec 06)."""

from pathlib import Path

from tests.e2e.nodes.comeback import copy_of, followed, found_in, restored, stands
from tests.e2e.nodes.inside import at_rest

from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Street, quiet, related, texts, until


async def agreed(anna: Home, shop: Home, mine: str) -> str:
    """The two agree on terms; gives the negotiation as the shop knows it."""
    await anna.owner.proffer(mine, "SD-BASE")

    async def waits() -> str | None:
        found = await shop.owner.terms()
        return found[0].id if found else None

    negotiation = await until(waits)
    assert negotiation is not None
    await shop.owner.accept_terms(negotiation)

    async def both() -> bool:
        known = [(await home.owner.terms())[0].state for home in (anna, shop)]
        return known == ["agreed", "agreed"]

    await until(both)
    return negotiation


async def test_every_relationship_every_message_and_every_agreement_comes_back(
    street: Street, tmp_path: Path
) -> None:
    anna, shop, bert = [await street.home(name) for name in ("Anna", "Flora", "Bert")]
    mine, theirs = await related(anna, shop)
    his, hers = await related(bert, anna)
    await agreed(anna, shop, mine.id)
    await anna.owner.say(mine.id, "before the copy")
    await bert.owner.say(his.id, "hello")
    await quiet(anna, shop, bert)
    copy = tmp_path / "copy"
    copy.write_bytes(await copy_of(anna))
    await anna.owner.say(mine.id, "after the copy")
    await shop.owner.say(theirs.id, "an answer")
    await quiet(anna, shop, bert)
    await at_rest(anna, shop, bert)
    said, record = await texts(shop, theirs.id), (await anna.owner.terms())[0]
    before = await anna.owner.peer(mine.id)
    await anna.down()

    owner = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await owner.up()
    await followed(owner, mine.id, hers.id)
    await quiet(owner, shop, bert)
    await at_rest(owner, shop, bert)
    assert sorted(await texts(owner, mine.id)) == sorted(said)
    assert await texts(owner, hers.id) == ["hello"]
    after = await owner.owner.peer(mine.id)
    assert (after.name, after.code, after.terms, after.kind, after.purpose) == (
        before.name,
        before.code,
        ["SD-BASE"],
        before.kind,
        before.purpose,
    )
    (kept,) = await owner.owner.terms()
    assert (kept.id, kept.agreement, kept.state) == (record.id, record.agreement, "agreed")
    assert [one.text for one in await owner.owner.review()] == ["after the copy"]
    await owner.owner.affirm(mine.id)
    await owner.owner.say(mine.id, "here I am again")
    await quiet(owner, shop, bert)
    for here, there, home in ((mine.id, theirs.id, shop), (hers.id, his.id, bert)):
        ours, its = await stands(owner, here), await stands(home, there)
        assert ours.digest == its.digest
        assert ours.unaffirmed == its.unaffirmed == frozenset()
    exported = await owner.owner.export(mine.id)
    assert exported


async def test_yesterdays_copy_is_restored_while_the_original_still_runs(
    street: Street, tmp_path: Path
) -> None:
    """No key and no number is ever used by both."""
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    await anna.owner.say(mine.id, "yesterday")
    await quiet(anna, shop)
    copy = tmp_path / "copy"
    copy.write_bytes(await copy_of(anna))
    await anna.owner.say(mine.id, "today")
    await quiet(anna, shop)
    owner = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await owner.up()
    await followed(owner, mine.id)
    await owner.owner.say(mine.id, "from the new one")
    await quiet(owner, shop)

    async def told() -> bool:
        try:
            await anna.owner.say(mine.id, "from the old one")
        except OwnerError as error:
            return error.code == "outdated"
        return False

    await until(told)
    await at_rest(anna, owner, shop)
    assert (await anna.owner.recovery()).stopped == [mine.id]
    assert (await anna.owner.peer(mine.id)).state == "stopped"
    assert sorted(await texts(shop, theirs.id)) == ["from the new one", "today", "yesterday"]
    assert sorted(await texts(owner, mine.id)) == ["from the new one", "today", "yesterday"]
