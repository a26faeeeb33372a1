"""Terms with a peer, as the owner speaks of them (spec 08)."""

from itertools import chain
from types import MappingProxyType
from typing import Final, NamedTuple

from pcloud.kernel.gate import StandardTerms
from pcloud.kernel.thread import START, Thread
from pcloud.runtime import views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import show, speaking
from pcloud.runtime.owning.looking import Found, find_thread
from pcloud.runtime.rosters import Loaded
from pcloud.runtime.surface import OwnerError

MACHINE = "terms"
STATES: Final = MappingProxyType(
    {"waiting": ("proffered", "proffered-again", "countered", "accepted"), "agreed": ("agreed",)}
)
"""Which states of the table are meant by a word of the owner's."""

NOTHING_LEFT: Final = (
    "Nothing of that negotiation counts any more: what was said in it was lost with a machine, or refused."
    " If you want these terms, propose them again."
)


class How(NamedTuple):
    """What to proffer, and until when."""

    chosen: StandardTerms
    expires: int
    until: int | None
    replaces: str | None


def choose(roster: Loaded, terms: str) -> StandardTerms:
    """An entry of the roster. Raises OwnerError `unknown`."""
    chosen = roster.find(terms)
    if chosen is None:
        raise OwnerError("unknown", f"There are no terms {terms!r} in the roster. List them to choose.")
    return chosen


def _after(scope: Scope, thread_id: bytes) -> views.Negotiation:
    thread = scope.log.thread(thread_id)
    assert thread is not None, "it was just spoken in"
    return show.negotiation(scope, thread)


def all_of(batch: Batch, scope: Scope) -> list[views.Negotiation]:
    """A relationship's negotiations, oldest first; none of which a recovery has left nothing that acts."""
    threads = batch.store.threads(scope.id, MACHINE)
    return [show.negotiation(scope, thread) for thread in threads if thread.state != START]


def page(batch: Batch, state: str, after: int, limit: int) -> views.Negotiations:
    """Negotiations of all relationships in the states that are meant, oldest first."""
    pages = [batch.store.personal.threads_in(each, after, limit, MACHINE) for each in STATES[state]]
    rows = sorted(chain.from_iterable(pages), key=lambda row: row.number)
    shown = [show.negotiation(batch.scope(row.scope), row.thread) for row in rows[:limit]]
    full = len(rows) > limit or any(len(each) == limit for each in pages)
    return views.Negotiations(shown, rows[:limit][-1].number if full and shown else None)


def _find(batch: Batch, text: str) -> Found:
    found = find_thread(batch, text, MACHINE)
    if found.thread.state == START:
        raise OwnerError("unknown", NOTHING_LEFT)
    return found


def show_whole(batch: Batch, text: str) -> views.Negotiation:
    """One negotiation with its co-signed record."""
    found = _find(batch, text)
    return show.negotiation(found.scope, found.thread, whole=True)


def proffer(batch: Batch, scope: Scope, how: How) -> views.Negotiation:
    """Proffer terms in a negotiation of their own."""
    replaces = None if how.replaces is None else _agreement(_find(batch, how.replaces).thread)
    thread = speaking.proffer(batch, scope, how.chosen, how.expires, how.until, replaces, None)
    return _after(scope, thread)


def _agreement(thread: Thread) -> bytes:
    agreement = thread.data.get("agreement")
    if not isinstance(agreement, bytes):
        raise OwnerError("invalid", "No agreement came of that negotiation.")
    return agreement


def accept(batch: Batch, text: str) -> views.Negotiation:
    """Accept as second party."""
    scope, thread = _find(batch, text)
    speaking.accept_terms(batch, scope, thread)
    return _after(scope, thread.id)


def counter(batch: Batch, text: str, chosen: StandardTerms) -> views.Negotiation:
    """As second party name other terms; as first party proffer what was named."""
    scope, thread = _find(batch, text)
    if thread.opener == scope.relationship.me.log.persona:
        expires = max(thread.data["expires"], batch.now + 1)
        speaking.proffer(batch, scope, chosen, expires, None, None, thread.id)
    else:
        speaking.counter_terms(batch, scope, thread, chosen.terms)
    return _after(scope, thread.id)


def refuse(batch: Batch, text: str, reason: str | None) -> views.Negotiation:
    """Say no, or take one's own proffer back."""
    scope, thread = _find(batch, text)
    speaking.refuse_terms(batch, scope, thread, reason)
    return _after(scope, thread.id)


def terminate(batch: Batch, text: str, reason: str | None) -> views.Negotiation:
    """End an agreement."""
    scope, thread = _find(batch, text)
    speaking.terminate(batch, scope, thread, reason)
    return _after(scope, thread.id)
