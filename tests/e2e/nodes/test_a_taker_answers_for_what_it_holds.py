"""[DISC-32] to [DISC-37]: data that arose here are given back, and rights over what is held are answered."""

from typing import Any

import pytest
from tests.e2e.nodes.agreed import Pair
from tests.e2e.nodes.taker import (
    ANNA,
    HOME,
    MAIL,
    NAME,
    STREET_,
    claim,
    give,
    given,
    holds,
    pair_in,
    said,
    settled,
    traces,
    versions,
)

from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge
from pcloud.features.disclosure.answer import DisclosureAnswer
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.recording import recording
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import returning
from pcloud.runtime.taking.rights import DUE_S
from pcloud.testing.home import Home, Village, quiet, until
from pcloud.wire import cbor

RECEIPT = {"@type": "Order", "orderNumber": "F-17", "price": "12.50"}
DAY_S = 86_400


async def answers(home: Home, peer: str) -> list[tuple[DisclosureAnswer, list[Any]]]:
    """Every answer to a claim, with the values that it still has."""
    found = []
    for entry in await said(home, peer, DisclosureAnswer.NAME):
        body, *items = entry.parts
        assert body is not None
        values = [None if item is None else cbor.decode(item.data) for item in items]
        found.append((DisclosureAnswer.read(body.data), values))
    return found


async def record(home: Home, path: str) -> tuple[Any, str] | None:
    """Value and source of a record."""

    def job(batch: Batch) -> tuple[Any, str] | None:
        found = batch.store.personal.newest(path)
        return None if found is None or found.value is None else (cbor.decode(found.value), found.source)

    return await home.node.decider.do(job)


# What arose


async def test_a_receipt_becomes_a_record_of_its_owner(village: Village) -> None:
    pair, _ = await given(village)
    await pair.shop.owner.handback(pair.theirs.id, [{"path": "receipts/F17", "value": RECEIPT}])
    await settled(pair)
    assert await record(pair.anna, "receipts/F17") == (RECEIPT, f"peer:{pair.mine.id}")
    assert await traces(pair.anna, "F-17") == [], "it stands once, among the records"
    (said_so,) = await said(pair.anna, pair.mine.id, DisclosureAcknowledge.NAME)
    assert said_so.parts[0] is not None
    assert [each.outcome for each in DisclosureAcknowledge.read(said_so.parts[0].data).outcomes] == [
        "applied"
    ]

    newer = {**RECEIPT, "price": "11.00"}
    await pair.shop.owner.handback(pair.theirs.id, [{"path": "receipts/F17", "value": newer}])
    await settled(pair)
    assert await record(pair.anna, "receipts/F17") == (newer, f"peer:{pair.mine.id}")
    threads = {
        entry.signed.thread_id for entry in await said(pair.shop, pair.theirs.id, "disclosure.handback")
    }
    assert len(threads) == 1


async def test_what_the_owner_has_said_itself_is_never_written_over(village: Village) -> None:
    pair, _ = await given(village)
    await pair.anna.owner.data_set("receipts/mine", RECEIPT)
    await pair.anna.owner.data_set("receipts/gone", RECEIPT)
    await pair.anna.owner.data_delete("receipts/gone")
    records = [
        {"path": "receipts/mine", "value": {**RECEIPT, "price": "99"}},
        {"path": "receipts/gone", "value": RECEIPT},
        {"path": HOME, "value": {"streetAddress": "Elsewhere 1"}},
    ]
    await pair.shop.owner.handback(pair.theirs.id, records)
    await settled(pair)

    assert await record(pair.anna, "receipts/mine") == (RECEIPT, "owner")
    assert await record(pair.anna, "receipts/gone") is None
    assert await record(pair.anna, HOME) is None
    waits = await pair.anna.owner.returned()
    assert sorted(row.path for row in waits) == [HOME, "receipts/gone", "receipts/mine"]
    assert await said(pair.anna, pair.mine.id, DisclosureAcknowledge.NAME) == []

    owner, peer = pair.anna.owner, pair.mine.id
    with pytest.raises(OwnerError, match="Nothing of that"):
        await owner.take_returned(peer, [MAIL])
    await owner.take_returned(peer, [HOME], drop=True)
    await owner.take_returned(peer, ["receipts/*"])
    assert await owner.returned() == []
    assert await record(pair.anna, HOME) is None
    assert (await record(pair.anna, "receipts/mine") or ({}, ""))[0]["price"] == "99"
    assert await traces(pair.anna, "Elsewhere 1") == []


