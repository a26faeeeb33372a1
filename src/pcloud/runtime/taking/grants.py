"""Grants as who holds the fields reads them: what may be held, and where the values are (spec 09 §5, §7)."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pcloud.engine.fold import act_of
from pcloud.engine.gatekeeper import CLOSED
from pcloud.engine.ledger.holding import Holding
from pcloud.engine.ledger.projection import ledger
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import Entry, Relationship
from pcloud.features.disclosure.answer import DisclosureAnswer
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.grant import GRANTED, STANDING
from pcloud.features.disclosure.handback import DisclosureHandback
from pcloud.features.disclosure.machine import ASKED, DECLINED, GIVEN
from pcloud.features.disclosure.machine import GRANTED as ANSWERED
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.rights import DisclosureRights
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.thread import Thread
from pcloud.limits import INTEGER_MAX

GRANT_OVER: Final = "grant-over"
"""The timer of a thread at the end of the day of its grant."""
KEPT: Final = "kept"
"""What who closes says of data that it goes on holding (spec 07 §7)."""


class Given(NamedTuple):
    """A value in the log: the part of a message that holds it."""

    entry: Entry
    place: int
    path: str
    version: int


def takes(relationship: Relationship, thread: Thread) -> bool:
    """Whether this node asks in this thread, or holds what was given in it."""
    mine = thread.opener == relationship.me.log.persona
    return thread.state == GIVEN if not mine else thread.state in (ASKED, DECLINED, ANSWERED)


def is_grant(thread: Thread) -> bool:
    """Whether something was given in it."""
    return thread.state in (ANSWERED, GIVEN)


def holdings(relationship: Relationship, entries: Iterable[Entry], registry: Registry) -> tuple[Holding, ...]:
    """The rows of the ledger of some whole threads."""
    return ledger(entries, registry, relationship.unaffirmed, relationship.agreements)


def values(entries: Iterable[Entry], registry: Registry) -> Iterator[Given]:
    """Every value that messages of these threads still hold, whoever sent them."""
    for entry in entries:
        if not any(entry.parts[1:]) or entry.signed.header.name not in _GIVING:
            continue
        for place, (path, version) in enumerate(_fields(entry, registry), 1):
            if entry.parts[place] is not None:
                yield Given(entry, place, path, version)


_GIVING: Final = frozenset(
    each.NAME
    for each in (DisclosurePresent, DisclosureUpdate, DisclosureHandback, DisclosureAnswer, DisclosureRights)
)


def _fields(entry: Entry, registry: Registry) -> tuple[Field, ...]:
    body = act_of(registry, entry.signed, entry.parts).message
    if isinstance(body, DisclosureRights):  # the right values of a correction
        return tuple(Field(path, 0) for path in body.paths or ())
    assert isinstance(body, DisclosurePresent | DisclosureUpdate | DisclosureHandback | DisclosureAnswer)
    return body.fields or ()


def is_over(relationship: Relationship, thread: Thread, now: int) -> bool:
    """Whether nothing of a grant may be held any more: it was ended, its day is over, or its ground is gone.

    A relationship that is closed carries nothing, but what its owner has said to keep (`kept_until`).
    """
    data = thread.data
    agreement = relationship.agreements.get(data["agreement"])
    if "ended" in data or now > data["until"] or agreement is None or agreement.ended:
        return True
    if agreement.until is not None and now > agreement.until:
        return True
    until = kept_until(relationship)
    return is_closed(relationship) and (until is None or 0 < until < now)


def after(until: int) -> int:
    """The first moment that is not within a day any more; a peer may name one that no clock reaches."""
    return min(until, INTEGER_MAX - 1) + 1


def is_closed(relationship: Relationship) -> bool:
    """Whether the relationship has ended."""
    thread = relationship.thread
    return thread is not None and thread.state == CLOSED


def kept_until(relationship: Relationship) -> int | None:
    """Until when this side has said, by closing, that it keeps what it holds; None where it has not.

    0 where it named no day: then it is kept for as long as each grant lasts.
    """
    thread = relationship.thread
    if thread is None or thread.state != CLOSED:
        return None
    side = "opener" if thread.opener in _personas(relationship) else "other"
    held, until, *_ = thread.data["closed"].get(side, ("", None))
    if held != KEPT:
        return None
    return 0 if until is None else min(until, INTEGER_MAX)


def _personas(relationship: Relationship) -> tuple[bytes, bytes]:
    return relationship.me.log.persona, relationship.sealing.founding[0]


def may_hold(thread: Thread, path: str, *, over: bool) -> bool:
    """Whether a field of a grant may be held."""
    return not over and thread.data["fields"][path][STANDING] == GRANTED
