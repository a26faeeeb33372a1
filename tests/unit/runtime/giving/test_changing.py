"""Change once: each holder gets one update, and nobody gets what they did not hold [DISC-19] [SCOPE-1]."""

from typing import Any

import pytest
from tests.unit.runtime.giving.village import (
    BORN,
    BREMEN,
    DAY,
    DELIVER,
    HOME,
    KIEL,
    NAME,
    USE,
    Pair,
    agreed,
    put,
)

from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.limits import SILENCE_RESET_S
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving import changing
from pcloud.runtime.giving.changing import ERASE_GIVEN, GIVE_NEWEST
from pcloud.runtime.giving.giving import Share, share
from pcloud.runtime.recording import recording
from pcloud.testing.home import Village, until
from pcloud.wire import cbor


async def given(pair: Pair, *paths: str, **how: Any) -> None:
    """Anna gives the shop these."""
    await pair.anna.home.owner.share(pair.anna.peer, list(paths), **how)
    await pair.settled()


async def reaches(pair: Pair, **fields: Any) -> None:
    """Wait until the shop has what it should have."""
    wanted = {path.replace("_", "."): value for path, value in fields.items()}

    async def has() -> bool:
        held = await pair.holds()
        return all(held.get(path) == value for path, value in wanted.items())

    await until(has)
    await pair.settled()


async def waiting(pair: Pair, command: str) -> int:
    """Timers of a kind that wait in the relationship."""
    return await pair.anna.do(
        lambda batch, scope: sum(timer.command == command for timer in batch.store.copying.timers(scope.id))
    )


async def test_a_change_reaches_who_holds_it_as_one_update(pair: Pair) -> None:
    await given(pair, NAME, HOME)
    await put(pair.anna.home, HOME, KIEL)
    await reaches(pair, profile_address_home=KIEL, profile_name="Anna")
    assert await pair.anna.said("disclosure.update") == 1
    assert [(row.path, row.version, row.newest, row.lagging) for row in await pair.rows()] == [
        (HOME, 2, 2, False),
        (NAME, 1, 1, False),
    ]
    assert await waiting(pair, GIVE_NEWEST) == 0


async def test_who_does_not_hold_it_gets_nothing(pair: Pair) -> None:
    other = await agreed(pair.village, pair.anna.home, "Sport")
    await given(pair, HOME)
    await given(other, NAME)
    await put(pair.anna.home, HOME, KIEL)
    await reaches(pair, profile_address_home=KIEL)
    assert await other.holds() == {NAME: "Anna"}
    assert await other.anna.said("disclosure.update") == 0


async def test_the_same_value_again_is_no_change(pair: Pair) -> None:
    await given(pair, HOME)
    await put(pair.anna.home, HOME, BREMEN)
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 0


async def test_what_was_given_once_is_not_kept_current(pair: Pair) -> None:
    await given(pair, HOME, once=True)
    await put(pair.anna.home, HOME, KIEL)
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 0
    assert await pair.holds() == {HOME: BREMEN}
    (row,) = await pair.rows()
    assert (row.version, row.newest, row.lagging, row.standing) == (1, 2, False, False)


async def test_several_fields_that_changed_go_in_one_update(pair: Pair) -> None:
    await given(pair, NAME, HOME)

    def job(batch: Batch) -> None:

        recording.put(batch, NAME, cbor.encode("Anna Berg"), "owner")
        recording.put(batch, HOME, cbor.encode(KIEL), "owner")
        recording.put(batch, NAME, cbor.encode("Anna Tal"), "owner")

    await pair.anna.home.node.decider.do(job)
    await reaches(pair, profile_name="Anna Tal", profile_address_home=KIEL)
    assert await pair.anna.said("disclosure.update") == 1
    assert {row.path: row.version for row in await pair.rows()} == {HOME: 2, NAME: 3}


async def test_a_fact_follows_only_where_it_is_another_one_now(pair: Pair) -> None:
    """[DISC-43]"""
    await given(pair, f"{HOME}:city", f"{HOME}:postal")
    await put(pair.anna.home, HOME, {**BREMEN, "streetAddress": "Am Wall 1"})
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 0
    assert [row.lagging for row in await pair.rows()] == [False, False], "they miss nothing"
    assert not (await pair.anna.home.owner.ledger(lagging=True)).rows

    await put(pair.anna.home, HOME, {**BREMEN, "postalCode": "28203"})
    await reaches(pair, **{f"{HOME}:postal": "28203", f"{HOME}:city": "Bremen"})
    assert {row.path: row.version for row in await pair.rows()} == {f"{HOME}:city": 1, f"{HOME}:postal": 3}


