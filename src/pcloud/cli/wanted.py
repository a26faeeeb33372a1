"""What `up` was asked for, read without typer where that will do.

A node that starts should not pay for the reader of command lines: typer, with all that it brings along, takes
more of a start and of an idle node's memory than the cryptography. So the options below are read here, and
whatever else is typed (help, mistakes) goes to typer, to which `commands.begin` declares the same. A test
compares.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from pcloud.cli.place import Place

_BEFORE: Final = frozenset({"--dir"})
_BEHIND: Final = _BEFORE | {"--listen", "--endpoint", "--passphrase-file"}


class Wanted(NamedTuple):
    """How a node is to be started; what is not said is left to the settings."""

    listen: str | None = None
    endpoints: tuple[str, ...] = ()
    passphrase_file: Path | None = None
    page: bool = False
    """Where there is no node yet, let it be made on a page."""


def read_up(arguments: Sequence[str], place: Place) -> Wanted | None:
    """Read a command line that starts a node, and note its place; None where typer has to look at it."""
    given: dict[str, list[str]] = {}
    words = iter(arguments)
    seen = False
    for word in words:
        name, glued, value = word.partition("=")
        if name in (_BEHIND if seen else _BEFORE):
            value = value if glued else next(words, "")
            if not value or value.startswith("-"):
                return None
            given.setdefault(name, []).append(value)
        elif word == "up" and not seen:
            seen = True
        elif word == "--page" and seen:
            given["--page"] = []
        elif word != "--json":
            return None
    if not seen:
        return None
    place.json = place.json or "--json" in arguments
    place.folder = _path(given, "--dir") or place.folder
    listen = given.get("--listen", [None])[-1]
    return Wanted(
        listen, tuple(given.get("--endpoint", ())), _path(given, "--passphrase-file"), "--page" in given
    )


def _path(given: dict[str, list[str]], name: str) -> Path | None:
    return Path(given[name][-1]) if name in given else None
