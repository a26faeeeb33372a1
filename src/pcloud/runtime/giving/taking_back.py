"""Taking back what was given: no longer to be held, or to be deleted as well (spec 09 §7).

Both pass in any weather. What waits and never left the node does not leave it any more (DISC-31).
"""

from collections.abc import Iterator, Sequence
from typing import Final

from pcloud.engine.compose import Command
from pcloud.engine.ledger.index import Given
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.grant import ERASE, GRANTED, STANDING, VERSION
from pcloud.features.disclosure.machine import GIVEN, MACHINE
from pcloud.features.disclosure.machine import GRANTED as ANSWERED
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.questions import gives
from pcloud.runtime.owning import speaking
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal import GivenPlace
from pcloud.store.personal.port import is_below

PAGE: Final = 256
"""Rows of the index that are read at once."""


def revoke(batch: Batch, scope: Scope, paths: Sequence[str] | None) -> list[bytes]:
    """Let a peer hold these fields no longer, or none: no newer version comes. Gives the grants.

    A place stands for all that is below it, and a record for its facts. Raises OwnerError `unknown` where
    they hold nothing of it, UsageError.
    """
    taken = []
    for thread in _grants(batch, scope, paths):
        left = [path for path, field in thread.data["fields"].items() if field[STANDING] == GRANTED]
        named = [path for path in left if _is_meant(path, paths)]
        if named and not _is_ended_by_me(scope, thread):
            message = DisclosureRevoke(None if named == left else tuple(named))
            speaking.speak(batch, scope, Command(message, thread.id))
            taken.append(thread.id)
    return _some(taken)


def erase(batch: Batch, scope: Scope, paths: Sequence[str] | None) -> list[bytes]:
    """Take them back and order that every copy be deleted; what was ordered or deleted is passed over."""
    taken = []
    for thread in _grants(batch, scope, paths):
        left = [path for path in thread.data["fields"] if not _is_gone(thread, path)]
        named = [path for path in left if _is_meant(path, paths)]
        if named:
            message = DisclosureErase(None if named == left else tuple(named))
            speaking.speak(batch, scope, Command(message, thread.id))
            taken.append(thread.id)
    return _some(taken)


def _grants(batch: Batch, scope: Scope, paths: Sequence[str] | None) -> Iterator[Thread]:
    """Grants of this node's owner in a relationship in which something of this may be left.

    By the index, so that nobody reads all that was ever given; and those of this very commit.
    """
    found: dict[bytes, None] = {}
    for prefix in [""] if paths is None else paths:
        after: GivenPlace | None = None
        while page := batch.store.personal.given(
            mine=True, scope=scope.id, prefix=prefix, after=after, limit=PAGE
        ):
            found.update((row.thread, None) for row in page if row.standing == GRANTED or not _is_over(row))
            after = page[-1].scope, page[-1].thread, page[-1].path
    found.update((id_, None) for of, id_ in batch.changes.threads if of == scope.id)
    for id_ in found:
        thread = scope.log.thread(id_)
        if thread is None or thread.machine != MACHINE.name:
            continue
        if thread.state in (GIVEN, ANSWERED) and gives(scope, thread):
            yield thread


def _is_over(row: Given) -> bool:
    """Whether it was ordered to be deleted, or deleted, as far as the index says."""
    return row.standing == ERASE or row.erased >= row.version


def _is_meant(path: str, paths: Sequence[str] | None) -> bool:
    """Whether it is one of these, stands below one, or is a fact of one; None stands for everything."""
    return paths is None or any(path == each or (":" not in each and is_below(path, each)) for each in paths)


def _is_gone(thread: Thread, path: str) -> bool:
    """Whether it was ordered to be deleted, or the taker has signed that it deleted it."""
    field = thread.data["fields"][path]
    deleted, _ = thread.data.get("erased", {}).get(path, (0, 0))
    return bool(field[STANDING] == ERASE or deleted >= field[VERSION])


def _is_ended_by_me(scope: Scope, thread: Thread) -> bool:
    me = scope.relationship.me.log.persona
    return any(end[0] == me for end in thread.data.get("ended", ()))


def _some(taken: list[bytes]) -> list[bytes]:
    if not taken:
        raise OwnerError("unknown", "They hold nothing of that. See what they hold: pcloud ledger")
    return taken
