"""The relationship as one file that anybody can verify (spec 19)."""

from collections.abc import Collection
from functools import partial

from pcloud.engine.export.disclosed import places_of
from pcloud.engine.export.write import write_export
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning.meeting import origin_of
from pcloud.wire.files.export import Items


def export(batch: Batch, scope: Scope, show: Collection[str] | None) -> bytes:
    """The file, with the items that are still held, or only values of the paths to show. Nothing changes."""
    items = Items.ALL if show is None else partial(places_of, paths=frozenset(show)) if show else Items.NONE
    pieces = write_export(
        scope.relationship, scope.log, batch.now, origin=origin_of(batch, scope), items=items
    )
    return b"".join(pieces)
