"""Terms: what one proffers, what waits for an answer, what is in force, and what each of them says."""

from typing import Any, Final

from pcloud.home.clauses import DUTIES, STATE, TOPICS
from pcloud.runtime.consenting.views import Preference
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.views import Terms
from pcloud.web.visit import Answer, Download, Page, Shown, Visit, done

WAITING_MAX: Final = 30
"""Of what waits, on the first page."""
IN_FORCE: Final = 30
"""Agreements on a page."""
KINDS: Final = ("person", "organisation")


async def terms(visit: Visit) -> Answer:
    """What one has chosen, what waits, what is in force, and what there is to choose from."""
    surface = visit.surface
    after = visit.number("after") or 0
    return Shown(
        "terms.html",
        {
            "waiting": await surface.negotiations(limit=WAITING_MAX),
            "agreed": await surface.negotiations(state="agreed", after=after, limit=IN_FORCE),
            "after": after,
            "preferences": await surface.preferences(),
            "roster": await surface.rosters(),
            **WORDS,
        },
    )


async def compare(visit: Visit) -> Answer:
    """Two terms side by side, or what one of them says."""
    roster = await visit.surface.rosters()
    chosen = [_of(roster, name) for name in (visit.asked("one"), visit.asked("other")) if name]
    if not chosen:
        chosen = roster[:2]
    return Shown("terms_compare.html", {"roster": roster, "chosen": chosen, **WORDS})


async def show(visit: Visit) -> Answer:
    """One negotiation, with what was signed."""
    found = await visit.surface.show_terms(visit.part("id"))
    roster = await visit.surface.rosters()
    known = next((each for each in roster if each.id == found.terms), None)
    return Shown("terms_show.html", {"found": found, "said": known, "roster": roster, **WORDS})


async def record(visit: Visit) -> Answer:
    """The record that both have signed, to be kept."""
    found = await visit.surface.show_terms(visit.part("id"))
    if found.record is None or found.agreement is None:
        raise OwnerError("invalid", "There is nothing signed yet: both have to agree first.")
    return Download("agreement.cbor", "application/cbor", bytes.fromhex(found.record))


async def proffer(visit: Visit) -> Answer:
    """Proffer terms to somebody."""
    peer = visit.need("peer", "whom you proffer them to")
    chosen = visit.need("terms", "which terms")
    made = await visit.surface.proffer(peer, chosen, replaces=visit.filled("replaces"))
    return done(visit.back(f"/terms/{made.id}"), "You have proffered your terms. They answer next.")


async def accept(visit: Visit) -> Answer:
    """Accept what somebody proffers, as it was shown. Raises OwnerError where that is not what waits."""
    found = await visit.surface.show_terms(visit.part("id"))
    if (visit.filled("terms"), visit.filled("state")) != (found.terms, found.state):
        text = "What they proffer has changed since you looked. Nothing was accepted: look at it again."
        raise OwnerError("not-in-state", text)
    await visit.surface.accept_terms(visit.part("id"))
    return _went(visit, "You have accepted. Their node signs last; then the terms are in force.")


async def counter(visit: Visit) -> Answer:
    """Name other terms, or proffer those that were named."""
    await visit.surface.counter_terms(visit.part("id"), visit.need("terms", "which terms"))
    return _went(visit, "You have named other terms. They answer next.")


async def decline(visit: Visit) -> Answer:
    """Refuse, or take one's own proffer back."""
    found = await visit.surface.decline_terms(visit.part("id"), reason=visit.filled("reason"))
    said = "You have taken your proffer back." if found.state == "withdrawn" else "You have declined."
    return _went(visit, said)


async def terminate(visit: Visit) -> Answer:
    """End an agreement."""
    await visit.surface.terminate_terms(visit.part("id"), reason=visit.filled("reason"))
    return _went(visit, "The agreement is over. What it allowed is refused from now on.")


async def prefer(visit: Visit) -> Answer:
    """Choose what is proffered to some people."""
    chosen = Preference(
        visit.need("terms", "which terms"),
        visit.filled("kind"),
        visit.filled("role"),
        visit.ticked("at_once"),
    )
    known = await visit.surface.preferences()
    kept = await visit.surface.prefer([*_others(known.proffer, chosen), chosen], known.accept)
    if not kept.confirmed:
        return done("/terms", "It is chosen, and counts as soon as you have looked at your rules.")
    return done("/terms", "This is what you proffer to them from now on.")


async def unprefer(visit: Visit) -> Answer:
    """Proffer nothing in advance to some people any more."""
    gone = Preference("", visit.filled("kind"), visit.filled("role"))
    known = await visit.surface.preferences()
    await visit.surface.prefer(_others(known.proffer, gone), known.accept)
    return done("/terms", "Nothing is chosen for them any more.")


async def accept_at_once(visit: Visit) -> Answer:
    """Choose what is accepted without asking."""
    known = await visit.surface.preferences()
    await visit.surface.prefer(known.proffer, visit.fields.getall("accept", []))
    return done("/terms", "What is not ticked waits for your answer.")


def _others(known: list[Preference], meant: Preference) -> list[Preference]:
    return [each for each in known if (each.kind, each.role) != (meant.kind, meant.role)]


def _of(roster: list[Terms], name: str) -> Terms:
    found = next((each for each in roster if each.id == name), None)
    if found is None:
        raise OwnerError("unknown", "There are no such terms in the list.")
    return found


def _went(visit: Visit, said: str) -> Answer:
    return done(visit.back(f"/terms/{visit.part('id')}"), said)


WORDS: Final[dict[str, Any]] = {"topics": TOPICS, "duties": DUTIES, "states": STATE, "kinds": KINDS}
"""What every page about terms speaks with."""

PAGES: Final = (
    Page("GET", "/terms", terms),
    Page("GET", "/terms/compare", compare),
    Page("GET", "/terms/{id}", show),
    Page("GET", "/terms/{id}/record", record),
    Page("POST", "/terms/proffer", proffer),
    Page("POST", "/terms/prefer", prefer),
    Page("POST", "/terms/unprefer", unprefer),
    Page("POST", "/terms/at-once", accept_at_once),
    Page("POST", "/terms/{id}/accept", accept),
    Page("POST", "/terms/{id}/counter", counter),
    Page("POST", "/terms/{id}/decline", decline),
    Page("POST", "/terms/{id}/terminate", terminate),
)
