"""Names of records in a collection: they say nothing, since a path is never erased (spec 09 §2.1)."""

import base64
import hmac
from typing import Final

from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.facts import KEPT

KEY: Final = f"{KEPT}naming"
"""The fact that holds the key under which labels become names; copies of the node have it too."""
KEY_BYTES: Final = 32
FRESH_BYTES: Final = 6
NAME_BYTES: Final = 15


def named(batch: Batch, collection: str, label: str) -> str:
    """The path of what a label tells from all others of a collection: the same label, the same path."""
    key = batch.fact(KEY)
    if key is None:
        key = batch.changes.facts[KEY] = batch.draw(KEY_BYTES)
    name = hmac.digest(key, f"{collection}\0{label}".encode(), "sha256")[:NAME_BYTES]
    return f"{collection}/{_text(name)}"


def fresh(batch: Batch, collection: str) -> str:
    """The path of a record more, which nothing has stood at."""
    while True:
        path = f"{collection}/{_text(batch.draw(FRESH_BYTES))}"
        if batch.newest(path) is None:
            return path


def _text(name: bytes) -> str:
    return base64.urlsafe_b64encode(name).decode()
