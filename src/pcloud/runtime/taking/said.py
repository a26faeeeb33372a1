"""What this side has said of a grant by which it holds something (spec 09 §6, §7)."""

from collections.abc import Iterable
from typing import Final

from pcloud.engine.fold import act_of, acts
from pcloud.engine.snapshot import Entry
from pcloud.features.disclosure.acknowledge import DisclosureAcknowledge
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.taking.grants import Given
from pcloud.wire.header import Header

LOOKED_AT_MAX: Final = 64
"""Own messages after the peer's that are looked at one by one; beyond it the whole thread is read."""


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
    batch: Batch, scope: Scope, thread: bytes, given: Iterable[Given]
) -> frozenset[tuple[str, int]]:
    """Those of these fields, by path and version, of which an own acknowledgement speaks.

    A thread may be long, and nearly all of it is of older versions. Whoever gave something had not seen yet
    what would be said of it, and its header says up to where it had seen this side's line. So that is said
    further on in the line, and mostly soon. Where lines began anew since, or it is not said soon, the whole
    thread is read.
    """
    found: set[tuple[str, int]] = set()
    by_message: dict[bytes, list[Given]] = {}
    for value in given:
        by_message.setdefault(value.entry.first_id, []).append(value)
    for values in by_message.values():
        wanted = {(value.path, value.version) for value in values}
        said = _said_soon(batch, scope, thread, values[0].entry.signed.header, wanted)
        if said is None:
            return frozenset().union(*(_outcomes(batch, scope, each) for each in scope.log.entries(thread)))
        found |= said
    return frozenset(found)


def _said_soon(
    batch: Batch, scope: Scope, thread: bytes, header: Header, wanted: set[tuple[str, int]]
) -> set[tuple[str, int]] | None:
    """What is said of it in the messages that its sender had not seen; None where these do not tell."""
    known, line = scope.relationship, scope.relationship.outgoing
    epochs = known.me.log.epoch, known.peer.log.epoch
    if header.first is not None or (header.recipient_epoch, header.sender_epoch) != epochs:
        return None
    found: set[tuple[str, int]] = set()
    for number in range(header.highest + 1, line.number + 1):
        if wanted <= found:
            break
        entry = scope.log.at(mine=True, epochs=epochs, number=number)
        if entry is None or number > header.highest + LOOKED_AT_MAX:
            return None
        if entry.signed.thread_id == thread:
            found |= _outcomes(batch, scope, entry) & wanted
    return found


def _outcomes(batch: Batch, scope: Scope, entry: Entry) -> frozenset[tuple[str, int]]:
    """Of which versions an entry is an own acknowledgement that counts."""
    registry, name = batch.setting.registry, entry.signed.header.name
    if not entry.mine or name != DisclosureAcknowledge.NAME:
        return frozenset()
    if not acts(entry, registry, scope.relationship.unaffirmed):
        return frozenset()
    body = act_of(registry, entry.signed, entry.parts).message
    assert isinstance(body, DisclosureAcknowledge)
    return frozenset((path, version) for path, version, _ in body.outcomes)
