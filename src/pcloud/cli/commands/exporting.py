"""Write your data out: in a format of others, or whole, as an archive that anybody can read."""

from pathlib import Path
from typing import Annotated, Literal

from typer import Argument, Context, Option

from pcloud.cli.exits import usage
from pcloud.cli.place import place_of


def write_out(
    ctx: Context,
    file: Annotated[
        Path, Argument(metavar="FILE", help="A new file; one that exists stays as it is.", show_default=False)
    ],
    *,
    known: Annotated[
        Literal["jsonld", "vcard", "ical", "csv"] | None,
        Option("--as", help="How it is written.", show_default="told from the name of the file"),
    ] = None,
    prefix: Annotated[
        str, Option(metavar="PATH", help="Only what is there and below it, such as receipts.")
    ] = "",
    whole: Annotated[
        bool, Option("--all", help="Everything, with its history and your relationships, as one archive.")
    ] = False,
    yes: Annotated[bool, Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Write your data into a file that other software reads: .jsonld, .vcf, .ics or .csv.

    With --all into one archive (.zip) that another node takes with `pcloud data import`. No passphrase
    protects it: whoever has the file can read it.
    """
    place = place_of(ctx)
    if whole and (known or prefix):
        raise usage("--all writes everything: it takes neither --as nor --prefix.")
    if whole:
        from pcloud.cli.transfer.archiving import write_archive

        write_archive(place, file, yes=yes)
    else:
        from pcloud.cli.transfer.handing import hand_out

        hand_out(place, file, known, prefix)
