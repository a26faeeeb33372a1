"""Many commands in one commit: each caller gets the answer to its own."""

import asyncio

from pcloud.testing.home import Street, quiet, related, texts

MUCH = 150
"""More than one page of the log, and than one commit."""


async def test_each_gets_the_entry_of_what_it_said_itself(street: Street) -> None:
    anna, shop = await street.home("Anna"), await street.home("Flora")
    mine, theirs = await related(anna, shop)
    said = [f"text {number}" for number in range(MUCH)]
    answers = await asyncio.gather(*(anna.owner.say(mine.id, text) for text in said))
    assert [each.text for each in answers] == said
    assert len({each.id for each in answers}) == MUCH
    assert sorted(answers, key=lambda each: each.number) == answers
    await quiet(anna)
    assert await texts(shop, theirs.id) == said[-100:], "the newest page, in the order in which it was said"
