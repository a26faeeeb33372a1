"""[GATE-10] to [GATE-13]: what terms forbid is refused at the person's gate, always, by its clause."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from tests.e2e.nodes.agreed import SERVICE, TERMS, YEAR_S, Pair, agreed

from pcloud.engine.compose import Command
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.kernel.gate import Clause, Policy
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.testing.home import Home, Village, quiet, until
from pcloud.wire import cbor

CANARY = "Quendelweg 7"
"""In an item of every request: where the shop says it stands."""
ANYTHING = Policy((Clause("anything", allowed=True),), None, onward=True)
"""How a shop reads its terms that does not care what they say."""
NAMES_ONLY = Policy((Clause("names", allowed=True, categories=("pd:Name",)),))
WHILE_IT_LASTS = Policy((Clause("anything", allowed=True),))
"""Without a retention: only the agreement's end bounds the time."""
DAY_S = 86_400
LIFE_S = 3 * YEAR_S
"""Of the agreement: longer than its terms let anybody keep anything."""
RETENTION_S = 730 * DAY_S
"""Of the packaged terms."""


class Forbidden(NamedTuple):
    """One request, and what of the terms forbids it."""

    clause: str
    purposes: tuple[str, ...] = (SERVICE,)
    action: str = "dpv:Use"
    paths: tuple[str, ...] = ("profile.name",)
    for_s: int = DAY_S
    onward: str | None = None
    terms: Policy | None = None
    """None for those of the roster."""


REQUESTS = {
    "advertising": Forbidden("no-marketing", ("dpv:Advertising",)),
    "a forbidden purpose among allowed ones": Forbidden("no-marketing", (SERVICE, "dpv:Marketing")),
    "selling": Forbidden("no-sale", ("dpv:SellDataToThirdParties",)),
    "learning how the service is used": Forbidden("no-analytics", ("dpv:ServiceUsageAnalytics",)),
    "personalising": Forbidden("no-personalisation", ("dpv:ServicePersonalisation",)),
    "following about": Forbidden("no-tracking", action="dpv:Monitor"),
    "making a profile": Forbidden("no-profiling", action="dpv:Profiling"),
    "what nobody spoke of": Forbidden("no clause allows it", ("dpv:ResearchAndDevelopment",)),
    "longer than it may be kept": Forbidden("until", for_s=RETENTION_S + 1),
    "beyond the agreement's end": Forbidden("until", for_s=LIFE_S + 1, terms=WHILE_IT_LASTS),
    "for somebody else too": Forbidden("onward", onward="an advertiser"),
    "another kind of data": Forbidden("no clause allows it", paths=("profile.email",), terms=NAMES_ONLY),
    "another kind of data beside": Forbidden(
        "no clause allows it", paths=("profile.name", "health/7fQ2"), terms=NAMES_ONLY
    ),
    "a path that nobody knows": Forbidden("no clause allows it", paths=("x-shop.secret",), terms=NAMES_ONLY),
}


def reads_its_terms_as(home: Home, policy: Policy) -> None:
    """Let a node judge by this, whatever the roster has."""
    decider = home.node.decider
    decider.rosters = {
        key: terms._replace(policy=policy) if terms.terms == TERMS else terms
        for key, terms in decider.rosters.items()
    }


def forget_the_end(scope: Scope) -> None:
    """Let a node believe that its agreements last for ever."""
    kept = scope.relationship
    agreements = {id_: each._replace(until=None) for id_, each in kept.agreements.items()}
    scope.relationship = kept._replace(agreements=agreements)


async def ask(pair: Pair, wanted: Forbidden, *, careless: bool = False) -> str:
    """The shop asks, even beyond the end if it is careless; gives the id of the message."""

    def job(batch: Batch) -> bytes:
        message = DisclosureRequest(
            bytes.fromhex(pair.agreement),
            tuple(Wanted(path, required=True) for path in wanted.paths),
            wanted.action,
            wanted.purposes,
            batch.now + wanted.for_s,
            standing=True,
            onward=wanted.onward,
            circumstances=1,
        )
        items = (cbor.encode({"streetAddress": CANARY}),)
        scope = batch.scope(bytes.fromhex(pair.theirs.id))
        if careless:
            forget_the_end(scope)
        return speaking.speak(batch, scope, Command(message, None, items, message.agreement))

    return (await pair.shop.node.decider.do(job)).hex()