async def test_one_peer_cannot_write_over_what_another_brought(village: Village) -> None:
    pair, _ = await given(village)
    await pair.anna.owner.data_put([], source="import:mail")

    def of_another(batch: Batch) -> None:
        recording.put(batch, "receipts/F17", cbor.encode("another's"), "peer:" + "00" * 16)

    await pair.anna.node.decider.do(of_another)
    await pair.shop.owner.handback(pair.theirs.id, [{"path": "receipts/F17", "value": RECEIPT}])
    await settled(pair)
    assert await record(pair.anna, "receipts/F17") == ("another's", "peer:" + "00" * 16)


@pytest.mark.parametrize(
    "records",
    [
        [],
        [{"path": "receipts/1"}],
        [{"path": "receipts/1", "value": None}],
        [{"path": "receipts/1", "value": 1, "version": "2"}],
        [{"path": "receipts/1", "value": 1, "more": 2}],
        [{"path": "receipts/*", "value": 1}],
        [{"path": "Receipts", "value": 1}],
        [{"path": "receipts/1", "value": 1.5}],
        [{"path": "receipts/1", "value": 1}, {"path": "receipts/1", "value": 2}],
        [{"path": f"receipts/{number}", "value": 1} for number in range(33)],
    ],
)
async def test_what_cannot_be_given_back_is_refused_and_nothing_is_sent(
    village: Village, records: list[dict[str, Any]]
) -> None:
    pair = await pair_in(village)
    with pytest.raises(OwnerError):
        await pair.shop.owner.handback(pair.theirs.id, records)
    assert await said(pair.shop, pair.theirs.id, "disclosure.handback") == []


# Rights


async def claimed(pair: Pair, right: str, *paths: str, **more: Any) -> str:
    id_ = await claim(pair, right, *paths, **more)
    await quiet(pair.anna)
    return id_


async def test_access_gives_everything_that_is_held_and_that_arose(village: Village) -> None:
    pair, _ = await given(village)
    await pair.shop.owner.handback(pair.theirs.id, [{"path": "receipts/F17", "value": RECEIPT, "version": 3}])
    await settled(pair)
    id_ = await claimed(pair, "access")
    (asked,) = await pair.shop.owner.rights_asked()
    assert (asked.id, asked.right, asked.paths, asked.outcome, asked.late) == (
        id_,
        "access",
        None,
        "open",
        False,
    )
    assert asked.due == asked.at + DUE_S

    answered = await pair.shop.owner.right_answer(id_[:10], "done")
    assert answered.outcome == "done"
    ((body, values),) = await answers(pair.shop, pair.theirs.id)
    fields = dict(zip((field.path for field in body.fields or ()), values, strict=True))
    assert fields == {NAME: ANNA, HOME: STREET_, "receipts/F17": RECEIPT}
    assert await pair.shop.owner.rights_asked() == []
    assert [row.id for row in await pair.shop.owner.rights_asked(answered=True)] == [id_]
    with pytest.raises(OwnerError):
        await pair.shop.owner.right_answer(id_, "done")
    await settled(pair)
    assert len(await answers(pair.shop, pair.theirs.id)) == 1


async def test_what_does_not_fit_into_one_message_comes_in_several(village: Village) -> None:
    pair = await pair_in(village)
    paths = [f"preferences/p{number}" for number in range(20)]
    for start in range(0, 20, 5):
        await give(pair, {path: path + "x" * 8_000 for path in paths[start : start + 5]})
    await holds(pair, dict.fromkeys(paths, 1))
    id_ = await claimed(pair, "portability", "preferences/*")
    await pair.shop.owner.right_answer(id_, "done")
    found = await answers(pair.shop, pair.theirs.id)
    assert [body.outcome for body, _ in found][-1] == "done"
    assert {body.outcome for body, _ in found[:-1]} == {"partly"}
    told = [field.path for body, _ in found for field in body.fields or ()]
    assert sorted(told) == sorted(paths)
    await settled(pair)


