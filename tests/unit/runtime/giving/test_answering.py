"""A question of a peer, and the answers to it [DISC-13] [DISC-14] [DISC-17]."""

import asyncio

import pytest
from tests.unit.runtime.giving.village import BORN, BREMEN, DAY, HOME, MAIL, NAME, Pair, agreed, put

from pcloud.api import OwnerError
from pcloud.features.disclosure.request import Wanted
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.giving.owning import OF_ONE_MAX
from pcloud.runtime.giving.questions import LOOKED_AT
from pcloud.runtime.recording.views import Put
from pcloud.wire import cbor

FLORA = {"@type": "Order", "seller": "Flora", "price": "12.50"}
OTHER = {"@type": "Order", "seller": "Somebody"}


async def test_a_question_shows_who_asks_why_and_what_would_be_given(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME, MAIL)
    assert (ask.name, ask.kind, ask.terms) == ("Flora", "organisation", "SD-BASE")
    assert "deliver the service" in ask.summary
    assert ask.why == "to use it for delivery of goods"
    assert [(each.path, each.have, each.held, each.value) for each in ask.wanted] == [
        (NAME, True, False, "Anna"),
        (HOME, True, False, BREMEN),
        (MAIL, False, False, None),
    ]
    assert await pair.rows() == [], "to look gives nothing"


async def test_all_that_is_there_is_given_and_the_rest_is_declined(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME, MAIL)
    told = await pair.anna.home.owner.answer(ask.id)
    assert (told.given, told.declined) == ([NAME, HOME], {MAIL: "not-held"})
    assert await pair.settled() == {NAME: "confirmed", HOME: "confirmed"}
    assert await pair.holds() == {NAME: "Anna", HOME: BREMEN}
    assert await pair.anna.home.owner.asks() == []


async def test_only_what_is_named_is_given(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME)
    told = await pair.anna.home.owner.answer(ask.id, only=[NAME], reason="not-needed", once=True)
    assert (told.given, told.declined, told.standing) == ([NAME], {HOME: "not-needed"}, False)
    await pair.settled()
    assert await pair.holds() == {NAME: "Anna"}


async def test_what_is_left_out_is_declined_with_its_reason(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME)
    told = await pair.anna.home.owner.answer(ask.id, decline={HOME: "not-you"}, until=pair.now + DAY)
    assert (told.given, told.declined, told.until) == ([NAME], {HOME: "not-you"}, pair.now + DAY)
    await pair.settled()
    assert await pair.holds() == {NAME: "Anna"}


async def test_nothing_is_given_where_nothing_is_to_be_given(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME)
    told = await pair.anna.home.owner.answer(ask.id, only=[])
    assert (told.grant, told.given, told.standing) == (None, [], False)
    await pair.quiet()
    assert (await pair.holds(), await pair.rows()) == ({}, [])
    (thread,) = await pair.shop.threads()
    assert thread.state == "declined"


async def test_an_answered_question_is_not_answered_again(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME)
    await pair.anna.home.owner.answer(ask.id, only=[NAME])
    said = await pair.anna.said("disclosure.present")
    for again in (ask.id, ask.id[:10]):
        with pytest.raises(OwnerError, match="answered already") as refused:
            await pair.anna.home.owner.answer(again)
        assert refused.value.code == "not-in-state"
    await pair.settled()
    assert await pair.anna.said("disclosure.present") == said == 1
    assert await pair.holds() == {NAME: "Anna"}


async def test_of_two_answers_at_once_one_counts(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME)
    owner = pair.anna.home.owner
    told = await asyncio.gather(
        owner.answer(ask.id, only=[NAME]), owner.answer(ask.id, only=[HOME]), return_exceptions=True
    )
    (refused,) = [each for each in told if isinstance(each, OwnerError)]
    assert refused.code == "not-in-state"
    await pair.settled()
    assert len(await pair.holds()) == 1
    assert await pair.anna.said("disclosure.present") == 1


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"only": [MAIL]}, "invalid"),
        ({"decline": {MAIL: "not-now"}}, "invalid"),
        ({"decline": {NAME: "never"}}, "invalid"),
        ({"reason": "because"}, "invalid"),
        ({"until": 2**40}, "invalid"),
        ({"until": 1_700_000_000}, "invalid"),
    ],
)
async def test_what_is_no_answer_to_it_is_refused_and_nothing_is_sent(
    pair: Pair, how: dict[str, object], code: str
) -> None:
    ask = await pair.asks(NAME, HOME)
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.answer(ask.id, **how)  # type: ignore[arg-type]  # from a table
    assert refused.value.code == code
    assert await pair.anna.said("disclosure.present") == 0
    assert [each.id for each in await pair.anna.home.owner.asks()] == [ask.id], "it waits as before"


