"""Taking back: no longer held, or deleted and signed for [DISC-24] [DISC-27] [DISC-31]."""

import asyncio

import pytest
from tests.unit.runtime.giving.village import BREMEN, DAY, HOME, KIEL, MAIL, NAME, Pair, put

from pcloud.api import OwnerError
from pcloud.runtime.giving.giving import OVER
from pcloud.testing.home import until
from pcloud.wire import cbor


async def given(pair: Pair, *paths: str) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, list(paths))
    await pair.settled()


async def items_there(pair: Pair) -> bytes:
    """Every value that the shop's log still has of what Anna gave."""
    entries = await pair.shop.do(lambda _, scope: list(scope.log.sequence(mine=False)))
    given = [entry for entry in entries if entry.signed.header.name.startswith("disclosure")]
    return b"".join(part.data for entry in given for part in entry.parts[1:] if part is not None)


async def test_a_field_that_is_taken_back_is_held_no_longer_and_follows_no_more(pair: Pair) -> None:
    await given(pair, NAME, HOME)
    ledger = await pair.anna.home.owner.revoke(pair.anna.peer, paths=[HOME])
    assert {row.path: row.state for row in ledger.rows} == {HOME: "revoked", NAME: "confirmed"}
    await put(pair.anna.home, HOME, KIEL)
    await put(pair.anna.home, NAME, "Anna Tal")

    async def has_the_name() -> bool:
        return (await pair.holds()).get(NAME) == "Anna Tal"

    await until(has_the_name)
    await pair.quiet()
    assert await pair.holds() == {NAME: "Anna Tal"}
    assert await pair.anna.said("disclosure.update") == 1
    assert cbor.encode(KIEL) not in await items_there(pair)


async def test_everything_is_taken_back_at_once(pair: Pair) -> None:
    await given(pair, NAME)
    await given(pair, HOME)
    await pair.anna.home.owner.revoke(pair.anna.peer)
    await pair.quiet()
    assert await pair.anna.said("disclosure.revoke") == 2, "one for each grant"
    assert await pair.holds() == {}
    threads = await pair.shop.threads()
    assert all("ended" in thread.data for thread in threads)


async def test_what_is_to_be_deleted_is_deleted_and_signed_for(pair: Pair) -> None:
    await given(pair, NAME, HOME)
    assert cbor.encode(BREMEN) in await items_there(pair)
    await pair.anna.home.owner.erase(pair.anna.peer, paths=["profile.address"])
    assert await pair.settled() == {NAME: "confirmed", HOME: "erased"}
    rows = {row.path: row for row in await pair.rows()}
    assert (rows[HOME].backups or 0) >= pair.now
    assert cbor.encode(BREMEN) not in await items_there(pair)
    assert cbor.encode("Anna") in await items_there(pair)


async def test_what_was_taken_back_can_still_be_ordered_to_be_deleted(pair: Pair) -> None:
    await given(pair, NAME, HOME)
    await pair.anna.home.owner.revoke(pair.anna.peer)
    await pair.anna.home.owner.erase(pair.anna.peer)
    assert set((await pair.settled()).values()) == {"erased"}
    assert await items_there(pair) == b""


@pytest.mark.parametrize("order", ["revoke", "erase"])
async def test_the_same_is_not_ordered_twice(pair: Pair, order: str) -> None:
    await given(pair, NAME)
    await getattr(pair.anna.home.owner, order)(pair.anna.peer)
    await pair.quiet()
    for paths in (None, [NAME], [MAIL]):
        with pytest.raises(OwnerError) as refused:
            await getattr(pair.anna.home.owner, order)(pair.anna.peer, paths=paths)
        assert refused.value.code == "unknown"
    assert await pair.anna.said(f"disclosure.{order}") == 1


@pytest.mark.parametrize("order", ["revoke", "erase"])
async def test_nobody_takes_back_what_is_not_theirs(pair: Pair, order: str) -> None:
    await given(pair, NAME)
    with pytest.raises(OwnerError) as refused:
        await getattr(pair.shop.home.owner, order)(pair.shop.peer)
    assert refused.value.code == "unknown"
    with pytest.raises(OwnerError, match="no path"):
        await getattr(pair.anna.home.owner, order)(pair.anna.peer, paths=["Not A Path"])
    await pair.quiet()
    assert await pair.holds() == {NAME: "Anna"}


@pytest.mark.parametrize("order", ["revoke", "erase"])
async def test_what_was_queued_and_taken_back_is_never_sent(pair: Pair, order: str) -> None:
    """The shop is down when it is given; when it comes up it gets the headers, and no value."""
    await pair.shop.home.down()
    await pair.village.clock.advance(10)
    await pair.anna.home.owner.share(pair.anna.peer, [NAME, HOME])
    (row, _) = await pair.rows()
    assert row.state == "queued", "nothing has left this node"
    await getattr(pair.anna.home.owner, order)(pair.anna.peer, paths=[HOME])
    await pair.shop.home.up()
    await pair.village.clock.advance(600)
    await pair.quiet()
    assert await pair.holds() == {NAME: "Anna"}
    assert cbor.encode(BREMEN) not in await items_there(pair)
    sealed = await pair.anna.do(lambda _, scope: list(scope.log.sequence(mine=True)))
    said = next(entry for entry in sealed if entry.signed.header.name == "disclosure.present")
    assert [part is None for part in said.parts] == [False, False, True], "its item is gone here too"


async def test_a_change_that_waits_is_taken_back_with_its_field(pair: Pair) -> None:
    await given(pair, HOME)
    await pair.shop.home.down()
    await put(pair.anna.home, HOME, KIEL)
    await pair.anna.has_said("disclosure.update")
    await pair.anna.home.owner.erase(pair.anna.peer)
    await pair.shop.home.up()
    await pair.village.clock.advance(600)
    await pair.quiet()
    there = await items_there(pair)
    assert cbor.encode(KIEL) not in there
    assert cbor.encode(BREMEN) not in there
    assert await pair.holds() == {}


async def test_a_taker_that_rests_is_taken_back_from_all_the_same(pair: Pair) -> None:
    await given(pair, NAME)
    await pair.shop.home.owner.pause(pair.shop.peer)
    await pair.quiet()
    await pair.anna.home.owner.erase(pair.anna.peer)
    assert await pair.settled() == {NAME: "erased"}


async def test_a_closed_relationship_is_taken_back_from_all_the_same(pair: Pair) -> None:
    await given(pair, NAME)
    await pair.anna.home.owner.close(pair.anna.peer)
    await pair.quiet()
    await put(pair.anna.home, NAME, "Anna Tal")
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 0
    assert cbor.encode("Anna Tal") not in await items_there(pair)


async def test_when_the_day_is_over_the_owner_is_told_and_nothing_is_sent(pair: Pair) -> None:
    told: list[str] = []

    async def listen() -> None:
        async for happening in pair.anna.home.owner.happenings():
            told.append(happening.what)

    listening = asyncio.create_task(listen())
    await pair.anna.home.owner.share(pair.anna.peer, [NAME], until=pair.now + DAY)
    await pair.settled()
    await pair.village.clock.advance(2 * DAY)

    async def was_told() -> bool:
        return OVER in told

    await until(was_told)
    mine = [entry for entry in await pair.anna.home.owner.log(pair.anna.peer, limit=100) if entry.mine]
    assert mine[0].what == "disclosure.present", "nothing was said since"
    assert set((await pair.states()).values()) <= {"over", "erased"}
    listening.cancel()
