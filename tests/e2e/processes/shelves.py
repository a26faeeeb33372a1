"""All that a relay has stored, by relationship, and what two relationships have in common there."""

from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

from pcloud.errors import Violation
from pcloud.mailboxes import schema as mailboxes_schema
from pcloud.store import opening
from pcloud.store.database import Database
from pcloud.store.migrations import STEPS
from pcloud.wire import cbor
from pcloud.wire.services.relay import address_of

ID_BYTES = 8
"""What is shared and as long as this would be an identifier."""

Groups = dict[str, list[bytes]]


class Rows(NamedTuple):
    """A table as it stands in a file."""

    table: str
    columns: list[str]
    rows: list[tuple[Any, ...]]


def tables(path: Path, key: bytes, steps: Any = STEPS) -> list[Rows]:
    """Every row of every table of a file, decrypted."""
    database = opening.open_existing(path, key, path.with_name(f"{path.name}.look"), steps=steps)
    try:
        return [_rows(database, name) for (name,) in database.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%'"  # what it holds stands in other tables of the list
        )]  # fmt: skip
    finally:
        database.close(opening.MARK_CLOSED)


def _rows(database: Database, table: str) -> Rows:
    columns = [row[1] for row in database.rows(f"PRAGMA table_info({table})")]
    return Rows(table, columns, database.rows(f"SELECT * FROM {table}"))


def values(rows: Rows) -> list[bytes]:
    """Everything in them that could be an identifier."""
    return [leaf for row in rows.rows for value in row for leaf in leaves(value)]


def leaves(value: Any) -> list[bytes]:
    """The texts and bytes of a value, CBOR taken apart: the form that all frames have is no id."""
    if isinstance(value, str):
        return [value.encode()]
    if isinstance(value, int) and value >= 2**56:
        return [value.to_bytes(8, "big")]
    if isinstance(value, list):
        return [leaf for each in value for leaf in leaves(each)]
    if isinstance(value, dict):
        return [leaf for each in value.items() for leaf in leaves(list(each))]
    if not isinstance(value, bytes):
        return []
    try:
        inside = cbor.decode(value)
    except Violation:
        return [value]
    return leaves(inside) if isinstance(inside, list | dict) else [value]


def shelves(folder: Path, key: bytes, mailboxes: dict[str, list[bytes]]) -> Groups:
    """What the relay has of each relationship, whose mailboxes are given: all rows that hang together."""
    found: Groups = {name: [] for name in mailboxes}
    read = {each.table: each for each in tables(folder / "relay.db", key, mailboxes_schema.STEPS)}
    of_box: dict[int, str] = {}
    boxes = read["box"]
    for row in boxes.rows:
        named = dict(zip(boxes.columns, row, strict=True))
        for name, theirs in mailboxes.items():
            if named["address"] in map(address_of, theirs):
                of_box[named["number"]] = name
                found[name] += values(boxes._replace(rows=[row]))
    for table in read.values():
        if "box" in table.columns:
            at = table.columns.index("box")
            for row in table.rows:
                if row[at] in of_box:
                    found[of_box[row[at]]] += values(table._replace(rows=[row]))
    return found


def shared(groups: Groups) -> list[tuple[str, str, bytes]]:
    """Every string of eight bytes that two of the groups have in common."""
    windows = {
        name: {value[at : at + ID_BYTES] for value in held for at in range(len(value) - ID_BYTES + 1)}
        for name, held in groups.items()
    }
    return [
        (one, other, window)
        for one, other in combinations(sorted(windows), 2)
        for window in windows[one] & windows[other]
    ]
