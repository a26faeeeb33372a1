"""Records as a batch changes them: a version more, and in the same commit whoever holds it is thought of."""

from collections.abc import Iterator
from typing import Final

from pcloud.runtime.consenting import paper
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving import changing
from pcloud.store.personal import Version

OWNER: Final = "owner"
"""The source of what the owner has set."""
IMPORT: Final = "import:"
"""How the source of what came from a file begins."""
PAGE: Final = 256
"""Versions that are read at once."""


def put(batch: Batch, path: str, value: bytes, source: str) -> Version:
    """Let a value stand at a path; where it stands there already, nothing is written.

    `value` is deterministic CBOR, judged by the caller. Whoever holds a standing grant of it gets it.
    """
    newest = batch.newest(path)
    if newest is not None and newest.value == value:
        return newest
    return _follow(batch, path, newest, value, source)


def is_old_news(batch: Batch, path: str, value: bytes, source: str) -> bool:
    """Whether an import brings what the same kind of import has brought before: a mailbox that is read again.

    So an order that was sent since does not go back to being packed. Looks at the newest `PAGE` versions.
    """
    if not source.startswith(IMPORT):
        return False
    known = batch.store.personal.history(path, None, PAGE)
    return any(each.value == value and each.source == source for each in known)


def carry(batch: Batch, version: Version) -> None:
    """Let a version stand that another node has written out: with its own number, time and source.

    Its number is above that of every version here. Whoever holds a standing grant of the path gets it, and to
    who holds it without a node a letter is due.
    """
    batch.put(version)
    changing.changed(batch, version)
    paper.changed(batch, version.path)


def delete(batch: Batch, path: str, *, keep_history: bool, at_holders: bool) -> Version:
    """Let nothing stand at a path. What stood there before is let go of, unless the history is kept.

    `at_holders`: whoever was given it is told to delete it too. Raises LookupError where there is none.
    """
    newest = batch.newest(path)
    if newest is None or newest.value is None:
        raise LookupError("no such record")
    deleted = _follow(batch, path, newest, None, OWNER)
    if not keep_history:
        let_go(batch, path)
    if at_holders:
        changing.forget(batch, path)
    return deleted


def let_go(batch: Batch, path: str) -> int:
    """Take the values out of all versions but the newest; gives how many there were."""
    newest = batch.newest(path)
    older = [] if newest is None else [each for each in _versions(batch, path) if each.number < newest.number]
    for version in older:
        batch.put(version._replace(value=None))
    return len(older)


def _versions(batch: Batch, path: str) -> Iterator[Version]:
    """Versions with a value, those of this batch first."""
    written = [each for (changed, _), each in batch.changes.versions.items() if changed == path]
    yield from (each for each in written if each.value is not None)
    known, before = {each.number for each in written}, None
    while page := batch.store.personal.history(path, before, PAGE):
        yield from (each for each in page if each.value is not None and each.number not in known)
        before = page[-1].number


def _follow(batch: Batch, path: str, newest: Version | None, value: bytes | None, source: str) -> Version:
    number = 1 + max(0 if newest is None else newest.number, changing.highest_given(batch, path))
    version = Version(path, number, value, batch.now, source)
    batch.put(version)
    changing.changed(batch, version)
    paper.changed(batch, path)
    return version
