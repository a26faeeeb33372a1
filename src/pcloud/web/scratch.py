"""Where files lie that come through the page, and who looks after them; loaded when the first one comes."""

import shutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pcloud.ambient.port import Entropy
from pcloud.api.application import Report
from pcloud.runtime.surface import Surface

if TYPE_CHECKING:
    from pcloud.web.importing import Imports

FOLDER: Final = "page-files"
"""In the node's folder."""


class Scratch:
    """The folder of one node's page. What reads files takes a while to load, and few owners need it."""

    def __init__(self, surface: Surface, folder: Path, entropy: Entropy, report: Report) -> None:
        self._surface, self._folder = surface, folder / FOLDER
        self._entropy, self._report = entropy, report
        self._imports: Imports | None = None

    @property
    def imports(self) -> "Imports":
        """Files that are being brought in."""
        if self._imports is None:
            made: Imports = import_module("pcloud.web.importing").Imports(
                self._surface, self._folder, self._entropy, self._report
            )
            self._imports = made
        return self._imports

    def clear(self) -> None:
        """Remove what an interrupted node has left. Raises OSError."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    async def close(self) -> None:
        """Stop what is under way, and remove everything. Raises OSError."""
        if self._imports is not None:
            await self._imports.close()
        self.clear()
