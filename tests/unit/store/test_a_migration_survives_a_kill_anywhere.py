"""A process that is killed at any statement of making, opening or migrating a store leaves a whole one.

A child process does the work and is gone, without any goodbye, just before its n-th statement, for every n.
"""

import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import apsw
import pytest
from tests.contract.store.bodies import KEY, empty_file
from tests.contract.store.histories import SCOPE, everything_of, met, plain

from pcloud.store import migrations, opening
from pcloud.store.files.disk import SYSTEM
from pcloud.store.migrations import STEPS, migrate
from pcloud.store.port import Changes, Contact, Direction, Store
from pcloud.store.sqlite import SqliteStore

KILLED, DONE = 9, 0

LATER = (
    *STEPS,
    (
        "ALTER TABLE contact ADD COLUMN note TEXT",
        "UPDATE contact SET note = 'met at ' || created",
        "CREATE TABLE folder (number INTEGER PRIMARY KEY, title TEXT NOT NULL) STRICT",
        "INSERT INTO folder (title) SELECT purpose FROM contact",
    ),
    (
        "CREATE INDEX folder_titled ON folder (title)",
        "DROP TABLE evidence",
    ),
)
"""Two migrations that are still to come."""


def killed_at(statement: int, work: Callable[[], object]) -> int:
    """Let a child do it, and die before its n-th statement; gives the child's exit code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the child runs nothing but this
        child = os.fork()
    if child == 0:
        numbers = count()

        def trace(*_: Any) -> bool:
            if next(numbers) == statement:
                os._exit(KILLED)
            return True

        apsw.connection_hooks.append(lambda connection: connection.set_exec_trace(trace))
        try:
            work()
        except BaseException:  # noqa: BLE001 - the parent looks at the code
            os._exit(1)
        os._exit(DONE)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def kills(work: Callable[[], object], before: Callable[[], object]) -> Iterator[int]:
    """Kill a child at one statement after the other, until it comes to the end of its work."""
    for statement in count():
        before()
        code = killed_at(statement, work)
        assert code in (KILLED, DONE), f"statement {statement}: the child failed"
        yield statement
        if code == DONE:
            return


def content(store: Store) -> Any:
    return plain(
        [store.relationship(SCOPE), store.feed(0, 100), store.contacts(None, 100), store.fact("name")]
    )


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A store of the first version that was in use."""
    path = empty_file(tmp_path)
    store = SqliteStore.open(path, KEY)
    changes = everything_of(met()[0])
    changes.facts["name"] = b"anna"
    contact = Contact(SCOPE, Direction.IN, "active", "Anna", "to meet", "person", None, b"i", 5, 6)
    changes.contacts[SCOPE] = contact
    store.commit(changes)
    store.close()
    return path


def reset(path: Path, whole: bytes) -> None:
    """The folder as it was before the child came."""
    for each in path.parent.iterdir():
        each.unlink()
    path.touch(0o600)
    path.write_bytes(whole)


def later(path: Path) -> SqliteStore:
    return SqliteStore(opening.open_existing(path, KEY, path.with_name("lock"), steps=LATER))


def test_a_store_that_was_killed_in_its_making_is_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "node"
    path = folder / "store.db"

    def before() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700)

    named = []
    for statement in kills(lambda: SqliteStore.create(path, KEY), before):
        named.append(path.exists())
        if not path.exists() and statement % 16:
            continue  # nothing has the store's name yet; every 16th time it is made again here
        store = (SqliteStore.open if path.exists() else SqliteStore.create)(path, KEY)
        assert list(store.check()) == []
        store.commit(Changes(facts={"name": b"anna"}))
        assert store.fact("name") == b"anna"
        store.close()
    assert len(named) > len(STEPS[0])
    assert named == sorted(named), "once it has its name it keeps it"


def test_a_store_that_was_killed_while_it_opened_has_lost_nothing(filled: Path) -> None:
    whole = filled.read_bytes()
    store = SqliteStore.open(filled, KEY)
    wanted = content(store)
    store.close()
    for _ in kills(lambda: SqliteStore.open(filled, KEY), lambda: reset(filled, whole)):
        store = SqliteStore.open(filled, KEY)
        assert content(store) == wanted
        assert list(store.check()) == []
        store.close()


def test_a_migration_that_was_killed_anywhere_is_taken_up_again(filled: Path) -> None:
    store = SqliteStore.open(filled, KEY)
    wanted = content(store)
    store.close()
    whole = filled.read_bytes()
    versions = set()
    for _ in kills(lambda: later(filled), lambda: reset(filled, whole)):
        versions.add(version_of(filled))
        store = later(filled)
        assert content(store) == wanted
        notes = store._database.rows("SELECT note FROM contact")
        titles = store._database.rows("SELECT title FROM folder ORDER BY number")
        assert (notes, titles) == ([("met at 5",)], [("to meet",)])
        assert list(store.check()) == []
        store.close()
    now = len(STEPS)
    assert versions == {now, now + 1, now + 2}, "each step is a transaction of its own"


def version_of(path: Path) -> int:
    """The schema's version as a look at the file shows it."""
    connection = opening._connect(path, KEY, SYSTEM)
    version: int = connection.pragma("user_version")
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.close()
    return version


def test_a_step_that_fails_is_undone_and_said(filled: Path) -> None:
    steps = (*LATER, ("CREATE TABLE twice (one INTEGER) STRICT", "CREATE TABLE twice (one INTEGER) STRICT"))
    with pytest.raises(Exception, match=r"\."):
        opening.open_existing(filled, KEY, filled.with_name("lock"), steps=steps)
    assert version_of(filled) == len(LATER)
    store = later(filled)
    assert store._database.rows("SELECT name FROM sqlite_schema WHERE name = 'twice'") == []
    store.close()


def test_threads_of_a_store_of_the_first_version_are_found_by_their_ids(tmp_path: Path) -> None:
    path, known = tmp_path / "store.db", met()[0].relationship.thread
    assert known is not None
    tmp_path.chmod(0o700)
    thread = known._replace(id=b"t" * 32, machine="terms")
    first = SqliteStore(opening.create(path, KEY, path.with_name("lock"), steps=STEPS[:1]))
    first.commit(Changes(threads={(SCOPE, thread.id): thread}))
    first.close()
    assert version_of(path) == 1
    store = SqliteStore.open(path, KEY)
    assert list(store.find_threads("terms", thread.id.hex()[:8], 9)) == [(SCOPE, thread)]
    assert list(store.check()) == []
    store.close()
    assert version_of(path) == len(STEPS)


def test_a_new_store_has_taken_every_step(filled: Path) -> None:
    assert version_of(filled) == len(migrations.STEPS)


def test_nothing_is_done_where_no_step_is_missing() -> None:
    connection = apsw.Connection(":memory:")
    migrate(connection)
    seen: list[str] = []

    def trace(_cursor: object, statement: str, _values: object) -> bool:
        seen.append(statement)
        return True

    connection.set_exec_trace(trace)
    migrate(connection)
    assert len(seen) == 1
    assert "user_version" in seen[0]
    connection.close()
