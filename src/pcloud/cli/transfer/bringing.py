"""Files of others brought into the node: read here, shown first, and sent in batches."""

import io
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from pcloud.cli import files, screen
from pcloud.cli.asking import ask
from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.place import Place
from pcloud.cli.prompts import at_terminal, confirm
from pcloud.home.importing.detecting import FormatError, Wishes, format_of, items, open_packed
from pcloud.home.importing.found import Format, Found, Item, Problem
from pcloud.home.importing.tables import ColumnsError, Layout, layout
from pcloud.runtime.recording.bringing import SHOWN, Seen, Taken, batches, put

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface

VALUE_CHARS_SHOWN: Final = 100
"""Of a value in the list of what was found."""
READ_BYTES: Final = 262_144
"""Read at once; so often the bar moves."""
_OUTCOMES: Final = {
    "new": "new",
    "changed": "changed",
    "same": "there already",
    "refused": "refused",
}


class Source(NamedTuple):
    """A file that is to be read."""

    path: Path
    format: Format
    wishes: Wishes
    layout: Layout | None
    """How a table will be read."""


def sources(paths: Sequence[Path], known: Format | None, wishes: Wishes) -> list[Source]:
    """Look at the beginning of each file: what it is, and for a table how it will be read.

    Raises CommandError for a file of which that cannot be told, and OSError.
    """
    return [_source(path, known, wishes) for path in paths]


def _source(path: Path, known: Format | None, wishes: Wishes) -> Source:
    with path.open("rb") as file:
        stream = open_packed(file)
        try:
            told = known or format_of(stream, path.name)
            stream.seek(0)
            shown = layout(stream, wishes.mapping, wishes.into) if told == "csv" else None
        except (FormatError, ColumnsError) as problem:
            raise usage(f"{path.name}: {problem.args[0]}") from problem
        except (EOFError, OSError, zlib.error) as problem:
            if isinstance(problem, OSError) and problem.errno is not None:
                raise
            raise CommandError(Exit.REFUSED, "damaged", f"{path.name} is damaged.") from problem
    return Source(path, told, wishes, shown)


class _Watched(io.RawIOBase):
    """A file that tells how far it was read: a mailbox may go on for long without a find."""

    def __init__(self, file: io.FileIO, move: Callable[[int], None]) -> None:
        self._file, self._move = file, move

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def readinto(self, buffer: Any) -> int | None:
        count = self._file.readinto(buffer)
        self._move(self._file.tell())
        return count


def read(source: Source, *, hidden: bool) -> Iterator[Item]:
    """Everything in a file, with a bar that shows how far it is. Raises OSError."""
    with source.path.open("rb", buffering=0) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        with screen.progress(source.path.name, size, hidden=hidden) as move:
            stream = open_packed(io.BufferedReader(_Watched(file, move), READ_BYTES))
            yield from items(stream, source.format, source.wishes)


class Order(NamedTuple):
    """What the owner has asked for."""

    paths: Sequence[Path]
    format: Format | None
    columns: Sequence[str]
    """Each COLUMN=PROPERTY."""
    into: str
    report: Path | None
    mine: bool
    dry_run: bool
    yes: bool


def bring(place: Place, order: Order) -> None:
    """Read files, show what is in them, and take it if the owner wants it.

    Raises CommandError, OwnerError, OSError.
    """
    wishes = Wishes(order.mine, _mapping(order.columns), order.into)
    found = sources(order.paths, order.format, wishes)
    with ExitStack() as kept:
        writer = _Reporter(None if order.report is None else kept.enter_context(files.new_file(order.report)))
        seen = None
        if order.dry_run or not order.yes:
            seen = _look(place, found, writer if order.dry_run else _Reporter(None))
            if not place.json:
                _show(found, seen)
        if order.dry_run:
            _end(place, seen, None)
        elif seen is not None and not _agreed(seen):
            screen.say("Nothing was taken.")
        else:
            again, taken = ask(place, lambda node: _take(node, place, found, writer))
            _end(place, again, taken)


