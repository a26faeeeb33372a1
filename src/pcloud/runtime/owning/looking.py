"""Finding what the owner means: by the beginning of an id, or by a peer's name."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import customers
from pcloud.runtime.surface import OwnerError
from pcloud.store.port import Offer

ID_MIN = 4
"""Characters of an id that are taken for one: fewer could be anybody's."""
NAMED_MAX = 1_000
"""Relationships of one short name that are told apart."""

T = TypeVar("T")


class Found(NamedTuple):
    """A thread and the relationship it is in."""

    scope: Scope
    thread: Thread


def _only(found: Sequence[T], what: str, text: str) -> T:
    if not found:
        raise OwnerError("unknown", f"There is no {what} {text!r}. Look at the list for its id.")
    if len(found) > 1:
        raise OwnerError("ambiguous", f"More than one {what} fits {text!r}. Give more of its id.")
    return found[0]


def find_scope(batch: Batch, text: str) -> Scope:
    """A relationship or contact: by id, name, or what the owner calls a customer.

    Raises OwnerError `unknown` or `ambiguous`.
    """
    customer = customers.find(batch, text) if is_text(text) else None
    if customer is not None and customer.scope:
        return batch.scope(customer.scope)  # the owner's own word for a peer goes before any peer's
    rows = batch.store.find_contacts(text, NAMED_MAX if len(text) < ID_MIN else 2) if is_text(text) else ()
    named = text.casefold()
    found = [row for row in rows if len(text) >= ID_MIN or (row.name or "").casefold() == named]
    return batch.scope(_only(found, "contact or peer", text).scope)


def is_text(text: str) -> bool:
    """Whether anything could be called that: half a surrogate pair is in no name."""
    return bool(text) and not any("\ud800" <= character <= "\udfff" for character in text)


def find_offer(batch: Batch, text: str) -> Offer:
    """An invitation of one's own. Raises OwnerError `unknown` or `ambiguous`."""
    wanted = text.lower()
    offers = batch.store.offers() if len(wanted) >= ID_MIN else []
    found = _only([offer for offer in offers if offer.scope.hex().startswith(wanted)], "invitation", text)
    return batch.offer(found.scope) or found


def find_thread(batch: Batch, text: str, machine: str) -> Found:
    """A thread of one feature. Raises OwnerError `unknown` or `ambiguous`."""
    scope, thread = _only(threads_named(batch, text, machine, 2), "negotiation", text)
    return Found(batch.scope(scope), thread)


def threads_named(batch: Batch, text: str, machine: str, limit: int) -> Sequence[tuple[bytes, Thread]]:
    """Threads of one feature in all relationships whose id begins so; none where that is too short."""
    return batch.store.find_threads(machine, text, limit) if len(text) >= ID_MIN else ()
