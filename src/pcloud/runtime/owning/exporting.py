"""The relationship as one verifiable file (spec 19)."""

from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope


def export(batch: Batch, scope: Scope) -> bytes:
    """The file. Raises UsageError."""
    raise NotImplementedError(batch, scope)
