"""Standing rules answer what peers ask for, as the owner has said, once, and never beyond the terms."""

from pathlib import Path

import pytest
from tests.e2e.nodes.agreed import Pair, agreed, know, reaches, request, state_at
from tests.e2e.nodes.comeback import backed_up, followed, found_in, restored

from pcloud.runtime.consenting import answering, rulebook
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Street, Village, quiet, until
from pcloud.wire import cbor

MARKETING = "dpv:Marketing"


async def pair_in(village: Village) -> Pair:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    await know(anna, name={"givenName": "Anna"}, email="anna@example.org", birthDate="1990-04-01")
    return pair


async def left_for(home: Home, peer: str) -> int:
    """How many questions the node still has to look at by itself."""
    scope = bytes.fromhex(peer)
    return await home.node.decider.do(
        lambda batch: sum(each.command == "disclosure.asked" for each in batch.store.copying.timers(scope))
    )


async def looked_at(pair: Pair, thread: str) -> None:
    """Wait until the person's node has the question and has looked at it."""
    await reaches(pair.anna, pair.mine.id, thread, "asked")

    async def done() -> bool:
        return await left_for(pair.anna, pair.mine.id) == 0

    await until(done)


async def test_a_yes_answers_while_the_owner_sleeps_and_the_owner_is_told(village: Village) -> None:
    pair = await pair_in(village)
    rule = await pair.anna.owner.rule_add("yes", paths=["profile.name"], kind="organisation", days_max=10)

    asked = await request(pair, "profile.name", standing=True)

    held = await reaches(pair.shop, pair.theirs.id, asked, "granted")
    assert held["fields"] == {"profile.name": [1, 0]}
    assert held["standing"] is False, "the rule allows no later versions"
    assert held["until"] == village.clock.now() + 10 * 86_400
    noted = await pair.anna.node.decider.do(lambda batch: answering.by_rule(batch, bytes.fromhex(asked)))
    assert noted is not None
    assert noted == answering.Ruled(village.clock.now(), (rule.id,))


async def test_a_rule_for_one_peer_answers_that_one_and_nobody_else(village: Village) -> None:
    pair = await pair_in(village)
    rule = await pair.anna.owner.rule_add("yes", paths=["profile.name"], peer=pair.mine.id)
    assert (rule.peer, rule.name) == (pair.mine.id, "Flora")
    other = await agreed(pair.anna, await village.home("Sport", "organisation"))

    asked = await request(pair, "profile.name")
    elsewhere = await request(other, "profile.name")

    assert (await reaches(pair.shop, pair.theirs.id, asked, "granted"))["fields"] == {"profile.name": [1, 0]}
    await looked_at(other, elsewhere)
    assert [each.id for each in await pair.anna.owner.asks()] == [elsewhere]


