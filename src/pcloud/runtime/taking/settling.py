"""What a taker does by itself: takes fields over, says so, and deletes what it may hold no longer (spec 09).

All of it is one function that brings a thread to what it should be, whatever has happened. So it does not
matter how often it is asked for, nor what of it was done before the program was killed.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

from pcloud.engine.compose import Command
from pcloud.engine.snapshot import APPLIED, Entry
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
from pcloud.runtime.taking.grants import GRANT_OVER, Given
from pcloud.runtime.taking.said import acknowledged, said_to_be_kept

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

    deleted: tuple[Field, ...]
    """Not held any more from now on, which has to be said."""
    kept: tuple[Kept, ...]
    """To be deleted, but bound to be kept, which was not said yet."""
    gone: frozenset[str]
    """Paths of which messages of this thread are to hold no value."""
    held: tuple[Field, ...]


def settle(batch: Batch, scope: Scope, thread_id: bytes, ordered: Collection[str] = ()) -> None:
    """Bring one thread to what it should be. Nothing happens where this node is not the taker in it.

    `ordered` are paths that the owner wants deleted although they may be held.
    """
    thread = scope.log.thread(thread_id)
    if thread is None or not grants.takes(scope.relationship, thread):
        return
    if thread.state in (ASKED, DECLINED):
        if thread.state == DECLINED or grants.is_over(scope.relationship, thread, batch.now):
            erase(batch, scope, _questions(scope.log.holding(thread_id)))
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
    holding = scope.log.holding(thread.id)
    fate = _fate(batch, scope, thread, ordered)
    erase(batch, scope, [*_questions(holding), *_outdated(batch, thread, holding, fate)])
    if fate.deleted:
        erase_copies(batch, scope, frozenset(field.path for field in fate.deleted).__contains__)
    if fate.deleted or fate.kept:
        _say_erased(batch, scope, thread, fate)
    if not backups.settings(batch).confirms:
        _take_over(batch, scope, thread, holding, fate.held)
    if not grants.is_over(scope.relationship, thread, batch.now):
        batch.ask(scope.id, GRANT_OVER, thread.id, grants.after(thread.data["until"]))


def _fate(batch: Batch, scope: Scope, thread: Thread, ordered: Collection[str]) -> Fate:
    over = grants.is_over(scope.relationship, thread, batch.now)
    bound, erased = holds.bound(batch, scope), thread.data.get("erased", {})
    deleted: list[Field] = []
    kept: list[Kept] = []
    held: list[Field] = []
    gone: set[str] = set()
    for path, (version, _) in sorted(thread.data["fields"].items()):
        is_erased = erased.get(path, (0, 0))[0] >= version
        reason = None if is_erased else bound(path)
        if not is_erased and path not in ordered and grants.may_hold(thread, path, over=over):
            held.append(Field(path, version))
        elif reason is not None:
            kept.append(Kept(path, reason))
        else:
            gone.add(path)
            if is_erased:
                continue
            if path not in ordered and any(holds.other_grants(batch, scope, path, thread.id)):
                kept.append(Kept(path, holds.OTHER_GRANT))
            else:
                deleted.append(Field(path, version))
    said = said_to_be_kept(batch, scope, thread.id) if kept else frozenset()
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
    body = DisclosureErased(fate.deleted, backups.gone_by(batch), fate.kept or None)
    said = _speak(batch, scope, thread, body)
    for path in {field.path for field in fate.deleted} if said else ():
        for other in threads(batch, scope, path):
            if other != thread.id:
                batch.ask(scope.id, AGAIN, other)  # it may have been kept there for this grant alone


def _take_over(
    batch: Batch, scope: Scope, thread: Thread, holding: Iterable[Entry], held: Iterable[Field]
) -> None:
    """Say that the node has the newest versions, where nothing was said of them yet."""
    newest = frozenset(held)
    here = [
        value
        for value in grants.values(holding, batch.setting.registry)
        if (value.path, value.version) in newest and value.entry.verdict == APPLIED
    ]
    said = acknowledged(batch, scope, thread.id, here)
    new = sorted({(value.path, value.version) for value in here} - said)
    if new:
        outcomes = tuple(Outcome(path, version, TAKEN) for path, version in new)
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
