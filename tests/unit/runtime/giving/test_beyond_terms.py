"""What terms forbid is refused at the gate, kept with its clause, and counted [GATE-13] [DISC-4]."""

from typing import Any

import pytest
from tests.unit.runtime.giving.village import DAY, DELIVER, MARKET, NAME, Pair

from pcloud.features.disclosure.request import Wanted
from pcloud.kernel.gate import Clause, Policy
from pcloud.runtime.deciding.refusals import KEPT_MAX
from pcloud.testing.home import until


def careless(pair: Pair) -> None:
    """The shop's node reads all its terms as if they allowed everything."""
    node = pair.shop.home.node
    anything = Policy((Clause("anything", allowed=True),), None, onward=True)
    node.decider.rosters = {
        key: terms._replace(policy=anything) for key, terms in node.decider.rosters.items()
    }


async def counted(pair: Pair, count: int) -> None:
    async def reached() -> bool:
        return (await pair.anna.home.owner.peer(pair.anna.peer)).over_asked == count

    await until(reached)


@pytest.mark.parametrize(
    ("more", "clause"),
    [
        ({"purposes": (MARKET,)}, "no-marketing"),
        ({"purposes": (DELIVER, MARKET)}, "no-marketing"),
        ({"purposes": ("dpv:SellDataToThirdParties",)}, "no-sale"),
        ({"action": "dpv:Monitor"}, "no-tracking"),
        ({"purposes": ("x-shop:Curiosity",)}, "no clause allows it"),
        ({"until": 2**40}, "until"),
        ({"onward": "a courier"}, "onward"),
    ],
)
async def test_a_question_beyond_the_terms_never_reaches_the_owner(
    pair: Pair, more: dict[str, Any], clause: str
) -> None:
    careless(pair)
    await pair.shop.says(pair.wants(NAME, **more))
    await counted(pair, 1)
    owner = pair.anna.home.owner
    assert await owner.asks() == []
    (refused,) = await owner.refused_asks(peer=pair.anna.peer)
    assert (refused.what, refused.clause, refused.terms) == ("disclosure.request", clause, "SD-BASE")
    assert (refused.name, refused.at) == ("Flora", pair.now)
    entry = (await owner.log(pair.anna.peer, limit=1))[0]
    assert (entry.what, entry.verdict, entry.id) == ("disclosure.request", "terms-forbid", refused.id)
    assert "asked once" in ((await owner.peer(pair.anna.peer)).advice or "")
    assert await pair.rows() == []
    for request in await pair.shop.threads():
        assert request.state == "start", "their own node takes it back"


async def test_a_question_within_the_terms_goes_through_beside_them(pair: Pair) -> None:
    careless(pair)
    await pair.shop.says(pair.wants(NAME, purposes=(MARKET,)))
    ask = await pair.asks(NAME)
    assert ask.over_asked == 1
    await pair.anna.home.owner.answer(ask.id)
    await pair.settled()
    assert await pair.holds() == {NAME: "Anna"}


async def test_the_newest_refusals_are_kept_and_all_are_counted(pair: Pair) -> None:
    careless(pair)
    last = b""
    for number in range(KEPT_MAX + 3):
        last = await pair.shop.says(pair.wants(NAME, purposes=(MARKET,), until=pair.now + DAY + number))
    await counted(pair, KEPT_MAX + 3)
    listed = await pair.anna.home.owner.refused_asks()
    assert len(listed) == KEPT_MAX
    assert listed[0].id == last.hex(), "the newest first"
    kept = await pair.anna.do(lambda batch, _: len(batch.store.copying.facts("kept/beyond/")))
    assert kept == KEPT_MAX
    assert "asked 67 times" in ((await pair.anna.home.owner.peer(pair.anna.peer)).advice or "")


async def test_nothing_of_a_refused_question_is_kept_but_its_header_and_the_clause(pair: Pair) -> None:
    careless(pair)
    wanted = (Wanted("receipts/*", required=True, item=1),)
    request = pair.wants(NAME, wanted=wanted, purposes=(MARKET,))
    from pcloud.wire import cbor

    said = await pair.shop.says(request, items=(cbor.encode({"secret": "what they look for"}),))
    await counted(pair, 1)
    entry = await pair.anna.do(lambda _, scope: scope.log.find(said))
    assert entry is not None
    assert not any(entry.parts)
    facts = await pair.anna.do(lambda batch, _: batch.store.copying.facts("kept/beyond/"))
    assert b"look for" not in b"".join(facts.values())
