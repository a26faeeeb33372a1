"""The whole of a node written into one archive, and taken from one."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.cli import files, screen
from pcloud.cli.asking import ask
from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.place import Place
from pcloud.cli.prompts import at_terminal, confirm, consent
from pcloud.home.archive import ArchiveError, ArchiveReader
from pcloud.home.importing.found import Problem
from pcloud.runtime.recording.bringing import (
    OTHERS,
    PLACES_MAX,
    batches_of_versions,
    take,
    versions_in,
)
from pcloud.runtime.recording.handing import Written
from pcloud.runtime.recording.handing import write_archive as write
from pcloud.runtime.recording.views import Carried

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface

SHOWN: Final = 5
"""Problems that are shown."""


class Troubles:
    """What was not taken: how many, and the first of them."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[Problem] = []

    def add(self, problem: Problem) -> None:
        """One more."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(problem)

    def show(self) -> None:
        """Tell the owner."""
        if self.count:
            screen.say(f"{self.count} were not taken:")
        for problem in self.first:
            screen.say(f"  {problem.where}: {problem.reason}")
        if self.count > len(self.first):
            screen.say(f"  … and {self.count - len(self.first)} more")


def write_archive(place: Place, file: Path, *, yes: bool) -> None:
    """Write everything into a new file. Raises CommandError, OwnerError, OSError."""
    consent(
        "The archive holds everything that you keep here, and no passphrase protects it: "
        "whoever has the file can read it. (A sealed copy is made by: pcloud backup)",
        "write",
        given=yes,
    )
    versions, relationships = ask(place, lambda node: _write(node, place, file))
    if place.json:
        told = {"file": str(file), "versions": versions, "relationships": relationships}
        screen.document(told)
    else:
        screen.say(f"{versions} versions of records and {relationships} relationships written to {file}.")
        screen.note("Keep it where nobody else can read it.")


async def _write(node: "Surface", place: Place, file: Path) -> tuple[int, int]:
    with files.new_file(file) as out, screen.progress(file.name, None, hidden=place.json) as move:
        written = Written(0, 0)
        async for written in write(node, out, place.now()):
            move(sum(written))
        return written


def is_archive(path: Path) -> bool:
    """Whether a file begins as an archive does. Raises OSError."""
    with path.open("rb") as file:
        return file.read(4) == b"PK\x03\x04"


def take_archive(place: Place, path: Path, *, dry_run: bool, yes: bool) -> None:
    """Show what an archive holds, and take its records. Raises CommandError, OwnerError, OSError."""
    found: Counter[str] = Counter()
    problems = Troubles()
    for one in _read(path, problems, hidden=place.json):
        upper = one.path.partition("/")[0].partition(".")[0]
        found[upper if upper in found or len(found) < PLACES_MAX else OTHERS] += 1
    if not place.json:
        for name, count in sorted(found.items()):
            screen.say(f"{name}: {count} versions")
        problems.show()
    outcomes: Counter[str] | None = None
    if not dry_run and found and _agreed(sum(found.values()), yes=yes):
        again = problems = Troubles()
        outcomes = ask(place, lambda node: _take(node, path, again, hidden=place.json))
    if place.json:
        stored = None if outcomes is None else dict(sorted(outcomes.items()))
        screen.document({"found": dict(sorted(found.items())), "problems": problems.count, "stored": stored})
    elif outcomes is None:
        screen.say("Nothing was taken.")
    else:
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        screen.say(f"Taken: {told}.")
        problems.show()


def _agreed(count: int, *, yes: bool) -> bool:
    if yes:
        return True
    if not at_terminal():
        raise usage(f"{count} versions were found. Say --yes to take them, or --dry-run to look only.")
    return confirm(f"Take {count} versions of records, with their times?")


def _read(path: Path, problems: Troubles, *, hidden: bool) -> Iterator[Carried]:
    """Every version in an archive."""
    with path.open("rb") as file:
        try:
            reader = ArchiveReader(file)
        except ArchiveError as problem:
            raise CommandError(Exit.REFUSED, "no-archive", f"{path.name}: {problem.args[0]}") from problem
        with screen.progress(path.name, reader.versions, hidden=hidden) as move:
            for number, one in enumerate(versions_in(reader), 1):
                move(number)
                if isinstance(one, Problem):
                    problems.add(one)
                else:
                    yield one


async def _take(node: "Surface", path: Path, problems: Troubles, *, hidden: bool) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for batch in batches_of_versions(_read(path, problems, hidden=hidden)):
        outcomes.update(stored.outcome for stored in await take(node, batch, problems.add))
    return outcomes
