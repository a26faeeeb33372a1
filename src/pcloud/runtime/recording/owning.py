"""What an owner can ask about its own data (`Surface`): set, found, deleted."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from pcloud.home import shapes, vocabulary
from pcloud.home.shapes import ShapeError
from pcloud.home.vocabulary import UnfitError
from pcloud.limits import INTEGER_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.giving import changing
from pcloud.runtime.owning.answering import PAGE_MAX
from pcloud.runtime.recording import recording
from pcloud.runtime.recording.carrying import Carrying
from pcloud.runtime.recording.naming import fresh, named
from pcloud.runtime.recording.recording import OWNER
from pcloud.runtime.recording.views import Kind, Outcome, Property, Put, Record, Stored
from pcloud.runtime.surface import OwnerError
from pcloud.store.personal import Version

PUT_MAX: Final = 500
"""Values of one commit."""
_SOURCE: Final = re.compile(r"owner|example|import:[a-z0-9-]{1,32}")
_ENDS: Final = "./"


class Recording(Carrying):
    """The owner's side of its data."""

    async def data_set(self, path: str, value: Any, *, source: str = OWNER) -> Record:
        """Let a value stand at a path. In a collection without a name, the node names the record."""
        _require_source(source)

        def job(batch: Batch) -> Record:
            where = _named(batch, Put(path, value))
            kept, warnings = _judged(where, value, source)
            before = batch.newest(where)
            version = recording.put(batch, where, kept, source)
            return replace(_record(batch, version), warnings=warnings, changed=version != before)

        return await self._do(job)

    async def data_put(self, records: list[Put], *, source: str = OWNER) -> list[Stored]:
        """Let many values stand in one commit. One that is not right is refused for itself."""
        _require_source(source)
        if len(records) > PUT_MAX:
            raise OwnerError("invalid", f"At most {PUT_MAX} values are put at once. Send them in parts.")
        return await self._do(lambda batch: [_stored(batch, each, source) for each in records])

    async def data_get(self, path: str, *, version: int | None = None) -> Record:
        """What stands at a path, or one version of it."""
        _require_path(path)

        def job(batch: Batch) -> Record:
            if version is None:
                return _record(batch, _standing(batch, path))
            found = batch.store.personal.version(path, min(version, INTEGER_MAX))
            if found is None:
                raise OwnerError("unknown", f"{path} has no such version. See: pcloud data history {path}")
            return _record(batch, found)

        return await self._do(job)

    async def data_list(
        self, *, prefix: str = "", after: str | None = None, limit: int = PAGE_MAX
    ) -> list[Record]:
        """What stands at a path and below it, in the order of paths."""
        below = prefix.rstrip(_ENDS)
        if below:
            _require_path(below)
        return await self._page(lambda batch: batch.store.personal.list(below, after, min(limit, PAGE_MAX)))

    async def data_history(
        self, path: str, *, before: int | None = None, limit: int = PAGE_MAX
    ) -> list[Record]:
        """All versions of a path, newest first."""
        _require_path(path)
        number = None if before is None else min(before, INTEGER_MAX)
        return await self._page(
            lambda batch: batch.store.personal.history(path, number, min(limit, PAGE_MAX))
        )

    async def data_search(
        self, text: str, *, after: str | None = None, limit: int = PAGE_MAX
    ) -> list[Record]:
        """What holds all of these words, what came last first."""

        def find(batch: Batch) -> Iterable[Version]:
            try:
                return batch.store.personal.search(text, after, min(limit, PAGE_MAX))
            except ValueError as error:
                raise OwnerError("invalid", "Too many words. Search for a few.") from error

        return await self._page(find)

    async def data_delete(self, path: str, *, keep_history: bool = False, at_holders: bool = False) -> Record:
        """Let nothing stand at a path, and let go of what stood there before, but for `keep_history`."""
        _require_path(path)

        def job(batch: Batch) -> Record:
            _standing(batch, path)
            deleted = recording.delete(batch, path, keep_history=keep_history, at_holders=at_holders)
            return replace(_record(batch, deleted), changed=True)

        return await self._do(job)

    async def vocabulary(self) -> list[Kind]:
        """The kinds of records that are known, with what is right in them."""
        return [_kind(kind) for kind in vocabulary.kinds().values()]

    async def _page(self, find: Callable[[Batch], Iterable[Version]]) -> list[Record]:
        return await self._do(lambda batch: [_record(batch, version) for version in find(batch)])


