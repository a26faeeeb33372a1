"""Bring in what others have written: cards, calendars, mail, tables, JSON-LD."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Context, Option

from pcloud.cli.exits import usage
from pcloud.cli.place import place_of
from pcloud.home.importing.found import Format


def bring_in(
    ctx: Context,
    paths: Annotated[list[Path], Argument(metavar="FILE...", help="What to read.", show_default=False)],
    *,
    known: Annotated[
        Format | None, Option("--as", help="What the files are.", show_default="told from each file")
    ] = None,
    columns: Annotated[
        list[str] | None,
        Option("--map", metavar="COLUMN=PROPERTY", help="What a column of a table holds; may be repeated."),
    ] = None,
    into: Annotated[
        str, Option(metavar="COLLECTION", help="Where rows of a table belong, such as receipts.")
    ] = "",
    mine: Annotated[
        bool, Option("--mine", help="The first card is your own: it fills your profile.")
    ] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="Show what would be taken, and take nothing.")] = False,
    yes: Annotated[bool, Option("--yes", help="Take it without asking.")] = False,
    report: Annotated[
        Path | None,
        Option(metavar="NEW_FILE", help="Write every problem there, one JSON line each.", show_default=False),
    ] = None,
) -> None:
    """Bring in files that others have written: .vcf, .ics, .eml, .mbox, .csv, .jsonld, also packed as .gz.

    Or the archive of a node (.zip), with the history of its records.

    What is found is shown before it is taken. Nothing is fetched from anywhere, and the files stay as they
    are. Bring the same file in again, and nothing is doubled.
    """
    place = place_of(ctx)
    from pcloud.cli.transfer.archiving import is_archive, take_archive
    from pcloud.cli.transfer.bringing import Order, bring

    if any(is_archive(path) for path in paths):
        if len(paths) > 1 or known or columns or into or mine or report:
            raise usage(
                "An archive of a node is taken alone, and with no words about it but --dry-run or --yes."
            )
        take_archive(place, paths[0], dry_run=dry_run, yes=yes)
        return
    order = Order(paths, known, columns or [], into, report, mine=mine, dry_run=dry_run, yes=yes)
    bring(place, order)
