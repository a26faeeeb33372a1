"""What needs the owner's care, each in a sentence with a place to go: looked at by what costs little."""

from collections.abc import Iterator
from types import MappingProxyType
from typing import Final, NamedTuple

from pcloud.runtime.views import Status
from pcloud.web.visit import Visit

OLD_S: Final = 604_800
"""A copy that is older is too old: a week."""
LATE_S: Final = 86_400
"""Who has not taken a change after a day is named."""
LATE_SHOWN: Final = 3


def _(text: str) -> str:
    """Marks a text for translation, which the template does."""
    return text


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
    return [
        *_copies(visit, status),
        *await _recovery(visit),
        *await _holders(visit),
        *await _late(visit),
        *await _others(visit),
    ]


def _copies(visit: Visit, status: Status) -> Iterator[Care]:
    if not status.peers:
        return
    if status.copied is None:
        yield Care("no-copy", "/settings/copies")
    elif visit.now - status.copied > OLD_S:
        yield Care("old-copy", "/settings/copies")


async def _recovery(visit: Visit) -> list[Care]:
    found = await visit.surface.recovery()
    looked = {
        "interrupted": found.unfinished,
        "stopped": bool(found.stopped),
        "review": found.unaffirmed > 0,
    }
    return [Care(what, "/settings/care") for what, holds in looked.items() if holds]


async def _holders(visit: Visit) -> list[Care]:
    rows = await visit.surface.holders()
    asking = [row for row in rows if row.place == "for-peer" and row.state == "asked"]
    behind = [row for row in rows if row.place == "peer" and row.problem is not None]
    return [
        *(Care("keep-copies", "/settings/copies", row.name) for row in asking),
        *(Care("copies", "/settings/copies", row.name) for row in behind),
    ]


async def _late(visit: Visit) -> list[Care]:
    page = await visit.surface.ledger(lagging=True, limit=LATE_SHOWN * 4)
    late = {row.peer: row.name for row in page.rows if visit.now - row.since > LATE_S}
    return [Care("late", f"/known/{peer}", name) for peer, name in list(late.items())[:LATE_SHOWN]]


async def _others(visit: Visit) -> list[Care]:
    looked = {
        Care("moving", "/settings/relays"): (await visit.surface.moving()).moving,
        Care("relay", "/settings/relays"): bool((await visit.surface.relay_stats()).asking),
        Care("rules", "/rules"): any(rule.state == "unconfirmed" for rule in await visit.surface.rules()),
    }
    return [each for each, holds in looked.items() if holds]
