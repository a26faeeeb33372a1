"""The whole of a node written into one archive, and taken from one."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from pcloud.cli import files, screen
from pcloud.cli.asking import ask
from pcloud.cli.exits import CommandError, Exit, usage
from pcloud.cli.place import Place
from pcloud.cli.prompts import at_terminal, confirm, consent
from pcloud.cli.transfer.bringing import BATCH_BYTES_MAX, BATCH_RECORDS_MAX, OTHERS, PLACES_MAX
from pcloud.home.archive import ArchiveError, ArchiveReader, ArchiveWriter, record
from pcloud.home.importing.found import Problem
from pcloud.limits import INTEGER_MAX
from pcloud.runtime.recording.views import Carried, Stored

if TYPE_CHECKING:
    from pcloud.runtime.surface import Surface

PAGE: Final = 100
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
    versions = relationships = 0
    with files.new_file(file) as out, screen.progress(file.name, None, hidden=place.json) as move:
        writer = ArchiveWriter(out)
        with writer.records() as lines:
            async for one in _versions(node):
                lines.write(record(one.path, one.version, one.at, one.source, one.value))
                versions += 1
                move(versions)
        after = None
        while page := await node.peers(after=after, limit=PAGE):
            for peer in page:
                writer.relationship(peer.name, peer.terms, await node.export(peer.id))
                relationships += 1
            after = page[-1].id
        writer.close(versions, place.now())
    return versions, relationships


async def _versions(node: "Surface") -> AsyncIterator[Carried]:
    path, version = None, 0
    while page := await node.data_versions(path=path, version=version, limit=PAGE):
        for one in page:
            yield one
        path, version = page[-1].path, page[-1].version


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
            for number, one in enumerate(reader.records(), 1):
                move(number)
                if isinstance(one, Problem):
                    problems.add(one)
                elif 0 <= one["at"] <= INTEGER_MAX and 1 <= one["version"] <= INTEGER_MAX:
                    yield Carried(**one)
                else:
                    problems.add(Problem(f"line {number}", "it is no version of a record"))


async def _take(node: "Surface", path: Path, problems: Troubles, *, hidden: bool) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    batch: list[Carried] = []
    size = 0

    async def send() -> None:
        for put, stored in zip(batch, await node.data_take(batch), strict=True):
            outcomes[stored.outcome] += 1
            _note(put, stored, problems)

    for one in _read(path, problems, hidden=hidden):
        octets = len(msgspec.json.encode(one)) + 1
        if batch and (len(batch) >= BATCH_RECORDS_MAX or size + octets > BATCH_BYTES_MAX):
            await send()
            batch, size = [], 0
        batch.append(one)
        size += octets
    if batch:
        await send()
    return outcomes


def _note(put: Carried, stored: Stored, problems: Troubles) -> None:
    if stored.outcome == "refused":
        where = f"{put.path}, version {put.version}"
        problems.add(Problem(where, stored.reason or "refused"))
