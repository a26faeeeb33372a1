"""All versions of all records, out of a node and into another (docs/guide/import-export.md)."""

import re
from typing import Final

from pcloud.errors import Violation
from pcloud.features.disclosure.path import read_path
from pcloud.home import shapes
from pcloud.home.shapes import ShapeError
from pcloud.limits import INTEGER_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.owning.answering import PAGE_MAX, Answering
from pcloud.runtime.recording import recording
from pcloud.runtime.recording.views import Carried, Stored
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal import Version

TAKEN_MAX: Final = 500
"""Versions of one commit."""
_SOURCE: Final = re.compile(r"owner|example|import:[a-z0-9-]{1,32}|peer:[0-9a-f]{64}")
_NEWER: Final = "What stands there is newer, so it stays."


class Carrying(Answering):
    """The owner's records as a whole."""

    async def data_versions(
        self, *, path: str | None = None, version: int = 0, limit: int = PAGE_MAX
    ) -> list[Carried]:
        """Every version of every record in the order of paths, behind the one that is given."""
        after = None if path is None else (path, min(version, INTEGER_MAX))

        def job(batch: Batch) -> list[Carried]:
            return [_kept(each) for each in batch.store.personal.all(after, min(limit, PAGE_MAX))]

        return await self._do(job)

    async def data_take(self, versions: list[Carried]) -> list[Stored]:
        """Take versions that another node has written out, as they were."""
        if len(versions) > TAKEN_MAX:
            raise OwnerError("invalid", f"At most {TAKEN_MAX} versions are taken at once.")
        return await self._do(lambda batch: [_take(batch, each) for each in versions])


def _kept(version: Version) -> Carried:
    value = None if version.value is None else shapes.decode(version.value)
    return Carried(version.path, version.number, value, version.at, version.source)


def _take(batch: Batch, kept: Carried) -> Stored:
    try:
        version = _read(kept)
    except ShapeError as problem:
        return Stored(kept.path, "refused", reason=str(problem))
    newest = batch.newest(version.path)
    if newest is None and version.value is None:
        # Its value was let go of; what came after it begins the history here
        return Stored(version.path, "same")
    if newest is None:
        recording.carry(batch, version)
        return Stored(version.path, "new", version.number)
    if _stands(batch, version, newest):
        return Stored(version.path, "same", newest.number)
    if version.at < newest.at or (version.at == newest.at and version.number <= newest.number):
        return Stored(version.path, "refused", newest.number, reason=_NEWER)
    number = max(version.number, newest.number + 1)
    recording.carry(batch, version._replace(number=number))
    return Stored(version.path, "changed", number)


def _stands(batch: Batch, version: Version, newest: Version) -> bool:
    """Whether this version is here: under its number, or as the newest under another."""
    here = (
        newest
        if version.number == newest.number
        else batch.changes.versions.get((version.path, version.number))
    )
    if here is None:
        here = batch.store.personal.version(version.path, version.number)
    if version.value is None and version.number < newest.number:
        return True
    return any(
        each is not None and each.value == version.value and each.at == version.at for each in (here, newest)
    )


def _read(kept: Carried) -> Version:
    """A version that somebody wrote into a file. Raises ShapeError."""
    try:
        is_record = read_path(kept.path).fact is None
    except Violation:
        is_record = False
    if not is_record:
        raise ShapeError("Its path is none that a record can have.")
    if not 1 <= kept.version <= INTEGER_MAX or not 0 <= kept.at <= INTEGER_MAX:
        raise ShapeError("Its version or its time is none.")
    if not _SOURCE.fullmatch(kept.source):
        raise ShapeError("Its source is none that a record can have.")
    value = None if kept.value is None else shapes.encode(shapes.from_json(kept.value))
    return Version(kept.path, kept.version, value, kept.at, kept.source)
