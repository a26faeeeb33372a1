"""Which next key a persona commits to (spec 03 §4): no two, also not of two copies of one node."""

from pcloud.runtime import facts
from pcloud.store.port import Changes, Store

PLACE_BYTES = 8
"""Of the id of a relationship, which is random: they choose the place in the pool."""


def take(store: Store, changes: Changes, scope: bytes) -> bytes | None:
    """The commitment for a relationship, used from now on; None where the pool is used up.

    It is sought from a place that the id of the relationship gives. Two nodes restored from one copy know
    nothing of each other and have the same pool: so whom only one of them meets gets another key, and whom
    both know gets the same one of both.
    """
    end = int(store.fact(facts.POOL_END) or b"0") or 1
    place = int.from_bytes(scope[:PLACE_BYTES], "big") % end
    found = _free(store, changes, place - 1) or _free(store, changes, -1)
    if found is None:
        return None
    index, commitment = found
    changes.commitments[index] = None
    return commitment


def _free(store: Store, changes: Changes, above: int) -> tuple[int, bytes] | None:
    """The first that is unused, by what is committed and by what is about to be.

    What a batch has taken often stands in a row, and the store is asked only behind it.
    """
    found = store.commitment(above)
    while found is not None and found[0] in changes.commitments:
        above = found[0]
        while above + 1 in changes.commitments:
            above += 1
        found = store.commitment(above)
    return found
