"""Getting kept volumes back with a locator: no relationship is needed, and no node (spec 22 §5)."""

from collections.abc import AsyncIterator
from hashlib import sha256

from pcloud.errors import PcloudError
from pcloud.runtime.keeping.visiting import RefusedError, Visit
from pcloud.wire.services.custody import Fetch, Kept, List
from pcloud.wire.services.service import Outcome

LISTED_MAX = 100_000
"""Volumes of one list that are looked at, the oldest: no true holder has more, whoever puts them there."""


class FalseVolumeError(PcloudError):
    """The holder gave other bytes than it had listed: it has lost or changed what it was to keep."""


async def list_over(holder: Visit, locator: bytes) -> tuple[Kept, ...]:
    """All volumes that a holder has under a locator, oldest first; none where it knows nothing of it.

    Raises UnreachableError, RefusedError for one that cannot now.
    """
    rows: list[Kept] = []
    while True:
        page = await _page(holder, List(locator, rows[-1].place if rows else 0))
        if not page or (rows and page[0].place <= rows[-1].place):
            return tuple(rows)
        rows.extend(page)
        if len(rows) > LISTED_MAX:
            return tuple(rows[:LISTED_MAX])


async def _page(holder: Visit, request: List) -> tuple[Kept, ...]:
    try:
        (page,) = await holder.ask(request)
    except RefusedError as refused:
        if refused.outcome is Outcome.UNKNOWN:
            return ()
        raise
    return tuple(page)


async def fetch_over(holder: Visit, locator: bytes, row: Kept) -> AsyncIterator[bytes]:
    """The bytes of a volume as they come. It counts only once the iterator has ended.

    Raises FalseVolumeError where they are not those of the row, or the holder knows nothing of it any more;
    UnreachableError, RefusedError for a holder that cannot now.
    """
    summed, here = sha256(), 0
    while here < row.size:
        try:
            (data,) = await holder.ask(Fetch(locator, row.digest, here))
        except RefusedError as refused:
            if refused.outcome is Outcome.UNKNOWN:
                raise FalseVolumeError from refused
            raise
        here += len(data)
        if not data or here > row.size:
            raise FalseVolumeError
        summed.update(data)
        if here == row.size and summed.digest() != row.digest:
            raise FalseVolumeError
        yield data