async def test_an_unknown_question_is_told_and_so_is_ones_own(pair: Pair) -> None:
    ask = await pair.asks(NAME)
    for home, named in ((pair.anna.home, "00ff00ff"), (pair.anna.home, ""), (pair.shop.home, ask.id)):
        with pytest.raises(OwnerError) as refused:
            await home.owner.answer(named)
        assert refused.value.code == "unknown"


async def test_a_question_whose_day_is_over_waits_no_more(pair: Pair) -> None:
    ask = await pair.asks(NAME, until=pair.now + DAY)
    await pair.village.clock.advance(2 * DAY)
    assert await pair.anna.home.owner.asks() == []
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.answer(ask.id)
    assert refused.value.code == "expired"
    assert await pair.anna.said("disclosure.present") == 0


async def test_who_asks_for_much_hides_no_other_question(pair: Pair) -> None:
    for _ in range(OF_ONE_MAX + LOOKED_AT):
        await pair.shop.says(pair.wants(NAME))
    await pair.quiet()
    other = await agreed(pair.village, pair.anna.home, "Baker")
    late = (await other.shop.says(other.wants(NAME))).hex()
    await other.quiet()

    found = await pair.anna.home.owner.asks()

    assert [each.peer for each in found] == [pair.anna.peer] * OF_ONE_MAX + [other.anna.peer]
    assert found[-1].id == late
    assert len(await pair.anna.home.owner.asks(peer=pair.anna.peer)) == OF_ONE_MAX + LOOKED_AT
    assert [each.id for each in await pair.anna.home.owner.asks(peer=other.anna.peer)] == [late]
    assert len(await pair.anna.home.owner.asks(peer=pair.anna.peer, limit=5)) == 5


async def test_a_question_under_an_agreement_that_ended_is_refused_in_plain_words(pair: Pair) -> None:
    ask = await pair.asks(NAME)
    negotiation = (await pair.anna.home.owner.terms(pair.anna.peer))[-1]
    await pair.anna.home.owner.terminate_terms(negotiation.id)
    assert await pair.anna.home.owner.asks() == []
    with pytest.raises(OwnerError, match="agreement with this peer has ended"):
        await pair.anna.home.owner.answer(ask.id)
    assert await pair.anna.said("disclosure.present") == 0


async def test_a_fact_is_given_instead_of_the_value(pair: Pair) -> None:
    await put(pair.anna.home, BORN, "1990-05-17")
    ask = await pair.asks(f"{BORN}:over-18", f"{HOME}:city")
    assert [each.value for each in ask.wanted] == [True, "Bremen"]
    await pair.anna.home.owner.answer(ask.id)
    await pair.settled()
    assert await pair.holds() == {f"{BORN}:over-18": True, f"{HOME}:city": "Bremen"}
    held = b"".join(
        part.data
        for entry in await pair.shop.do(lambda _, scope: list(scope.log.sequence(mine=False)))
        for part in entry.parts
        if part is not None
    )
    assert b"1990" not in held
    assert b"28195" not in held


async def test_a_value_is_compared_with_theirs_without_being_given(pair: Pair) -> None:
    wanted = (Wanted(f"{NAME}:equal", required=True, item=1),)
    thread = await pair.shop.says(pair.wants(NAME, wanted=wanted), items=(cbor.encode("Berta"),))
    ask = await pair.asked(thread)
    assert (ask.wanted[0].value, ask.wanted[0].example) == (False, "Berta")
    await pair.anna.home.owner.answer(ask.id)
    await pair.settled()
    assert await pair.holds() == {f"{NAME}:equal": False}


@pytest.mark.parametrize("sought", ["nothing like a map", {"price": "12"}])
async def test_records_of_a_collection_are_compared_with_anything(pair: Pair, sought: object) -> None:
    for name, value in (("a", {"price": "12"}), ("b", {"price": "13"})):
        await put(pair.anna.home, f"receipts/{name}", value)
    wanted = (Wanted("receipts/*:equal", required=True, item=1),)
    thread = await pair.shop.says(pair.wants(wanted=wanted), None, (cbor.encode(sought),))
    ask = await pair.asked(thread)
    assert ask.wanted[0].records == ["receipts/a:equal", "receipts/b:equal"]
    told = await pair.anna.home.owner.answer(ask.id)
    assert told.given == ["receipts/a:equal", "receipts/b:equal"]
    await put(pair.anna.home, "receipts/a", {"price": "14"})
    await pair.settled()


