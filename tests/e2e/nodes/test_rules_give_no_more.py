"""What a rule leaves to its owner: what is too much for one message, and what nobody knows was asked for."""

from collections.abc import Sequence

import pytest
from tests.e2e.nodes.agreed import Pair, agreed, state_at

from pcloud.engine.compose import Command
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving import giving, questions
from pcloud.runtime.owning import speaking
from pcloud.runtime.recording import recording
from pcloud.runtime.surface import OwnerError
from pcloud.testing.home import Home, Village, until
from pcloud.wire import cbor


async def pair_in(village: Village) -> Pair:
    return await agreed(await village.home("Anna"), await village.home("Flora", "organisation"))


async def keep(home: Home, **values: object) -> None:
    """Receipts of the home's owner, by their names."""

    def job(batch: Batch) -> None:
        for name, value in values.items():
            recording.put(batch, f"receipts/{name}", cbor.encode(value), "owner")

    await home.node.decider.do(job)


async def ask(pair: Pair, *wanted: Wanted, items: Sequence[object] = ()) -> str:
    """The shop asks; gives the question once the person's node has looked at it."""

    def job(batch: Batch) -> bytes:
        scope = batch.scope(bytes.fromhex(pair.theirs.id))
        agreement, ends = bytes.fromhex(pair.agreement), batch.now + 86_400
        purposes = ("dpv:ServiceProvision",)
        message = DisclosureRequest(agreement, wanted, "dpv:Use", purposes, ends, standing=False)
        encoded = tuple(cbor.encode(item) for item in items)
        return speaking.speak(batch, scope, Command(message, None, encoded, agreement))

    asked = (await pair.shop.node.decider.do(job)).hex()
    mine = bytes.fromhex(pair.mine.id)

    async def came() -> bool:
        return (await state_at(pair.anna, pair.mine.id, asked))[0] != ""

    await until(came)

    async def done() -> bool:
        timers = await pair.anna.node.decider.do(lambda batch: batch.store.copying.timers(mine))
        return all(each.command != "disclosure.asked" for each in timers)

    await until(done)
    return asked


@pytest.mark.parametrize(
    "kept",
    [
        {f"r{number:02}": {"name": "bread"} for number in range(DISCLOSED_MAX + 1)},
        {f"r{number:02}": {"name": "x" * 10_000} for number in range(8)},
    ],
)
async def test_more_than_one_message_holds_waits_for_the_owner(
    village: Village, kept: dict[str, object]
) -> None:
    pair = await pair_in(village)
    await keep(pair.anna, **kept)
    await pair.anna.owner.rule_add("yes", paths=["receipts"])

    asked = await ask(pair, Wanted("receipts/*", required=True))

    assert (await state_at(pair.anna, pair.mine.id, asked))[0] == "asked"
    with pytest.raises(OwnerError, match="Name some"):
        await pair.anna.owner.answer(asked)
    with pytest.raises(OwnerError, match="Name some"):
        await pair.anna.owner.share(pair.mine.id, ["receipts/*"])
    assert (await pair.anna.owner.ledger()).rows == []
    given = await pair.anna.owner.answer(asked, only=["receipts/r07"])
    assert given.given == ["receipts/r07"]


async def test_an_example_that_is_gone_gives_nothing(village: Village) -> None:
    pair = await pair_in(village)
    await keep(pair.anna, a={"seller": "Flora"}, b={"seller": "Doctor"})
    asked = await ask(pair, Wanted("receipts/*", required=True, item=1), items=[{"seller": "Flora"}])

    def job(batch: Batch) -> tuple[list[str], list[str]]:
        question = questions.find(batch, asked)
        there, _ = giving.choose(batch, question, None, {})
        left, _ = giving.choose(batch, question._replace(items=(None,)), None, {})
        return [each.path for each in there], [each.path for each in left]

    assert await pair.anna.node.decider.do(job) == (["receipts/a"], [])


async def test_a_fact_of_what_is_like_an_example_waits_for_the_owner(village: Village) -> None:
    pair = await pair_in(village)
    card = cbor.encode({"membershipNumber": "4711", "validThrough": "2099-01-01"})
    await pair.anna.node.decider.do(lambda batch: recording.put(batch, "memberships/a", card, "owner"))
    await pair.anna.owner.rule_add("yes", paths=["memberships/*:member"])
    wanted = Wanted("memberships/*:member", required=True, item=1)

    asked = await ask(pair, wanted, items=[{"membershipNumber": "4711"}])

    assert (await state_at(pair.anna, pair.mine.id, asked))[0] == "asked"


async def test_a_value_is_compared_by_rule_as_often_as_it_says(village: Village) -> None:
    pair = await pair_in(village)
    await keep(pair.anna, a={"price": "12"})
    await pair.anna.owner.rule_add("yes", paths=["receipts"], yearly_max=1)
    for wanted, state in (("receipts/*:equal", "granted"), ("receipts/a:equal", "asked")):
        asked = await ask(pair, Wanted(wanted, required=True, item=1), items=["twelve"])
        assert (await state_at(pair.anna, pair.mine.id, asked))[0] == state