class _Reporter:
    """Where problems are written as a whole, besides the few that are shown."""

    def __init__(self, file: BinaryIO | None) -> None:
        self._file = file

    def add(self, source: Source, problem: Problem) -> None:
        """Write one problem."""
        if self._file is not None:
            told = {"file": source.path.name, "where": problem.where, "reason": problem.reason}
            self._file.write(json.dumps(told).encode() + b"\n")


def _mapping(columns: Sequence[str]) -> dict[str, str]:
    mapping: dict[str, str] = {}
    for one in columns:
        column, sign, told = one.rpartition("=")
        if not sign or not column or not told:
            raise usage(f"--map takes COLUMN=PROPERTY, such as Title=name; not {one!r}.")
        mapping[column.strip()] = told.strip()
    return mapping


def _look(place: Place, found: list[Source], writer: _Reporter) -> Seen:
    """Read everything once, to show it."""
    seen = Seen()
    for source in found:
        for item in read(source, hidden=place.json):
            seen.look(source.path.name, item)
            if isinstance(item, Problem):
                writer.add(source, item)
    return seen


def _show(found: list[Source], seen: Seen) -> None:
    for source in found:
        if source.layout is None:
            continue
        table = source.layout
        screen.say(f"{source.path.name}: " + (f"a table of {table.service}" if table.service else "a table"))
        screen.table(("COLUMN", "BECOMES"), table.columns, empty="It has no columns.")
        if table.left:
            screen.say(f"Left out: {', '.join(table.left)}")
    for collection, count in sorted(seen.counts.items()):
        screen.say(f"{collection}: {count}")
        for one in seen.first[collection]:
            screen.say(f"  {_short(one)}")
        if count > SHOWN:
            screen.say(f"  … and {count - SHOWN} more")
    _show_problems(seen)


def _show_problems(seen: Seen) -> None:
    if not seen.problems:
        return
    screen.say(f"{seen.problems} could not be read:")
    for name, problem in seen.shown:
        screen.say(f"  {name}, {problem.where}: {problem.reason}")
    if seen.problems > len(seen.shown):
        screen.say(f"  … and {seen.problems - len(seen.shown)} more; --report FILE writes all of them")


def _short(one: Found) -> str:
    told = one.value if isinstance(one.value, str) else json.dumps(one.value, ensure_ascii=False)
    cut = told if len(told) <= VALUE_CHARS_SHOWN else told[:VALUE_CHARS_SHOWN] + "…"
    return cut if one.label is not None else f"{one.path}: {cut}"


def _agreed(seen: Seen) -> bool:
    """Whether the owner takes what was shown. Raises CommandError where nobody is there to ask."""
    count = sum(seen.counts.values())
    if not count:
        return False
    if not at_terminal():
        raise usage(f"{count} records were found. Say --yes to take them, or --dry-run to look only.")
    return confirm(f"Take {count} records?")


async def _take(node: "Surface", place: Place, found: list[Source], writer: _Reporter) -> tuple[Seen, Taken]:
    """Read everything and send it while it is read."""
    seen, taken = Seen(), Taken()

    def records(source: Source) -> Iterator[Found]:
        for item in read(source, hidden=place.json):
            seen.look(source.path.name, item)
            if isinstance(item, Found):
                yield item
            else:
                writer.add(source, item)

    for source in found:

        def refused(problem: Problem, source: Source = source) -> None:
            seen.look(source.path.name, problem)
            writer.add(source, problem)

        for batch in batches(records(source)):
            for stored in await put(node, source.format, batch, refused):
                taken.add(stored)
    return seen, taken


def _end(place: Place, seen: Seen | None, taken: Taken | None) -> None:
    if place.json:
        screen.document(
            {
                "found": {} if seen is None else dict(sorted(seen.counts.items())),
                "problems": 0 if seen is None else seen.problems,
                "stored": None if taken is None else dict(sorted(taken.outcomes.items())),
            }
        )
        return
    if taken is None:
        screen.say("Nothing was taken: this was to look only.")
        return
    told = [f"{taken.outcomes[one]} {word}" for one, word in _OUTCOMES.items() if taken.outcomes[one]]
    screen.say(f"Taken: {', '.join(told) or 'nothing'}.")
    if taken.following:
        screen.say("Who follows what changed gets it by itself. See: pcloud ledger")
    if seen is not None:
        _show_problems(seen)