async def taken(home: Home, peer: str) -> list[Entry]:
    """Messages of the other side, as they stand in the log."""
    rows = await home.node.decider.do(lambda batch: batch.store.log(bytes.fromhex(peer), None, 100))
    return [fed.entry for fed in rows if not fed.entry.mine]


async def relationship(home: Home, peer: str) -> Mapping[str, Any]:
    """What a refused message must not change."""

    def job(batch: Batch) -> Mapping[str, Any]:
        scope = batch.scope(bytes.fromhex(peer))
        found = scope.relationship
        threads = sorted(thread.id for thread in batch.store.threads(scope.id, "disclosure"))
        return {"agreements": found.agreements, "grants": found.grants, "threads": threads}

    return await home.node.decider.do(job)


@pytest.fixture
async def pair(village: Village) -> Pair:
    """They have agreed on terms that end some day."""
    anna, shop = await village.home("Anna"), await village.home("Flora", "organisation")
    return await agreed(anna, shop, until_s=LIFE_S)


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS)
async def test_the_same_request_is_refused_by_the_clause_and_counted(pair: Pair, wanted: Forbidden) -> None:
    before = await relationship(pair.anna, pair.mine.id)
    reads_its_terms_as(pair.shop, ANYTHING)
    if wanted.terms is not None:
        reads_its_terms_as(pair.anna, wanted.terms)

    said = await ask(pair, wanted, careless=True)
    await quiet(pair.shop)

    (refused,) = await pair.anna.owner.refused_asks()
    assert (refused.id, refused.clause, refused.terms) == (said, wanted.clause, TERMS)
    (peer,) = await pair.anna.owner.peers()
    assert peer.over_asked == 1
    assert await pair.anna.owner.asks() == [], "the person is not bothered"
    entry = (await taken(pair.anna, pair.mine.id))[0]
    assert (entry.verdict, [part for part in entry.parts if part is not None]) == (Code.TERMS_FORBID, [])
    assert await relationship(pair.anna, pair.mine.id) == before
    assert (await pair.shop.owner.questions(peer=pair.theirs.id)).questions[0].state == "refused"


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS)
async def test_it_would_have_passed_had_the_terms_allowed_it(pair: Pair, wanted: Forbidden) -> None:
    """So each is refused for its clause, and for nothing else."""
    for home in (pair.shop, pair.anna):
        reads_its_terms_as(home, ANYTHING)

    said = await ask(pair, wanted._replace(for_s=min(wanted.for_s, LIFE_S)))
    await quiet(pair.shop)

    assert [asked.id for asked in await pair.anna.owner.asks()] == [said]
    assert await pair.anna.owner.refused_asks() == []


@pytest.mark.parametrize("wanted", REQUESTS.values(), ids=REQUESTS)
async def test_an_honest_node_does_not_send_it(pair: Pair, wanted: Forbidden) -> None:
    """[GATE-17]"""
    if wanted.terms is not None:
        reads_its_terms_as(pair.shop, wanted.terms)
    before = await taken(pair.anna, pair.mine.id)

    with pytest.raises(UsageError) as own:
        await ask(pair, wanted)

    assert (own.value.code, own.value.detail) == (Code.TERMS_FORBID, wanted.clause)
    await quiet(pair.shop)
    assert await taken(pair.anna, pair.mine.id) == before


async def test_all_of_them_are_counted_and_the_next_honest_one_is_asked(pair: Pair) -> None:
    reads_its_terms_as(pair.shop, ANYTHING)
    forbidden = [wanted for wanted in REQUESTS.values() if wanted.terms is None]
    refused = [await ask(pair, wanted, careless=True) for wanted in forbidden]
    passed = await ask(pair, Forbidden(clause=""))

    async def asked() -> list[str]:
        return [question.id for question in await pair.anna.owner.asks()]

    assert await until(asked) == [passed]
    assert (await pair.anna.owner.peers())[0].over_asked == len(forbidden)
    listed = await pair.anna.owner.refused_asks(peer=pair.mine.id)
    assert [row.id for row in listed] == refused[::-1]
    assert [row.clause for row in listed] == [wanted.clause for wanted in forbidden[::-1]]
