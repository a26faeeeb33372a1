"""What this side has said of a grant by which it holds something (spec 09 §6, §7)."""

from collections.abc import Iterable, Sequence
from typing import Final

from pcloud.engine.fold import act_of, acts
from pcloud.engine.snapshot import Entry
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.wire.header import Header

LOOKED_AT_MAX: Final = 64
"""Own messages that are looked at one by one; where more were sent since, the whole thread is read."""


def said_to_be_kept(batch: Batch, scope: Scope, thread: bytes) -> frozenset[str]:
    """Paths of which this side has said that it has to keep them."""
    found: set[str] = set()
    for entry in scope.log.entries(thread):
        if entry.mine and entry.signed.header.name == DisclosureErased.NAME:
            body = act_of(batch.setting.registry, entry.signed, entry.parts).message
            assert isinstance(body, DisclosureErased)
            found |= {each.path for each in body.kept or ()}
    return frozenset(found)


def acknowledged(
    batch: Batch, scope: Scope, thread: bytes, given: Sequence[Entry]
) -> frozenset[tuple[str, int]]:
    """Versions of fields that own acknowledgements speak of, among those that came with `given`.

    A thread may be long, and nearly all of it is of older versions. Whoever gave something had not seen yet
    what would be said of it, and its header says up to where it had seen this side's line. So that is said
    further on in the line, in a few messages mostly. Where lines began anew since, all of the thread is read.
    """
    if not given:
        return frozenset()
    registry, unaffirmed = batch.setting.registry, scope.relationship.unaffirmed
    found: set[tuple[str, int]] = set()
    for entry in _since(scope, thread, [each.signed.header for each in given]):
        name = entry.signed.header.name
        if entry.mine and name == DisclosureAcknowledge.NAME and acts(entry, registry, unaffirmed):
            body = act_of(registry, entry.signed, entry.parts).message
            assert isinstance(body, DisclosureAcknowledge)
            found |= {(path, version) for path, version, _ in body.outcomes}
    return frozenset(found)


def _since(scope: Scope, thread: bytes, headers: Sequence[Header]) -> Iterable[Entry]:
    """Entries of a thread: all, or own ones that the senders of these had not seen."""
    known, line = scope.relationship, scope.relationship.outgoing
    epochs = known.me.log.epoch, known.peer.log.epoch
    seen = min(header.highest for header in headers)
    same = all(
        header.first is None and (header.recipient_epoch, header.sender_epoch) == epochs for header in headers
    )
    if not same or line.number - seen > LOOKED_AT_MAX:
        return scope.log.entries(thread)
    numbers = range(seen + 1, line.number + 1)
    own = [scope.log.at(mine=True, epochs=epochs, number=number) for number in numbers]
    there = [entry for entry in own if entry is not None]
    if len(there) < len(own):
        return scope.log.entries(thread)
    return [entry for entry in there if entry.signed.thread_id == thread]
