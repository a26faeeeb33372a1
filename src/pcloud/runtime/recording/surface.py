"""What an owner can ask about its own data: a part of `Surface`."""

from typing import Any, Protocol

from pcloud.runtime.recording.views import Carried, Kind, Put, Record, Stored


class RecordingSurface(Protocol):
    """Records at paths: set, found, deleted. Paths and values are those of spec 09 §2."""

    async def data_set(self, path: str, value: Any, *, source: str = "owner") -> Record:
        """Let a value stand at a path. In a collection without a name, the node names the record.

        Whoever holds a standing grant of it is brought to it.
        """

    async def data_put(self, records: list[Put], *, source: str = "owner") -> list[Stored]:
        """Let many values stand in one commit. One that is not right is refused for itself.

        A value that stands there already stays as it is.
        """

    async def data_get(self, path: str, *, version: int | None = None) -> Record:
        """What stands at a path, or one version of it."""

    async def data_list(
        self, *, prefix: str = "", after: str | None = None, limit: int = 100
    ) -> list[Record]:
        """What stands at a path and below it, in the order of paths. `after` is the last path seen."""

    async def data_history(self, path: str, *, before: int | None = None, limit: int = 100) -> list[Record]:
        """All versions of a path, newest first."""

    async def data_search(self, text: str, *, after: str | None = None, limit: int = 100) -> list[Record]:
        """What holds all of these words, what came last first. `after` is the last path seen."""

    async def data_delete(self, path: str, *, keep_history: bool = False, at_holders: bool = False) -> Record:
        """Let nothing stand at a path, and let go of what stood there before, but for `keep_history`.

        `at_holders`: whoever was given it is told to delete it too.
        """

    async def data_versions(
        self, *, path: str | None = None, version: int = 0, limit: int = 100
    ) -> list[Carried]:
        """Every version of every record in the order of paths, behind the one that is given."""

    async def data_take(self, versions: list[Carried]) -> list[Stored]:
        """Take versions that another node has written out, with their numbers, times and sources.

        What stands here and is newer stays, and the version is refused for itself.
        """

    async def vocabulary(self) -> list[Kind]:
        """The kinds of records that are known, with what is right in them."""
