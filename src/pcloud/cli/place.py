"""Where a command acts: the folder of one node, and whether a person or a program reads the answer."""

import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.cli.exits import NO_NODE, CommandError, Exit

if TYPE_CHECKING:
    from typer import Context

    from pcloud.runtime.surface import Surface

FOLDER_VARIABLE: Final = "PCLOUD_DIR"
DEFAULT_FOLDER: Final = "~/.pcloud"
VAULT: Final = "vault"
"""The master secret under the passphrase. A folder that has it has a node."""
STORE: Final = "store.db"
CONFIG: Final = "config.toml"
LOCK: Final = "lock"


def _reach(folder: Path) -> "AbstractAsyncContextManager[Surface]":
    """The node that runs in this folder. Imported here: only what asks a node pays for it."""
    from pcloud.api.client import Client

    return Client.at(folder)


@dataclass(slots=True)
class Place:
    """What `--dir` and `--json` said, wherever they stood."""

    folder: Path | None = None
    json: bool = False
    reach: "Callable[[Path], AbstractAsyncContextManager[Surface]]" = field(default=_reach)

    @property
    def path(self) -> Path:
        """The folder of the node: as asked, else as the environment says, else the usual one."""
        return (self.folder or Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER)).expanduser()

    def need_node(self) -> Path:
        """Give the folder. Raises CommandError where no node was made in it."""
        if not (self.path / VAULT).exists():
            raise CommandError(
                Exit.NO_NODE, NO_NODE, f"There is no node in {self.path}. Make one with: pcloud init"
            )
        return self.path

    def now(self) -> int:
        """Seconds since 1970, to turn durations into moments and back."""
        from pcloud.ambient.system import SystemClock

        return SystemClock().now()


def place_of(ctx: "Context") -> Place:
    """The place of a command that runs."""
    found = ctx.find_object(Place)
    assert found is not None, "every command is started with a place"
    return found
