"""[DISC-29]: after a deletion no byte of the value is in the live files, nor after their days in any copy."""

from functools import partial
from pathlib import Path

import pytest
from tests.e2e.nodes.agreed import agreed
from tests.e2e.nodes.taker import HOME, NAME, claim, done, erase, give, holds, revoke, said, update

from pcloud.ambient.fixed import FixedClock
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.keeping.places import Place
from pcloud.runtime.keeping.progress import DAY_S, Progress
from pcloud.runtime.taking import backups
from pcloud.store import opening
from pcloud.store.files.disk import SYSTEM
from pcloud.testing.home import Home, Street, Village, quiet, until
from pcloud.wire.files.archive import open_volume
from pcloud.wire.keylog import manifest_seed
from pcloud.wire.keys import HybridKey

CANARY = "Kanarienvogelgasse 4711"
LONG = "Spatzenstieg 12 " * 700
"""On pages of its own."""


def pages(home: Home) -> bytes:
    """All pages of the store of a home that is down, as they are under the key; those that are free too."""
    copy = home.folder / "copy.db"
    copy.write_bytes((home.folder / "store.db").read_bytes())
    copy.chmod(0o600)
    connection = opening._connect(copy, home.key, SYSTEM)  # the key alone opens it
    data = connection.serialize("main")  # to take the key off would write the file anew without free pages
    connection.close()
    assert len(data) == copy.stat().st_size
    copy.unlink()
    return data


def log_of(home: Home) -> int:
    """Bytes of the write-ahead log."""
    path = home.folder / "store.db-wal"
    return path.stat().st_size if path.exists() else 0


@pytest.mark.parametrize("value", [CANARY, LONG], ids=["short", "long"])
@pytest.mark.parametrize("how", ["update", "revoke", "erase", "give-up", "rights", "close"])
async def test_the_store_holds_nothing_of_it(street: Street, value: str, how: str) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    for number in range(5):
        await give(pair, {f"preferences/p{number}": f"another value {number}"})
    grant = await give(pair, {NAME: "Anna", HOME: {"streetAddress": value}})
    await done(anna, shop)
    await shop.down()
    assert value[:48].encode() in pages(shop), "it would be seen if it were there"
    await shop.up()

    if how == "update":
        await update(pair, grant, {HOME: {"streetAddress": "elsewhere"}}, 2)
    elif how == "revoke":
        await revoke(pair, grant, HOME)
    elif how == "erase":
        await erase(pair, grant)
    elif how == "give-up":
        await shop.owner.give_up(pair.theirs.id, grant)
    elif how == "rights":
        access = await claim(pair, "access")
        await quiet(anna)
        await shop.owner.right_answer(access, "done")
        erasure = await claim(pair, "erasure", HOME)
        await quiet(anna)
        await shop.owner.right_answer(erasure, "done")
    else:
        await shop.owner.close(pair.theirs.id, held="erased")

    async def gone() -> bool:
        rows = (await shop.owner.held()).fields
        return not any(value in str(row.value) for row in rows)

    await until(gone)
    await done(shop)
    await shop.down()
    assert log_of(shop) == 0
    left = pages(shop)
    assert value[:48].encode() not in left
    assert value[:16].encode() not in left


async def test_a_log_that_was_not_checkpointed_holds_nothing_of_it(street: Street, tmp_path: Path) -> None:
    """While the node runs: the pages before are not in the write-ahead log either, nor in what is in use."""
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    grant = await give(pair, {HOME: CANARY})
    await holds(pair, {HOME: 1})
    await erase(pair, grant)
    await holds(pair, {})
    await done(anna, shop)
    copy = Home.__new__(Home)
    copy.folder, copy.key = tmp_path / "copied", shop.key
    copy.folder.mkdir(mode=0o700)
    for name in ("store.db", "store.db-wal"):
        (copy.folder / name).write_bytes((shop.folder / name).read_bytes())
    assert CANARY.encode() not in pages(copy)
    assert CANARY.encode() not in (copy.folder / "store.db-wal").read_bytes()


