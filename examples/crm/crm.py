"""A table of customers that stays right: rows follow what customers change, take back and order to delete.

    python examples/crm/crm.py --node ~/flora --database customers.db

It can be killed at any moment. How far it has come stands in the same transaction as the rows, and each start
compares the whole table with what the node holds.
"""

import argparse
import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pcloud.api import Client
from pcloud.runtime.surface import OwnerError
from pcloud.runtime.taking.views import HeldField

COLUMNS = {
    "name": ("profile.name", ("name", "givenName", "familyName")),
    "email": ("profile.email", ("email",)),
    "street": ("profile.address.home", ("streetAddress",)),
    "postal_code": ("profile.address.home", ("postalCode",)),
    "city": ("profile.address.home", ("addressLocality",)),
    "country": ("profile.address.home", ("addressCountry",)),
}
"""Column: the path that it comes from, and the properties of schema.org that make it up."""
PATHS = {path for path, _ in COLUMNS.values()}
AGAIN_S = 1.0
"""How soon it is tried again to reach the node."""

TABLES = """
    CREATE TABLE IF NOT EXISTS customer (
        peer TEXT PRIMARY KEY, reference TEXT,
        name TEXT, email TEXT, street TEXT, postal_code TEXT, city TEXT, country TEXT
    );
    CREATE TABLE IF NOT EXISTS cursor (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL);
    INSERT OR IGNORE INTO cursor VALUES (1, 0);
"""


def column(value: Any, properties: tuple[str, ...]) -> str | None:
    """What a value says in one column; a value may be a text, or a map of properties."""
    if not isinstance(value, dict):
        return value if isinstance(value, str) and properties[0] in {"name", "email"} else None
    return " ".join(str(value[each]) for each in properties if value.get(each)) or None


class Table:
    """The customers, as the rest of the business uses them."""

    def __init__(self, path: Path) -> None:
        self.rows = sqlite3.connect(path, isolation_level=None)
        self.rows.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten, not only forgotten
        self.rows.executescript(TABLES)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.rows.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.rows.execute("ROLLBACK")
            raise
        self.rows.execute("COMMIT")

    def cursor(self) -> int:
        """Up to which happening the table is right."""
        return int(self.rows.execute("SELECT number FROM cursor").fetchone()[0])

    def peers(self) -> set[str]:
        """Everybody who has a row."""
        return {peer for (peer,) in self.rows.execute("SELECT peer FROM customer")}

    def put(self, peer: str, fields: list[HeldField], number: int | None = None) -> None:
        """Let a row say what is held of a peer, and nothing else; where nothing is held there is no row."""
        values = {each.path: each.value for each in fields}
        row = {name: column(values.get(path), parts) for name, (path, parts) in COLUMNS.items()}
        with self._transaction():
            self.rows.execute("DELETE FROM customer WHERE peer = ?", (peer,))
            if fields:
                self.rows.execute(
                    "INSERT INTO customer (peer, reference, name, email, street, postal_code, city, country)"
                    " VALUES (:peer, :reference, :name, :email, :street, :postal_code, :city, :country)",
                    {"peer": peer, "reference": fields[0].reference, **row},
                )
            self._note(number)

    def skip(self, number: int | None) -> None:
        """Something happened that is no business of this table."""
        self._note(number)

    def _note(self, number: int | None) -> None:
        if number is not None:
            self.rows.execute("UPDATE cursor SET number = max(number, ?)", (number,))


async def held(node: Client, peer: str | None = None) -> AsyncIterator[HeldField]:
    """What may be used, of one peer or of all. What is taken back, or only kept for the law, may not."""
    after: str | None = None
    while True:
        page = await node.held(peer=peer, after=after)
        for field in page.fields:
            if field.state == "held" and field.path in PATHS:
                yield field
        if page.next is None:
            return
        after = page.next


async def bring(node: Client, table: Table, peer: str, number: int | None = None) -> None:
    """Bring the row of a peer to what is held of it now, and tell the peer that it is in use."""
    fields = [field async for field in held(node, peer)]
    table.put(peer, fields, number)
    for field in fields:
        if field.said is None:  # the node says it by itself, unless taking.confirm is "owner"
            outcome = {"path": field.path, "version": field.version, "outcome": "applied"}
            await node.confirm(peer, field.thread, [outcome])


async def follow(node: Client, table: Table) -> None:
    """Compare everything once, then follow what happens until the node ends."""
    known = {field.peer async for field in held(node)}
    for peer in known | table.peers():
        await bring(node, table, peer)
    print("up to date", flush=True)
    async for happening in node.happenings(after=table.cursor()):
        if happening.peer and happening.what.startswith(("disclosure.", "relationship.close")):
            await bring(node, table, happening.peer, happening.number)
        else:
            table.skip(happening.number)


async def main(folder: Path, database: Path) -> None:
    """Go on for ever, also where the node is started anew."""
    table = Table(database)
    with closing(table.rows):
        while True:
            try:
                async with Client.at(folder) as node:
                    await follow(node, table)
            except OwnerError as error:
                print(f"waiting for the node: {error}", flush=True)
            await asyncio.sleep(AGAIN_S)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Keep a table of customers right.")
    parser.add_argument("--node", type=Path, required=True, help="folder of the node")
    parser.add_argument("--database", type=Path, required=True, help="the SQLite file")
    given = parser.parse_args()
    asyncio.run(main(given.node, given.database))
