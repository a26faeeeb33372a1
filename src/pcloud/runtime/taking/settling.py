"""What a taker does by itself: takes fields over, says so, and deletes what it may hold no longer (spec 09).

All of it is one function that brings a thread to what it should be, whatever has happened. So it does not
matter how often it is asked for, nor what of it was done before the program was killed.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from pcloud.engine.compose import Command
from pcloud.engine.ledger.holding import Held, Holding
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.acknowledge import TAKEN, DisclosureAcknowledge, Outcome
from pcloud.features.disclosure.erased import DisclosureErased, Kept
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.machine import ASKED, DECLINED
from pcloud.features.disclosure.request import DisclosureRequest
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import GROUND_GONE, Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.runtime.taking import backups, grants, holds
from pcloud.runtime.taking.erasing import erase, erase_copies
from pcloud.runtime.taking.grants import Given

GRANT_OVER: Final = "grant-over"
"""The timer of a thread at the end of the day of its grant."""
AGAIN: Final = "settle-again"
"""The timer of a thread in which something could not be said yet."""
AGAIN_S: Final = 3_600
"""How soon it is tried again to say what cannot be said now."""
PAGE: Final = 100
"""Rows of the index that are read at once."""
_LATER: Final = (Code.PAUSED, Code.RECOVERING, Code.OUTDATED, Code.UNAFFIRMED)
"""Refusals of an own word that may be over later."""


class Fate(NamedTuple):
    """What is to become of the fields of a grant."""

    deleted: tuple[Holding, ...]
    """Not held any more from now on, which has to be said."""
    kept: tuple[Kept, ...]
    """To be deleted, but bound to be kept, which was not said yet."""
    gone: frozenset[str]
    """Paths of which messages of this thread are to hold no value."""
    held: tuple[Holding, ...]


def settle(batch: Batch, scope: Scope, thread_id: bytes, ordered: Collection[str] = ()) -> None:
    """Bring one thread to what it should be. Nothing happens where this node is not the taker in it.

    `ordered` are paths that the owner wants deleted although they may be held.
    """
    thread = scope.log.thread(thread_id)
    if thread is None or not grants.takes(scope.relationship, thread):
        return
    if thread.state in (ASKED, DECLINED):
        if thread.state == DECLINED or grants.is_over(scope.relationship, thread, batch.now):
            erase(batch, scope, _questions(scope.log.entries(thread_id)))
    elif grants.is_grant(thread):
        _settle(batch, scope, thread, ordered)


def settle_all(batch: Batch, scope: Scope, _key: bytes = b"") -> None:
    """Bring every grant of a peer to what it should be: something that they stand on has changed.

    Also those of which all was said to be deleted: this node may have come back from a copy that has it.
    """
    for thread_id in threads(batch, scope, deleted=True):
        settle(batch, scope, thread_id)
    if holds.closed_keeping(scope, batch.now):
        until = grants.kept_until(scope.relationship)
        batch.ask(scope.id, GROUND_GONE, b"", grants.after(until or 0))


def threads(batch: Batch, scope: Scope, prefix: str = "", *, deleted: bool = False) -> list[bytes]:
    """Grants of a peer of which something at a path, or below it, is not deleted yet; as committed.

    With `deleted` those too of which nothing is left.
    """
    found: dict[bytes, None] = {}
    after = None
    while True:
        page = batch.store.personal.given(mine=False, scope=scope.id, prefix=prefix, after=after, limit=PAGE)
        found.update((row.thread, None) for row in page if deleted or row.erased < row.version)
        if len(page) < PAGE:
            return list(found)
        last = page[-1]
        after = (last.scope, last.thread, last.path)


def _settle(batch: Batch, scope: Scope, thread: Thread, ordered: Collection[str]) -> None:
    entries = scope.log.entries(thread.id)
    fate = _fate(batch, scope, thread, entries, ordered)
    erase(batch, scope, [*_questions(entries), *_outdated(batch, thread, entries, fate)])
    if fate.deleted:
        erase_copies(batch, scope, frozenset(row.path for row in fate.deleted).__contains__)
    if fate.deleted or fate.kept:
        _say_erased(batch, scope, thread, fate)
    if not backups.settings(batch).confirms:
        _take_over(batch, scope, thread, entries, fate.held)
    if not grants.is_over(scope.relationship, thread, batch.now):
        batch.ask(scope.id, GRANT_OVER, thread.id, grants.after(thread.data["until"]))


def _fate(
    batch: Batch, scope: Scope, thread: Thread, entries: Sequence[Entry], ordered: Collection[str]
) -> Fate:
    registry = batch.setting.registry
    over = grants.is_over(scope.relationship, thread, batch.now)
    said, bound = grants.said_to_be_kept(entries, registry), holds.bound(batch, scope)
    deleted: list[Holding] = []
    kept: list[Kept] = []
    held: list[Holding] = []
    gone: set[str] = set()
    for row in grants.holdings(scope.relationship, entries, registry):
        reason = None if row.state is Held.ERASED else bound(row.path)
        may_hold = row.path not in ordered and grants.may_hold(thread, row.path, over=over)
        if row.state is not Held.ERASED and may_hold:
            held.append(row)
        elif reason is not None:
            kept.append(Kept(row.path, reason))
        else:
            gone.add(row.path)
            if row.state is Held.ERASED:
                continue
            if row.path not in ordered and any(holds.other_grants(batch, scope, row.path, thread.id)):
                kept.append(Kept(row.path, holds.OTHER_GRANT))
            else:
                deleted.append(row)
    new = tuple(each for each in kept if each.path not in said)
    return Fate(tuple(deleted), new, frozenset(gone), tuple(held))


def _outdated(batch: Batch, thread: Thread, entries: Iterable[Entry], fate: Fate) -> Iterator[Given]:
    """Values that are not to be there: of what is gone all, of the rest those before the newest."""
    newest = {path: version for path, (version, _) in thread.data["fields"].items()}
    for value in grants.values(entries, batch.setting.registry):
        if value.path in fate.gone or value.version < newest.get(value.path, 0):
            yield value


def _questions(entries: Iterable[Entry]) -> Iterator[Given]:
    """What one's own question brought: examples, and values to compare with. It was answered, or is over."""
    for entry in entries:
        if entry.mine and entry.signed.header.name == DisclosureRequest.NAME:
            items = enumerate(entry.parts[1:], 1)
            yield from (Given(entry, place, "", 0) for place, item in items if item is not None)


