"""Data that arose with a peer and come back to their owner: receipts, reservations, balances (spec 09 §8).

They are taken into the owner's records by themselves only where such things arise, and only where nothing
stands but what the same peer brought before. The rest waits for the owner.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pcloud.engine.compose import Command
from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.acknowledge import REFUSED, TAKEN, DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.machine import MACHINE, RETURNED
from pcloud.features.disclosure.path import Path, matches, read_path
from pcloud.home import shapes, vocabulary
from pcloud.home.shapes import ShapeError
from pcloud.home.vocabulary import UnfitError
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.wording import shown
from pcloud.runtime.owning import show, speaking
from pcloud.runtime.recording import recording
from pcloud.runtime.taking import grants, views
from pcloud.runtime.taking.erasing import erase
from pcloud.runtime.taking.grants import Given
from pcloud.wire import cbor

COLLECTIONS: Final = ("receipts", "reservations")
BALANCES: Final = "finance.balance"
_UNSAID: Final = (Code.PAUSED, Code.CLOSED, Code.RECOVERING, Code.OUTDATED, Code.UNAFFIRMED)

Verdict = str | None
"""What became of a value; None where it waits for the owner."""


def returned(batch: Batch, scope: Scope, thread_id: bytes) -> None:
    """Take what may be taken without asking the owner, and say so; let the rest wait."""
    thread = scope.log.thread(thread_id)
    if thread is not None and thread.state == RETURNED:
        here = waiting(batch, scope, thread)
        if _take(batch, scope, thread, here, asked=False) < len(here):
            batch.changes.facts[_waits(scope.id)] = b""


def decide(batch: Batch, scope: Scope, paths: list[str], *, drop: bool) -> list[str]:
    """Take or drop what waits at these paths or patterns, as the owner says; gives at which."""
    found: list[str] = []
    for thread in batch.store.threads(scope.id, MACHINE.name, RETURNED):
        values = [
            each
            for each in waiting(batch, scope, thread)
            if any(matches(pattern, each.path) for pattern in paths)
        ]
        found += sorted({each.path for each in values})
        if drop:
            _say(
                batch,
                scope,
                thread,
                {each.path: Outcome(each.path, each.version, REFUSED) for each in values},
            )
            erase(batch, scope, values)
        else:
            _take(batch, scope, thread, values, asked=True)
    if next(rows(batch, scope), None) is None:
        batch.changes.facts[_waits(scope.id)] = None
    return found


def waiting(batch: Batch, scope: Scope, thread: Thread) -> list[Given]:
    """Values of a thread that nobody has decided on, each path's in the order of its versions."""
    theirs = [entry for entry in scope.log.holding(thread.id) if not entry.mine]
    return sorted(grants.values(theirs, batch.setting.registry), key=lambda each: (each.path, each.version))


def peers(batch: Batch) -> list[bytes]:
    """Scopes of the peers of whom something waits for the owner's word."""
    return [bytes.fromhex(key.removeprefix(facts.RETURNED)) for key in batch.facts(facts.RETURNED)]


def _waits(scope: bytes) -> str:
    return facts.RETURNED + scope.hex()


def rows(batch: Batch, scope: Scope) -> Iterator[views.Returned]:
    """What waits for the owner's word."""
    for thread in batch.store.threads(scope.id, MACHINE.name, RETURNED):
        for each in waiting(batch, scope, thread):
            yield views.Returned(
                scope.id.hex(),
                show.line(scope.contact.name),
                thread.id.hex(),
                each.path,
                each.version,
                shown(_item(each)),
            )


def _take(batch: Batch, scope: Scope, thread: Thread, values: Iterable[Given], *, asked: bool) -> int:
    """Take values as far as it is decided; gives of how many it is."""
    outcomes: dict[str, Outcome] = {}
    decided: list[Given] = []
    for each in values:
        verdict = _put(batch, scope, each, asked=asked)
        if verdict is not None:
            outcomes[each.path] = Outcome(each.path, each.version, verdict)
            decided.append(each)
    _say(batch, scope, thread, outcomes)
    erase(batch, scope, decided)  # it is a record now, or nothing: no second copy stays in the log
    return len(decided)


def _put(batch: Batch, scope: Scope, value: Given, *, asked: bool) -> Verdict:
    """Let a value be a record of the owner."""
    source = f"peer:{scope.id.hex()}"
    newest = batch.newest(value.path)
    arises = _arises(read_path(value.path))
    if not asked and (not arises or (newest is not None and newest.source != source)):
        return None
    try:
        judged = vocabulary.judge(value.path, cbor.decode(_item(value)), strictly=False)
        kept = shapes.encode(judged.value)
    except (UnfitError, ShapeError):
        return REFUSED
    recording.put(batch, value.path, kept, source)
    return TAKEN


def _arises(path: Path) -> bool:
    """Whether such data arise with peers, so that they are taken without asking."""
    if path.fact is not None:
        return False
    balance = path.place == BALANCES or path.place.startswith(f"{BALANCES}.")
    return balance or (path.place in COLLECTIONS and path.record is not None)


def _item(value: Given) -> bytes:
    part = value.entry.parts[value.place]
    assert part is not None, "values are those that are there"
    return part.data


def _say(batch: Batch, scope: Scope, thread: Thread, outcomes: dict[str, Outcome]) -> None:
    """Tell the peer; where nothing may be said now it is left unsaid: it binds nobody (spec 09 §6)."""
    told = list(outcomes.values())
    for start in range(0, len(told), DISCLOSED_MAX):
        message = DisclosureAcknowledge(tuple(told[start : start + DISCLOSED_MAX]))
        try:
            speaking.speak(batch, scope, Command(message, thread.id))
        except speaking.FullOutboxError:
            return
        except UsageError as error:
            if error.code not in _UNSAID:
                raise
            return
