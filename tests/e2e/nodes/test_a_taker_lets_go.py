"""[DISC-25] to [DISC-30]: what a taker may hold no longer is gone from its node, and it signs that it is."""

from collections.abc import Awaitable

import pytest
from tests.e2e.nodes.agreed import YEAR_S, Pair, agreed
from tests.e2e.nodes.taker import (
    ANNA,
    HOME,
    MAIL,
    NAME,
    STREET_,
    claim,
    erase,
    give,
    given,
    held,
    holds,
    pair_in,
    revoke,
    said,
    say,
    settled,
    thread_at,
    traces,
    update,
    versions,
)

from pcloud.errors import UsageError
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.limits import INTEGER_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.keeping.progress import DAY_S
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Village, quiet, until

ERASED = DisclosureErased.NAME
QUENDEL = STREET_["streetAddress"]


async def signed(home: Home, peer: str) -> list[DisclosureErased]:
    """Every statement of deletion, oldest first."""
    bodies = [entry.parts[0] for entry in await said(home, peer, ERASED)]
    return [DisclosureErased.read(body.data) for body in bodies if body is not None]


async def statements(pair: Pair) -> list[tuple[list[tuple[str, int]], list[tuple[str, str]]]]:
    """Of each: what was deleted, up to which version, and what is kept and why."""
    return [
        ([(path, version) for path, version in one.fields], [(path, why) for path, why in one.kept or ()])
        for one in await signed(pair.shop, pair.theirs.id)
    ]


async def test_a_field_that_is_taken_back_goes_and_the_others_stay(village: Village) -> None:
    pair, grant = await given(village)
    await update(pair, grant, {HOME: {"streetAddress": "Salbeigasse 3"}}, 2)
    await holds(pair, {NAME: 1, HOME: 2})

    await revoke(pair, grant, HOME)
    fields = await holds(pair, {NAME: 1})
    await settled(pair)

    assert fields[NAME].value == ANNA
    assert await statements(pair) == [([(HOME, 2)], [])]
    assert await traces(pair.shop, QUENDEL, "Salbeigasse 3") == []
    assert await traces(pair.shop, ANNA["familyName"]) == ["disclosure.present"]
    at_giver = (await thread_at(pair.anna, pair.mine.id, grant)).data
    assert at_giver["erased"][HOME][0] == 2


async def test_an_order_to_delete_is_done_and_signed_with_the_day_of_the_last_copy(village: Village) -> None:
    pair, grant = await given(village)
    before = village.clock.now()

    await erase(pair, grant)
    await holds(pair, {})
    await settled(pair)

    (receipt,) = await signed(pair.shop, pair.theirs.id)
    assert sorted(receipt.fields) == [(HOME, 1), (NAME, 1)]
    least = before + 91 * DAY_S  # a full copy a day, kept for 90 days from when the next came
    assert least < receipt.backups <= village.clock.now() + 92 * DAY_S
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []


async def test_an_order_that_is_given_twice_is_answered_once(village: Village) -> None:
    """[DISC-28] [DISC-30]"""
    pair, grant = await given(village)
    await erase(pair, grant, HOME)
    await holds(pair, {NAME: 1})
    await settled(pair)

    with pytest.raises(UsageError) as refused:
        await erase(pair, grant, HOME)
    assert refused.value.code == "already-erased"

    def replayed(batch: Batch) -> None:
        scope = batch.scope(bytes.fromhex(pair.theirs.id))
        batch.ask(scope.id, "disclosure.erase", bytes.fromhex(grant))
        batch.ask(scope.id, "ground-gone", b"")

    await pair.shop.node.decider.do(replayed)
    await settled(pair)
    assert await statements(pair) == [([(HOME, 1)], [])]
    assert await versions(pair) == {NAME: 1}


