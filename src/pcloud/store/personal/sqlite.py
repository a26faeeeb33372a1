"""Personal data in the file.

A value is written once, behind all others, and stays where it is. To let it go is to write zeros over it in
its place: SQLite then moves nothing, and nothing depends on what it leaves behind where it does (ADR 31).
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from pcloud.engine.ledger.index import DISCLOSURE, Given, fields_of
from pcloud.engine.snapshot import Relationship
from pcloud.kernel.thread import Thread
from pcloud.limits import INTEGER_MAX
from pcloud.store import statements as sql
from pcloud.store.database import Database, Row
from pcloud.store.personal.port import (
    CUSTODY,
    TERMS,
    GivenPlace,
    Stated,
    Version,
    below,
    facts_of,
    tags_of,
    words_of,
    words_sought,
)
from pcloud.store.records import ThreadRow, read_thread

FIRST_PLACE: GivenPlace = (b"", b"", "")
_IN = {DISCLOSURE: sql.DISCLOSURES_IN, TERMS: sql.TERMS_IN, CUSTODY: sql.CUSTODIES_IN}


class SqlitePersonal(NamedTuple):
    """Reads."""

    database: Database

    def newest(self, path: str) -> Version | None:
        """The last version of a path."""
        return _version(self.database.row(sql.NEWEST_VERSION, (path,)))

    def version(self, path: str, number: int) -> Version | None:
        """One version of a path."""
        return _version(self.database.row(sql.VERSION, (path, number)))

    def history(self, path: str, before: int | None, limit: int) -> Sequence[Version]:
        """Versions of a path, newest first."""
        number = INTEGER_MAX if before is None else before
        return [Version(*row) for row in self.database.rows(sql.HISTORY, (path, number, max(limit, 0)))]

    def list(self, prefix: str, after: str | None, limit: int) -> Sequence[Version]:
        """What stands at a path and below it now, in the order of paths."""
        found: list[Version] = []
        if prefix and limit > 0 and (after or "") < prefix:
            own = self.newest(prefix)
            found += [own] if own is not None and own.value is not None else []
        lower, upper = below(prefix)
        bounds = max(lower, after or ""), upper, max(limit - len(found), 0)
        return found + [Version(*row) for row in self.database.rows(sql.RECORDS, bounds)]

    def all(self, after: tuple[str, int] | None, limit: int) -> Sequence[Version]:
        """Every version of every path in the order of paths and numbers."""
        rows = self.database.rows(sql.VERSIONS, (*(after or ("", 0)), max(limit, 0)))
        return [Version(*row) for row in rows]

    def search(self, text: str, after: str | None, limit: int) -> Sequence[Version]:
        """What stands now and holds all of these words, the paths that came last first."""
        words = words_sought(text)
        if not words:
            return ()
        before = INTEGER_MAX
        if after is not None:
            last = self.database.row(sql.RECORD, (after,))
            before = 0 if last is None else last[0]
        rows = self.database.rows(sql.SEARCH, (tags_of(words), before, max(limit, 0)))
        return [Version(*row) for row in rows]

    def holders(self, path: str) -> Sequence[Given]:
        """Who holds a path or a fact of it from this node's owner."""
        rows = self.database.rows(sql.GIVEN_AT, (path,))
        rows += self.database.rows(sql.FACTS_GIVEN, facts_of(path))
        return [given for given in map(_given, rows) if given.held]

    def given(
        self, *, mine: bool, scope: bytes | None, prefix: str, after: GivenPlace | None, limit: int
    ) -> Sequence[Given]:
        """Fields that were given at a path and below it."""
        if scope is not None:
            return self._given_to(scope, prefix, after or FIRST_PLACE, limit, mine=mine)
        last_scope, last_thread, last_path = after or FIRST_PLACE
        ranges = [below(prefix)]
        if prefix:
            ranges = [(prefix, prefix + "\0"), below(prefix), facts_of(prefix)]
        found: list[Row] = []
        if any(lower <= last_path < upper for lower, upper in ranges):
            rest = (mine, last_path, last_scope, last_thread, max(limit, 0))
            found += self.database.rows(sql.GIVEN_ON, rest)
        for lower, upper in ranges:
            bounds = (mine, max(lower, last_path + "\0"), upper, max(limit - len(found), 0))
            found += self.database.rows(sql.GIVEN_BELOW, bounds)
        return [_given(row) for row in found]

    def _given_to(
        self, scope: bytes, prefix: str, after: GivenPlace, limit: int, *, mine: bool
    ) -> Sequence[Given]:
        bounds = scope, *after[1:], mine, prefix, *below(prefix), *facts_of(prefix), max(limit, 0)
        return [_given(row) for row in self.database.rows(sql.GIVEN_TO, bounds)]

    def threads_in(self, state: str, after: int, limit: int, machine: str = DISCLOSURE) -> Sequence[Stated]:
        """Disclosures, terms or custodies of all relationships in one state, oldest first."""
        rows = self.database.rows(_IN[machine], (state, after, max(limit, 0)))
        return [Stated(row[0], row[1], read_thread(ThreadRow(*row[2:]))) for row in rows]


