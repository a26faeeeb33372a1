"""Everybody whom this node is related to, as a person looks for them; and what happened with all of them."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from pcloud.runtime import views
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owning import customers, show
from pcloud.runtime.owning.answering import PAGE_MAX, Answering
from pcloud.runtime.owning.looking import ID_MIN, is_text
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal.port import words_in, words_sought
from pcloud.store.port import Contact, Fed

ROWS: Final = 500
"""Rows of the list that are read in one job: nobody waits for the whole of a long list."""
RELATED: Final = ("active", "paused-by-opener", "paused-by-other", "paused-by-both")
ENDED: Final = ("closed",)


class Knowing(Answering):
    """The owner's side of looking around among peers."""

    async def people(
        self, *, find: str | None = None, after: str | None = None, ended: bool = False, limit: int = PAGE_MAX
    ) -> views.People:
        """Relationships in the order of names: all, or whose name has all these words."""
        rows = await self._rows(ENDED if ended else RELATED)
        if find is not None:
            named = await self._do(lambda batch: customers.scope_of(batch, find)) if is_text(find) else None
            rows = [row for row in rows if row.scope == named or _fits(row, find)]
        rows.sort(key=_by_name)
        places = {row.scope.hex(): place for place, row in enumerate(rows, 1)}
        if after is not None and after not in places:
            raise OwnerError("unknown", "The list has changed: begin from its first page.")
        first = 0 if after is None else places[after]
        wanted = rows[first : first + min(limit, PAGE_MAX)]
        more = first + len(wanted) < len(rows)
        shown = await self._do(lambda batch: _peers(batch, wanted))
        return views.People(shown, len(rows), wanted[-1].scope.hex() if more else None)

    async def _rows(self, states: Sequence[str]) -> list[Contact]:
        found: list[Contact] = []
        last: bytes | None = None
        while True:
            page = await self._do(partial(_page, after=last))
            found += [row for row in page if row.state in states]
            if len(page) < ROWS:
                return found
            last = page[-1].scope

    async def news(self, *, before: int | None = None, limit: int = 50) -> list[views.News]:
        """What was said and done with everybody, newest first."""

        def job(batch: Batch) -> list[views.News]:
            end = batch.store.feed_end()
            end = end if before is None else min(end, before - 1)
            return [_news(batch, fed) for fed in _newest(batch, end, min(limit, PAGE_MAX))]

        return await self._do(job)


def _page(batch: Batch, after: bytes | None) -> Sequence[Contact]:
    return batch.store.contacts(after, ROWS)


def _fits(row: Contact, text: str) -> bool:
    """Whether all words of a search are in a name, or it is the beginning of the id."""
    if len(text) >= ID_MIN and row.scope.hex().startswith(text.lower()):
        return True
    name = " ".join(words_in(row.name or ""))
    sought = _sought(text)
    return bool(sought) and all(word in name for word in sought)


def _sought(text: str) -> frozenset[str]:
    try:
        return words_sought(text)
    except ValueError:
        raise OwnerError("invalid", "Those are too many words: give a name, or a part of it.") from None


def _by_name(row: Contact) -> tuple[bool, str, bytes]:
    """Who has no name comes last."""
    return not row.name, (row.name or "").casefold(), row.scope


def _peers(batch: Batch, rows: Sequence[Contact]) -> list[views.Peer]:
    scopes = [batch.scope(row.scope) for row in rows]
    return [customers.shown(batch, scope) for scope in scopes if show.is_peer(scope)]


def _newest(batch: Batch, end: int, limit: int) -> list[Fed]:
    """Entries up to a number, the newest first; what was sent again has left gaps among the numbers."""
    found: list[Fed] = []
    while end > 0 and len(found) < limit:
        start = max(end - limit, 0)
        found += [fed for fed in reversed(batch.store.feed(start, limit)) if fed.number <= end]
        end = start
    return found[:limit]


def _news(batch: Batch, fed: Fed) -> views.News:
    contact = batch.store.contact(fed.scope)
    name = None if contact is None else show.line(contact.name)
    return views.News(fed.scope.hex(), name, show.entry(fed))
