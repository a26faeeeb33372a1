"""CSV: what the big services let their customers take along, and any other table with a column mapping."""

import csv
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO, Final, NamedTuple

from pcloud.errors import PcloudError
from pcloud.home.importing.components import text_of
from pcloud.home.importing.documents import PLACE, placed
from pcloud.home.importing.found import Item, Problem, found, label_of, whole
from pcloud.home.importing.services import (
    SERVICES,
    Column,
    DayFirst,
    Row,
    Table,
    day,
    day_first,
    text,
)

LINE_BYTES_MAX: Final = 65_536
ROWS_LOOKED_AT: Final = 2_000
"""Rows that are held to see how days are written."""
COLUMNS_MAX: Final = 256
AS_JSON: Final = "="
"""Behind the name of a column, in a file of our own: its cells are JSON, not text."""
GUARD: Final = "'"
"""In front of a cell that a spreadsheet would take for a formula, in a file of our own."""
_SEPARATORS: Final = (",", ";", "\t")
_PROPERTY: Final = re.compile(r"@?[A-Za-z][A-Za-z0-9-]{0,63}(?:\.@?[A-Za-z][A-Za-z0-9-]{0,63}){0,4}")
_PATH_COLUMNS: Final = frozenset({PLACE})


class ColumnsError(PcloudError):
    """A mapping that cannot be. The text says what to write instead."""


class Layout(NamedTuple):
    """How a file will be read, to be shown before it is."""

    service: str
    """Whose export it is; empty where only the owner's mapping says how to read it."""
    collection: str
    columns: tuple[tuple[str, str], ...]
    """Column and property."""
    left: tuple[str, ...]
    """Columns that are not taken."""


class _Sheet:
    """An open file: its headings, and its rows one by one."""

    def __init__(self, stream: BinaryIO) -> None:
        lines = (text_of(line) for line in iter(partial(stream.readline, LINE_BYTES_MAX), b""))
        first = next(lines, "")
        separator = max(_SEPARATORS, key=first.count)
        self._rows = csv.reader(itertools.chain([first], lines), delimiter=separator, strict=False)
        try:
            self.headings = [one.strip() for one in next(self._rows, [])][:COLUMNS_MAX]
        except csv.Error:
            self.headings = []

    def rows(self) -> Iterator[tuple[str, Row | Problem]]:
        """Each row with its place. Empty lines are passed over."""
        while True:
            where = f"line {self._rows.line_num + 1}"
            try:
                cells = next(self._rows, None)
            except csv.Error as problem:
                yield where, Problem(where, f"up to line {self._rows.line_num} it is no table: {problem}")
                continue
            if cells is None:
                return
            if len(cells) > len(self.headings):
                yield where, Problem(where, f"it has {len(cells)} cells under {len(self.headings)} headings")
            elif any(cells):
                yield where, dict(zip(self.headings, cells, strict=False))


def headings(stream: BinaryIO) -> list[str]:
    """The names of the columns of a table."""
    return _Sheet(stream).headings


def layout(stream: BinaryIO, mapping: Mapping[str, str], into: str = "") -> Layout:
    """Tell how a file will be read. Raises ColumnsError where nothing says how."""
    sheet = _Sheet(stream)
    if PLACE in sheet.headings:
        return Layout("pcloud", "", tuple((one, one) for one in sheet.headings), ())
    table = _table(sheet.headings, mapping, into)
    taken = {one.name for one in table.columns} & set(sheet.headings)
    if table.otherwise is not None:
        taken |= {one.name for one in table.otherwise.columns} & set(sheet.headings)
    shown = tuple((one.name, one.property) for one in table.columns if one.name in taken)
    return Layout(table.service, table.collection, shown, tuple(sorted(set(sheet.headings) - taken)))


def rows(stream: BinaryIO, mapping: Mapping[str, str], into: str = "") -> Iterator[Item]:
    """Everything in a table. Raises ColumnsError, as `layout` does, before anything is read from it."""
    sheet = _Sheet(stream)
    if PLACE in sheet.headings:
        return (one if isinstance(one, Problem) else _own(where, one) for where, one in sheet.rows())
    table = _table(sheet.headings, mapping, into)
    return _read(sheet, table)


def _table(headings: Sequence[str], mapping: Mapping[str, str], into: str) -> Table:
    unknown = [name for name in mapping if name not in headings]
    if unknown:
        raise ColumnsError(f"There is no column {unknown[0]!r}. There are: {', '.join(headings)}.")
    wrong = [one for one in mapping.values() if not _PROPERTY.fullmatch(one)]
    if wrong:
        raise ColumnsError(f"{wrong[0]!r} is no name of a property, such as name or itemReviewed.name.")
    known = next((one for one in SERVICES if one.needed <= set(headings)), None)
    if mapping:
        if not into and known is None:
            raise ColumnsError("Say which collection the rows belong to: --into receipts.")
        columns = tuple(Column(name, one, text) for name, one in mapping.items())
        return Table("", into or (known.collection if known else ""), columns, {})
    if known is None:
        raise ColumnsError(
            "It is no table of a service that is known here. Say what its columns mean: "
            "--into receipts --map COLUMN=PROPERTY. "
            f"There are: {', '.join(headings) or 'no columns at all'}."
        )
    return known._replace(collection=into or known.collection)


def _read(sheet: _Sheet, table: Table) -> Iterator[Item]:
    ahead = list(itertools.islice(sheet.rows(), ROWS_LOOKED_AT))
    order = day_first(
        row.get(column.name, "")
        for _, row in ahead
        if not isinstance(row, Problem)
        for column in table.columns
        if column.read is day
    )
    for where, row in itertools.chain(ahead, sheet.rows()):
        if isinstance(row, Problem):
            yield row
        else:
            yield _item(where, row, table, order)


def _item(where: str, row: Row, table: Table, order: DayFirst) -> Item:
    if table.rated and row.get(table.rated, "").strip() in {"", "0"} and table.otherwise is not None:
        table = table.otherwise
    value: dict[str, Any] = {}
    told = False
    for column in table.columns:
        said = row.get(column.name, "")
        if said.strip():
            told = _set(value, column.property, column.read(said, order)) or told
    if not told:
        return Problem(where, "there is nothing in it")
    for name, constant in table.constants.items():
        _set(value, name, constant)
    keys = [row.get(one, "") for one in table.key]
    label = label_of(table.service, *keys) if any(keys) else label_of(table.service, whole(dict(row)))
    return found(where, table.collection, value, label)


def _set(value: dict[str, Any], name: str, told: Any) -> bool:
    """Put a value where its name says. False where a text stands in the way."""
    *above, last = name.split(".")
    for one in above:
        inner = value.setdefault(one, {})
        if not isinstance(inner, dict):
            return False
        value = inner
    value[last] = told
    return True


def _own(where: str, row: Row) -> Item:
    """A record that a pcloud has written out, with its path."""
    value: dict[str, Any] = {}
    for name, cell in row.items():
        if name in _PATH_COLUMNS or not cell:
            continue
        told: Any = cell.removeprefix(GUARD)
        if name.endswith(AS_JSON):
            try:
                told = json.loads(told, parse_float=str)
            except (ValueError, RecursionError):
                return Problem(where, f"its {name.removesuffix(AS_JSON)} is not as it was written out")
        _set(value, name.removesuffix(AS_JSON), told)
    return placed(where, row.get(PLACE, ""), value.get("", value) if value.keys() == {""} else value)
