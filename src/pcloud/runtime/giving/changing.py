"""Change once: who holds a field of what has changed is brought to the newest version (spec 09 §6).

The commit that changes a record writes down what is still to be done for each grant that follows it (spec 05
SCOPE-1): one update with all fields of the grant that are behind, and never a field that was not given there.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from pcloud.engine.compose import Command
from pcloud.engine.ledger.index import Given
from pcloud.engine.ledger.projection import ledger
from pcloud.errors import Code, UsageError
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.grant import ERASE, GRANTED, STANDING, VERSION
from pcloud.features.disclosure.machine import GIVEN, MACHINE
from pcloud.features.disclosure.machine import GRANTED as ANSWERED
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.thread import Thread
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.reactions import PutOffError
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving.questions import gives, sought
from pcloud.runtime.giving.values import Valued, newest, record_of, valued_of
from pcloud.runtime.owning import speaking
from pcloud.store.personal import GivenPlace, Version

GIVE_NEWEST: Final = "give-newest"
ERASE_GIVEN: Final = "erase-given"
"""What is still to be done in a grant, as timers name it."""
PAUSED_S: Final = 3_600
"""How often it is tried to bring something to a peer that rests, or for whom too much waits."""
DIGEST_BYTES: Final = 32
BODY_BYTES: Final = 8_192
"""Room for header and body of an update beside its items: 32 fields with the longest paths take 6,000."""
PAGE: Final = 256
"""Rows that are read at once."""
_RESTS: Final = (Code.PAUSED, Code.RECOVERING, Code.OUTDATED, Code.UNAFFIRMED)
"""Refusals of one's own node that pass."""


def changed(batch: Batch, version: Version) -> None:
    """Let whoever holds a standing grant of this record be brought to it, in the commit that changes it."""
    if version.value is None:
        return
    for scope, thread in set(_following(batch, version.path)):
        batch.ask(scope, GIVE_NEWEST, thread)


def forget(batch: Batch, path: str) -> None:
    """Let whoever holds a record that is deleted, or a fact of it, be told to delete it too."""
    for scope, thread in set(_holding(batch, path)):
        batch.ask(scope, ERASE_GIVEN, thread + _digest(path))


def _following(batch: Batch, path: str) -> Iterator[tuple[bytes, bytes]]:
    """Grants by which later versions of a record follow: stored ones, and those of this very commit."""
    for given in batch.store.personal.holders(path):
        if given.follows and given.held and given.until >= batch.now:
            yield given.scope, given.thread
    yield from _made_now(batch, path)


def _holding(batch: Batch, path: str) -> Iterator[tuple[bytes, bytes]]:
    yield from ((given.scope, given.thread) for given in batch.store.personal.holders(path) if given.held)
    yield from _made_now(batch, path)


def _made_now(batch: Batch, path: str) -> Iterator[tuple[bytes, bytes]]:
    for (scope, thread_id), thread in batch.changes.threads.items():
        if thread.machine == MACHINE.name and any(
            record_of(each) == path for each in thread.data.get("fields", ())
        ):
            yield scope, thread_id


def give_newest(batch: Batch, scope: Scope, thread_id: bytes) -> None:
    """Bring a grant to the newest versions, by one update; nothing is sent where it has them.

    Raises PutOffError while the relationship rests, recovers, or too much waits in it.
    """
    thread = scope.log.thread(thread_id)
    if thread is None or not follows(scope, thread, batch.now):
        return
    behind = list(_behind(batch, scope, thread))
    if behind:
        _bring(batch, scope, thread, behind)


def _bring(batch: Batch, scope: Scope, thread: Thread, behind: list[Valued]) -> None:
    """One update with all of it, or as few as it fits into."""
    data = thread.data
    fields = tuple(Field(each.path, each.version) for each in behind)
    message = DisclosureUpdate(data["grant"], fields, data["action"], tuple(data["purposes"]))
    wanted = Command(message, thread.id, tuple(each.item for each in behind), data["agreement"])
    if len(behind) > 1 and sum(len(each.item) for each in behind) > message.BYTES_MAX - BODY_BYTES:
        half = len(behind) // 2
        _bring(batch, scope, thread, behind[:half])
        _bring(batch, scope, thread, behind[half:])
    else:
        _speak(batch, scope, wanted)