async def test_a_grant_ends_on_its_day_although_the_giver_is_away(village: Village) -> None:
    pair = await pair_in(village)
    await give(pair, {NAME: ANNA}, for_s=600)
    await give(pair, {HOME: STREET_}, for_s=1_200)
    await holds(pair, {NAME: 1, HOME: 1})
    await settled(pair)
    await pair.anna.down()

    await village.clock.advance(540)
    assert await versions(pair) == {NAME: 1, HOME: 1}
    await village.clock.advance(120)
    assert await versions(pair) == {HOME: 1}
    assert await traces(pair.shop, ANNA["familyName"]) == []
    assert await statements(pair) == [([(NAME, 1)], [])]

    await pair.anna.up()
    await settled(pair)
    assert [row.state for row in (await pair.anna.owner.ledger(path=NAME)).rows] == ["erased"]


async def test_a_grant_that_ended_while_the_taker_was_down_ends_when_it_is_up(village: Village) -> None:
    pair, _ = await given(village)
    await settled(pair)
    await pair.shop.down()
    village.clock.jump(YEAR_S)
    await pair.shop.up()
    await holds(pair, {})
    assert len(await statements(pair)) == 1
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []


@pytest.mark.parametrize("who", ["giver", "taker"])
async def test_what_stood_on_an_agreement_falls_with_it(village: Village, who: str) -> None:
    pair, _ = await given(village)
    home, peer = (pair.anna, pair.mine) if who == "giver" else (pair.shop, pair.theirs)
    (negotiation,) = await home.owner.terms(peer.id)
    await home.owner.terminate_terms(negotiation.id)
    await holds(pair, {})
    await settled(pair)
    assert await statements(pair) == [([(HOME, 1), (NAME, 1)], [])]
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []


async def test_who_leaves_and_says_erased_has_erased_in_that_commit(village: Village) -> None:
    """[REL-33]"""
    pair, _ = await given(village)
    with pytest.raises(OwnerError, match="You hold data of this peer"):
        await pair.shop.owner.close(pair.theirs.id)
    assert (await pair.shop.owner.peer(pair.theirs.id)).state == "active"

    await pair.shop.owner.close(pair.theirs.id, held="erased")
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []
    assert await versions(pair) == {}
    await settled(pair)
    assert len(await statements(pair)) == 1
    assert {row.state for row in (await pair.anna.owner.ledger()).rows} == {"erased"}


async def test_when_the_giver_leaves_what_it_gave_goes(village: Village) -> None:
    pair, _ = await given(village)
    await pair.anna.owner.close(pair.mine.id)
    await holds(pair, {})
    await settled(pair)
    assert len(await statements(pair)) == 1
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []


async def test_who_leaves_and_keeps_until_a_day_keeps_until_that_day(village: Village) -> None:
    pair, _ = await given(village)
    until = village.clock.now() + 600
    await pair.shop.owner.close(pair.theirs.id, held="kept", until=until)
    await settled(pair)
    assert {path: row.state for path, row in (await held(pair)).items()} == {NAME: "held", HOME: "held"}
    await village.clock.advance(540)
    assert await versions(pair) == {NAME: 1, HOME: 1}
    await village.clock.advance(120)
    await holds(pair, {})
    await settled(pair)
    assert await statements(pair) == [([(HOME, 1), (NAME, 1)], [])]


async def test_what_the_law_says_to_keep_is_kept_and_said_to_be(village: Village) -> None:
    pair, grant = await given(village)
    peer = pair.theirs.id
    with pytest.raises(OwnerError, match="A reason is one of"):
        await pair.shop.owner.keep(peer, NAME, reason="we like it")
    with pytest.raises(OwnerError, match="is no path"):
        await pair.shop.owner.keep(peer, "Name", reason="legal-duty")
    kept = await pair.shop.owner.keep(peer, NAME, reason="legal-duty")
    assert [(each.path, each.reason) for each in kept] == [(NAME, "legal-duty")]
    with pytest.raises(OwnerError, match="You keep data of this peer"):
        await pair.shop.owner.close(peer, held="erased")

    await erase(pair, grant)
    fields = await holds(pair, {NAME: 1})
    await settled(pair)
    assert (fields[NAME].state, fields[NAME].reason) == ("kept", "legal-duty")
    assert await statements(pair) == [([(HOME, 1)], [(NAME, "legal-duty")])]
    assert await traces(pair.shop, QUENDEL) == []
    states = {row.path: row.state for row in (await pair.anna.owner.ledger()).rows}
    assert states == {NAME: "kept", HOME: "erased"}

    assert await pair.shop.owner.keep(peer, NAME) == []
    await holds(pair, {})
    await settled(pair)
    assert await statements(pair) == [([(HOME, 1)], [(NAME, "legal-duty")]), ([(NAME, 1)], [])]
    assert await traces(pair.shop, ANNA["familyName"]) == []


