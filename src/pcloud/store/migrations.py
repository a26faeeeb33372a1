"""From an older schema to the newest, one transaction for each step.

A kill at any statement leaves the version before the step, or the one after it.
"""

from collections.abc import Sequence
from typing import Final

import apsw

from pcloud.store.port import NewerSchemaError
from pcloud.store.schema import VERSION_1, VERSION_2, VERSION_3

Step = Sequence[str]
"""The statements of one migration."""

STEPS: Final[tuple[Step, ...]] = (VERSION_1, VERSION_2, VERSION_3)
"""The n-th leads to version n. A step that was published is never changed."""

NEWER = "A newer version of pcloud has written this store. Install that version or a later one."


def migrate(connection: apsw.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Take the steps that are missing. Raises NewerSchemaError, and then has changed nothing."""
    version = connection.pragma("user_version")
    if version > len(steps):
        raise NewerSchemaError(NEWER)
    for number, step in enumerate(steps[version:], version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in step:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number:d}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