def catch_up(batch: Batch, scope: Scope, _key: bytes) -> None:
    """A relationship goes on after a rest: what changed meanwhile is brought to the peer now."""
    after: GivenPlace | None = None
    while page := batch.store.personal.given(mine=True, scope=scope.id, prefix="", after=after, limit=PAGE):
        for given in page:
            if given.follows and given.held and given.until >= batch.now:
                batch.ask(scope.id, GIVE_NEWEST, given.thread)
        after = place_of(page[-1])


def place_of(given: Given) -> GivenPlace:
    """Where the next page begins."""
    return given.scope, given.thread, given.path


def follows(scope: Scope, thread: Thread, now: int) -> bool:
    """Whether a thread is a standing grant of this node's owner that is in force."""
    if thread.machine != MACHINE.name or thread.state not in (GIVEN, ANSWERED) or not gives(scope, thread):
        return False
    data = thread.data
    agreement = scope.relationship.agreements.get(data["agreement"])
    if agreement is None or agreement.ended or (agreement.until is not None and agreement.until < now):
        return False
    return bool(data["standing"]) and "ended" not in data and data["until"] >= now


def _behind(batch: Batch, scope: Scope, thread: Thread) -> Iterator[Valued]:
    """Fields of a grant of which there is a newer version; a fact only where it is another one now."""
    last: dict[str, bytes | None] | None = None
    for path, field in sorted(thread.data["fields"].items()):
        deleted, _ = thread.data.get("erased", {}).get(path, (0, 0))
        if field[STANDING] != GRANTED or deleted >= field[VERSION]:
            continue
        version = newest(batch, record_of(path))
        if version is None or version.number <= field[VERSION]:
            continue
        if ":" in path and last is None:
            last = items_given(batch, scope, thread.id)
        now = valued_of(version, path, sought(scope, thread, path), batch.now)
        if now is not None and (last is None or ":" not in path or last.get(path) != now.item):
            yield now


def items_given(batch: Batch, scope: Scope, thread_id: bytes) -> dict[str, bytes | None]:
    """The item of the newest version of each field of a grant, as far as it is kept."""
    known, entries = scope.relationship, scope.log.entries(thread_id)
    by_id = {entry.first_id: entry for entry in entries}
    found: dict[str, bytes | None] = {}
    for row in ledger(entries, batch.setting.registry, known.unaffirmed, known.agreements):
        parts = by_id[row.message].parts
        part = parts[row.item] if row.item < len(parts) else None
        found[row.path] = None if part is None else part.data
    return found


def erase_given(batch: Batch, scope: Scope, key: bytes) -> None:
    """Order that what a grant gave of a record be deleted, unless the owner has set it again meanwhile.

    The key is the thread and the digest of the record's path: what the owner wants left elsewhere is left.
    """
    thread_id, digest = key[:-DIGEST_BYTES], key[-DIGEST_BYTES:]
    thread = scope.log.thread(thread_id)
    if thread is None or thread.state not in (GIVEN, ANSWERED) or not gives(scope, thread):
        return
    fields = thread.data["fields"]
    meant = [path for path in sorted(fields) if _digest(record_of(path)) == digest]
    gone = [
        path for path in meant if fields[path][STANDING] != ERASE and newest(batch, record_of(path)) is None
    ]
    if gone:
        whole = len(gone) == len(fields)
        _speak(batch, scope, Command(DisclosureErase(None if whole else tuple(gone)), thread_id))


def _digest(path: str) -> bytes:
    """The path of a record in a key of fixed length."""
    return sha256(path.encode()).digest()


def _speak(batch: Batch, scope: Scope, wanted: Command) -> None:
    """Say it, or later; what the terms or the grant forbid by now is not said, and the owner is told."""
    try:
        speaking.speak(batch, scope, wanted)
    except speaking.FullOutboxError as error:
        raise PutOffError(PAUSED_S) from error
    except UsageError as error:
        if error.code in _RESTS:
            raise PutOffError(PAUSED_S) from error
        batch.tell("not-brought", scope, wanted.thread)


def highest_given(batch: Batch, path: str) -> int:
    """The highest version of a record that anybody holds; 0 for none.

    After a recovery from an older copy, peers hold newer versions than are known here: the next is above them
    (DISC-21), or it would reach nobody.
    """
    return max((given.version for given in batch.store.personal.holders(path)), default=0)


def holders(batch: Batch, path: str) -> list[Given]:
    """Who holds a record, or a fact of it, now: whom a change would reach, and whom not."""
    return [given for given in batch.store.personal.holders(path) if given.held and given.until >= batch.now]