async def test_a_no_declines_all_where_they_cannot_do_without_it(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")
    await pair.anna.owner.rule_add("no", paths=["profile.email"], reason="not-you")

    asked = await request(pair, "profile.name", "profile.email")

    assert await reaches(pair.shop, pair.theirs.id, asked, "declined") == {}


async def test_a_no_to_what_they_can_do_without_leaves_the_rest(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes", paths=["profile.name"])
    await pair.anna.owner.rule_add("no", paths=["profile.email"])

    asked = await request(pair, "profile.name", "profile.email?")

    held = await reaches(pair.shop, pair.theirs.id, asked, "granted")
    assert held["fields"] == {"profile.name": [1, 0]}


async def test_without_a_rule_for_all_that_they_need_the_question_waits_whole(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes", paths=["profile.name"])

    asked = await request(pair, "profile.name", "profile.email")
    await looked_at(pair, asked)

    assert (await state_at(pair.anna, pair.mine.id, asked))[0] == "asked"
    told = await pair.anna.owner.rule_test(ask=asked)
    assert (told.outcome, [each.answer for each in told.items]) == ("wait", ["yes", "ask"])
    assert "no rule speaks of it" in told.text


async def test_what_is_not_there_is_not_answered_by_rule(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")

    asked = await request(pair, "profile.telephone")
    await looked_at(pair, asked)

    assert (await state_at(pair.shop, pair.theirs.id, asked))[0] == "asked"
    assert "nothing to give" in (await pair.anna.owner.rule_test(ask=asked)).text


async def test_what_the_terms_forbid_no_rule_gives(village: Village) -> None:
    """It is refused at the gate of the shop itself; and a rule tells which clause it would meet."""
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")

    told = await pair.anna.owner.rule_test(peer=pair.mine.id, paths=["profile.name"], purposes=[MARKETING])
    assert (told.outcome, told.items[0].why) == ("wait", "terms")
    assert told.items[0].clause


async def test_an_agreement_that_has_ended_gives_nothing_though_a_rule_says_yes(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.down()
    asked = await request(pair, "profile.name")
    await pair.anna.up()
    await pair.anna.owner.terminate_terms(pair.negotiation)
    await pair.anna.owner.rule_add("yes")
    await quiet(pair.shop)

    assert (await state_at(pair.shop, pair.theirs.id, asked))[0] != "granted"
    with pytest.raises(OwnerError, match="no terms in force"):
        await pair.anna.owner.rule_test(peer=pair.mine.id, paths=["profile.name"])


async def test_a_compared_fact_is_given_as_often_a_year_as_the_rule_says(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes", paths=["profile.birthDate:over-18"], yearly_max=1)

    first = await request(pair, "profile.birthDate:over-18")
    await reaches(pair.shop, pair.theirs.id, first, "granted")
    second = await request(pair, "profile.birthDate:over-18")
    await looked_at(pair, second)

    assert (await state_at(pair.shop, pair.theirs.id, second))[0] == "asked"
    assert (await pair.anna.owner.rule_test(ask=second)).items[0].why == "rate"


async def test_who_asks_too_often_in_a_day_waits_for_the_owner(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")
    asked = [await request(pair, "profile.name") for _ in range(answering.DAILY_MAX + 2)]

    async def granted() -> bool:
        states = [(await state_at(pair.shop, pair.theirs.id, each))[0] for each in asked]
        return states.count("granted") >= answering.DAILY_MAX

    await until(granted)
    left = [each.id for each in await pair.anna.owner.asks()]
    for each in left:
        await looked_at(pair, each)

    states = [(await state_at(pair.shop, pair.theirs.id, each))[0] for each in asked]
    assert sorted(states) == ["asked"] * 2 + ["granted"] * answering.DAILY_MAX
    assert [(await pair.anna.owner.rule_test(ask=each)).items[0].why for each in left] == ["rate"] * 2


async def test_a_clock_that_is_ahead_for_a_while_makes_no_new_day(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")
    first = await request(pair, "profile.name")
    await reaches(pair.shop, pair.theirs.id, first, "granted")
    often, count = answering.OFTEN + pair.mine.id, answering.DAILY_MAX

    def many(batch: Batch) -> None:
        rows = cbor.decode_list(batch.store.fact(often) or b"")
        batch.changes.facts[often] = cbor.encode(rows * count)

    await pair.anna.node.decider.do(many)
    village.clock.jump(10 * 86_400)
    second = await request(pair, "profile.name")
    await looked_at(pair, second)
    assert (await pair.anna.owner.rule_test(ask=second)).items[0].why == "rate"
    village.clock.jump(-10 * 86_400)
    assert (await pair.anna.owner.rule_test(ask=second)).items[0].why == "rate"
    assert (await state_at(pair.shop, pair.theirs.id, second))[0] == "asked"


async def test_what_rules_answered_next_year_counts_for_no_day(village: Village) -> None:
    """As a clock that was ahead for longer has dated it."""
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")
    rows = [[answering.ANSWERED, village.clock.now() + 400 * 86_400]] * answering.DAILY_MAX

    def ahead(batch: Batch) -> None:
        batch.changes.facts[answering.OFTEN + pair.mine.id] = cbor.encode(rows)

    await pair.anna.node.decider.do(ahead)
    await reaches(pair.shop, pair.theirs.id, await request(pair, "profile.name"), "granted")


async def test_rules_out_of_a_copy_give_nothing_until_the_owner_has_looked_at_them(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes", paths=["profile.name"])
    await pair.anna.owner.rule_add("no", paths=["profile.email"])

    def recover(batch: Batch) -> None:
        batch.changes.facts["recovered"] = b"1"

    await pair.anna.node.decider.do(recover)
    states = {each.answer: each.state for each in await pair.anna.owner.rules()}
    assert states == {"yes": "unconfirmed", "no": "active"}
    first = await request(pair, "profile.name")
    await looked_at(pair, first)
    refused = await request(pair, "profile.email")
    await reaches(pair.shop, pair.theirs.id, refused, "declined")
    assert (await state_at(pair.shop, pair.theirs.id, first))[0] == "asked"

    await pair.anna.owner.rules_confirm()

    second = await request(pair, "profile.name")
    await reaches(pair.shop, pair.theirs.id, second, "granted")


async def test_a_rule_that_cannot_be_read_stops_all_giving_and_can_be_removed(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")

    def spoil(batch: Batch) -> None:
        batch.changes.facts[rulebook.RULE + "bad"] = b"\x80"

    await pair.anna.node.decider.do(spoil)
    first = await request(pair, "profile.name")
    await looked_at(pair, first)
    assert (await state_at(pair.shop, pair.theirs.id, first))[0] == "asked"

    await pair.anna.owner.rule_remove("bad")

    assert len(await pair.anna.owner.rules()) == 1
    await reaches(pair.shop, pair.theirs.id, await request(pair, "profile.name"), "granted")


async def test_a_count_that_cannot_be_read_stops_all_giving_to_this_peer(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes", yearly_max=9)

    def spoil(batch: Batch) -> None:
        batch.changes.facts[answering.OFTEN + pair.mine.id] = b"\x80\x01"

    await pair.anna.node.decider.do(spoil)
    asked = await request(pair, "profile.name")
    await looked_at(pair, asked)
    assert (await state_at(pair.shop, pair.theirs.id, asked))[0] == "asked"


async def test_a_note_that_cannot_be_read_says_nothing(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")
    asked = await request(pair, "profile.name")
    await reaches(pair.shop, pair.theirs.id, asked, "granted")

    def spoil(batch: Batch) -> None:
        batch.changes.facts[answering.RULED + asked] = b"\x80"

    await pair.anna.node.decider.do(spoil)
    (row,) = (await pair.anna.owner.receipts()).rows
    assert (row.state, row.rules) == ("given", [])


async def test_a_rule_answers_a_paused_peer_once_the_pause_is_over(village: Village) -> None:
    pair = await pair_in(village)
    await pair.anna.owner.rule_add("yes")
    await pair.anna.down()
    asked = await request(pair, "profile.name")
    await pair.anna.up()
    pair.anna.node.decider.handlers = {}
    await reaches(pair.anna, pair.mine.id, asked, "asked")
    await pair.anna.owner.pause(pair.mine.id)
    await pair.anna.down()
    await pair.anna.up()

    def soon(batch: Batch) -> None:
        batch.ask(bytes.fromhex(pair.mine.id), "disclosure.asked", bytes.fromhex(asked))

    await pair.anna.node.decider.do(soon)
    await quiet(pair.anna)
    assert (await state_at(pair.shop, pair.theirs.id, asked))[0] == "asked"
    assert await left_for(pair.anna, pair.mine.id) == 1, "it is put off, and not forgotten"

    await pair.anna.owner.resume(pair.mine.id)
    await village.clock.advance(answering.RESTS_S + 1)

    await reaches(pair.shop, pair.theirs.id, asked, "granted")


async def test_a_rule_that_goes_takes_nothing_back(village: Village) -> None:
    pair = await pair_in(village)
    rule = await pair.anna.owner.rule_add("yes")
    asked = await request(pair, "profile.name")
    before = await reaches(pair.shop, pair.theirs.id, asked, "granted")

    await pair.anna.owner.rule_remove(rule.id[:5])
    await pair.anna.owner.rule_add("no")
    await quiet(pair.anna, pair.shop)

    assert (await state_at(pair.shop, pair.theirs.id, asked)) == ("granted", before)


@pytest.mark.parametrize(
    "wrong",
    [
        {"paths": ["Profile"]},
        {"days_max": 0},
        {"reason": "not-you"},
        {"ends": 1},
        {"peer": "nobody"},
        {"paths": [f"x-a.p{place}" for place in range(33)]},
        {"note": "n" * 300},
        {"kind": "company"},
        {"terms": "SD-NOBODY"},
    ],
)
async def test_what_is_no_rule_is_refused_in_plain_words_and_keeps_nothing(
    village: Village, wrong: dict[str, object]
) -> None:
    anna = await village.home("Anna")
    with pytest.raises(OwnerError) as refused:
        await anna.owner.rule_add("yes", **wrong)  # type: ignore[arg-type]  # each is of its own type
    assert refused.value.code in ("invalid", "unknown")
    assert await anna.owner.rules() == []


async def test_a_node_that_ends_between_question_and_answer_gives_one_answer(street: Street) -> None:
    """Real store and sockets: the question is committed, the node is gone before it has looked at it."""
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    await know(anna, name={"givenName": "Anna"})
    await anna.owner.rule_add("yes")
    anna.node.decider.handlers = {"disclosure.asked": _fails}
    asked = await request(pair, "profile.name")
    await reaches(anna, pair.mine.id, asked, "asked")
    assert await left_for(anna, pair.mine.id) == 1
    await anna.down()
    assert (await state_at(shop, pair.theirs.id, asked))[0] == "asked"

    def soon(batch: Batch) -> None:
        batch.ask(bytes.fromhex(pair.mine.id), "disclosure.asked", bytes.fromhex(asked))

    await anna.up()
    await anna.node.decider.do(soon)

    await reaches(shop, pair.theirs.id, asked, "granted")
    await quiet(anna, shop)
    log = await shop.owner.log(pair.theirs.id)
    assert sum(entry.what == "disclosure.present" for entry in log) == 1
    assert await left_for(anna, pair.mine.id) == 0


def _fails(*_: object) -> None:
    raise RuntimeError("the node ends here")


async def test_rules_and_letters_come_out_of_a_real_copy_and_those_that_give_are_asleep(
    street: Street, tmp_path: Path
) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    await know(anna, name={"givenName": "Anna"})
    await anna.owner.rule_add("yes", paths=["profile.name"])
    await anna.owner.rule_add("no", paths=["profile.email"])
    await anna.owner.letter_add("Old Bank", ["profile"])
    await quiet(anna, shop)
    copy = await backed_up(anna, tmp_path / "copy")
    await anna.down()

    back = restored(street, anna, tmp_path / "new", found_in(anna, copy))
    await back.up()
    await followed(back, pair.mine.id)

    states = {each.answer: each.state for each in await back.owner.rules()}
    assert states == {"yes": "unconfirmed", "no": "active"}
    assert [each.name for each in (await back.owner.letters()).holders] == ["Old Bank"]
    asked = await request(pair, "profile.name")
    await looked_at(pair._replace(anna=back), asked)
    assert (await state_at(shop, pair.theirs.id, asked))[0] == "asked"
    await back.owner.rules_confirm()
    assert (await back.owner.rule_test(ask=asked)).outcome == "give"
