"""Giving unasked, under terms in force [DISC-12] [GATE-17]."""

import pytest
from tests.unit.runtime.giving.village import BREMEN, DAY, DELIVER, HOME, MAIL, MARKET, NAME, Pair

from pcloud.api import OwnerError


async def test_what_is_shared_stands_in_the_ledger(pair: Pair) -> None:
    until = pair.now + 30 * DAY
    told = await pair.anna.home.owner.share(
        pair.anna.peer, [NAME, HOME, NAME], purposes=["DeliveryOfGoods"], until=until
    )
    assert (told.given, told.until, told.standing) == ([NAME, HOME], until, True)
    assert await pair.settled() == {NAME: "confirmed", HOME: "confirmed"}
    assert await pair.holds() == {NAME: "Anna", HOME: BREMEN}
    (row, _) = await pair.rows()
    assert (row.purposes, row.terms, row.version, row.newest) == ([DELIVER], "SD-BASE", 1, 1)


async def test_what_they_have_for_that_long_is_not_shared_again(pair: Pair) -> None:
    owner = pair.anna.home.owner
    await owner.share(pair.anna.peer, [NAME], until=pair.now + 30 * DAY)
    await pair.settled()
    for until in (pair.now + 30 * DAY, pair.now + DAY):
        with pytest.raises(OwnerError) as refused:
            await owner.share(pair.anna.peer, [NAME], until=until)
        assert refused.value.code == "held"
    told = await owner.share(pair.anna.peer, [NAME, HOME], until=pair.now + 30 * DAY)
    assert told.given == [HOME], "only what is new goes again"
    longer = await owner.share(pair.anna.peer, [NAME], until=pair.now + 60 * DAY)
    assert longer.given == [NAME]
    assert await pair.anna.said("disclosure.present") == 3


@pytest.mark.parametrize(
    ("paths", "how", "code"),
    [
        ([MAIL], {}, "unknown"),
        (["receipts/*"], {}, "unknown"),
        (["No Path"], {}, "invalid"),
        ([NAME], {"purposes": [MARKET]}, "terms-forbid"),
        ([NAME], {"until": 2**40}, "terms-forbid"),
        ([NAME], {"until": 1_700_000_000}, "invalid"),
        ([NAME], {"terms": "SD-BASE-DP"}, "no-agreement"),
        ([NAME], {"purposes": ["x" * 1_000]}, "body-form"),
    ],
)
async def test_what_cannot_be_shared_is_refused_and_nothing_is_sent(
    pair: Pair, paths: list[str], how: dict[str, object], code: str
) -> None:
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.share(pair.anna.peer, paths, **how)  # type: ignore[arg-type]  # from a table
    assert refused.value.code == code
    assert await pair.anna.said("disclosure.present") == 0
    assert await pair.rows() == []


async def test_nothing_is_given_to_somebody_without_terms(pair: Pair) -> None:
    negotiation = (await pair.anna.home.owner.terms(pair.anna.peer))[-1]
    await pair.anna.home.owner.terminate_terms(negotiation.id)
    with pytest.raises(OwnerError) as refused:
        await pair.anna.home.owner.share(pair.anna.peer, [NAME])
    assert refused.value.code == "no-agreement"
    assert await pair.anna.said("disclosure.present") == 0
