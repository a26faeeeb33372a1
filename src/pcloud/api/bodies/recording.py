"""What the operations about the owner's own data take (`api.requests`). No address has a value in it."""

from typing import Annotated, Any

from msgspec import Meta

from pcloud.api.requests import Count, Page, Request
from pcloud.runtime.recording.views import Carried, Put

Records = Annotated[list[Put], Meta(max_length=500)]
Versions = Annotated[list[Carried], Meta(max_length=500)]


class DataSet(Request, frozen=True):
    """A value that is to stand at a path, and where it is from."""

    path: str
    value: Any
    source: str = "owner"


class DataPut(Request, frozen=True):
    """Values that are to stand in one commit, and where they are from."""

    records: Records
    source: str = "owner"


class DataVersion(Request, frozen=True):
    """Which version of a path; without it, the newest."""

    version: Count | None = None


class DataPage(Request, frozen=True):
    """Which part of the records: below what, and behind which path."""

    prefix: str = ""
    after: str | None = None
    limit: Page = 100


class HistoryPage(Request, frozen=True):
    """Which part of the versions of a path; `before` is the number of the last one seen."""

    before: Count | None = None
    limit: Page = 100


class DataSearch(Request, frozen=True):
    """Words that a record is to hold, and behind which path to go on."""

    text: str
    after: str | None = None
    limit: Page = 100


class DataDelete(Request, frozen=True):
    """Whether what stood there is kept, and whether those who have it are told to delete it."""

    keep_history: bool = False
    at_holders: bool = False


class VersionsPage(Request, frozen=True):
    """Which part of all versions: behind which path and version."""

    path: str | None = None
    version: Count = 0
    limit: Page = 100


class DataTake(Request, frozen=True):
    """Versions that another node has written out."""

    versions: Versions
