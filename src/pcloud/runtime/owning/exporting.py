"""The relationship as one file that anybody can verify (spec 19)."""

from pcloud.engine.export.write import write_export
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning.meeting import origin_of


def export(batch: Batch, scope: Scope) -> bytes:
    """The file, with the items that are still held. Nothing changes."""
    pieces = write_export(scope.relationship, scope.log, batch.now, origin=origin_of(batch, scope))
    return b"".join(pieces)
