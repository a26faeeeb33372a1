"""Records written out in the formats of others, page by page."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.cli import files, screen
from pcloud.cli.asking import ask
from pcloud.cli.exits import usage
from pcloud.cli.place import Place
from pcloud.home.exporting.calendars import CalendarWriter
from pcloud.home.exporting.cards import CardWriter
from pcloud.home.exporting.documents import DocumentWriter
from pcloud.home.exporting.port import Writer
from pcloud.home.exporting.tables import TableWriter, columns

if TYPE_CHECKING:
    from pcloud.runtime.recording.views import Record
    from pcloud.runtime.surface import Surface

PAGE: Final = 100
_ENDINGS: Final = {".jsonld": "jsonld", ".json": "jsonld", ".vcf": "vcard", ".ics": "ical", ".csv": "csv"}
LEFT_SHOWN: Final = 10
"""Names of what had no place in the format that are shown."""


def hand_out(place: Place, file: Path, known: str | None, prefix: str) -> None:
    """Write records into a new file. Raises CommandError, OwnerError, OSError."""
    told = known or _ENDINGS.get(file.suffix.lower())
    if told is None:
        raise usage(f"How {file.name} is to be written cannot be told. Say it: --as jsonld|vcard|ical|csv.")
    count, writer = ask(place, lambda node: _write(node, place, file, told, prefix))
    if place.json:
        screen.document({"file": str(file), "records": count, "left": dict(sorted(writer.left.items()))})
        return
    screen.say(f"{count} records written to {file}. Whoever has the file can read it.")
    if writer.left:
        names = [f"{name or 'value'} ({number})" for name, number in writer.left.most_common(LEFT_SHOWN)]
        more = ", …" if len(writer.left) > LEFT_SHOWN else ""
        screen.note(f"This format has no place for: {', '.join(names)}{more}. JSON-LD has: --as jsonld")


async def _write(node: "Surface", place: Place, file: Path, told: str, prefix: str) -> tuple[int, Writer]:
    writer = await _writer(node, place, told, prefix)
    count = 0
    with files.new_file(file) as out, screen.progress(file.name, None, hidden=place.json) as move:
        out.write(writer.begin())
        async for record in _records(node, prefix):
            out.write(writer.add(record.path, record.value))
            count += 1
            move(count)
        out.write(writer.end())
    return count, writer


async def _writer(node: "Surface", place: Place, told: str, prefix: str) -> Writer:
    """The writer of a format. A table's columns are gathered first, from every record."""
    if told == "vcard":
        return CardWriter()
    if told == "ical":
        return CalendarWriter(place.now())
    if told == "jsonld":
        return DocumentWriter()
    names: dict[str, None] = {}
    async for record in _records(node, prefix):
        names |= dict.fromkeys(columns(record.value))
    return TableWriter(list(names))


async def _records(node: "Surface", prefix: str) -> AsyncIterator["Record"]:
    after = None
    while True:
        page = await node.data_list(prefix=prefix, after=after, limit=PAGE)
        for record in page:
            yield record
        if len(page) < PAGE:
            return
        after = page[-1].path
