"""[CUSTODY-1] [CUSTODY-7] [CUSTODY-10]: nodes that keep sealed copies of each other, over real sockets."""

from pathlib import Path

import pytest
from tests.e2e.nodes.copying import (
    brought,
    endpoint,
    fetch,
    held,
    holds,
    hurry,
    kept_for,
    list_kept,
    newest_entry,
    opened,
    peers,
    volumes,
)

from pcloud.holdings.copies import FolderCopies
from pcloud.net.port import UnreachableError
from pcloud.runtime.keeping.fetching import FalseVolumeError
from pcloud.runtime.keeping.holder import Holder
from pcloud.runtime.keeping.places import Place
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Street, loopback, quiet, related, until
from pcloud.wire.services.custody import FULL, locator


async def test_a_holder_keeps_what_only_the_words_open(street: Street) -> None:
    """[CUSTODY-1] [CUSTODY-10]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    (row,) = await peers(anna)
    assert (row.state, row.problem, row.name) == ("kept", None, "Rose")
    checked = await opened(anna, rose)
    assert checked.link.upto == await newest_entry(anna)
    (there,) = await kept_for(rose)
    assert (there.state, there.volumes) == ("kept", len(await volumes(anna, rose)))
    assert (await anna.owner.status()).copied == row.newest


async def test_a_change_is_there_soon_as_an_increment(street: Street) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    before = await volumes(anna, rose)
    peer = (await anna.owner.peers())[0]
    await anna.owner.say(peer.id, "Two bunches of tulips, please.")
    await quiet(anna)
    await until(lambda: brought(anna))
    after = await volumes(anna, rose)
    assert after[: len(before)] == before, "nothing that was there has changed"
    assert [row.kind for row in after[len(before) :]].count(FULL) == 0
    assert sum(row.size for row in after[len(before) :]) < 64 * 1024
    checked = await opened(anna, rose)
    assert checked.link.upto == await newest_entry(anna)


async def test_nothing_is_shared_unless_it_was_asked_for_and_granted(street: Street) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    mine, theirs = await related(anna, rose)
    assert await peers(anna) == await kept_for(rose) == []
    with pytest.raises(OwnerError):
        await rose.owner.holder_grant(theirs.id)
    net = loopback(0, listens=False)
    with pytest.raises(UnreachableError):
        await list_kept(net, endpoint(rose), locator(anna.secret, 0))
    await net.close()

    await rose.owner.holder_serve(on=True)
    await anna.owner.holder_ask(mine.id)
    await until(lambda: kept_for(rose))
    await hurry(anna)
    assert [row.state for row in await peers(anna)] == ["asked"]
    assert await volumes(anna, rose) == ()
    with pytest.raises(OwnerError):
        await anna.owner.holder_ask(mine.id)


async def test_who_lets_everybody_in_is_not_asked(street: Street) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    mine, _ = await related(anna, rose)
    await rose.owner.holder_serve(on=True, anyone=True, bytes_max=5 * 2**20, days=30)
    await anna.owner.holder_ask(mine.id)
    row = await until(lambda: brought(anna))
    assert row is not None
    assert (row.bytes_max, row.days) == (5 * 2**20, 30)
    await anna.owner.holder_remove(mine.id)
    await quiet(anna)
    await anna.owner.holder_ask(mine.id)
    await quiet(anna)
    states = [row.state for row in await kept_for(rose)]
    assert sorted(states) == ["asked", "ended"], "a second time the owner is asked"
    await rose.owner.holder_serve(on=False)
    assert await volumes(anna, rose), "what was agreed stays for its days"


async def test_a_locator_that_nobody_knows_is_answered_as_any(street: Street) -> None:
    """[CUSTODY-7]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    net = loopback(0, listens=False)
    assert await list_kept(net, endpoint(rose), b"\x01" * 32) == ()
    row = (await volumes(anna, rose))[0]
    with pytest.raises(FalseVolumeError):
        assert not [piece async for piece in fetch(net, endpoint(rose), b"\x01" * 32, row)]
    await net.close()


async def test_two_holders_have_nothing_in_common(street: Street) -> None:
    """[CUSTODY-1]"""
    anna, rose, carl = await street.home("Anna"), await street.home("Rose"), await street.home("Carl")
    await holds(anna, rose)
    await holds(anna, carl)
    one, other = await volumes(anna, rose), await volumes(anna, carl)
    assert one
    assert other
    assert not {row.digest for row in one} & {row.digest for row in other}
    (at_rose,), (at_carl,) = await held(rose), await held(carl)
    assert not set(at_rose.custody[:3]) & set(at_carl.custody[:3])


async def test_a_copy_is_in_the_nodes_folder_and_in_the_one_that_the_owner_named(
    street: Street, tmp_path: Path
) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await anna.down()
    disk = tmp_path / "disk"
    anna.kept.copies = FolderCopies(disk)
    await anna.up()

    async def named() -> bool:
        await hurry(anna)
        return all(row.current for row in await anna.owner.holders())

    async def told() -> str | None:
        await hurry(anna)
        return next(row.problem for row in await anna.owner.holders() if row.place == "folder")

    assert await until(told) == "disk"
    assert (await anna.owner.status()).copied is None
    disk.mkdir()
    await until(named)
    await related(anna, rose)
    await until(named)
    here = list(anna.kept.shelf("here").names())
    there = list(FolderCopies(disk).names())
    assert [copy.full for copy in there] == [True, *[False] * (len(there) - 1)]
    assert len(there) > 1
    assert [copy.number for copy in there] == list(range(1, len(there) + 1))
    assert {copy.number for copy in here} >= {1, 2}
    assert (await anna.owner.status()).copied is not None
    assert [check.ok for check in await anna.owner.doctor() if check.name == "copies"] == [True]


async def test_after_a_start_the_first_copy_is_whole_and_numbers_go_on(street: Street) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    before = await volumes(anna, rose)
    await anna.down()
    await anna.up()
    await until(lambda: brought(anna))
    after = await volumes(anna, rose)
    assert after[: len(before)] == before
    assert after[len(before)].kind == FULL
    assert (await opened(anna, rose)).link.number > len(before)


async def test_a_holder_that_moved_says_where_it_is(street: Street) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    await rose.down()
    rose.port = 0
    await rose.up()
    await rose.owner.say((await rose.owner.peers())[0].id, "I moved.")
    place = anna.node.keepings.copying.places[-1]
    await until(lambda: _is_at(place, endpoint(rose)))
    await anna.owner.say((await anna.owner.peers())[0].id, "Good.")
    await until(lambda: brought(anna))


async def _is_at(place: Place, where: str) -> bool:
    assert isinstance(place, Holder)
    return place.terms.endpoints == (where,)