async def test_a_fact_that_can_no_longer_be_told_stays_as_it_was(pair: Pair) -> None:
    await put(pair.anna.home, BORN, "1990-05-17")
    await given(pair, f"{BORN}:over-18")
    await pair.anna.home.owner.data_delete(BORN)
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 0
    assert await pair.holds() == {f"{BORN}:over-18": True}


async def test_a_grant_and_a_change_in_one_commit_miss_nothing(pair: Pair) -> None:
    """Whichever comes first in the batch, the holder ends with the newest."""

    purposes, ends = ("dpv:DeliveryOfGoods",), pair.now + DAY
    wanted = Share((HOME,), pair.agreement, "dpv:Use", purposes, ends, standing=True)

    def give_then_change(batch: Batch) -> None:
        share(batch, batch.scope(bytes.fromhex(pair.anna.peer)), wanted)
        recording.put(batch, HOME, cbor.encode(KIEL), "owner")

    await pair.anna.home.node.decider.do(give_then_change)
    await reaches(pair, profile_address_home=KIEL)

    def change_then_give(batch: Batch) -> None:
        recording.put(batch, NAME, cbor.encode("Anna Tal"), "owner")
        share(batch, batch.scope(bytes.fromhex(pair.anna.peer)), wanted._replace(paths=(NAME,)))

    await pair.anna.home.node.decider.do(change_then_give)
    await reaches(pair, profile_name="Anna Tal", profile_address_home=KIEL)
    assert await pair.anna.said("disclosure.update") == 1


async def test_who_is_offline_lags_and_converges(pair: Pair) -> None:
    await given(pair, HOME)
    await pair.shop.home.down()
    await put(pair.anna.home, HOME, KIEL)
    await pair.anna.has_said("disclosure.update")
    await put(pair.anna.home, HOME, BREMEN)
    (row,) = (await pair.anna.home.owner.ledger(lagging=True)).rows
    assert (row.path, row.lagging, row.state in ("queued", "sent")) == (HOME, True, True)
    await pair.shop.home.up()
    await pair.village.clock.advance(SILENCE_RESET_S)
    await reaches(pair, profile_address_home=BREMEN)
    assert not (await pair.anna.home.owner.ledger(lagging=True)).rows


async def test_while_they_rest_nothing_is_sent_and_then_all_of_it(pair: Pair) -> None:
    await given(pair, HOME)
    await pair.shop.home.owner.pause(pair.shop.peer)
    await pair.quiet()
    await put(pair.anna.home, HOME, KIEL)
    await put(pair.anna.home, HOME, {**KIEL, "postalCode": "24105"})

    async def put_off() -> bool:
        return await waiting(pair, GIVE_NEWEST) == 1

    await until(put_off)
    assert await pair.anna.said("disclosure.update") == 0
    assert [row.path for row in (await pair.anna.home.owner.ledger(lagging=True)).rows] == [HOME]
    await pair.shop.home.owner.resume(pair.shop.peer)
    await reaches(pair, profile_address_home={**KIEL, "postalCode": "24105"})
    assert await pair.anna.said("disclosure.update") == 1


async def test_ones_own_rest_brings_it_once_it_is_over(pair: Pair) -> None:
    await given(pair, HOME)
    await pair.anna.home.owner.pause(pair.anna.peer)
    await put(pair.anna.home, HOME, KIEL)
    await pair.quiet()
    assert await pair.holds() == {HOME: BREMEN}
    await pair.anna.home.owner.resume(pair.anna.peer)
    await reaches(pair, profile_address_home=KIEL)
    assert await pair.anna.said("disclosure.update") == 1


async def test_a_value_that_is_as_before_is_brought_beside_a_fact_too(pair: Pair) -> None:
    await given(pair, NAME, f"{HOME}:city")
    await pair.shop.home.owner.pause(pair.shop.peer)
    await pair.quiet()
    for name in ("Anna Tal", "Anna"):
        await put(pair.anna.home, NAME, name)
    await put(pair.anna.home, HOME, KIEL)
    await pair.shop.home.owner.resume(pair.shop.peer)
    await reaches(pair, **{f"{HOME}:city": "Kiel", "profile_name": "Anna"})
    assert {row.path: (row.version, row.lagging) for row in await pair.rows()} == {
        f"{HOME}:city": (2, False),
        NAME: (3, False),
    }


