"""The client's questions about the owner's own data."""

from typing import Any

from pcloud.api import routes
from pcloud.api.asking import Asking
from pcloud.api.bodies.recording import (
    DataDelete,
    DataPage,
    DataPut,
    DataSearch,
    DataSet,
    DataTake,
    DataVersion,
    HistoryPage,
    VersionsPage,
)
from pcloud.api.requests import Nothing
from pcloud.runtime.recording.views import Carried, Kind, Put, Record, Stored


class RecordingAsking(Asking):
    """Every method is that of `Surface`."""

    async def data_set(self, path: str, value: Any, *, source: str = "owner") -> Record:
        """Let a value stand at a path. In a collection without a name, the node names the record.

        Whoever holds a standing grant of it is brought to it.
        """
        return await self._ask(routes.DATA_SET, DataSet(path=path, value=value, source=source))

    async def data_put(self, records: list[Put], *, source: str = "owner") -> list[Stored]:
        """Let many values stand in one commit. One that is not right is refused for itself.

        A value that stands there already stays as it is.
        """
        return await self._ask(routes.DATA_PUT, DataPut(records=records, source=source))

    async def data_get(self, path: str, *, version: int | None = None) -> Record:
        """What stands at a path, or one version of it."""
        return await self._ask(routes.DATA_GET, DataVersion(version=version), path)

    async def data_list(
        self, *, prefix: str = "", after: str | None = None, limit: int = 100
    ) -> list[Record]:
        """What stands at a path and below it, in the order of paths. `after` is the last path seen."""
        return await self._ask(routes.DATA_LIST, DataPage(prefix=prefix, after=after, limit=limit))

    async def data_history(self, path: str, *, before: int | None = None, limit: int = 100) -> list[Record]:
        """All versions of a path, newest first."""
        return await self._ask(routes.DATA_HISTORY, HistoryPage(before=before, limit=limit), path)

    async def data_search(self, text: str, *, after: str | None = None, limit: int = 100) -> list[Record]:
        """What holds all of these words, what came last first. `after` is the last path seen."""
        return await self._ask(routes.DATA_SEARCH, DataSearch(text=text, after=after, limit=limit))

    async def data_delete(self, path: str, *, keep_history: bool = False, at_holders: bool = False) -> Record:
        """Let nothing stand at a path, and let go of what stood there before, but for `keep_history`.

        `at_holders`: whoever was given it is told to delete it too.
        """
        wanted = DataDelete(keep_history=keep_history, at_holders=at_holders)
        return await self._ask(routes.DATA_DELETE, wanted, path)

    async def data_versions(
        self, *, path: str | None = None, version: int = 0, limit: int = 100
    ) -> list[Carried]:
        """Every version of every record in the order of paths, behind the one that is given."""
        wanted = VersionsPage(path=path, version=version, limit=limit)
        return await self._ask(routes.DATA_VERSIONS, wanted)

    async def data_take(self, versions: list[Carried]) -> list[Stored]:
        """Take versions that another node has written out, with their numbers, times and sources.

        What stands here and is newer stays, and the version is refused for itself.
        """
        return await self._ask(routes.DATA_TAKE, DataTake(versions=versions))

    async def vocabulary(self) -> list[Kind]:
        """The kinds of records that are known, with what is right in them."""
        return await self._ask(routes.VOCABULARY, Nothing())
