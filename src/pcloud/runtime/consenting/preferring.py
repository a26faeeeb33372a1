"""Terms that the owner has chosen in advance: what is proffered to whom, and what is accepted at once.

In every copy of the node, and asleep after a recovery until its owner has looked at them, as rules are: a
copy may hold what a thief wrote while it had the node (spec 06 §6).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Final

import msgspec

from pcloud.errors import Code, UsageError, Violation
from pcloud.home.rules import WHO_BYTES_MAX
from pcloud.kernel.thread import Thread
from pcloud.runtime.consenting import rulebook
from pcloud.runtime.consenting.views import PREFERENCES_MAX, Preference, Preferences
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.runtime.surface import OwnerError
from pcloud.wire import cbor

PREFERRED: Final = "kept/terms"
"""What the owner has chosen, as CBOR."""
EXPIRES_S: Final = 604_800
"""How long a peer may answer what was proffered without asking."""
RESTS_S: Final = 3_600
"""How long it waits where the relationship cannot carry it now: paused, or being looked at."""
TERMS: Final = "terms"
_LATER: Final = (Code.PAUSED, Code.UNAFFIRMED)
_NEVER: Final = (
    Code.CLOSED,
    Code.EXPIRED,
    Code.NOT_IN_STATE,
    Code.NOT_RELATED,
    Code.PROFFER_BY_ORGANISATION,
    Code.PROFFER_EXPIRED,
)
_WAITS: Final = ("proffered", "proffered-again")

_Row = tuple[str, str | None, str | None, bool]


class _Kept(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """As it is kept."""

    proffer: Annotated[list[_Row], msgspec.Meta(max_length=PREFERENCES_MAX)]
    accept: Annotated[list[str], msgspec.Meta(max_length=PREFERENCES_MAX)]


def is_chosen(batch: Batch) -> bool:
    """Whether anything was ever chosen in advance."""
    return batch.fact(PREFERRED) is not None


def read(batch: Batch) -> Preferences:
    """What was chosen; nothing where that cannot be read, so nothing is done by itself."""
    found = batch.fact(PREFERRED)
    if found is None:
        return Preferences([], [], confirmed=True)
    confirmed = rulebook.is_confirmed(batch)
    try:
        kept = msgspec.convert(cbor.decode(found), _Kept)
    except (Violation, msgspec.ValidationError):
        return Preferences([], [], confirmed=False)
    return Preferences([Preference(*row) for row in kept.proffer], kept.accept, confirmed=confirmed)


def write(batch: Batch, proffer: Sequence[Preference], accept: Sequence[str]) -> Preferences:
    """Choose anew. Raises OwnerError `unknown` for terms of no roster, `invalid`, `full`."""
    if max(len(proffer), len(accept)) > PREFERENCES_MAX:
        raise OwnerError("full", f"At most {PREFERENCES_MAX} can be chosen in advance.")
    known = {standard.terms for standard in batch.setting.rosters.values()}
    for terms in (*(each.terms for each in proffer), *accept):
        if terms not in known:
            raise OwnerError("unknown", f"There are no terms {terms!r} in the roster. List them to choose.")
    if any(each.kind not in (None, *rulebook.KINDS) for each in proffer):
        raise OwnerError("invalid", f"A kind is one of: {', '.join(rulebook.KINDS)}.")
    if any(each.role is not None and not 0 < len(each.role.encode()) <= WHO_BYTES_MAX for each in proffer):
        raise OwnerError("invalid", f"A role has 1 to {WHO_BYTES_MAX} bytes.")
    whom = [(each.kind, each.role) for each in proffer]
    if len(set(whom)) != len(whom):
        raise OwnerError("invalid", "Two of them are meant for the same people. Keep one.")
    rows = [[each.terms, each.kind, each.role, each.at_once] for each in proffer]
    batch.changes.facts[PREFERRED] = cbor.encode([rows, list(dict.fromkeys(accept))])
    return read(batch)


def preferred(batch: Batch, scope: Scope) -> Preference | None:
    """What the owner proffers to a peer like this: what names the role goes before what names the kind."""
    peer = scope.contact
    fitting = [
        each
        for each in read(batch).proffer
        if each.kind in (None, peer.kind) and each.role in (None, peer.role)
    ]
    return max(fitting, key=lambda each: (each.role is not None, each.kind is not None), default=None)


def related(batch: Batch, scope: Scope, _thread: bytes) -> None:
    """A relationship has begun: proffer what the owner has chosen for this. Raises PutOffError."""
    chosen = preferred(batch, scope)
    if chosen is None or not chosen.at_once or not read(batch).confirmed:
        return
    if any(_is_under_way(scope, thread) for thread in batch.store.threads(scope.id, TERMS)):
        return
    standard = next(each for each in batch.setting.rosters.values() if each.terms == chosen.terms)
    with _as_it_can_be():
        speaking.proffer(batch, scope, standard, batch.now + EXPIRES_S, None, None, None)


def proffered(batch: Batch, scope: Scope, thread_id: bytes) -> None:
    """A peer proffers terms: accept them where the owner has said so in advance. Raises PutOffError."""
    thread = scope.log.thread(thread_id)
    if thread is None or thread.state not in _WAITS or thread.opener == scope.relationship.me.log.persona:
        return
    chosen = read(batch)
    if not chosen.confirmed or thread.data["terms"] not in chosen.accept:
        return
    with _as_it_can_be():
        speaking.accept_terms(batch, scope, thread)


def _is_under_way(scope: Scope, thread: Thread) -> bool:
    """Whether this side has proffered something that may still come to be, or is in force."""
    ended = ("declined", "withdrawn", "terminated", "replaced")
    return thread.opener == scope.relationship.me.log.persona and thread.state not in ended


@contextmanager
def _as_it_can_be() -> Iterator[None]:
    """Put it off where it cannot be done now, leave it where it never can. Raises PutOffError."""
    try:
        yield
    except speaking.FullOutboxError as error:
        raise PutOffError(RESTS_S) from error
    except UsageError as error:
        if error.code in _LATER:
            raise PutOffError(RESTS_S) from error
        if error.code not in _NEVER:
            raise