# Copies


async def brought(home: Home, clock: FixedClock) -> Place:
    """Look after the copies in the node's own folder, now."""
    place = home.node.keepings.copying.places[0]
    async with place.busy:
        await place.ready()
        await place.step(clock.now())
    return place


def holding(home: Home, place: Place, value: str) -> list[bool]:
    """Of each copy, whether who has the words finds a value in it."""
    key = HybridKey.from_seed(manifest_seed(home.secret))
    found = []
    for copy in place.copies.names():
        _, rows = open_volume(key, [place.copies.read(copy.name, 0, 1 << 30)])
        found.append(any(value.encode() in row for row in rows))
    return found


async def test_copies_hold_it_until_the_day_that_was_signed_and_no_longer(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    grant = await give(pair, {HOME: CANARY})
    await holds(pair, {HOME: 1})
    await done(anna, shop)
    place = await brought(shop, village.clock)
    assert holding(shop, place, CANARY)[-1]

    await erase(pair, grant)
    await holds(pair, {})
    await done(anna, shop)
    (entry,) = await said(shop, pair.theirs.id, DisclosureErased.NAME)
    assert entry.parts[0] is not None
    gone_by = DisclosureErased.read(entry.parts[0].data).backups
    await brought(shop, village.clock)

    village.clock.jump(DAY_S + 60)
    await brought(shop, village.clock)
    there = holding(shop, place, CANARY)
    assert there[-1] is False, "the next whole copy is without it, although nothing else has changed"
    assert place.copies.names()[-1].full
    assert True in there, "the older ones are kept for their days"
    made = len(there)
    village.clock.jump(DAY_S + 60)
    await brought(shop, village.clock)
    assert len(place.copies.names()) == made, "once is enough"

    village.clock.slumber(gone_by - village.clock.now())
    await brought(shop, village.clock)
    assert place.copies.names(), "there is a copy"
    assert True not in holding(shop, place, CANARY)


async def test_the_day_that_is_signed_is_that_of_the_longest_copies(village: Village) -> None:
    shop = await village.home("Flora", "organisation")

    def signed(batch: Batch) -> int:
        return backups.gone_by(batch) - batch.now

    base = await shop.node.decider.do(signed)
    assert base == 92 * DAY_S, "a full copy each day, 90 days, and a day to spare"

    def lasting(batch: Batch, span_s: int) -> None:
        progress = Progress(newest=batch.now, lasting_s=span_s)
        batch.changes.facts[facts.KEEPING + "ab" * 16] = progress.write()

    await shop.node.decider.do(partial(lasting, span_s=400 * DAY_S))
    assert await shop.node.decider.do(signed) == 401 * DAY_S
    await shop.node.decider.do(partial(lasting, span_s=5 * DAY_S))
    assert await shop.node.decider.do(signed) == base
    await shop.node.decider.do(partial(backups.note, settings=backups.Settings(days=500)))
    assert await shop.node.decider.do(signed) == 501 * DAY_S


async def test_a_day_that_is_signed_after_a_recovery_counts_the_copies_of_before(village: Village) -> None:
    """Where copies are kept is no part of a copy: for how long they last is."""
    shop = await village.home("Flora", "organisation")
    place = await brought(shop, village.clock)
    await place.note(place.progress._replace(lasting_s=400 * DAY_S))
    await place.note(place.progress._replace(lasting_s=5 * DAY_S))

    def after(batch: Batch) -> tuple[int, set[str]]:
        batch.changes.facts[facts.KEEPING + place.name] = Progress().write()
        return backups.gone_by(batch) - batch.now, set(batch.facts(facts.KEPT))

    signed, copied = await shop.node.decider.do(after)
    assert signed == 401 * DAY_S
    assert facts.LASTING in copied
