"""The ledger as its owner reads it: by holder and by field, each row computed from the log (spec 09 §11).

Which rows there are the store's index says; how each stands is computed from the one thread it is about. So a
page costs what its rows cost, however many relationships there are.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pcloud.engine.ledger.holding import Held, Holding
from pcloud.engine.ledger.index import Given
from pcloud.engine.ledger.projection import ledger
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.giving import views
from pcloud.runtime.giving.questions import sought
from pcloud.runtime.giving.values import newest, record_of, valued_of
from pcloud.runtime.giving.wording import label_of
from pcloud.runtime.owning import show
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal import GivenPlace, Version

LOOKED_AT_MAX: Final = 4_096
"""Rows of the index that are looked at for one page, which may be short: those that lag may be few."""
ENDING_S: Final = 1_209_600
"""So long before its day a row is shown as ending soon: 14 days."""
_WAITING: Final = (Held.QUEUED, Held.SENT)
_STANDING: Final = (*_WAITING, Held.APPLIED, Held.CONFIRMED, Held.REFUSED, Held.NEED_MORE)


class Left(NamedTuple):
    """What is known of frames that have left this node."""

    started: int
    """When this node was started: of what was said before, nobody knows any more whether it left."""
    wrote: Mapping[bytes, int]
    """When an own message was last given to a connection, by relationship."""

    def ids(self, scope: Scope) -> set[bytes]:
        """First ids of messages that wait for a receipt, and that the peer may have."""
        last = self.wrote.get(scope.id, -1)
        found = set()
        for sent in scope.relationship.outgoing.pending:
            entry = scope.log.find(sent.first_id)
            if entry is None or entry.signed.header.time < self.started or entry.signed.header.time <= last:
                found.add(sent.first_id)
        return found


class Wanted(NamedTuple):
    """Which rows."""

    scope: bytes | None = None
    path: str | None = None
    """Of a field, or of a place with all that is below it."""
    lagging: bool = False


class Reader:
    """Reads rows; threads and relationships that several rows are about are read once."""

    def __init__(self, batch: Batch, left: Left) -> None:
        self._batch, self._left = batch, left
        self._threads: dict[bytes, dict[str, Holding]] = {}
        self._newest: dict[str, Version | None] = {}

    def page(self, wanted: Wanted, after: str | None, limit: int) -> views.Ledger:
        """Rows in the order of paths; of one relationship in that of its grants. Raises OwnerError."""
        place = None if after is None else _place(after)
        rows: list[views.LedgerRow] = []
        for looked_at, given in enumerate(self._given(wanted, place), 1):
            place = given.scope, given.thread, given.path
            row = self._row_of(given, wanted)
            if row is not None:
                rows.append(row)
            if len(rows) == limit or looked_at == LOOKED_AT_MAX:
                return views.Ledger(rows, _cursor(place))
        return views.Ledger(rows)

    def _given(self, wanted: Wanted, place: GivenPlace | None) -> Iterator[Given]:
        prefix, tables = record_of(wanted.path or ""), self._batch.store.personal
        while page := tables.given(mine=True, scope=wanted.scope, prefix=prefix, after=place, limit=PAGE):
            yield from page
            place = page[-1].scope, page[-1].thread, page[-1].path

    def _row_of(self, given: Given, wanted: Wanted) -> views.LedgerRow | None:
        """A row, where it is one of the wanted."""
        if wanted.path is not None and ":" in wanted.path and given.path != wanted.path:
            return None
        if wanted.lagging and not self._may_lag(given):
            return None
        row = self.row(given)
        return None if wanted.lagging and not row.lagging else row

    def _may_lag(self, given: Given) -> bool:
        """What the index tells, so that nobody reads a thread in which nothing is missing."""
        if not given.held or given.until < self._batch.now:
            return False
        version = self._newest_of(given.path)
        older = given.follows and version is not None and version.number > given.version
        return older or self._batch.store.delivery(given.scope) is not None

    def row(self, given: Given) -> views.LedgerRow:
        """How one field stands."""
        batch = self._batch
        scope = batch.scope(given.scope)
        holding = self._holdings(scope, given.thread)[given.path]
        thread, said = scope.log.thread(given.thread), scope.log.find(holding.message)
        assert thread is not None, "the index is of threads"
        assert said is not None, "a thread is of entries"
        version, agreement = self._newest_of(given.path), scope.relationship.agreements.get(given.agreement)
        last = (
            holding.until
            if agreement is None or agreement.until is None
            else min(agreement.until, holding.until)
        )
        over = holding.state in _STANDING and last < batch.now
        return views.LedgerRow(
            given.path,
            label_of(given.path),
            given.scope.hex(),
            show.line(scope.contact.name),
            given.thread.hex(),
            holding.version,
            holding.applied,
            None if version is None else version.number,
            not over and self._lags(scope, given, holding, version),
            "over" if over else holding.state.value,
            said.signed.header.time,
            last,
            not over and holding.state in _STANDING and last - batch.now < ENDING_S,
            holding.standing,
            list(thread.data["purposes"]),
            "" if agreement is None else agreement.terms,
            show.line(thread.data.get("onward")),
            holding.backups,
        )

    def _lags(self, scope: Scope, given: Given, holding: Holding, version: Version | None) -> bool:
        """Whether something is still to arrive: a fact only where it is another one by now."""
        if holding.state in _WAITING:
            return True
        if holding.state not in _STANDING or not holding.standing:
            return False
        if version is None or version.number <= holding.version:
            return False
        if ":" not in given.path:
            return True
        thread, said = scope.log.thread(given.thread), scope.log.find(holding.message)
        part = None if said is None or holding.item >= len(said.parts) else said.parts[holding.item]
        other = None if thread is None else sought(scope, thread, given.path)
        now = valued_of(version, given.path, other, self._batch.now)
        return now is not None and (part is None or part.data != now.item)

    def _holdings(self, scope: Scope, thread: bytes) -> dict[str, Holding]:
        if thread not in self._threads:
            known, registry = scope.relationship, self._batch.setting.registry
            entries = scope.log.entries(thread)
            rows = ledger(entries, registry, known.unaffirmed, known.agreements, self._left.ids(scope))
            self._threads[thread] = {row.path: row for row in rows}
        return self._threads[thread]

    def _newest_of(self, path: str) -> Version | None:
        record = record_of(path)
        if record not in self._newest:
            self._newest[record] = newest(self._batch, record)
        return self._newest[record]


NOT_KNOWN: Final = Left(2**62, {})
"""Where nobody knows what has left: whatever waits may have."""
PAGE: Final = 256


def _cursor(place: GivenPlace) -> str:
    scope, thread, path = place
    return f"{scope.hex()}.{thread.hex()}.{path}"


def _place(text: str) -> GivenPlace:
    try:
        scope, thread, path = text.split(".", 2)
        return bytes.fromhex(scope), bytes.fromhex(thread), path
    except ValueError:
        raise OwnerError("invalid", "That is no place in the ledger: begin from its first page.") from None
