"""What the owner of a taker does with what it holds: gives it up, keeps it, leaves (spec 09 §7)."""

from pcloud.engine.compose import Command
from pcloud.features.disclosure.path import matches
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import GROUND_GONE, Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking import grants, holds
from pcloud.runtime.taking.settling import settle, settle_all, threads


def open_grants(batch: Batch, scope: Scope) -> list[Thread]:
    """Grants of a peer of which something is here."""
    found = (scope.log.thread(thread_id) for thread_id in threads(batch, scope))
    return [thread for thread in found if thread is not None and grants.is_grant(thread)]


def delete(batch: Batch, scope: Scope, paths: list[str] | None) -> dict[bytes, list[str]]:
    """Delete fields although they may be held, at these paths or patterns, or all; gives which, by thread.

    A grant of which nothing is left is given up, so that nothing more comes by it. Raises OwnerError where
    nothing is held there, UsageError.
    """
    found: dict[bytes, list[str]] = {}
    for thread in open_grants(batch, scope):
        named = [path for path in thread.data["fields"] if fits(path, paths)]
        if not named:
            continue
        found[thread.id] = named
        if len(named) == len(thread.data["fields"]) and not _is_given_up(scope, thread):
            speaking.speak(batch, scope, Command(DisclosureRevoke(), thread.id))
        settle(batch, scope, thread.id, named)
    return found


def _is_given_up(scope: Scope, thread: Thread) -> bool:
    """Whether either side has ended the grant, or it stands on nothing any more."""
    return "ended" in thread.data or grants.is_closed(scope.relationship)


def fits(path: str, paths: list[str] | None) -> bool:
    """Whether a field is at one of these paths or patterns, or is a fact of it; None stands for all."""
    return paths is None or any(
        matches(each, path) or matches(each, path.partition(":")[0]) for each in paths
    )


def give_up(batch: Batch, scope: Scope, text: str) -> Thread:
    """Give a grant up as a whole, by the beginning of its id. Raises OwnerError, UsageError."""
    found = [each for each in open_grants(batch, scope) if text and each.id.hex().startswith(text.lower())]
    if len(found) != 1:
        what = (
            "More than one grant of this peer fits that." if found else "You hold no such grant of this peer."
        )
        raise OwnerError("ambiguous" if found else "unknown", f"{what} See: pcloud held")
    (thread,) = found
    if not _is_given_up(scope, thread):
        speaking.speak(batch, scope, Command(DisclosureRevoke(), thread.id))
    settle(batch, scope, thread.id)
    return thread


def keep(batch: Batch, scope: Scope, path: str, reason: str | None) -> None:
    """Keep fields of a peer although they would have to be deleted, or keep them no longer."""
    if reason is not None and reason not in holds.REASONS:
        raise OwnerError("invalid", f"A reason is one of: {', '.join(holds.REASONS)}.")
    holds.put(batch, scope, path, reason)
    if reason is None:
        batch.ask(scope.id, GROUND_GONE, b"")


def close(batch: Batch, scope: Scope, held: str, until: int | None) -> None:
    """End the relationship; what is said to be erased is erased in this commit (spec 07 §7).

    Raises OwnerError where what is said is not so.
    """
    here = open_grants(batch, scope)
    if held == "none" and here:
        text = (
            "You hold data of this peer. Say what happens to them: --held erased, or --held kept --until DAY."
        )
        raise OwnerError("invalid", text)
    bound = holds.bound(batch, scope)
    if held == "erased" and any(bound(path) for thread in here for path in thread.data["fields"]):
        text = "You keep data of this peer. Close with --held kept, or end that first: pcloud keep --end"
        raise OwnerError("invalid", text)
    speaking.close(batch, scope, held, until)
    settle_all(batch, scope)
