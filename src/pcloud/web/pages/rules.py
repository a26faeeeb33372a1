"""Rules: what the owner has said in advance about questions to come."""

from typing import Final, Literal, cast

from pcloud.features.disclosure.fields import REASONS
from pcloud.home import words
from pcloud.runtime.surface import OwnerError
from pcloud.web.days import end_of_day
from pcloud.web.naming import label
from pcloud.web.visit import Answer, GoneOn, Page, Shown, Visit, done

ANSWERS: Final = ("yes", "no", "ask")
PLACES_MAX: Final = 32
"""Paths in one rule."""


async def rules(visit: Visit) -> Answer:
    """All of them, and a form for one more."""
    surface = visit.surface
    peer = visit.asked("peer")
    return Shown(
        "rules.html",
        {
            "rules": await surface.rules(),
            "preferences": await surface.preferences(),
            "peer": None if peer is None else await surface.peer(peer),
            "roster": await surface.rosters(),
            "kinds": await surface.vocabulary(),
            "label": label,
            "reasons": {each: words.NOT_GIVEN[each] for each in REASONS},
        },
    )


async def add(visit: Visit) -> Answer:
    """Say one more thing in advance."""
    answer = visit.need("answer", "what is to be answered")
    if answer not in ANSWERS:
        raise OwnerError("invalid", "A rule says yes, no, or that you are asked.")
    yes, paths = answer == "yes", _paths(visit)
    if (paths is None) != visit.ticked("anything"):
        raise OwnerError("invalid", "Please tick what it is about, or that it is about anything at all.")
    await visit.surface.rule_add(
        cast('Literal["yes", "no", "ask"]', answer),
        paths=paths,
        peer=visit.filled("peer"),
        kind=visit.filled("kind"),
        role=visit.filled("role"),
        terms=visit.filled("terms"),
        days_max=_whole(visit, "days_max") if yes else None,
        standing=yes and visit.ticked("standing"),
        ends=end_of_day(visit.filled("ends")),
        reason=visit.filled("reason") if answer == "no" else None,
        note=visit.filled("note") or "",
    )
    return done(_list(visit), "Questions are answered by this from now on. What was given stays as it is.")


async def remove(visit: Visit) -> Answer:
    """Forget one."""
    await visit.surface.rule_remove(visit.part("id"))
    return done(_list(visit), "The rule is gone. What it gave stays given; see Who knows what.")


async def confirm(visit: Visit) -> Answer:
    """Let those that came out of a copy count again."""
    await visit.surface.rules_confirm()
    return done("/rules", "Your rules answer again.")


async def test(visit: Visit) -> Answer:
    """Say what the rules would answer to somebody. Nothing is sent."""
    peer = visit.need("peer", "who might ask")
    found = await visit.surface.rule_test(peer=peer, paths=_paths(visit) or [])
    return Shown("rules_test.html", {"peer": await visit.surface.peer(peer), "found": found, "label": label})


def _list(visit: Visit) -> str:
    return visit.back("/rules")


def _paths(visit: Visit) -> list[str] | None:
    """What was ticked, and what was typed: one place in a line."""
    typed = (visit.filled("paths") or "").split()
    paths = list(dict.fromkeys([*visit.fields.getall("path", []), *typed]))
    if len(paths) > PLACES_MAX:
        raise OwnerError("invalid", f"A rule names at most {PLACES_MAX} places.")
    return paths or None


def _whole(visit: Visit, name: str) -> int | None:
    text = visit.filled(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= len("36500") and int(text)):
        raise OwnerError("invalid", "Please give a number of days, such as 90.")
    return int(text)


async def old(_: Visit) -> Answer:
    """A form that was sent and is reloaded leads back to the list."""
    return GoneOn("/rules")


PAGES: Final = (
    Page("GET", "/rules", rules),
    Page("GET", "/rules/test", old),
    Page("POST", "/rules", add),
    Page("POST", "/rules/confirm", confirm),
    Page("POST", "/rules/test", test),
    Page("POST", "/rules/{id}/remove", remove),
)
