"""What needs care stands on the first page, each with a place to go, and costs no look at everybody."""

import pytest
from tests.unit.web.people.relating import NAME, Pair
from tests.unit.web.visiting import Browser

from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.testing.home import Home, quiet, until


async def write(home: Home, name: str, value: bytes | None) -> None:
    """What a recovery or a move leaves behind."""

    def job(batch: Batch) -> None:
        batch.changes.facts[name] = value
        batch.steps += 1

    await home.node.decider.do(job)


async def test_who_knows_nobody_has_nothing_to_lose_yet(owner: Browser) -> None:
    assert "Needs care" not in (await owner.get("/")).text


async def test_a_cloud_without_a_copy_elsewhere_is_told_so(pair: Pair, owner: Browser) -> None:
    home = (await owner.get("/")).text
    assert "No copy of your cloud is kept elsewhere" in home
    assert 'href="/settings/copies"' in home


async def test_who_asks_to_have_copies_kept_waits_until_it_is_granted(pair: Pair, owner: Browser) -> None:
    await pair.anna.owner.holder_serve(on=False)
    await pair.shop.owner.holder_ask(pair.theirs.id)

    async def asking() -> list[str | None]:
        return (await pair.anna.owner.care()).keep_for

    assert await until(asking) == ["Flora"]
    assert (await pair.shop.owner.care()).keep_for == [], "it asks, and is not asked"
    assert "asks you to keep copies." in (await owner.get("/")).text
    await pair.anna.owner.holder_remove(pair.hers.id, theirs=True)
    assert await asking() == []


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (facts.RENEWING, b"1", "A recovery was interrupted"),
        (facts.MOVING, b"1", "do not know yet where your cloud is found"),
    ],
)
async def test_what_was_left_unfinished_is_told_until_it_is_done(
    pair: Pair, owner: Browser, name: str, value: bytes, told: str
) -> None:
    before = await pair.anna.owner.care()
    assert (before.interrupted, before.moving, before.elsewhere, before.recovered) == (
        False,
        False,
        False,
        None,
    )
    await write(pair.anna, name, value)
    assert told in (await owner.get("/")).text
    await write(pair.anna, name, None)
    assert told not in (await owner.get("/")).text


async def test_who_is_long_without_a_change_is_named(
    pair: Pair, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pair.anna.owner.share(pair.hers.id, [NAME])
    await quiet(pair.anna, pair.shop)
    await pair.shop.down()
    await pair.anna.owner.data_set(NAME, "Anna Salbei")
    assert "for more than a day" not in (await owner.get("/")).text
    monkeypatch.setattr("pcloud.web.caring.LATE_S", -1)
    home = (await owner.get("/")).text
    assert "has not taken a change of yours for more than a day." in home
    assert f'href="/known/{pair.hers.id}"' in home
