"""Looking things over without changing them: settings, the folder of a node, a file that somebody gave."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Final

from typer import Argument, Context

from pcloud.cli import screen, text
from pcloud.cli.asking import ask
from pcloud.cli.commands.arguments import PassphraseFile
from pcloud.cli.exits import NO_NODE, CommandError, Exit, explain
from pcloud.cli.place import CONFIG, STORE, VAULT, Place, place_of
from pcloud.home import words

if TYPE_CHECKING:
    from pcloud.engine.export.report import Persona, Report
    from pcloud.runtime.views import Check

PIECE_BYTES: Final = 65_536
"""Read at once of an exported relationship, which may be long."""
_OTHERS: Final = 0o077


def config_check(
    ctx: Context,
    file: Annotated[
        Path | None, Argument(metavar="[FILE]", help="Another file.", show_default="that of the node")
    ] = None,
) -> None:
    """Check the settings as `up` would, and start nothing."""
    import dataclasses

    from pcloud.runtime.config import Config, load

    place = place_of(ctx)
    path = file or place.path / CONFIG
    there = file is not None or path.exists()
    config = load(path) if there else Config()
    if place.json:
        screen.document({"file": str(path) if there else None, "settings": dataclasses.asdict(config)})
    elif there:
        screen.say(f"{path} is in order.")
    else:
        screen.say(f"There is no {path}, so the defaults hold. They are safe.")


def doctor(ctx: Context, *, passphrase_file: PassphraseFile = None) -> None:
    """Look everything over and say what to do; also when the node does not run."""
    from pcloud.runtime.surface import OwnerError

    place = place_of(ctx)
    folder = place.need_node()
    found = list(_folder(folder))
    try:
        found += ask(place, lambda node: node.doctor())
    except OwnerError as problem:
        if problem.code != NO_NODE:
            raise
        found += _asleep(folder, passphrase_file)
    _tell(place, found)


def _tell(place: Place, found: list["Check"]) -> None:
    faults = [one for one in found if not one.ok]
    if place.json:
        screen.document(found)
    else:
        screen.table(
            ("CHECK", "RESULT", "", "WHAT TO DO"),
            [(one.name, "ok" if one.ok else "fault", one.detail, one.advice or "") for one in found],
            empty="",
        )
    if faults:
        names = ", ".join(one.name for one in faults)
        raise CommandError(Exit.REFUSED, "unwell", f"Not all is well: {names}.")


def _folder(folder: Path) -> Iterator["Check"]:
    """Whether anybody else can look into the folder, and whether its settings can be read."""
    from pcloud.runtime.config import ConfigError, load
    from pcloud.runtime.views import Check

    names = [folder, *sorted(folder.iterdir())]
    open_ones = [path for path in names if _is_open(path)]
    yield Check(
        "folder",
        not open_ones,
        "Only you can look into it." if not open_ones else "Others can look into some of it.",
        None if not open_ones else f"chmod go-rwx {' '.join(str(path) for path in open_ones)}",
    )
    path = folder / CONFIG
    try:
        if path.exists():
            load(path)
        yield Check("settings", ok=True, detail="They are in order.")
    except ConfigError as problem:
        yield Check("settings", ok=False, detail=str(problem), advice=f"Mend it with an editor: {path}")


def _is_open(path: Path) -> bool:
    found = path.lstat()
    return not stat.S_ISLNK(found.st_mode) and (bool(found.st_mode & _OTHERS) or found.st_uid != os.getuid())


def _asleep(folder: Path, passphrase_file: Path | None) -> Iterator["Check"]:
    """What can be seen of a node that does not run; its store only with the passphrase."""
    from pcloud.cli import passphrases
    from pcloud.runtime.views import Check

    yield Check("node", ok=True, detail="It does not run.", advice="Start it with: pcloud up")
    passphrase = passphrases.given(passphrase_file)
    if passphrase is None:
        yield Check(
            "store",
            ok=True,
            detail="Not looked into, as it takes the passphrase.",
            advice="To look into it: pcloud doctor --passphrase-file FILE",
        )
        return
    try:
        faults = _open_and_check(folder, passphrase)
    except Exception as problem:
        told = explain(problem)
        if told is None:
            raise
        yield Check("store", ok=False, detail=told.text)
        return
    yield Check(
        "store",
        not faults,
        "It opens and is whole." if not faults else " ".join(faults),
        None if not faults else "Copy the folder before anything else, then restore from a backup.",
    )


def _open_and_check(folder: Path, passphrase: str) -> list[str]:
    from pcloud.store.sqlite import SqliteStore
    from pcloud.vault.file import FileVault

    store = SqliteStore.open(folder / STORE, FileVault(folder / VAULT).open(passphrase).derive("store"))
    try:
        return list(store.check())
    finally:
        store.close()


def verify(
    ctx: Context,
    file: Annotated[Path, Argument(metavar="FILE", help="What `pcloud export` wrote.", show_default=False)],
) -> None:
    """Check an exported relationship. Needs no node, no network and no passphrase."""
    from pcloud.engine.export.verify import verify_export
    from pcloud.errors import Violation
    from pcloud.runtime.rosters import load_packaged

    place = place_of(ctx)
    try:
        with file.open("rb") as opened:
            report = verify_export(_pieces(opened), rosters=load_packaged().standards)
    except Violation as broken:
        raise CommandError(
            Exit.REFUSED,
            broken.code,
            f"{file} proves nothing: it is no export, or it was changed ({broken}).",
        ) from broken
    if place.json:
        screen.document(report)
    else:
        _tell_report(report)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE_BYTES):
        yield piece


def _tell_report(report: "Report") -> None:
    screen.say(
        "Every signature holds." if report.complete else "Every signature holds, but parts are missing."
    )
    screen.facts(
        [
            ("made", f"{text.clock(report.time)} by the exporter's clock"),
            ("exporter", _persona(report.exporter)),
            ("peer", _persona(report.peer)),
            ("state", report.state),
            ("code", report.code),
            ("digest", report.digest),
        ]
    )
    for line in report.lines:
        gaps = "".join(f", without {first} to {last}" for first, last in line.missing)
        counted = f"{line.headers} of {line.last} messages, {line.acknowledged} acknowledged"
        screen.say(f"{line.sender}: {counted}{gaps}")
    for agreement in report.agreements:
        ended = f", ended by {' and '.join(agreement.ended)}" if agreement.ended else ""
        screen.say(
            f"{agreement.terms}: proffered by the {agreement.first}, sealed {text.clock(agreement.sealed)}, "
            f"text {agreement.listed}{ended}"
        )
    for field in report.fields:
        screen.say(
            f"{field.path}, version {field.version}, given by the {field.giver} on {text.clock(field.given)} "
            f"({words.HELD[field.state]}): {_value(field.path, field.value) if field.shown else 'not shown'}"
        )


def _value(path: str, value: Any) -> str:
    """A value whole, its parts in the order in which people write them; quoted, a peer may have made it."""
    from pcloud.home.vocabulary import in_order

    return json.dumps(in_order(path, value), ensure_ascii=False)


def _persona(persona: "Persona") -> str:
    return f"{persona.name or 'no name'}, {persona.kind or 'kind unknown'}, {persona.text}"
