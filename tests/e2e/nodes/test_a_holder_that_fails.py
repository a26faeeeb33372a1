"""[CUSTODY-8] [CUSTODY-12] to [CUSTODY-14]: holders that are down, full, forgetful or lie; and a thief."""

import shutil
from typing import Any

import pytest
from tests.e2e.nodes.copying import (
    brought,
    endpoint,
    fetch,
    fetched,
    held,
    holds,
    hurry,
    kept_for,
    list_kept,
    newest_entry,
    opened,
    peers,
    trouble,
    volumes,
)

from pcloud.holdings.port import Holdings
from pcloud.runtime.keeping import fetching, serving
from pcloud.runtime.keeping.fetching import FalseVolumeError
from pcloud.testing.home import Home, Street, loopback, quiet, until
from pcloud.wire.services.custody import Challenge, Fetch, List, locator


async def say(home: Home, text: str) -> None:
    await home.owner.say((await home.owner.peers())[0].id, text)


async def test_a_holder_that_is_down_is_behind_and_gets_it_later(street: Street) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    before = await volumes(anna, rose)
    await rose.down()
    await say(anna, "Are you there?")
    assert await until(lambda: trouble(anna)) == "unreachable"
    (row,) = await peers(anna)
    assert row.current is False
    assert row.advice
    (check,) = [check for check in await anna.owner.doctor() if check.name == "copies"]
    assert not check.ok
    await rose.up()
    await until(lambda: brought(anna))
    assert (await volumes(anna, rose))[: len(before)] == before
    assert (await opened(anna, rose)).link.upto == await newest_entry(anna)


async def test_a_holder_without_room_says_so_and_takes_it_once_there_is(street: Street) -> None:
    """[CUSTODY-8]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    theirs = await holds(anna, rose)
    before = await volumes(anna, rose)
    await rose.owner.holder_grant(theirs, bytes_max=1)
    await say(anna, "Is there room?")
    assert await until(lambda: trouble(anna)) == "full"
    assert await volumes(anna, rose) == before
    await rose.owner.holder_grant(theirs, bytes_max=2**20)
    await until(lambda: brought(anna))
    assert (await volumes(anna, rose))[: len(before)] == before
    assert (await opened(anna, rose)).link.upto == await newest_entry(anna)


async def test_a_holder_proves_what_it_has(street: Street) -> None:
    """[CUSTODY-12]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    for _ in range(3):
        (row,) = await anna.owner.holder_check()
        assert (row.problem, row.failed) == (None, None)
        assert row.checked
    place = anna.node.keepings.copying.places[-1]
    assert len(place.progress.tests[0].proofs) == 9, "no question is asked twice"


async def test_an_altered_copy_is_noticed_and_put_there_anew(street: Street) -> None:
    """[CUSTODY-12]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    path = rose.folder / "holdings/1/1.volume"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    rows = await volumes(anna, rose)
    with pytest.raises(FalseVolumeError):
        await fetched(anna, rose, rows[0])
    (row,) = await anna.owner.holder_check()
    assert row.failed
    assert row.problem == "lost" or row.current
    await until(lambda: brought(anna))
    assert len(await volumes(anna, rose)) > len(rows)
    assert (await opened(anna, rose)).link.upto == await newest_entry(anna)
    (row,) = await anna.owner.holder_check()
    assert row.problem is None
    assert row.failed, "the owner goes on seeing that it happened"


async def test_a_holder_that_forgot_everything_is_noticed_and_begins_anew(street: Street) -> None:
    """[CUSTODY-7] [CUSTODY-12]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    await rose.down()
    shutil.rmtree(rose.folder / "holdings")
    await rose.up()
    await until(lambda: held(rose))
    (row,) = await anna.owner.holder_check()
    assert row.failed
    await until(lambda: brought(anna))
    assert (await opened(anna, rose)).link.upto == await newest_entry(anna)


async def test_a_made_up_proof_is_none(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    """[CUSTODY-12]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    honest = serving.given

    def lying(holdings: Holdings, request: Any, now: int) -> tuple[Any, ...]:
        return (bytes(32),) if isinstance(request, Challenge) else honest(holdings, request, now)

    monkeypatch.setattr(serving, "given", lying)
    (row,) = await anna.owner.holder_check()
    assert row.failed
    assert row.problem == "lost" or row.current


async def test_an_older_copy_given_for_a_newer_one_is_no_copy(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    await say(anna, "This came later.")
    await quiet(anna)
    await until(lambda: brought(anna))
    rows = await volumes(anna, rose)
    assert len(rows) > 1
    honest = serving.given

    def stale(holdings: Holdings, request: Any, now: int) -> tuple[Any, ...]:
        if isinstance(request, Fetch):
            request = request._replace(digest=rows[0].digest)
        return honest(holdings, request, now)

    monkeypatch.setattr(serving, "given", stale)
    with pytest.raises(FalseVolumeError):
        await fetched(anna, rose, rows[-1])


async def test_a_list_without_end_and_a_volume_without_end_come_to_one(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    rows = await volumes(anna, rose)
    honest = serving.given

    def endless(holdings: Holdings, request: Any, now: int) -> tuple[Any, ...]:
        if isinstance(request, List):
            return ([[request.after + 1 + n, 0, 1, bytes(32), 0] for n in range(512)],)
        return (bytes(65_536),) if isinstance(request, Fetch) else honest(holdings, request, now)

    monkeypatch.setattr(serving, "given", endless)
    monkeypatch.setattr(fetching, "LISTED_MAX", 5_000)
    net, secret = loopback(0, listens=False), locator(anna.secret, 0)
    assert len(await list_kept(net, endpoint(rose), secret)) == 5_000
    with pytest.raises(FalseVolumeError):
        assert not [piece async for piece in fetch(net, endpoint(rose), secret, rows[0])]
    await net.close()


async def test_a_thief_adds_copies_and_takes_none_away(street: Street) -> None:
    """[CUSTODY-13] [CUSTODY-14]: the stolen node runs, puts volumes, and ends the custody."""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    await holds(anna, rose)
    before = await volumes(anna, rose)
    known = (await opened(anna, rose)).link
    await anna.down()

    await anna.up()  # by somebody else, from the stolen folder
    await say(anna, "It is me, really.")
    await quiet(anna)
    await until(lambda: brought(anna))
    await anna.owner.holder_remove((await anna.owner.peers())[0].id)
    await quiet(anna)
    await until(lambda: _has_ended(rose))
    after = await volumes(anna, rose)
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert (await opened(anna, rose, upto=before[-1].place)).link == known, "the owner's own opens as it did"


async def _has_ended(home: Home) -> bool:
    return [each.custody.ended is not None for each in await held(home)] == [True]


async def test_what_was_removed_is_brought_nowhere_any_more(street: Street) -> None:
    """[CUSTODY-14]"""
    anna, rose = await street.home("Anna"), await street.home("Rose")
    theirs = await holds(anna, rose)
    await rose.owner.holder_remove(theirs, theirs=True)
    await quiet(rose)

    async def gone() -> bool:
        return not await peers(anna)

    await until(gone)
    before = await volumes(anna, rose)
    assert [row.state for row in await kept_for(rose)] == ["ended"]
    await say(anna, "And now?")
    await hurry(anna)
    await quiet(anna)
    assert await volumes(anna, rose) == before
    assert before