# What is said


def _say_erased(batch: Batch, scope: Scope, thread: Thread, fate: Fate) -> None:
    fields = tuple(Field(row.path, row.version) for row in fate.deleted)
    said = _speak(batch, scope, thread, DisclosureErased(fields, backups.gone_by(batch), fate.kept or None))
    for path in {row.path for row in fate.deleted} if said else ():
        for other in threads(batch, scope, path):
            if other != thread.id:
                batch.ask(scope.id, AGAIN, other)  # it may have been kept there for this grant alone


def _take_over(
    batch: Batch, scope: Scope, thread: Thread, entries: Iterable[Entry], held: Iterable[Holding]
) -> None:
    """Say that the node has the newest versions, where nothing was said of them yet."""
    here = {(value.path, value.version) for value in grants.values(entries, batch.setting.registry)}
    outcomes = tuple(
        Outcome(row.path, row.version, TAKEN)
        for row in held
        if row.state is Held.APPLIED and (row.path, row.version) in here
    )
    if outcomes:
        _speak(batch, scope, thread, DisclosureAcknowledge(outcomes))


def _speak(batch: Batch, scope: Scope, thread: Thread, message: Message) -> bool:
    """Say it, or try again later; in a relationship that has ended what cannot be said is left unsaid."""
    try:
        speaking.speak(batch, scope, Command(message, thread.id))
    except speaking.FullOutboxError:
        batch.ask(scope.id, AGAIN, thread.id, batch.now + AGAIN_S)
        return False
    except UsageError as error:
        if error.code in _LATER:
            batch.ask(scope.id, AGAIN, thread.id, batch.now + AGAIN_S)
        elif error.code is not Code.CLOSED:
            raise
        return False
    return True
