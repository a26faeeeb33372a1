"""[DISC-41]: a taker that comes back from an older copy deletes again what it had deleted."""

from pathlib import Path

import pytest
from tests.e2e.nodes.agreed import agreed
from tests.e2e.nodes.comeback import backed_up, followed, found_in, restored
from tests.e2e.nodes.taker import HOME, NAME, done, erase, give, holds, said, traces, update

from pcloud.testing.home import Street, until


@pytest.mark.parametrize("how", ["order", "own", "field"])
async def test_what_was_deleted_since_the_copy_is_deleted_again(
    street: Street, tmp_path: Path, how: str
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    grant = await give(pair, {NAME: "Annabella", HOME: "Quendelweg"})
    await holds(pair, {NAME: 1, HOME: 1})
    await done(anna, shop)
    copy = await backed_up(shop, tmp_path / "copy")
    if how == "order":
        await erase(pair, grant)
    elif how == "own":
        await shop.owner.give_up(pair.theirs.id, grant)
    else:
        await shop.owner.delete_held(pair.theirs.id, [HOME])
    await holds(pair, {NAME: 1} if how == "field" else {})
    await done(anna, shop)
    before = len(await said(shop, pair.theirs.id, "disclosure.erased"))
    await shop.down()

    back = restored(street, shop, tmp_path / "new", found_in(shop, copy))
    await back.up()
    await followed(back, pair.theirs.id)

    async def gone() -> bool:
        return await traces(back, "Quendelweg") == []

    await until(gone)
    if how != "field":
        assert await traces(back, "Annabella") == []
    rows = (await back.owner.held()).fields
    assert [row.path for row in rows] == ([NAME] if how == "field" else [])
    assert len(await said(back, pair.theirs.id, "disclosure.erased")) == before, "what was signed stands"


async def test_what_was_given_since_the_copy_comes_again(street: Street, tmp_path: Path) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    grant = await give(pair, {HOME: "Quendelweg"})
    await holds(pair, {HOME: 1})
    await done(anna, shop)
    copy = await backed_up(shop, tmp_path / "copy")
    await update(pair, grant, {HOME: "Salbeigasse"}, 2)
    await holds(pair, {HOME: 2})
    await done(anna, shop)
    await shop.down()
    back = restored(street, shop, tmp_path / "new", found_in(shop, copy))
    await back.up()
    await followed(back, pair.theirs.id)

    async def there() -> bool:
        return [row.value for row in (await back.owner.held()).fields] == ["Salbeigasse"]

    await until(there)
    assert await traces(back, "Quendelweg") == []
