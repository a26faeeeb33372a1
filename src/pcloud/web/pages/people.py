"""Everybody whom one is related to, as cards: both sides' state, the terms, and what they hold."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pcloud.runtime.giving.views import Known, LedgerRow
from pcloud.runtime.taking.views import HeldField
from pcloud.runtime.views import Peer, People, Terms
from pcloud.web.naming import label
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit

PAGE: Final = 24
"""Cards on a page."""
STANDING: Final = frozenset({"queued", "sent", "applied", "confirmed", "need-more"})
"""States in which somebody may have something of the owner's."""
HOLDING: Final = STANDING | {"erasing", "kept"}
"""The same, and where it may not be any more, but is."""


@dataclass(frozen=True, slots=True)
class Card:
    """One relationship at a glance."""

    peer: Peer
    holds: list[tuple[str, int]]
    """Kinds of data that they hold, with how many of each."""
    more: bool
    """Whether they hold more than was counted."""
    lagging: bool
    """Whether something of it has not arrived in its newest version."""


async def people(visit: Visit) -> Answer:
    """A page of the list."""
    ended = "ended" in visit.request.query
    found = await visit.surface.people(after=visit.asked("after"), ended=ended, limit=PAGE)
    return await _shown(visit, found, ended=ended, first=visit.asked("after") is None)


async def find(visit: Visit) -> Answer:
    """Those whose name was looked for. What is looked for stands in no address."""
    sought, ended = visit.filled("find"), visit.ticked("ended")
    if sought is None:
        return GoneOn("/people")
    after = visit.filled("after")
    found = await visit.surface.people(find=sought, after=after, ended=ended, limit=PAGE)
    return await _shown(visit, found, sought=sought, ended=ended, first=after is None)


async def _shown(visit: Visit, found: People, *, sought: str = "", ended: bool, first: bool) -> Answer:
    titles = titles_of(await visit.surface.rosters())
    return Shown(
        "people.html",
        {
            "cards": await cards(visit, found.rows),
            "found": found,
            "sought": sought,
            "ended": ended,
            "first": first,
            "titles": titles,
        },
    )


async def cards(visit: Visit, peers: list[Peer]) -> list[Card]:
    """Relationships with what each of them holds."""
    known = await visit.surface.known([each.id for each in peers]) if peers else []
    by_peer = {each.peer: each for each in known}
    return [_card(each, by_peer.get(each.id)) for each in peers]


def _card(peer: Peer, known: Known | None) -> Card:
    rows = [] if known is None else [row for row in known.rows if row.state in HOLDING]
    return Card(peer, kinds(rows), known is not None and known.more, any(row.lagging for row in rows))


def kinds(rows: Iterable[LedgerRow | HeldField]) -> list[tuple[str, int]]:
    """How much of each kind somebody holds: records by their kind."""
    counts = Counter(label(row.path) for row in rows)
    return counts.most_common()


def titles_of(rosters: list[Terms]) -> dict[str, str]:
    """What terms say in our own words, by their id."""
    return {each.id: each.summary for each in rosters}


async def find_again(_: Visit) -> Answer:
    """Who comes back to a search by its address begins anew."""
    return GoneOn("/people")


PAGES: Final = (
    Page("GET", "/people", people),
    Page("GET", "/people/find", find_again),
    Page("POST", "/people/find", find),
)
