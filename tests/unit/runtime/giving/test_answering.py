"""A question of a peer, and the answers to it [DISC-13] [DISC-14] [DISC-17]."""

import pytest
from tests.unit.runtime.giving.village import BREMEN, DAY, HOME, MAIL, MARKET, NAME, Pair

from pcloud.api import OwnerError


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
    await pair.quiet()
    assert await pair.holds() == {NAME: "Anna", HOME: BREMEN}
    assert await pair.settled() == {NAME: "confirmed", HOME: "confirmed"}
    assert await pair.anna.home.owner.asks() == []
