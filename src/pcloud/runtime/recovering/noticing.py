"""Notices of another copy of this node, and how long older contact keys are kept (spec 06 §5, §13)."""

from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.wire import cose, keylog
from pcloud.wire.answers import Stale, read_answer
from pcloud.wire.keylog import KeyLog, Relation
from pcloud.wire.session import contact_tag


def newest_log(own: KeyLog, stale: bytes | None) -> KeyLog:
    """The key log to extend: the one held, or that of another copy, which a kept `stale` shows (REC-39).

    What is kept was verified when it came: only the owner's words can have made
    a log that is longer, or another.
    """
    if stale is None:
        return own
    answer = read_answer(cose.STALE, cose.parse_sign1(stale, cose.STALE).payload)
    assert isinstance(answer, Stale), "nothing else is kept"
    shown = keylog.stored_log(answer.log)
    newer = keylog.compare(own, shown).relation in (Relation.EXTENDS, Relation.CONFLICT)
    return shown if newer else own


def forget_keys(batch: Batch, scope: Scope) -> None:
    """Destroy the contact keys of older epochs: the peer has known the newest for 90 days (spec 06 §13).

    Not while a further recovery waits for its answer, which lets them be kept as long again.
    """
    if scope.relationship.recovering:
        return
    batch.steps += 1
    newest = scope.relationship.me.log.current.contact_key
    for key in batch.store.contact_keys(scope.id):
        if key.public != newest:
            batch.changes.contact_keys[contact_tag(key.public)] = None
    batch.changes.relationships[scope.id] = scope.relationship  # so that the next copy is without them too
