"""Personal data in dicts: the plainest body of `PersonalTables`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pcloud.engine.ledger.index import DISCLOSURE, Given, fields_of
from pcloud.engine.snapshot import Relationship
from pcloud.kernel.thread import Thread
from pcloud.store.memory_log import ScopeLog
from pcloud.store.personal.port import GivenPlace, Stated, Version, is_below, words_of, words_sought
from pcloud.store.records import read_thread


class MemoryPersonal:
    """Records with their versions, fields that were given, and disclosures in the order they came."""

    def __init__(self, logs: Mapping[bytes, ScopeLog]) -> None:
        self._logs = logs
        self._records: dict[str, dict[int, Version]] = {}
        """Versions by number, by path; paths in the order in which they came."""
        self._fields: dict[GivenPlace, Given] = {}
        self._numbers: dict[tuple[bytes, bytes], int] = {}
        """Of threads of these machines, by scope and thread id."""

    def newest(self, path: str) -> Version | None:
        """The last version of a path."""
        versions = self._records.get(path)
        return None if versions is None else versions[max(versions)]

    def version(self, path: str, number: int) -> Version | None:
        """One version of a path."""
        return self._records.get(path, {}).get(number)

    def history(self, path: str, before: int | None, limit: int) -> Sequence[Version]:
        """Versions of a path, newest first."""
        versions = sorted(self._records.get(path, {}).items(), reverse=True)
        found = [version for number, version in versions if before is None or number < before]
        return found[: max(limit, 0)]

    def _present(self, paths: Iterable[str]) -> Iterator[Version]:
        newest = (self.newest(path) for path in paths)
        return (version for version in newest if version is not None and version.value is not None)

    def list(self, prefix: str, after: str | None, limit: int) -> Sequence[Version]:
        """What stands at a path and below it now, in the order of paths."""
        paths = (path for path in sorted(self._records) if path > (after or "") and is_below(path, prefix))
        return [*self._present(paths)][: max(limit, 0)]

    def all(self, after: tuple[str, int] | None, limit: int) -> Sequence[Version]:
        """Every version of every path in the order of paths and numbers."""
        keys = sorted((path, number) for path, held in self._records.items() for number in held)
        found = [self._records[path][number] for path, number in keys if (path, number) > (after or ("", 0))]
        return found[: max(limit, 0)]

    def search(self, text: str, after: str | None, limit: int) -> Sequence[Version]:
        """What stands now and holds all of these words, the paths that came last first."""
        words, paths = words_sought(text), [*reversed(self._records)]
        if not words:
            return ()
        if after is not None:
            paths = paths[paths.index(after) + 1 :] if after in paths else []
        found = [each for each in self._present(paths) if words <= words_of(each.value or b"")]
        return found[: max(limit, 0)]

    def holders(self, path: str) -> Sequence[Given]:
        """Who holds a path or a fact of it from this node's owner."""
        found = (each for each in self._fields.values() if each.mine and each.held)
        return sorted(each for each in found if each.path.partition(":")[0] == path)

    def given(
        self, *, mine: bool, scope: bytes | None, prefix: str, after: GivenPlace | None, limit: int
    ) -> Sequence[Given]:
        """Fields that were given at a path and below it."""

        def order(each: Given) -> tuple[Any, ...]:
            place = each.scope, each.thread, each.path
            return place if scope is not None else (each.path, each.scope, each.thread)

        last = None if after is None else (after if scope is not None else (after[2], *after[:2]))
        found = [
            each
            for each in self._fields.values()
            if each.mine is mine
            and scope in (None, each.scope)
            and is_below(each.path, prefix)
            and (last is None or order(each) > last)
        ]
        return sorted(found, key=order)[: max(limit, 0)]

    def threads_in(self, state: str, after: int, limit: int, machine: str = DISCLOSURE) -> Sequence[Stated]:
        """Disclosures, terms or custodies of all relationships in one state, oldest first."""
        numbered = sorted((number, place) for place, number in self._numbers.items() if number > after)
        found = [
            Stated(number, scope, read_thread(row))
            for number, (scope, thread) in numbered
            if (row := self._logs[scope].threads_by_id[thread]).state == state and row.machine == machine
        ]
        return found[: max(limit, 0)]

    def put(self, versions: Mapping[tuple[str, int], Version]) -> None:
        """Write versions of records."""
        for path, number in sorted(versions):
            held, version = self._records.setdefault(path, {}), versions[path, number]
            before = held.get(number)
            gone = version.value is None and before is not None
            held[number] = before._replace(value=None) if gone and before is not None else version

    def number(self, places: Iterable[tuple[bytes, bytes]]) -> None:
        """Note in which order threads of these machines came, by scope and thread id."""
        for place in places:
            self._numbers.setdefault(place, len(self._numbers) + 1)

    def index(self, scope: bytes, relationship: Relationship, threads: Iterable[Thread]) -> None:
        """Write what all disclosures of a relationship say of their fields."""
        me, agreements = relationship.me.log.persona, relationship.agreements
        for place in [place for place in self._fields if place[0] == scope]:
            del self._fields[place]
        for thread in threads:
            for given in fields_of(thread, scope, me, agreements):
                self._fields[scope, thread.id, given.path] = given
