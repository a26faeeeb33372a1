"""Threads folded anew, where a verdict changed or an entry came late (spec 05 §10)."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pcloud.engine.fold import replay
from pcloud.engine.keeping import closed_since, forget_thread, keep_proofs
from pcloud.engine.registry import Registry
from pcloud.engine.snapshot import Entry, History, Relationship
from pcloud.kernel.thread import Thread


class Refolded(NamedTuple):
    """The scope and the threads after folding some of them anew."""

    relationship: Relationship
    threads: tuple[Thread, ...]


def refold(
    relationship: Relationship,
    thread_ids: Iterable[bytes],
    changed: Mapping[bytes, Entry],
    history: History,
    registry: Registry,
) -> Refolded:
    """Fold these threads with the changed entries, by first id, in place of the stored ones."""
    threads = []
    for thread_id in sorted(set(thread_ids)):
        entries = {entry.first_id: entry for entry in history.entries(thread_id)}
        entries.update((id_, entry) for id_, entry in changed.items() if entry.signed.thread_id == thread_id)
        thread, keeps = replay(entries.values(), registry, relationship.unaffirmed, relationship.logs)
        relationship = forget_thread(relationship, thread_id)
        if thread is None:
            known = history.thread(thread_id)
            if known is None:
                continue
            # Nothing in it acts any more: it is as if it had never been opened.
            thread = Thread(known.id, known.machine, known.opener)
        threads.append(thread)
        relationship = keep_proofs(relationship, keeps, thread_id)
        if thread.machine == registry.relation:
            closed = closed_since(relationship, thread, relationship.clock)
            relationship = relationship._replace(thread=thread, closed=closed)
    return Refolded(relationship, tuple(threads))
