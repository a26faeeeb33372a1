"""[DISC-4] [GATE-17]: what is asked goes out under the terms, or not at all; what becomes of it is seen."""

from typing import Any

import pytest
from tests.e2e.nodes.agreed import SERVICE, YEAR_S, Pair, agreed, know, reaches
from tests.e2e.nodes.taker import (
    HOME,
    MAIL,
    NAME,
    done,
    give,
    held,
    holds,
    pair_in,
    said,
    settled,
    thread_at,
    traces,
    update,
    versions,
)

from pcloud.engine.compose import Command, command
from pcloud.engine.registry import Registry
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.kernel.gate import Clause
from pcloud.kernel.machine import Machine
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking.views import Asked
from pcloud.testing.home import Home, Village, quiet, related, until


async def one(pair: Pair, id_: str) -> Asked:
    (found,) = [
        row for row in (await pair.shop.owner.questions(peer=pair.theirs.id)).questions if row.id == id_
    ]
    return found


async def in_state(pair: Pair, id_: str, state: str) -> Asked:
    async def there() -> bool:
        return (await one(pair, id_)).state == state

    await until(there)
    return await one(pair, id_)


async def test_what_is_asked_is_seen_through_to_its_end(village: Village) -> None:
    pair = await pair_in(village)
    await know(pair.anna, name="Anna", email="anna@example.org")
    asked = await pair.shop.owner.ask(
        pair.theirs.id, [NAME, MAIL], ["ServiceProvision"], standing=True, required=[NAME]
    )
    assert (asked.state, asked.terms, asked.purposes, asked.action) == (
        "waiting",
        "SD-BASE",
        [SERVICE],
        "dpv:Use",
    )
    assert [(each.path, each.required) for each in asked.wanted] == [(NAME, True), (MAIL, False)]
    assert asked.until == village.clock.now() + 62_985_600, "as long as the terms allow"
    assert (await in_state(pair, asked.id, "open")).given == []
    page = await pair.shop.owner.questions()
    assert [row.id for row in page.questions] == [asked.id]
    assert (await pair.anna.owner.questions()).questions == [], "it is none of hers"

    await pair.anna.owner.answer(asked.id, only=[NAME], decline={MAIL: "not-needed"})
    given = await in_state(pair, asked.id, "given")
    assert given.given == [NAME]
    assert [(each.outcome, each.reason) for each in given.wanted] == [
        ("given", None),
        ("declined", "not-needed"),
    ]
    assert (await holds(pair, {NAME: 1}))[NAME].value == "Anna"
    assert (await pair.shop.owner.questions()).questions == []
    assert [row.id for row in (await pair.shop.owner.questions(state="given")).questions] == [asked.id]


async def test_a_no_is_told_with_its_reason(village: Village) -> None:
    pair = await pair_in(village)
    await know(pair.anna, email="anna@example.org")
    asked = await pair.shop.owner.ask(
        pair.theirs.id, [f"{MAIL}:equal"], [SERVICE], equal={f"{MAIL}:equal": "anna@example.org"}
    )
    assert await traces(pair.shop, "anna@example.org") == ["disclosure.request"]
    await reaches(pair.anna, pair.mine.id, asked.id, "asked")
    await pair.anna.owner.answer(asked.id, only=[], reason="not-for-this")
    declined = await in_state(pair, asked.id, "declined")
    assert declined.wanted[0].outcome in ("open", "declined")
    assert declined.reason == "not-for-this" or declined.wanted[0].reason == "not-for-this"
    await settled(pair)
    assert await traces(pair.shop, "anna@example.org") == [], "what was compared is needed no more"


async def test_what_was_compared_goes_when_nobody_can_answer_any_more(village: Village) -> None:
    pair = await pair_in(village)
    soon = village.clock.now() + 600
    fact = f"{MAIL}:equal"
    await pair.shop.owner.ask(pair.theirs.id, [fact], [SERVICE], equal={fact: "a@b.example"}, until=soon)
    await quiet(pair.shop)
    assert await traces(pair.shop, "a@b.example") == ["disclosure.request"]
    await village.clock.advance(700)
    assert await traces(pair.shop, "a@b.example") == []
    assert (await pair.shop.owner.questions()).questions[0].state == "over"


FORBIDDEN: list[tuple[dict[str, Any], str]] = [
    ({"purposes": ["Marketing"]}, "no marketing"),
    ({"purposes": [SERVICE, "dpv:SellDataToThirdParties"]}, "no sale"),
    ({"purposes": ["dpv:AcademicResearch"]}, "nothing in them allows this purpose"),
    ({"action": "Profiling"}, "no profiling"),
    ({"action": "dpv:Monitor"}, "no tracking"),
    ({"until": 4_000_000_000}, "longer than they let anybody keep it"),
]