async def test_a_correction_shows_what_is_right_until_it_is_answered(village: Village) -> None:
    pair, _ = await given(village)
    id_ = await claimed(pair, "correction", "receipts/F17", values=[{"price": "11.00"}])
    (asked,) = await pair.shop.owner.rights_asked(peer=pair.theirs.id)
    assert (asked.paths, asked.values) == (["receipts/F17"], [{"price": "11.00"}])
    await pair.shop.owner.right_answer(id_, "done")
    await settled(pair)
    assert await traces(pair.shop, "11.00") == []
    (asked,) = await pair.shop.owner.rights_asked(answered=True)
    assert asked.values == [None]


async def test_a_claim_to_delete_everything_deletes_everything(village: Village) -> None:
    pair, grant = await given(village)
    await pair.shop.owner.handback(pair.theirs.id, [{"path": "receipts/F17", "value": RECEIPT}])
    access = await claimed(pair, "access")
    await pair.shop.owner.right_answer(access, "done")
    await settled(pair)
    assert await traces(pair.shop, ANNA["familyName"]) != []

    id_ = await claimed(pair, "erasure")
    answered = await pair.shop.owner.right_answer(id_, "done")
    await settled(pair)
    assert await versions(pair) == {}
    assert await traces(pair.shop, ANNA["familyName"], STREET_["streetAddress"], "F-17") == []
    assert answered.until is not None
    assert answered.until > village.clock.now() + 90 * DAY_S
    assert answered.reason is None
    states = {row.path: row.state for row in (await pair.anna.owner.ledger()).rows}
    assert states == {NAME: "erased", HOME: "erased"}
    assert grant


async def test_a_claim_to_delete_what_arose_deletes_it_and_nothing_else(village: Village) -> None:
    """Nothing of it was ever granted: it is a copy of what was given back, and a copy in an answer."""
    pair, _ = await given(village)
    other = {**RECEIPT, "orderNumber": "G-18"}
    records = [{"path": "receipts/F17", "value": RECEIPT}, {"path": "reservations/G18", "value": other}]
    await pair.shop.owner.handback(pair.theirs.id, records)
    access = await claimed(pair, "access")
    await pair.shop.owner.right_answer(access, "done")
    await settled(pair)

    id_ = await claimed(pair, "erasure", "receipts/*")
    await pair.shop.owner.right_answer(id_, "done")
    await settled(pair)
    assert await traces(pair.shop, "F-17") == []
    assert await traces(pair.shop, "G-18") == ["disclosure.handback", "disclosure.answer"]
    assert await versions(pair) == {NAME: 1, HOME: 1}


async def test_what_a_correction_brought_goes_with_the_field(village: Village) -> None:
    pair, _ = await given(village)
    await claimed(pair, "correction", NAME, values=["Annabella"])
    await claimed(pair, "correction", HOME, values=["Elsewhere"])
    assert await traces(pair.shop, "Annabella") == ["disclosure.rights"]
    await pair.shop.owner.delete_held(pair.theirs.id, [NAME])
    assert await traces(pair.shop, "Annabella") == []
    assert await traces(pair.shop, "Elsewhere") == ["disclosure.rights"]
    assert len(await pair.shop.owner.rights_asked()) == 2


async def test_a_claim_to_delete_leaves_what_the_law_keeps_and_says_why(village: Village) -> None:
    pair, _ = await given(village)
    await pair.shop.owner.keep(pair.theirs.id, NAME, reason="legal-claim")
    id_ = await claimed(pair, "erasure", NAME, HOME)
    answered = await pair.shop.owner.right_answer(id_, "done")
    await settled(pair)
    assert answered.reason == "legal-claim"
    assert await versions(pair) == {NAME: 1}
    assert await traces(pair.shop, STREET_["streetAddress"]) == []


