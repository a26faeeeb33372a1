"""Invitations for the customers of a file: one for each, bound to the name that the file has for it."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pcloud.cli import screen
from pcloud.cli.asking import ask
from pcloud.cli.exits import usage
from pcloud.cli.files import write_new
from pcloud.cli.place import Place

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface
    from pcloud.runtime.taking.views import Invited

CUSTOMERS_MAX: Final = 100_000
"""Customers of one file."""
AT_ONCE: Final = 50
"""Customers that are asked for at once."""


class Wanted(NamedTuple):
    """What the invitations say, and where they go."""

    file: Path
    column: str
    out: Path | None
    printed: Path | None
    purpose: str
    role: str | None
    expires_s: int | None
    title: str | None
    terms: list[str] | None
    let_in: bool


def invite(place: Place, wanted: Wanted) -> None:
    """Make them, and write or print what is asked for. Raises CommandError, OSError."""
    from pcloud.runtime.taking.invited import cards, table

    names = _names(wanted.file, wanted.column)
    for path in (wanted.out, wanted.printed):
        if path is not None and path.exists():
            raise usage(f"{path} exists, and nothing is written over it. Name another file.")

    async def made(node: "Surface") -> "tuple[str, list[Invited]]":
        rows: list[Invited] = []
        for start in range(0, len(names), AT_ONCE):
            rows += await node.invite_customers(
                names[start : start + AT_ONCE],
                wanted.purpose,
                role=wanted.role,
                expires_s=wanted.expires_s,
                title=wanted.title,
                terms=wanted.terms,
                let_in=wanted.let_in,
            )
        return wanted.title or (await node.status()).name, rows

    title, rows = ask(place, made)
    if wanted.out is not None:
        write_new(wanted.out, table(rows))
    if wanted.printed is not None:
        write_new(wanted.printed, cards(title, wanted.purpose, rows))
    if place.json:
        screen.document(rows)
        return
    counts = {state: sum(row.state == state for row in rows) for state in ("new", "open", "came")}
    screen.say(f"{counts['new']} invited, {counts['open']} were before, {counts['came']} are peers already.")
    if wanted.out is None and wanted.printed is None:
        screen.note("The links: add --out FILE.csv or --print FILE.pdf")


def _names(file: Path, column: str) -> list[str]:
    """What the file calls its customers, each once. Raises CommandError (usage), OSError."""
    try:
        rows = list(_read(file, column))
    except (UnicodeDecodeError, csv.Error):
        raise usage(f"{file} is no CSV in UTF-8.") from None
    names = list(dict.fromkeys(name for name in rows if name))
    if not names:
        raise usage(f"{file} names nobody in the column {column}.")
    if len(names) > CUSTOMERS_MAX:
        raise usage(f"{file} has more than {CUSTOMERS_MAX} customers. Make several files of it.")
    return names


def _read(file: Path, column: str) -> Iterator[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if column not in (reader.fieldnames or ()):
            known = ", ".join(reader.fieldnames or ())
            raise usage(f"{file} has no column {column}. It has: {known}")
        for row in reader:
            yield (row[column] or "").strip()
