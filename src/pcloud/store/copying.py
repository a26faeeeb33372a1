"""What only a copy of the whole node reads: by both bodies of the store."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pcloud.store import statements as sql
from pcloud.store.database import Database
from pcloud.store.memory_log import Held, ScopeLog
from pcloud.store.port import Fed, Route, Timer
from pcloud.store.records import EntryRow, read_entry, read_signed

LAST = "\U0010ffff"
"""What no key of a fact goes on with."""


class SqliteCopying(NamedTuple):
    """In the file."""

    database: Database

    def facts(self, prefix: str) -> Mapping[str, bytes]:
        """All whose key begins so."""
        return dict(self.database.rows(sql.FACTS, (prefix, prefix + LAST)))

    def mailboxes(self, scope: bytes) -> Sequence[bytes]:
        """All that lead to a scope, present and old ones."""
        return [mailbox for (mailbox,) in self.database.rows(sql.ROUTES, (scope,))]

    def timers(self, scope: bytes) -> Sequence[Timer]:
        """All of a scope, by command and key."""
        return [Timer(*row) for row in self.database.rows(sql.TIMERS, (scope,))]

    def earlier(self, after: int, limit: int) -> Sequence[Fed]:
        """Headers of messages that were sent again, as each stood in the feed, without parts."""
        rows = self.database.rows(sql.EARLIER, (after, max(limit, 0)))
        return [_earlier(number, scope, EntryRow(*(*row, None, None))) for scope, number, *row in rows]


class MemoryCopying(NamedTuple):
    """The same from dicts of rows."""

    stored: Mapping[str, bytes]
    routes: Mapping[bytes, Route]
    timed: Mapping[tuple[bytes, str, bytes], Timer]
    logs: Mapping[bytes, ScopeLog]

    def facts(self, prefix: str) -> Mapping[str, bytes]:
        """All whose key begins so."""
        return {key: value for key, value in sorted(self.stored.items()) if key.startswith(prefix)}

    def mailboxes(self, scope: bytes) -> Sequence[bytes]:
        """All that lead to a scope, present and old ones."""
        return sorted(route.mailbox for route in self.routes.values() if route.scope == scope)

    def timers(self, scope: bytes) -> Sequence[Timer]:
        """All of a scope, by command and key."""
        return sorted(timer for timer in self.timed.values() if timer.scope == scope)

    def earlier(self, after: int, limit: int) -> Sequence[Fed]:
        """Headers of messages that were sent again, as each stood in the feed, without parts."""
        found = sorted((held.number, scope, held) for scope, held in self._replaced() if held.number > after)
        return [_earlier(number, scope, held.row) for number, scope, held in found[: max(limit, 0)]]

    def _replaced(self) -> Iterator[tuple[bytes, Held]]:
        for scope, log in self.logs.items():
            for held in log.places.values():
                if log.by_first_id[held.row.first_id].row.signed != held.row.signed:
                    yield scope, held


def _earlier(number: int, scope: bytes, row: EntryRow) -> Fed:
    bare = row._replace(salt=None, body=None)
    return Fed(number, scope, read_entry(bare, read_signed(row.signed), ()))
