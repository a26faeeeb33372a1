"""The bodies of the store port that the contract is run on, and how each is opened again."""

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from pcloud.store.memory import MemoryStore
from pcloud.store.opening import open_existing
from pcloud.store.port import Store
from pcloud.store.sqlite import SqliteStore

KEY = bytes(range(32))


class Body:
    """A store, and the same again from what it has written."""

    def __init__(self, store: Store, again: Callable[[], Store]) -> None:
        self.store = store
        self._again = again

    def reopen(self) -> Store:
        """Close it and open it; the memory has nothing to open."""
        self.store.close()
        self.store = self._again()
        return self.store


def memory(_folder: Path) -> Body:
    store = MemoryStore()
    return Body(store, lambda: store)


@cache
def _empty() -> bytes:
    """An empty store's file: to make one takes a dozen syncs, and most tests want one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "store.db")
        SqliteStore.create(path, KEY).close()
        return path.read_bytes()


def empty_file(folder: Path) -> Path:
    """An empty store in a private folder, closed."""
    folder.chmod(0o700)
    path = folder / "store.db"
    path.touch(0o600)
    path.write_bytes(_empty())
    return path


def sqlite(folder: Path) -> Body:
    path = empty_file(folder)
    return Body(SqliteStore.open(path, KEY), lambda: SqliteStore.open(path, KEY))


def sqlite_that_keeps_nothing_in_memory(folder: Path) -> Body:
    """Every read comes from rows."""
    path = empty_file(folder)

    def fresh() -> SqliteStore:
        return SqliteStore(open_existing(path, KEY, folder / "lock"), scopes_kept=0)

    return Body(fresh(), fresh)
