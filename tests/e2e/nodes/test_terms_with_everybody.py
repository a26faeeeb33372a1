"""Terms of all relationships in pages: what waits for an answer, and what is in force."""

from tests.e2e.nodes.agreed import TERMS, agreed

from pcloud.runtime.views import Negotiations
from pcloud.testing.home import Street, related, until


async def test_what_waits_for_an_answer_is_told_from_what_is_in_force(street: Street) -> None:
    anna, florist, outdoor = [await street.home(name) for name in ("Anna", "Florist", "Outdoor")]
    with_florist = await agreed(anna, florist)
    to_outdoor, to_anna = await related(anna, outdoor)
    proffered = await anna.owner.proffer(to_outdoor.id, TERMS)

    async def waits() -> Negotiations | None:
        page = await outdoor.owner.negotiations()
        return page if page.rows else None

    there = await until(waits)
    assert there is not None
    assert [(row.peer, row.turn) for row in there.rows] == [(to_anna.id, "mine")]
    here = await anna.owner.negotiations()
    assert [(row.id, row.turn) for row in here.rows] == [(proffered.id, "theirs")]
    assert (here.next, there.next) == (None, None)
    in_force = await anna.owner.negotiations(state="agreed")
    assert [(row.peer, row.agreement) for row in in_force.rows] == [
        (with_florist.mine.id, with_florist.agreement)
    ]
    assert (await outdoor.owner.negotiations(state="agreed")).rows == []


async def test_a_page_says_where_the_next_one_begins(street: Street) -> None:
    anna, florist = await street.home("Anna"), await street.home("Florist")
    peer, _ = await related(anna, florist)
    made = [(await anna.owner.proffer(peer.id, TERMS)).id for _ in range(3)]
    first = await anna.owner.negotiations(limit=2)
    assert first.next is not None
    rest = await anna.owner.negotiations(after=first.next, limit=2)
    assert [row.id for row in (*first.rows, *rest.rows)] == made
    assert rest.next is None
