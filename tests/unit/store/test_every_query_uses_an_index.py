"""No statement of the store looks through a table: SQLite itself is asked for each of them."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import apsw.ext
import pytest
from tests.contract.store.bodies import KEY, empty_file

from pcloud.store import opening, statements
from pcloud.store.sqlite import SqliteStore

STATEMENTS = {
    name: text
    for name, text in vars(statements).items()
    if name.isupper() and not name.startswith("_") and not text.startswith("PRAGMA")
    and name != "CHECK_ITEMS"  # to look the whole store over
}  # fmt: skip


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    store = SqliteStore.open(empty_file(tmp_path_factory.mktemp("queries")), KEY)
    yield store._database._connection
    store.close()


def plan(connection: apsw.Connection, statement: str) -> list[str]:
    """What SQLite would do, step by step."""
    steps: list[str] = []

    def walk(node: apsw.ext.QueryPlan) -> None:
        steps.append(node.detail)
        for sub in node.sub or ():
            walk(sub)

    found = apsw.ext.query_info(connection, statement, explain_query_plan=True).query_plan
    if found is not None:
        walk(found)
    return steps


def looks_through(step: str) -> bool:
    """Whether a step reads or sorts more rows than the query asked for."""
    if " VIRTUAL TABLE INDEX " in step:
        return ":M" not in step  # a word is looked up where something is to match
    return (step.startswith("SCAN") and not step.endswith("VALUES CLAUSE")) or "TEMP B-TREE" in step


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_finds_its_rows_by_an_index(connection: apsw.Connection, name: str) -> None:
    assert [step for step in plan(connection, STATEMENTS[name]) if looks_through(step)] == []


@pytest.mark.parametrize("statement", [opening.MARK_OPEN, opening.MARK_CLOSED, opening.IS_OPEN])
def test_so_do_those_of_opening_and_closing(connection: apsw.Connection, statement: str) -> None:
    assert [step for step in plan(connection, statement) if looks_through(step)] == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM entry WHERE verdict = 'applied'",
        "SELECT count(*) FROM contact",
        "SELECT scope FROM delivery WHERE next_try <= 1 ORDER BY tries",
        "SELECT rowid FROM record_word",
        "SELECT number FROM thread WHERE machine = 'terms' AND state = 'open'",
    ],
)
def test_a_query_that_looks_through_a_table_would_be_noticed(
    connection: apsw.Connection, statement: str
) -> None:
    assert [step for step in plan(connection, statement) if looks_through(step)]


def test_no_module_of_the_store_writes_statements_of_its_own() -> None:
    folder = Path(statements.__file__).parent
    allowed = {"statements.py", "schema.py", "opening.py", "migrations.py", "database.py"}
    words = ('"SELECT', '"INSERT', '"UPDATE', '"DELETE', '"""\n    SELECT', '"""\n    INSERT')
    faults = [
        path.name
        for path in sorted(folder.glob("*.py"))
        if path.name not in allowed and any(word in path.read_text() for word in words)
    ]
    assert faults == []
