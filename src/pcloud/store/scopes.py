"""Relationships as rows. The newest are kept, so that a commit writes only what differs."""

from collections.abc import Mapping
from typing import NamedTuple

from pcloud.engine.snapshot import Relationship
from pcloud.store import codec
from pcloud.store import statements as sql
from pcloud.store.codec import Identity, Keys, Line
from pcloud.store.database import Database
from pcloud.store.log import LogRows
from pcloud.store.recent import Expected, Recent

SCOPES_KEPT = 128
"""Relationships kept in memory between commits, some 15 KiB each."""
EXPECTED_TIMES = 8
"""Beside them so many times more of those that own messages wait in: their receipts are about to come."""
SCOPES_READ_MAX = 1_024
"""Kept until the commit for which they are read: one that was let go before would be written as a whole."""
NUMBERS_KEPT = 8_192
"""Numbers of scopes kept in memory."""

_IDENTITY = len(Identity._fields)
_KEYS = len(Keys._fields)


class Known(NamedTuple):
    """A relationship as committed, and its row of lines."""

    relationship: Relationship
    line: Line


def _waits(known: Known) -> bool:
    return bool(known.relationship.outgoing.pending)


class ScopeRows:
    """Reads relationships, and writes them inside a transaction; `settle` or `forget` ends it."""

    def __init__(self, database: Database, kept_max: int) -> None:
        self._database = database
        self._log = LogRows(database)
        self._numbers: Recent[bytes, int] = Recent(NUMBERS_KEPT)
        self._known: Expected[bytes, Known] = Expected(kept_max, EXPECTED_TIMES * kept_max, _waits)
        self._read = 0
        """Relationships read since the last commit or release."""
        self._written: dict[bytes, Known] = {}

    def number(self, scope: bytes) -> int | None:
        """The number that stands for a scope; None where nothing was ever stored of it."""
        number = self._numbers.recall(scope)
        if number is None:
            row = self._database.row(sql.SCOPE_NUMBER, (scope,))
            if row is None:
                return None
            number = row[0]
            self._numbers.keep(scope, number)
        return number

    def number_of(self, scope: bytes) -> int:
        """The same inside a transaction, new where there is none."""
        number = self.number(scope)
        if number is None:
            ((number,),) = self._database.rows(sql.ADD_SCOPE, (scope,))
            self._numbers.keep(scope, number)
        return number

    def relationship(self, scope: bytes) -> Relationship | None:
        """As committed, with its waiting messages. Raises DamagedError."""
        known = self._known.recall(scope)
        if known is None:
            known = self._load(scope)
            if known is None:
                return None
            self._read += 1
            if self._read > SCOPES_READ_MAX:  # somebody looks through all of them
                self.release()
            self._known.keep(scope, known)
        return known.relationship

    def _load(self, scope: bytes) -> Known | None:
        row = self._database.row(sql.RELATIONSHIP, (scope,))
        if row is None:
            return None
        number, *columns = row
        line = Line(*columns[_IDENTITY + _KEYS :])
        keys = Keys(*columns[_IDENTITY : _IDENTITY + _KEYS])
        found = codec.relationship(Identity(*columns[:_IDENTITY]), keys, line)
        pending = self._log.pending(number, found)
        if pending:
            found = found._replace(outgoing=found.outgoing._replace(pending=pending))
        return Known(found, line)

    def write(self, relationships: Mapping[bytes, Relationship]) -> list[bytes]:
        """Write the rows that differ from those last loaded or committed.

        Gives the scopes whose agreements may be others than before.
        """
        identities, keys, lines, judged_anew = [], [], [], []
        for scope, now in relationships.items():
            number, before = self.number_of(scope), self._known.recall(scope)
            if before is None or codec.identity_changed(now, before.relationship):
                identities.append((number, *codec.identity(now)))
            if before is None or codec.keys_changed(now, before.relationship):
                keys.append((number, *codec.keys(now)))
            line = codec.line(now) if before is None else codec.line(now, *before)
            lines.append((number, *line))
            self._written[scope] = Known(now, line)
            if before is None or now.agreements != before.relationship.agreements:
                judged_anew.append(scope)
        self._database.run_many(sql.PUT_RELATIONSHIP, identities)
        self._database.run_many(sql.PUT_RECEIVING, keys)
        self._database.run_many(sql.PUT_LINE, lines)
        return judged_anew

    def settle(self) -> None:
        """The transaction stands: remember what it wrote."""
        for scope, known in self._written.items():
            self._known.keep(scope, known)
        self._written.clear()
        self.release()

    def release(self) -> None:
        """What was read is kept within the bounds."""
        self._known.trim()
        self._read = 0

    def forget(self) -> None:
        """The transaction fell: what it wrote and numbered never was."""
        self._written.clear()
        self._numbers.clear()
