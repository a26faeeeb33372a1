"""What a store holds, as one hash: two of the same content have the same, whatever their files look like."""

import hashlib

import msgspec

from pcloud.store.port import Store
from pcloud.store.sqlite import SqliteStore

TABLES = """SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT IN ('opened', 'sqlite_schema')
    ORDER BY name"""
"""All but the mark that says whether the store is open."""


def digest(store: Store) -> str:
    """The hash of every row of every table."""
    assert isinstance(store, SqliteStore)
    rows = store._database.rows
    content = hashlib.sha256()
    for (table,) in rows(TABLES):
        content.update(msgspec.msgpack.encode([table, sorted(rows(f'SELECT * FROM "{table}"'), key=repr)]))
    return content.hexdigest()