async def test_what_another_grant_gives_stays_until_that_one_ends_too(village: Village) -> None:
    pair, grant = await given(village)
    second = await give(pair, {NAME: ANNA}, version=2)
    await settled(pair)
    await erase(pair, grant)
    await settled(pair)
    assert await statements(pair) == [([(HOME, 1)], [(NAME, "other-grant")])]
    assert await traces(pair.shop, ANNA["familyName"]) == ["disclosure.present"]
    assert (await held(pair))[NAME].thread in (grant, second)

    await revoke(pair, second)
    await holds(pair, {})
    await settled(pair)
    assert (await statements(pair))[1:] == [([(NAME, 2)], []), ([(NAME, 1)], [])]
    assert await traces(pair.shop, ANNA["familyName"]) == []


async def twice(village: Village) -> tuple[Pair, str, str]:
    """The same name by two grants, each of which would be a reason to keep what the other gave."""
    pair = await pair_in(village)
    first, second = await give(pair, {NAME: ANNA}), await give(pair, {NAME: ANNA, HOME: STREET_}, version=2)
    await settled(pair)
    return pair, first, second


@pytest.mark.parametrize("how", ["close", "closed", "delete", "order", "claim"])
async def test_two_grants_of_one_value_do_not_keep_it_for_each_other(village: Village, how: str) -> None:
    pair, first, second = await twice(village)
    if how == "close":
        await pair.shop.owner.close(pair.theirs.id, held="erased")
    elif how == "closed":
        await pair.anna.owner.close(pair.mine.id)
    elif how == "delete":
        await pair.shop.owner.delete_held(pair.theirs.id, [NAME])
    elif how == "order":
        await erase(pair, first, NAME)
        await erase(pair, second, NAME)
    else:
        id_ = await claim(pair, "erasure", NAME)
        await quiet(pair.anna)
        await pair.shop.owner.right_answer(id_, "done")

    async def gone() -> bool:
        return not await traces(pair.shop, ANNA["familyName"])

    await until(gone)
    await settled(pair)
    assert NAME not in await versions(pair)
    signed_for = [field for fields, _ in await statements(pair) for field in fields]
    assert {field for field in signed_for if field[0] == NAME} == {(NAME, 1), (NAME, 2)}
    kept = [reason for _, rows in await statements(pair) for _, reason in rows]
    assert set(kept) <= {"other-grant"}
    if how in ("delete", "order", "claim"):
        assert await versions(pair) == {HOME: 2}, "the rest of the grant stands"


async def test_the_owner_gives_up_what_is_needed_no_more(village: Village) -> None:
    pair, grant = await given(village)
    for wrong in ("", "ffffffff", pair.agreement):
        with pytest.raises(OwnerError):
            await pair.shop.owner.give_up(pair.theirs.id, wrong)
    assert await versions(pair) == {NAME: 1, HOME: 1}

    given_up = await pair.shop.owner.give_up(pair.theirs.id, grant[:12])
    assert given_up.paths == [HOME, NAME]
    await settled(pair)
    assert await versions(pair) == {}
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []
    with pytest.raises(UsageError) as refused:
        await update(pair, grant, {HOME: "x"}, 2)
    assert refused.value.code == "agreement-ended"


