"""What this node has to keep although a grant is over: because its owner says that the law binds it."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from pcloud.features.disclosure.grant import VERSION
from pcloud.features.disclosure.path import matches
from pcloud.kernel.thread import Thread
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.taking import grants

LEGAL_DUTY: Final = "legal-duty"
REASONS: Final = (LEGAL_DUTY, "legal-claim")
"""What an owner can say; `other-grant` the node finds out by itself (spec 09 §7)."""
OTHER_GRANT: Final = "other-grant"


class Hold(NamedTuple):
    """Fields of one peer that are not deleted, and why. The path may stand for all of a collection."""

    path: str
    reason: str


def put(batch: Batch, scope: Scope, path: str, reason: str | None) -> None:
    """Keep fields of a peer from now on, or with no reason keep them no more."""
    batch.changes.facts[_key(scope, path)] = None if reason is None else reason.encode()
    batch.steps += 1


def of(batch: Batch, scope: Scope) -> list[Hold]:
    """What is kept of a peer, as this batch leaves it."""
    prefix = _key(scope, "")
    return [Hold(key.removeprefix(prefix), value.decode()) for key, value in batch.facts(prefix).items()]


def bound(batch: Batch, scope: Scope) -> Callable[[str], str | None]:
    """From a path to what binds this node to keep it; None where nothing does. With a value go its facts."""
    rows, keeping = of(batch, scope), closed_keeping(scope, batch.now)

    def reason(path: str) -> str | None:
        bare = path.partition(":")[0]
        said = (row.reason for row in rows if matches(row.path, path) or matches(row.path, bare))
        return next(said, LEGAL_DUTY if keeping else None)

    return reason


def closed_keeping(scope: Scope, now: int) -> bool:
    """Whether this side has closed and said that it keeps what it holds, until a day that is to come."""
    until = grants.kept_until(scope.relationship)
    return until is not None and until >= now


def other_grants(batch: Batch, scope: Scope, path: str, thread: bytes) -> Iterator[bytes]:
    """Other grants of the same peer by which this node may hold a field, as this batch leaves them."""
    for row in batch.store.personal.given(
        mine=False, scope=scope.id, prefix=path, after=None, limit=_LOOKED_AT
    ):
        if row.path != path or row.thread == thread or not row.held:
            continue
        other = scope.log.thread(row.thread)
        if other is not None and _holds(scope, other, path, batch.now):
            yield row.thread


def _holds(scope: Scope, thread: Thread, path: str, now: int) -> bool:
    """Whether a field may be held by this grant, as it stands now."""
    data = thread.data
    if not grants.is_grant(thread) or path not in data["fields"]:
        return False
    version, deleted = data["fields"][path][VERSION], data.get("erased", {}).get(path, (0, 0))[0]
    over = grants.is_over(scope.relationship, thread, now)
    return bool(deleted < version) and grants.may_hold(thread, path, over=over)


_LOOKED_AT: Final = 256
"""Rows of one path and one peer that are looked at for another grant."""


def _key(scope: Scope, path: str) -> str:
    return f"{facts.HOLD}{scope.id.hex()}/{path}"
