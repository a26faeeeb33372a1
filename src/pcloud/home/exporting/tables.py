"""Records as CSV, a column for each property, which `home.importing.tables` reads back."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pcloud.home.importing.documents import PLACE
from pcloud.home.importing.tables import AS_JSON, COLUMNS_MAX, GUARD

LEVELS_MAX: Final = 3
"""Maps in maps that become columns of their own; what is deeper stands in one cell as JSON."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", GUARD)


class TableWriter:
    """One table. Its columns have to be known before: `columns` of every record, joined."""

    def __init__(self, headings: Sequence[str]) -> None:
        """`headings`: at most `COLUMNS_MAX` less one; what has no column is counted as left."""
        self.left: Counter[str] = Counter()
        self._headings = list(headings)[: COLUMNS_MAX - 1]
        self._known = frozenset(self._headings)

    def begin(self) -> bytes:
        """The headings."""
        return _row([PLACE, *self._headings])

    def add(self, path: str, value: Any) -> bytes:
        """One row."""
        cells = dict(_cells("", value, 0))
        for name in cells.keys() - self._known:
            self.left[name] += 1
        return _row([path, *(_guarded(cells.get(one, "")) for one in self._headings)])

    def end(self) -> bytes:
        """A table has no end of its own."""
        return b""


def columns(value: Any) -> list[str]:
    """The columns that a record needs."""
    return [name for name, _ in _cells("", value, 0)]


def _cells(name: str, value: Any, level: int) -> Iterator[tuple[str, str]]:
    if isinstance(value, str) and value:
        yield name, value
    elif isinstance(value, dict) and value and level < LEVELS_MAX and _has_plain_names(value):
        for key, one in value.items():
            yield from _cells(f"{name}.{key}" if name else key, one, level + 1)
    else:
        yield name + AS_JSON, json.dumps(value, ensure_ascii=False)


def _has_plain_names(value: dict[str, Any]) -> bool:
    """Whether names can be joined by dots and taken apart again."""
    return all(key and not set(key) & {".", AS_JSON, "\n", "\r"} and key == key.strip() for key in value)


def _guarded(cell: str) -> str:
    """No cell that a spreadsheet would run as a formula: mail of strangers stands in these tables."""
    return GUARD + cell if cell.startswith(_FORMULA) else cell


def _row(cells: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
