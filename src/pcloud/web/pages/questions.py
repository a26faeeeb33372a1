"""Questions of peers that wait for the owner: one tap where all is as usual, item by item where one looks."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pcloud.home.marking import mark as _
from pcloud.home.telling import line
from pcloud.home.words import NOT_GIVEN
from pcloud.runtime.giving.views import Ask, WantedField
from pcloud.runtime.surface import OwnerError
from pcloud.web.days import day_field, end_of_day
from pcloud.web.naming import label
from pcloud.web.showing import advice
from pcloud.web.visit import Answer, Page, Shown, Visit, done, failed, staying

HERE: Final = "/questions/{id}"
DAY_S: Final = 86_400
LONG_S: Final = 730 * DAY_S
"""To keep something for longer is not usual."""
MANY: Final = 12
"""Things that are asked for at once; more is not usual."""
DELICATE: Final = ("health", "documents", "finance")
"""Where it stands what one gives to few."""
REASONS: Final = ("not-now", "not-needed", "not-for-this", "not-you")


UNUSUAL: Final = MappingProxyType(
    {
        "unknown": _("It asks for something that is in no register: look twice at what it is."),
        "onward": _("It wants to pass on what you give."),
        "beyond": _("It has asked for more than your terms allow before, and was refused."),
        "long": _("It wants to keep this for more than two years."),
        "delicate": _("This is about your health, your papers or your money."),
        "many": _("It asks for a lot at once."),
    }
)
"""Why a question takes more than one tap, each in a sentence."""


@dataclass(frozen=True, slots=True)
class Card:
    """A question as it is shown."""

    ask: Ask
    unusual: list[str]
    needed: list[str]
    """Paths that they need and the owner has."""
    optional: list[str]
    """Paths that they do not need and the owner has."""
    values: dict[str, str]
    """What would be given, on one line, by path."""
    labels: dict[str, str]
    """What each thing is called, by path."""

    @property
    def missing(self) -> dict[str, str]:
        """Paths that the owner has not, each with the reason why it is not given."""
        return {each.path: "not-held" for each in self.ask.wanted if not each.have}

    @property
    def seen(self) -> str:
        """Stands in the forms of the question: another one wherever something else would be given."""
        shown = [(each.path, each.have, each.value, each.records) for each in self.ask.wanted]
        return hashlib.sha256(repr((self.ask.id, self.ask.terms, self.unusual, shown)).encode()).hexdigest()

    def records(self, paths: Iterable[str]) -> list[str]:
        """Wanted paths as they are given: of a collection the records that are shown, and none beside."""
        wanted = {each.path: each.records or [each.path] for each in self.ask.wanted}
        return list(dict.fromkeys(record for path in paths for record in wanted[path]))


def card(ask: Ask, now: int) -> Card:
    """A question with what its buttons do."""
    there = [each for each in ask.wanted if each.have]
    return Card(
        ask,
        unusual(ask, now),
        [each.path for each in there if each.required],
        [each.path for each in there if not each.required],
        {each.path: _told(each) for each in there},
        {each.path: label(each.path) for each in ask.wanted},
    )


def unusual(ask: Ask, now: int) -> list[str]:
    """What is not usual about a question: keys of UNUSUAL. Such a one is looked at before it is answered.

    How long it is to be kept is told by one's own clock: they say themselves when they asked.
    """
    found = {
        "unknown": any(not each.known for each in ask.wanted),
        "onward": ask.onward is not None,
        "beyond": ask.over_asked > 0,
        "long": ask.until - now > LONG_S,
        "delicate": any(each.path.startswith(DELICATE) for each in ask.wanted),
        "many": len(ask.wanted) > MANY,
    }
    return [name for name, holds in found.items() if holds]


def _told(wanted: WantedField) -> str:
    if wanted.records:
        return ", ".join(each.rpartition("/")[2] for each in wanted.records)
    return line(wanted.value)


async def questions(visit: Visit) -> Answer:
    """All that wait, the oldest first."""
    return Shown(
        "questions.html", {"asks": await visit.surface.asks(peer=visit.asked("peer")), "label": label}
    )


async def question(visit: Visit) -> Answer:
    """One question, item by item."""
    ask = await visit.surface.show_ask(visit.part("id"))
    waiting = any(each.id == ask.id for each in await visit.surface.asks(peer=ask.peer))
    return Shown(
        "question.html",
        {
            "card": card(ask, visit.now),
            "waiting": waiting,
            "unusual": UNUSUAL,
            "reasons": {each: NOT_GIVEN[each] for each in REASONS},
            "last_day": day_field(ask.until),
            "first_day": day_field(visit.now),
        },
    )


async def give(visit: Visit) -> Answer:
    """The one tap: what they need, or all that they ask for. Never of what is not usual."""
    ask = await visit.surface.show_ask(visit.part("id"))
    if unusual(ask, visit.now):
        return failed(f"/questions/{ask.id}", "Please look at this one closely before you answer it.")
    shown = _as_seen(visit, ask)
    left = [] if visit.ticked("all") else shown.optional
    answered = await visit.surface.answer(
        ask.id,
        only=shown.records(each for each in (*shown.needed, *shown.optional) if each not in left),
        decline={**dict.fromkeys(left, "not-needed"), **shown.missing},
    )
    if not answered.given:
        return done("/", "Nothing was given.")
    return done("/", "Given. You can take it back at any time, under “Who knows what”.")


async def refuse(visit: Visit) -> Answer:
    """The other tap: nothing of it."""
    await visit.surface.answer(visit.part("id"), only=[], reason=_reason(visit))
    return done("/", "You said no; they are told, and learn nothing else.")


async def answer(visit: Visit) -> Answer:
    """What the owner has chosen, item by item, and perhaps a rule for the next time."""
    ask = await visit.surface.show_ask(visit.part("id"))
    here = f"/questions/{ask.id}"
    if unusual(ask, visit.now) and not visit.ticked("looked"):
        return failed(here, "Please tick that you have looked at what is not usual here.")
    shown = _as_seen(visit, ask)
    chosen = [each.path for each in ask.wanted if each.path in visit.fields.getall("give", [])]
    until = min(end_of_day(visit.filled("until")) or ask.until, ask.until)
    once, onward = visit.ticked("once"), visit.ticked("onward")
    answered = await visit.surface.answer(
        ask.id,
        only=shown.records(chosen),
        reason=_reason(visit),
        until=until,
        once=once,
        onward=onward,
    )
    told = "Given, as you chose." if answered.given else "Nothing was given; they are told."
    if not visit.ticked("always"):
        return done("/", told)
    try:
        await _rule(visit, ask, chosen, until - visit.now)
    except OwnerError as refusal:
        return failed("/rules", f"{told} But no rule was made of it. {advice(refusal.text)}")
    return done("/", "Answered; the same will be answered by itself from now on.")


def _as_seen(visit: Visit, ask: Ask) -> Card:
    """The question as the owner has seen it. Raises OwnerError where something else would be given by now."""
    shown = card(ask, visit.now)
    if visit.filled("seen") != shown.seen:
        text = "What you would give has changed since you looked. Nothing was given: look at it again."
        raise OwnerError("not-in-state", text)
    return shown


async def _rule(visit: Visit, ask: Ask, chosen: list[str], kept_s: int) -> None:
    """Let the same be answered by itself from now on: what was given, and what was not.

    A rule cannot say to whom something is passed on, so by a rule it is passed on to nobody.
    """
    left = [each.path for each in ask.wanted if each.path not in chosen]
    if chosen:
        await visit.surface.rule_add(
            "yes",
            paths=chosen,
            peer=ask.peer,
            terms=ask.terms or None,
            purposes=ask.purposes,
            days_max=-(-kept_s // DAY_S),
            standing=ask.standing and not visit.ticked("once"),
        )
    if left:
        await visit.surface.rule_add(
            "no", paths=left, peer=ask.peer, purposes=ask.purposes, reason=_reason(visit)
        )


def _reason(visit: Visit) -> str:
    """Why not. Raises OwnerError for a reason that nobody offers."""
    reason = visit.filled("reason") or REASONS[0]
    if reason not in REASONS:
        raise OwnerError("invalid", "Please choose one of the reasons.")
    return reason


PAGES: Final = (
    Page("GET", "/questions", questions),
    Page("GET", "/questions/{id}", question),
    Page("POST", "/questions/{id}", staying(HERE, answer)),
    Page("POST", "/questions/{id}/give", staying(HERE, give)),
    Page("POST", "/questions/{id}/refuse", staying(HERE, refuse)),
)
