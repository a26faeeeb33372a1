"""The relationship as one verifiable file (spec 19)."""

from pcloud.runtime.batch import Batch
from pcloud.runtime.scope import Scope


def export(batch: Batch, scope: Scope) -> bytes:
    """The file. Raises UsageError."""
    raise NotImplementedError(batch, scope)
