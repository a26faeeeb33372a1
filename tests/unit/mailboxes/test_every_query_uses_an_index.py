"""No statement of a relay looks through a table: SQLite itself is asked for each of them."""

from collections.abc import Iterator

import apsw
import apsw.ext
import pytest
from tests.contract.mailboxes.bodies import sqlite

from pcloud.mailboxes import statements
from pcloud.mailboxes.sqlite import SqliteMailboxes
from pcloud.store.database import Database

STATEMENTS = {
    name: text for name, text in vars(statements).items() if name.isupper() and not name.startswith("_")
}


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[apsw.Connection]:
    boxes = sqlite(tmp_path_factory.mktemp("queries")).boxes
    assert isinstance(boxes, SqliteMailboxes)
    assert isinstance(boxes._database, Database)
    yield boxes._database._connection
    boxes.close()


def plan(connection: apsw.Connection, statement: str) -> list[str]:
    """What SQLite would do, step by step."""
    found = apsw.ext.query_info(connection, statement, explain_query_plan=True).query_plan
    steps: list[str] = []

    def walk(node: apsw.ext.QueryPlan) -> None:
        steps.append(node.detail)
        for sub in node.sub or ():
            walk(sub)

    if found is not None:
        walk(found)
    return steps


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_a_statement_finds_its_rows_by_an_index(connection: apsw.Connection, name: str) -> None:
    steps = [step for step in plan(connection, STATEMENTS[name]) if step]
    ordered = name == "OLDEST_FRAMES"  # from the beginning of the table, in its own order, as many as asked
    assert [step for step in steps if step.startswith("SCAN") and not ordered] == []
    assert [step for step in steps if "TEMP B-TREE" in step] == []


def test_a_query_that_looks_through_a_table_would_be_noticed(connection: apsw.Connection) -> None:
    steps = plan(connection, "SELECT number FROM box WHERE frames = 7")
    assert [step for step in steps if step.startswith("SCAN")]
