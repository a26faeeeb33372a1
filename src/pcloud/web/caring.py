"""What needs the owner's care, each in a sentence with a place to go: looked at by what costs little."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from pcloud.home.marking import mark as _
from pcloud.runtime.views import Status
from pcloud.web.visit import Visit

OLD_S: Final = 604_800
"""A copy that is older is too old: a week."""
LATE_S: Final = 86_400
"""Who has not taken a change after a day is named."""
LATE_SHOWN: Final = 3
REVIEWED_S: Final = 7_776_000
"""So long after a recovery it is looked at whether words of one's own came back: 90 days."""
CARE_PAGE: Final = "/settings/care"


class Care(NamedTuple):
    """One thing that needs care."""

    what: str
    """A key of CARE."""
    to: str
    name: str | None = None
    """Who it is about."""


CARE: Final = MappingProxyType(
    {
        "no-copy": _("No copy of your cloud is kept elsewhere: if this machine is lost, so is everything."),
        "old-copy": _("The newest copy that is kept elsewhere is more than a week old."),
        "interrupted": _("A recovery was interrupted: do it again with the same words."),
        "stopped": _("Another copy of your cloud is newer than this one: use only one of them."),
        "review": _("After the recovery, look at what was said in your name."),
        "moving": _("Some people do not know yet where your cloud is found now."),
        "late": _("has not taken a change of yours for more than a day."),
        "keep-copies": _("asks you to keep copies."),
        "copies": _("does not keep your copies up to date."),
        "relay": _("Somebody asks for mailboxes at your relay."),
        "rules": _("Rules that came out of a copy give nothing before you have looked at them."),
    }
)
"""Sentences; some go on from a name."""


async def needs_care(visit: Visit, status: Status) -> list[Care]:
    """Everything that can be seen without looking the whole store over."""
    found = await visit.surface.care()
    looked = {
        Care("interrupted", CARE_PAGE): found.interrupted,
        Care("stopped", CARE_PAGE): found.elsewhere,
        Care("review", CARE_PAGE): await _has_to_review(visit, found.recovered),
        Care("moving", "/settings/relays"): found.moving,
        Care("relay", "/settings/relays"): bool((await visit.surface.relay_stats()).asking),
        Care("rules", "/rules"): await _sleep(visit),
    }
    return [
        *_copies(visit, status),
        *(Care("keep-copies", "/settings/copies", name) for name in found.keep_for),
        *(Care("copies", "/settings/copies", name) for name in found.behind),
        *(each for each, holds in looked.items() if holds),
        *await _late(visit),
    ]


def _copies(visit: Visit, status: Status) -> Iterator[Care]:
    if not status.peers:
        return
    if status.copied is None:
        yield Care("no-copy", "/settings/copies")
    elif visit.now - status.copied > OLD_S:
        yield Care("old-copy", "/settings/copies")


async def _has_to_review(visit: Visit, recovered: int | None) -> bool:
    """Whether own words came back after a recovery of late: only then all relationships are looked at."""
    if recovered is None or visit.now - recovered > REVIEWED_S:
        return False
    return (await visit.surface.recovery()).unaffirmed > 0


async def _sleep(visit: Visit) -> bool:
    """Whether rules, or terms chosen in advance, wait for the owner after a recovery."""
    rules = await visit.surface.rules()
    return any(each.state == "unconfirmed" for each in rules) or not (
        (await visit.surface.preferences()).confirmed
    )


async def _late(visit: Visit) -> list[Care]:
    page = await visit.surface.ledger(lagging=True, limit=LATE_SHOWN * 4)
    late = {row.peer: row.name for row in page.rows if visit.now - row.since > LATE_S}
    return [Care("late", f"/known/{peer}", name) for peer, name in list(late.items())[:LATE_SHOWN]]