@pytest.mark.parametrize(("beyond", "clause"), FORBIDDEN, ids=[clause for _, clause in FORBIDDEN])
async def test_what_the_terms_forbid_is_never_sent(
    village: Village, beyond: dict[str, Any], clause: str
) -> None:
    pair = await pair_in(village)
    with pytest.raises(OwnerError, match=clause) as refused:
        await pair.shop.owner.ask(pair.theirs.id, [NAME], **({"purposes": [SERVICE]} | beyond))
    assert refused.value.code == "terms-forbid"
    assert "SD-BASE" in str(refused.value)
    await settled(pair)
    assert await said(pair.shop, pair.theirs.id, "disclosure.request") == []
    assert (await pair.anna.owner.peer(pair.mine.id)).over_asked == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"wanted": ["Name"]},
        {"wanted": [f"{NAME}:over-18"]},
        {"wanted": []},
        {"wanted": [f"{NAME}:equal"]},
        {"purposes": []},
        {"terms": "SD-BASE-A"},
        {"equal": {f"{NAME}:equal": 1}},
        {"example": {"receipts/*": {"a": 1}}},
        {"wanted": ["receipts/*"], "example": {"receipts/*": {}}},
        {"circumstances": {}},
        {"until": 1_000},
    ],
    ids=str,
)
async def test_what_is_no_question_is_refused(village: Village, wrong: dict[str, Any]) -> None:
    pair = await pair_in(village)
    asked = {"wanted": [NAME], "purposes": [SERVICE]} | wrong
    with pytest.raises(OwnerError):
        await pair.shop.owner.ask(pair.theirs.id, **asked)
    assert await said(pair.shop, pair.theirs.id, "disclosure.request") == []


async def test_without_terms_nothing_is_asked(village: Village) -> None:
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    _, theirs = await related(anna, shop)
    with pytest.raises(OwnerError, match="You have no terms with this peer") as refused:
        await shop.owner.ask(theirs.id, [NAME], [SERVICE])
    assert refused.value.code == "no-agreement"
    with pytest.raises(OwnerError, match="A state is one of"):
        await shop.owner.questions(state="lost")


async def test_a_question_that_nobody_can_answer_any_more_is_over(village: Village) -> None:
    pair = await pair_in(village)
    asked = await pair.shop.owner.ask(pair.theirs.id, [NAME], [SERVICE])
    await in_state(pair, asked.id, "open")
    (negotiation,) = await pair.anna.owner.terms(pair.mine.id)
    await pair.anna.owner.terminate_terms(negotiation.id)
    await in_state(pair, asked.id, "over")


# A giver whose node judges nothing


def lax(registry: Registry) -> Registry:
    """The same tables without a check: what no honest node sends."""
    machines = {
        name: Machine(each.name, tuple(row._replace(check=None) for row in each.rows))
        for name, each in registry.machines.items()
    }
    return registry._replace(machines=machines)


async def refused(pair: Pair, home: Home, peer: str, first_id: str) -> str:
    """The verdict that comes back for a message."""

    def verdict(batch: Batch) -> str | None:
        entry = batch.scope(bytes.fromhex(peer)).log.find(bytes.fromhex(first_id))
        return None if entry is None else entry.verdict

    async def there() -> bool:
        return await home.node.decider.do(verdict) is not None

    await until(there)
    return str(await home.node.decider.do(verdict))


async def test_a_giver_that_does_not_keep_the_order_changes_nothing(village: Village) -> None:
    """[DISC-20] [DISC-21]: refused here, whatever the other side's node lets through."""
    pair = await pair_in(village)
    grant = await give(pair, {HOME: "here"})
    once = await give(pair, {NAME: "Anna"}, standing=False)
    await holds(pair, {HOME: 1, NAME: 1})
    before = len(await said(pair.shop, pair.theirs.id, DisclosureAcknowledge.NAME))
    registry = pair.anna.node.decider._registry
    pair.anna.node.decider._registry = lax(registry)

    for thread, values, version, code in (
        (grant, {HOME: "older"}, 1, "version-order"),
        (grant, {MAIL: "x"}, 2, "not-granted"),
        (once, {NAME: "x"}, 2, "not-granted"),
        (once, {HOME: "x"}, 2, "not-granted"),
    ):
        sent = await update(pair, thread, values, version)
        assert await refused(pair, pair.anna, pair.mine.id, sent) == code
    await done(pair.shop)
    assert await versions(pair) == {HOME: 1, NAME: 1}
    assert (await held(pair))[HOME].value == "here"
    assert len(await said(pair.shop, pair.theirs.id, DisclosureAcknowledge.NAME)) == before
    assert await traces(pair.shop, "older", "x") == []


async def test_a_taker_cannot_sign_for_what_it_never_had(village: Village) -> None:
    """[DISC-30]: by the tables of its own node."""
    pair = await pair_in(village)
    grant = await give(pair, {HOME: "here"})
    await holds(pair, {HOME: 1})

    def sign(batch: Batch) -> None:
        scope = batch.scope(bytes.fromhex(pair.theirs.id))
        message = DisclosureErased.read(b"\xa2\x01\x81\x82" + b"\x6d" + MAIL.encode() + b"\x01\x02\x01")
        command(scope.relationship, Command(message, bytes.fromhex(grant)), scope.log, batch.setting)

    with pytest.raises(Exception, match="not-granted"):
        await pair.shop.node.decider.do(sign)
    assert "erased" not in (await thread_at(pair.shop, pair.theirs.id, grant)).data


async def test_an_over_asking_shop_is_refused_here_too(village: Village) -> None:
    """The person's node refuses what a shop asks whose node reads the terms as it likes."""
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    pair = await agreed(anna, shop)
    anything = Clause("anything", allowed=True)
    shop.node.decider.rosters = {
        key: terms._replace(policy=terms.policy._replace(clauses=(anything,)))
        for key, terms in shop.node.decider.rosters.items()
    }
    asked = await shop.owner.ask(pair.theirs.id, [NAME], ["Marketing"], until=village.clock.now() + YEAR_S)
    await quiet(shop)
    rows = (await shop.owner.questions(state="refused")).questions
    assert [(row.id, row.state, row.refused) for row in rows] == [(asked.id, "refused", "terms-forbid")]
    assert (await anna.owner.peer(pair.mine.id)).over_asked == 1
    assert await anna.owner.asks() == []
