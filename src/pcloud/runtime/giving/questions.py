"""Questions that peers ask: what they want, under which terms, and whether they still wait (spec 09 §4)."""

from collections.abc import Collection
from typing import Final, NamedTuple

from pcloud.features.disclosure.machine import ASKED, DECLINED, GIVEN, GRANTED, MACHINE
from pcloud.features.disclosure.path import EQUAL, matches
from pcloud.features.disclosure.request import DisclosureRequest, Wanted
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning.looking import threads_named
from pcloud.runtime.surface import OwnerError

NAMED_MAX: Final = 100
"""Threads of one beginning of an id that are told apart."""
LOOKED_AT: Final = 16
"""Threads that are looked at in one decision."""


class Question(NamedTuple):
    """One request of a peer, with the items that came with it."""

    scope: Scope
    thread: Thread
    request: DisclosureRequest
    items: tuple[bytes | None, ...]
    asked: int
    """When it was asked, by the peer's clock."""
    ends: int
    """Until when it can be answered: it expires, or it asks for nothing beyond."""

    def item(self, wanted: Wanted) -> bytes | None:
        """The example, or what is to be compared with; None where there is none, or it is gone."""
        return None if wanted.item is None else self.items[wanted.item - 1]

    def example(self, wanted: Wanted) -> bytes | None:
        """What the records of a collection are to be like."""
        return None if is_compared(wanted.path) else self.item(wanted)

    def sought(self, wanted: Wanted) -> bytes | None:
        """What each of them is to be compared with."""
        return self.item(wanted) if is_compared(wanted.path) else None

    @property
    def circumstances(self) -> bytes | None:
        """Where the peer says it stands."""
        place = self.request.circumstances
        return None if place is None else self.items[place - 1]


def is_compared(path: str) -> bool:
    """Whether it asks if a value equals another one, so that its item is that one and no example."""
    return path.endswith(f":{EQUAL}")


def gives(scope: Scope, thread: Thread) -> bool:
    """Whether this node's owner is the giver of a grant, or the one who is asked."""
    mine = thread.opener == scope.relationship.me.log.persona
    return thread.state == GIVEN if mine else thread.state in (ASKED, GRANTED)


def question(scope: Scope, thread: Thread) -> Question:
    """Read what a thread was opened with. Raises LookupError where that was no request."""
    entry = scope.log.find(thread.id)
    body, *items = (None,) if entry is None else entry.parts
    if entry is None or body is None or entry.signed.header.name != DisclosureRequest.NAME:
        raise LookupError("no question")
    request = DisclosureRequest.read(body.data)
    header = entry.signed.header
    ends = min(request.until, request.until if header.expiry is None else header.expiry)
    given = tuple(None if item is None else item.data for item in items)
    return Question(scope, thread, request, given, header.time, ends)


def sought(scope: Scope, thread: Thread, path: str) -> bytes | None:
    """With what a fact of an answered question is compared; None where with nothing."""
    if not is_compared(path) or thread.opener == scope.relationship.me.log.persona:
        return None
    asked = question(scope, thread)
    named = sorted(asked.request.wanted, key=lambda each: each.path != path)  # itself, else as one of many
    return next((asked.item(each) for each in named if matches(each.path, path)), None)


def is_open(asked: Question, now: int) -> bool:
    """Whether it can still be answered: it waits, and neither its time nor its agreement is over."""
    agreement = asked.scope.relationship.agreements.get(asked.request.agreement)
    over = agreement is None or agreement.ended or (agreement.until is not None and agreement.until < now)
    return asked.thread.state == ASKED and asked.ends >= now and not over


def page(
    batch: Batch, scope: bytes | None, after: int, passed: Collection[bytes] = ()
) -> tuple[list[Question], int | None]:
    """Some questions to this node's owner that wait for an answer, of one peer or of all but those `passed`.

    Also gives where the next page begins: so few threads are looked at that nobody has to wait for it.
    """
    found: list[Question] = []
    rows = batch.store.personal.threads_in(ASKED, after, LOOKED_AT)
    for row in rows:
        meant = row.scope not in passed if scope is None else row.scope == scope
        if meant and row.thread.data["until"] >= batch.now and gives(batch.scope(row.scope), row.thread):
            asked = question(batch.scope(row.scope), row.thread)
            if is_open(asked, batch.now):
                found.append(asked)
    return found, rows[-1].number if len(rows) == LOOKED_AT else None


def find(batch: Batch, text: str) -> Question:
    """The question that begins so, answered or not; one that waits goes before those that were answered.

    Raises OwnerError `unknown`, `ambiguous`.
    """
    named = threads_named(batch, text, MACHINE.name, NAMED_MAX)
    waiting = [each for each in named if each[1].state == ASKED]
    if len(waiting) > 1:
        raise OwnerError("ambiguous", f"More than one question fits {text!r}. Give more of its id.")
    found = waiting or named
    if len(found) != 1:
        raise _unknown(text)
    scope_id, thread = found[0]
    return _to_me(batch.scope(scope_id), thread, text)


def _to_me(scope: Scope, thread: Thread, text: str) -> Question:
    """Raises OwnerError `unknown` where it is no question to this node's owner."""
    if thread.state not in (ASKED, GRANTED, DECLINED) or thread.opener == scope.relationship.me.log.persona:
        raise _unknown(text)
    return question(scope, scope.log.thread(thread.id) or thread)  # as this batch leaves it


def _unknown(text: str) -> OwnerError:
    return OwnerError("unknown", f"Nobody asks {text!r}. Look at the list for its id: pcloud asks")