async def test_what_is_too_long_for_one_message_goes_in_several(pair: Pair) -> None:
    paths = [f"x-notes/r{number}" for number in range(6)]
    for path in paths:
        await put(pair.anna.home, path, "short")
    await given(pair, *paths)
    await pair.shop.home.owner.pause(pair.shop.peer)
    await pair.quiet()
    for path in paths:
        await put(pair.anna.home, path, "x" * 16_000)
    await pair.shop.home.owner.resume(pair.shop.peer)
    await reaches(pair, **dict.fromkeys(paths, "x" * 16_000))
    assert 1 < await pair.anna.said("disclosure.update") < len(paths)


async def test_after_a_loss_the_next_version_is_above_what_they_hold(pair: Pair) -> None:
    """Anna's node came back from a copy in which the record is older than what the shop was given."""
    fields, purposes = (Field(HOME, 9),), (DELIVER,)
    message = DisclosurePresent(pair.agreement, fields, USE, purposes, pair.now + DAY, standing=True)
    await pair.anna.says(message, items=(cbor.encode(BREMEN),))
    await pair.settled()
    assert await put(pair.anna.home, HOME, KIEL) == 10
    await reaches(pair, profile_address_home=KIEL)
    assert await put(pair.anna.home, NAME, "Anna Tal") == 2, "nobody holds that"


async def test_after_the_end_of_the_grant_nothing_is_sent(pair: Pair) -> None:
    await given(pair, HOME, until=pair.now + DAY)
    await pair.village.clock.advance(2 * DAY)
    await put(pair.anna.home, HOME, KIEL)
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 0
    assert [row.state for row in await pair.rows()] in (["over"], ["erased"])


async def test_a_deleted_record_stays_with_who_has_it_unless_the_owner_says_so(pair: Pair) -> None:
    await given(pair, NAME, HOME)
    await pair.anna.home.owner.data_delete(NAME)
    await pair.quiet()
    assert await pair.holds() == {NAME: "Anna", HOME: BREMEN}
    await pair.anna.home.owner.data_delete(HOME, at_holders=True)
    assert await pair.settled() == {NAME: "confirmed", HOME: "erased"}
    assert await pair.anna.said("disclosure.erase") == 1
    assert await waiting(pair, ERASE_GIVEN) == 0


async def test_nothing_is_asked_for_twice_when_a_handler_runs_again(pair: Pair) -> None:
    await given(pair, NAME, HOME)
    await put(pair.anna.home, HOME, KIEL)
    await reaches(pair, profile_address_home=KIEL)
    (thread,) = await pair.anna.threads()
    for handler in (changing.give_newest, changing.erase_given):
        await pair.anna.do(lambda batch, scope, act=handler: act(batch, scope, thread.id))  # type: ignore[misc]  # bound now
    await pair.quiet()
    assert await pair.anna.said("disclosure.update") == 1
    assert await pair.anna.said("disclosure.erase") == 0


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_node_that_goes_down_in_between_sends_exactly_one_update(
    village: Village, pair: Pair, when: str
) -> None:
    """Between the commit that changes the record and that of the update, and right after the update."""
    await given(pair, HOME)
    anna = pair.anna.home
    handlers = anna.node.decider.handlers
    if when == "before":
        anna.node.decider.handlers = {}

        def silent(batch: Batch) -> None:

            recording.put(batch, HOME, cbor.encode(KIEL), "owner")
            for key, timer in list(batch.changes.timers.items()):
                if timer is not None and timer.command == GIVE_NEWEST:
                    batch.changes.timers[key] = timer._replace(at=batch.now + 5)

        await anna.node.decider.do(silent)
        assert await waiting(pair, GIVE_NEWEST) == 1
        assert await pair.anna.said("disclosure.update") == 0
    else:
        await pair.shop.home.down()
        await put(anna, HOME, KIEL)
        await pair.anna.has_said("disclosure.update")
    assert handlers
    await anna.down()
    await anna.up()
    if when == "after":
        await pair.shop.home.up()
    await village.clock.advance(60)
    await reaches(pair, profile_address_home=KIEL)
    assert await pair.anna.said("disclosure.update") == 1
    assert await waiting(pair, GIVE_NEWEST) == 0