def _require_source(source: str) -> None:
    if not _SOURCE.fullmatch(source):
        raise OwnerError("invalid", "A source is owner, example, or import: with the kind of file.")


def _require_path(path: str) -> None:
    try:
        vocabulary.read_place(path)
    except UnfitError as error:
        raise OwnerError("invalid", str(error)) from error


def _standing(batch: Batch, path: str) -> Version:
    """What stands at a path now. Raises OwnerError `unknown`."""
    found = batch.newest(path)
    if found is None:
        raise OwnerError("unknown", f"Nothing stands at {path}. See what does: pcloud data list")
    if found.value is None:
        raise OwnerError("unknown", f"{path} was deleted. See: pcloud data history {path}")
    return found


def _named(batch: Batch, wanted: Put) -> str:
    """Where a value is to stand: as it says, or in a collection under a name that the node gives.

    Raises OwnerError.
    """
    _require_path(wanted.path)
    kind, is_bare = vocabulary.kind_of(wanted.path), "/" not in wanted.path
    if wanted.label is not None and not is_bare:
        raise OwnerError("invalid", "With a label the path is that of a collection, such as receipts.")
    if wanted.label is not None:
        return named(batch, wanted.path, wanted.label)
    return fresh(batch, wanted.path) if kind is not None and kind.many and is_bare else wanted.path


def _judged(path: str, value: Any, source: str) -> tuple[bytes, list[str]]:
    """A value as it is kept, and what is unusual about it. Raises OwnerError."""
    try:
        judged = vocabulary.judge(path, shapes.from_json(value), strictly=source == OWNER)
        return shapes.encode(judged.value), list(judged.warnings)
    except (ShapeError, UnfitError) as error:
        raise OwnerError("invalid", str(error)) from error


def _stored(batch: Batch, wanted: Put, source: str) -> Stored:
    """Put one of many; what is refused changes nothing."""
    try:
        path = _named(batch, wanted)
        kept, warnings = _judged(path, wanted.value, source)
    except OwnerError as error:
        return Stored(wanted.path, "refused", reason=error.text)
    before = batch.newest(path)
    if before is not None and recording.is_old_news(batch, path, kept, source):
        return Stored(path, "same", before.number)
    version = recording.put(batch, path, kept, source)
    reason = " ".join(warnings) or None
    if version == before:
        return Stored(path, "same", version.number, reason=reason)
    outcome: Outcome = "new" if before is None or before.value is None else "changed"
    return Stored(path, outcome, version.number, _holders(batch, path)[1], reason)


def _holders(batch: Batch, path: str) -> tuple[int, int]:
    """How many peers may hold a record, and how many of them follow it."""
    held = changing.holders(batch, path)
    return len({each.scope for each in held}), len({each.scope for each in held if each.follows})


def _record(batch: Batch, version: Version) -> Record:
    kind = vocabulary.kind_of(version.path)
    return Record(
        version.path,
        None if kind is None else kind.name,
        version.number,
        None if version.value is None else vocabulary.in_order(version.path, shapes.decode(version.value)),
        version.at,
        version.source,
        *_holders(batch, version.path),
    )


def _kind(kind: vocabulary.Kind) -> Kind:
    types = (vocabulary.types()[form] for form in kind.forms if form in vocabulary.types())
    properties = [
        Property(detail.name, vocabulary.told_of(detail.forms), detail.needed)
        for known in types
        for detail in known.values()
    ]
    return Kind(kind.place, kind.name, kind.many, vocabulary.told_of(kind.forms), properties)