async def test_the_owner_deletes_one_field_and_goes_on_with_the_rest(village: Village) -> None:
    pair, grant = await given(village)
    with pytest.raises(OwnerError, match="You hold nothing of that"):
        await pair.shop.owner.delete_held(pair.theirs.id, [MAIL])
    await pair.shop.owner.delete_held(pair.theirs.id, [HOME])
    await settled(pair)
    assert await versions(pair) == {NAME: 1}
    assert await statements(pair) == [([(HOME, 1)], [])]
    await update(pair, grant, {NAME: "Anna Q."}, 2)
    await holds(pair, {NAME: 2})


async def test_a_kill_between_an_order_and_its_deletion_changes_nothing(village: Village) -> None:
    pair, grant = await given(village)

    def killed(_batch: Batch, _scope: Scope, _key: bytes) -> None:
        raise RuntimeError("the program ended here")

    pair.shop.node.decider.handlers = dict.fromkeys(pair.shop.node.decider.handlers, killed)
    await erase(pair, grant)
    await quiet(pair.anna)
    assert await statements(pair) == []
    await pair.shop.down()
    await pair.shop.up()
    await village.clock.advance(3_601)
    await holds(pair, {})
    await settled(pair)
    assert len(await statements(pair)) == 1
    assert await traces(pair.shop, QUENDEL, ANNA["familyName"]) == []


async def test_one_peer_s_end_touches_nobody_else_s_data(village: Village) -> None:
    pair, grant = await given(village)
    berta = await village.home("Berta")
    other = await agreed(berta, pair.shop)
    await give(other, {NAME: "Berta"})
    await settled(pair)
    await erase(pair, grant)
    await settled(pair)
    rows = (await pair.shop.owner.held()).fields
    assert [(row.peer, row.path, row.value) for row in rows] == [(other.theirs.id, NAME, "Berta")]


async def test_a_day_that_no_clock_reaches_is_no_trouble(village: Village) -> None:
    """The timer of its end goes into copies like any other."""
    pair = await pair_in(village, "PDC-GOOD")
    last = INTEGER_MAX
    agreement = bytes.fromhex(pair.agreement)
    message = DisclosurePresent(
        agreement, (Field(NAME, 1),), "dpv:Use", ("dpv:PublicBenefit",), last, standing=False
    )
    await say(pair.anna, pair.mine.id, message, None, ANNA, agreement=agreement)
    await holds(pair, {NAME: 1})
    await settled(pair)
    timers = await pair.shop.node.decider.do(
        lambda batch: batch.store.copying.timers(bytes.fromhex(pair.theirs.id))
    )
    assert max(timer.at for timer in timers) == INTEGER_MAX
    assert b"".join([piece async for piece in pair.shop.owner.backup()])


async def test_what_ends_soon_is_listed_with_the_next_to_end_first(village: Village) -> None:
    pair = await pair_in(village)
    late = await give(pair, {NAME: ANNA}, for_s=20 * DAY_S)
    soon = await give(pair, {HOME: STREET_}, for_s=5 * DAY_S)
    far = await give(pair, {MAIL: "a@example.org"}, for_s=200 * DAY_S)
    await holds(pair, {NAME: 1, HOME: 1, MAIL: 1})

    async def ending(within_s: int) -> list[str]:
        return [each.thread for each in await pair.shop.owner.ending(within_s=within_s)]

    assert await ending(30 * DAY_S) == [soon, late]
    assert await ending(DAY_S) == []
    assert await ending(300 * DAY_S) == [soon, late, far]
    (first,) = await pair.shop.owner.ending(limit=1)
    assert (first.name, first.paths, first.terms) == ("Anna", [HOME], "SD-BASE")
    await revoke(pair, soon)
    assert await until(lambda: _is(ending(30 * DAY_S), [late]))


async def _is(asked: Awaitable[list[str]], wanted: list[str]) -> bool:
    return await asked == wanted
