"""What a relationship amounts to, in a form that has to be the same before a loss and after it."""

from typing import NamedTuple

from pcloud.engine.fold import fold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.relationship.affirm import RelationshipAffirm
from pcloud.features.relationship.returned import RelationshipReturned
from pcloud.store.personal import Version
from pcloud.store.port import Store
from pcloud.wire import cbor

OF_RECOVERY = (RelationshipAffirm.NAME, RelationshipReturned.NAME)
"""Messages that only say what came back."""


class Canon(NamedTuple):
    """A relationship in one store."""

    entries: dict[bytes, bytes]
    """By first id: header as it was first sent, body, items, verdict."""
    mine: frozenset[bytes]
    """First ids of own ones."""
    waiting: frozenset[bytes]
    """Own ones without a verdict."""
    refused: frozenset[bytes]
    """Of these the receiver keeps no more than the header, and nobody gives them back (spec 06 §12)."""
    digest: bytes
    """Of the fold."""


def canon(store: Store, scope: bytes) -> Canon:
    """Read one relationship. Its threads are compared with what its log says."""
    relationship, history = store.relationship(scope), store.history(scope)
    assert relationship is not None, "a relationship is gone"
    log = [*history.sequence(mine=True), *history.sequence(mine=False)]
    state = fold(log, STANDARD, relationship.unaffirmed)
    for id_, thread in state.threads.items():
        kept = history.thread(id_)
        assert kept is not None, "a thread is gone"
        assert (kept.state, kept.data) == (thread.state, thread.data), "a thread is not what its log says"
    said = [entry for entry in log if entry.signed.header.name not in OF_RECOVERY]
    return Canon(
        {entry.first_id: form(entry) for entry in said},
        frozenset(entry.first_id for entry in said if entry.mine),
        frozenset(entry.first_id for entry in said if entry.mine and entry.verdict is None),
        frozenset(entry.first_id for entry in said if entry.verdict not in (None, APPLIED)),
        state.digest(),
    )


Records = dict[tuple[str, int], Version]
"""Every version of every record, by path and number."""


def records(store: Store) -> Records:
    """The owner's own data. What a list shows is compared with the versions."""
    versions = {(each.path, each.number): each for each in store.personal.all(None, 1_000_000)}
    newest = {path: versions[path, number] for path, number in sorted(versions)}
    listed = list(store.personal.list("", None, 1_000_000))
    assert listed == [each for _, each in sorted(newest.items()) if each.value is not None], "a list is wrong"
    return versions


def form(entry: Entry) -> bytes:
    """One message, byte for byte, without what a reissue changes."""
    header = entry.signed.header
    parts = [None if part is None else list(part) for part in entry.parts]
    return cbor.encode(
        [
            entry.mine,
            header.sender,
            header.name,
            header.thread,
            header.time,
            header.expiry,
            header.agreement,
            list(entry.signed.rank),
            list(header.digests),
            parts,
            entry.verdict or APPLIED,
        ]
    )