def _version(row: Row | None) -> Version | None:
    return None if row is None else Version(*row)


def _given(row: Row) -> Given:
    given = Given(*row)
    return given._replace(mine=bool(given.mine), follows=bool(given.follows), over=bool(given.over))


class PersonalWriter:
    """Writes inside a transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, versions: Mapping[tuple[str, int], Version]) -> bool:
        """Write versions of records; gives whether a value went."""
        erased = False
        for path, group in groupby(sorted(versions), key=lambda key: key[0]):
            for key in group:
                erased |= self._put(path, versions[key])
        return erased

    def _put(self, path: str, version: Version) -> bool:
        database = self._database
        held = database.row(sql.RECORD, (path,))
        if held is None:
            there = version.value is not None
            ((record,),) = database.rows(sql.ADD_RECORD, (path, version.number, there))
            database.run(sql.ADD_VERSION, _columns(record, version))
            self._add_words(record, version)
            return False
        record, newest, there = held
        before = _version(database.row(sql.VERSION, (path, version.number)))
        if version.number >= newest:
            if there:
                self._drop_words(record, database.row(sql.NEWEST_VERSION, (path,)))
            database.run(sql.MOVE_RECORD, (version.number, version.value is not None, record))
            self._add_words(record, version)
        return self._write(record, version, before)

    def _write(self, record: int, version: Version, before: Version | None) -> bool:
        database, columns = self._database, _columns(record, version)
        if before is None:
            database.run(sql.ADD_VERSION, columns)
        elif version.value is None:
            database.run(sql.LET_GO, columns[:2])
        else:
            database.run(sql.PUT_VERSION, columns)
        return before is not None and before.value not in (None, version.value)

    def _add_words(self, record: int, version: Version) -> None:
        if version.value is not None:
            self._database.run(sql.ADD_WORDS, (record, tags_of(words_of(version.value))))

    def _drop_words(self, record: int, newest: Row | None) -> None:
        version = _version(newest)
        if version is not None and version.value is not None:
            self._database.run(sql.DROP_WORDS, (record, tags_of(words_of(version.value))))

    def index(self, scope: bytes, relationship: Relationship, threads: Iterable[Thread]) -> None:
        """Write what these threads of a relationship say of their fields."""
        me = relationship.me.log.persona
        for thread in threads:
            fields = fields_of(thread, scope, me, relationship.agreements)
            now = {given.path: _given_row(given) for given in fields}
            before = {row[0]: row for row in self._database.rows(sql.GIVEN_IN, (scope, thread.id))}
            changed = [row for path, row in now.items() if before.get(path) != row]
            gone = [(scope, thread.id, path) for path in before.keys() - now.keys()]
            self._database.run_many(sql.PUT_GIVEN, changed)
            self._database.run_many(sql.DROP_GIVEN, gone)

    def has_given(self, scope: bytes) -> bool:
        """Whether any field was given in a relationship."""
        return self._database.row(sql.ANY_GIVEN, (scope,)) is not None


def _columns(record: int, version: Version) -> tuple[Any, ...]:
    held = version.value is not None
    return record, version.number, version.at, version.source, held, version.value or b""


def _given_row(given: Given) -> Row:
    return tuple(int(each) if isinstance(each, bool) else each for each in given)


def disclosures(threads: Mapping[tuple[bytes, bytes], Thread]) -> dict[bytes, list[Thread]]:
    """The disclosures among some threads, by scope."""
    found: dict[bytes, list[Thread]] = {}
    for (scope, _), thread in threads.items():
        if thread.machine == DISCLOSURE:
            found.setdefault(scope, []).append(thread)
    return found