async def test_records_of_a_collection_are_found_by_example(pair: Pair) -> None:
    await put(pair.anna.home, "receipts/a1", FLORA)
    await put(pair.anna.home, "receipts/b2", OTHER)
    wanted = (Wanted("receipts/*", required=False, item=1),)
    request = pair.wants(NAME, wanted=wanted, circumstances=2)
    items = (cbor.encode({"seller": "Flora"}), cbor.encode({"near": "Bremen"}))
    ask = await pair.asked(await pair.shop.says(request, items=items))
    (listed,) = await pair.anna.home.owner.asks()
    assert listed.wanted[0].records == [], "only who looks at one question has many records looked through"
    (field,) = ask.wanted
    assert (field.records, field.required, field.example) == (["receipts/a1"], False, {"seller": "Flora"})
    assert ask.circumstances == {"near": "Bremen"}
    told = await pair.anna.home.owner.answer(ask.id)
    assert told.given == ["receipts/a1"]
    await pair.settled()
    assert await pair.holds() == {"receipts/a1": FLORA}


async def test_single_records_of_a_collection_are_chosen(pair: Pair) -> None:
    await put(pair.anna.home, "receipts/a1", FLORA)
    await put(pair.anna.home, "receipts/b2", OTHER)
    ask = await pair.asks("receipts/*")
    assert ask.wanted[0].records == ["receipts/a1", "receipts/b2"]
    told = await pair.anna.home.owner.answer(ask.id, only=["receipts/b2"])
    assert (told.given, told.declined) == (["receipts/b2"], {})


async def test_a_single_record_that_is_declined_stays_here(pair: Pair) -> None:
    await put(pair.anna.home, "receipts/a1", FLORA)
    await put(pair.anna.home, "receipts/b2", OTHER)
    ask = await pair.asks("receipts/*")
    told = await pair.anna.home.owner.answer(ask.id, decline={"receipts/b2": "not-for-this"})
    assert (told.given, told.declined) == (["receipts/a1"], {})
    await pair.settled()
    assert await pair.holds() == {"receipts/a1": FLORA}

    ask = await pair.asks("receipts/*")
    said = {"receipts/a1": "not-you", "receipts/b2": "not-you"}
    told = await pair.anna.home.owner.answer(ask.id, decline=said)
    assert (told.given, told.declined) == ([], {"receipts/*": "not-you"})


async def test_a_declined_path_is_not_given_although_it_is_named(pair: Pair) -> None:
    ask = await pair.asks(NAME, HOME)
    told = await pair.anna.home.owner.answer(ask.id, only=[NAME, HOME], decline={HOME: "not-now"})
    assert (told.given, told.declined) == ([NAME], {HOME: "not-now"})


async def test_of_more_records_than_a_message_holds_those_named_are_given(pair: Pair) -> None:
    await pair.anna.home.owner.data_put(
        [Put(f"receipts/r{number:02}", {"price": str(number)}) for number in range(DISCLOSED_MAX + 3)],
        source="import:csv",
    )
    ask = await pair.asks("receipts/*")
    assert len(ask.wanted[0].records) == DISCLOSED_MAX
    last = f"receipts/r{DISCLOSED_MAX + 2:02}"
    told = await pair.anna.home.owner.answer(ask.id, only=[last, "receipts/none"])
    assert told.given == [last]


async def test_what_they_hold_already_is_shown(pair: Pair) -> None:
    await pair.anna.home.owner.share(pair.anna.peer, [NAME, HOME], purposes=["DeliveryOfGoods"])
    await put(pair.anna.home, HOME, {**BREMEN, "postalCode": "28203"})
    await pair.settled()
    ask = await pair.asks(NAME, HOME, MAIL)
    assert [(each.path, each.held) for each in ask.wanted] == [(NAME, True), (HOME, True), (MAIL, False)]


async def test_a_path_of_nobodys_registry_is_told_before_it_is_given(pair: Pair) -> None:
    await put(pair.anna.home, "x-shop.shelf", "7")
    ask = await pair.asks(NAME, "x-shop.shelf")
    assert [each.known for each in ask.wanted] == [True, False]


async def test_nobody_may_pass_it_on_without_a_word(pair: Pair) -> None:
    """These terms allow nothing onward, so such a question never comes here at all."""
    with pytest.raises(Exception, match="onward"):
        await pair.shop.says(pair.wants(NAME, onward="a courier"))
    assert await pair.anna.home.owner.asks() == []
