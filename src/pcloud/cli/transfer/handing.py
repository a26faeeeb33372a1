"""Records written out in the formats of others, page by page."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.cli import files, screen
from pcloud.cli.asking import ask
from pcloud.cli.exits import usage
from pcloud.cli.place import Place
from pcloud.home.exporting.port import Writer
from pcloud.runtime.recording.handing import ENDINGS, records, writer_of

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface

LEFT_SHOWN: Final = 10
"""Names of what had no place in the format that are shown."""


def hand_out(place: Place, file: Path, known: str | None, prefix: str) -> None:
    """Write records into a new file. Raises CommandError, OwnerError, OSError."""
    told = known or ENDINGS.get(file.suffix.lower())
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
    writer = await writer_of(node, told, prefix, place.now())
    count = 0
    with files.new_file(file) as out, screen.progress(file.name, None, hidden=place.json) as move:
        out.write(writer.begin())
        async for record in records(node, prefix):
            out.write(writer.add(record.path, record.value))
            count += 1
            move(count)
        out.write(writer.end())
    return count, writer
