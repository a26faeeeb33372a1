"""Arguments and options that several commands have."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

PeerName = Annotated[
    str, Argument(metavar="PEER", help="The peer: its name, or the beginning of its id.", show_default=False)
]
ContactId = Annotated[
    str, Argument(metavar="ID", help="The contact: the beginning of its id is enough.", show_default=False)
]
PassphraseFile = Annotated[
    Path | None,
    Option(
        "--passphrase-file",
        help="A file that holds the passphrase; also from PCLOUD_PASSPHRASE_FILE, or a systemd credential.",
        show_default="is asked",
    ),
]
WordsFile = Annotated[
    Path | None, Option("--words-file", help="A file that holds the 24 words.", show_default="are asked")
]