async def test_an_answer_may_take_longer_or_be_no(village: Village) -> None:
    pair, _ = await given(village)
    due = village.clock.now() + 600
    id_ = await claimed(pair, "access", due=due)
    (asked,) = await pair.shop.owner.rights_asked()
    assert asked.due == due
    village.clock.jump(700)
    (asked,) = await pair.shop.owner.rights_asked()
    assert asked.late

    owner = pair.shop.owner
    for outcome, reason in (
        ("never", None),
        ("refused", None),
        ("refused", "we do not want to"),
        ("extended", None),
    ):
        with pytest.raises(OwnerError):
            await owner.right_answer(id_, outcome, reason=reason)
    for wrong in ("", "ffffffff"):
        with pytest.raises(OwnerError):
            await owner.right_answer(wrong, "done")
    assert await answers(pair.shop, pair.theirs.id) == []

    later = village.clock.now() + 1_000
    extended = await owner.right_answer(id_, "extended", until=later)
    assert (extended.outcome, extended.due, extended.late) == ("extended", later, False)
    refused = await owner.right_answer(id_, "refused", reason="not-identified")
    assert (refused.outcome, refused.reason) == ("refused", "not-identified")
    await settled(pair)
    assert await versions(pair) == {NAME: 1, HOME: 1}


async def test_a_right_is_answered_after_the_end_too(village: Village) -> None:
    pair, _ = await given(village)
    await pair.shop.owner.close(pair.theirs.id, held="kept", until=village.clock.now() + 3_600)
    await settled(pair)
    id_ = await claimed(pair, "access", NAME)

    async def there() -> bool:
        return bool(await pair.shop.owner.rights_asked())

    await until(there)
    await pair.shop.owner.right_answer(id_, "done")
    ((body, values),) = await answers(pair.shop, pair.theirs.id)
    assert [field.path for field in body.fields or ()] == [NAME]
    assert values == [ANNA]


async def test_one_s_own_claims_are_none_of_others(village: Village) -> None:
    pair, _ = await given(village)
    await claimed(pair, "access")
    assert await pair.anna.owner.rights_asked() == []


async def test_claims_are_found_and_listed_behind_many_that_are_answered(village: Village) -> None:
    """Those of one's own and those that are done stand between, more than are looked at at once."""
    pair = await pair_in(village)
    for right in ("access", "portability") * 12:
        await pair.shop.owner.right_answer(await claimed(pair, right), "done")
    last = await claimed(pair, "erasure")
    assert [row.id for row in await pair.shop.owner.rights_asked()] == [last]
    assert len(await pair.shop.owner.rights_asked(answered=True)) == 25
    assert len(await pair.shop.owner.rights_asked(answered=True, limit=12)) == 12
    assert len(await pair.shop.owner.rights_asked(peer=pair.theirs.id, answered=True, limit=12)) == 12
    with pytest.raises(OwnerError) as refused:
        await pair.anna.owner.right_answer(last, "done")
    assert refused.value.code == "unknown"
    assert (await pair.shop.owner.right_answer(last, "done")).outcome == "done"
    assert await pair.shop.owner.rights_asked() == []


async def test_who_waits_for_the_owner_is_known_without_a_search(village: Village) -> None:
    """A shop that gave something back to everybody looks at nobody; nor who has decided everything."""
    pair = await pair_in(village)
    await pair.shop.owner.handback(pair.theirs.id, [{"path": HOME, "value": STREET_}])
    await settled(pair)

    def waiting(batch: Batch) -> list[bytes]:
        return returning.peers(batch)

    assert await pair.anna.node.decider.do(waiting) == [bytes.fromhex(pair.mine.id)]
    assert await pair.shop.node.decider.do(waiting) == []
    assert [row.path for row in await pair.anna.owner.returned()] == [HOME]
    await pair.anna.owner.take_returned(pair.mine.id, [HOME])
    assert await pair.anna.node.decider.do(waiting) == []
    assert await pair.anna.owner.returned() == []
