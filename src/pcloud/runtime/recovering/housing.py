"""A node that came back may stand elsewhere: its `recover` says where it is found now (spec 06 §3)."""

from pcloud.runtime import facts
from pcloud.runtime.deciding.batch import Batch

PLACED_BATCH = 64
"""Relationships of one commit."""
_BREAK = b"\n"
"""Between two endpoints; none holds one."""


def here(batch: Batch) -> tuple[str, ...]:
    """Where the node was found when it last started, without its relays."""
    known = batch.fact(facts.ENDPOINTS)
    return () if known is None else tuple(known.decode().split(_BREAK.decode()))


def place(batch: Batch, endpoints: tuple[str, ...], after: bytes | None) -> bytes | None:
    """Let what waits for the answer to `recover` name the node's new endpoints in place of those it had.

    Gives where to go on, None after the last. To be done before the first `recover` of a start leaves. A peer
    that follows already is told by `relationship.move`; a relay's endpoints stay as they are.
    """
    told, known = _BREAK.join(each.encode() for each in endpoints), batch.fact(facts.ENDPOINTS)
    if told == known:
        return None
    before = here(batch)
    has_recovered = batch.fact(facts.RECOVERED) is not None
    rows = batch.store.contacts(after, PLACED_BATCH) if has_recovered else ()
    for row in rows:
        scope = batch.scope(row.scope)
        relationship = scope.relationship
        if relationship.recovering and relationship.me.endpoints == before:
            batch.steps += 1
            scope.relationship = relationship._replace(me=relationship.me._replace(endpoints=endpoints))
            batch.changes.relationships[scope.id] = scope.relationship
    if len(rows) == PLACED_BATCH:
        return rows[-1].scope
    batch.changes.facts[facts.ENDPOINTS] = told
    return None
