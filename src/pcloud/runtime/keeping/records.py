"""The owner's records in a copy of the node: one own row for each version (spec 21 §3).

The name of a row is a hash: a path may be longer than a name, and a name is the same for the same version.
"""

from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from pcloud.engine.archive.rows import Own
from pcloud.features.disclosure.path import read_path
from pcloud.limits import VALUE_BYTES_MAX
from pcloud.store.personal import Version
from pcloud.store.port import Changes, Store
from pcloud.wire import cbor
from pcloud.wire.shape import fixed, raw, shape, text, unsigned

RECORD: Final = "record/"
FIRST: Final = ("", 0)
"""Before the first version of the first path."""
SOURCE_BYTES_MAX: Final = 64
_NAME_BYTES: Final = 16


def rows(store: Store, after: tuple[str, int], limit: int) -> tuple[list[Own], tuple[str, int] | None]:
    """A page of them, and behind which version the next begins; None after the last."""
    page = store.personal.all(after, limit)
    last = (page[-1].path, page[-1].number) if len(page) == limit else None
    return [_row(version) for version in page], last


def rows_at(store: Store, keys: list[tuple[str, int]]) -> Iterator[Own]:
    """The rows of these versions, by path and number, as they stand now."""
    found = (store.personal.version(*key) for key in keys)
    return (_row(version) for version in found if version is not None)


def _row(version: Version) -> Own:
    return Own(_name(version.path, version.number), cbor.encode(list(version)))


def _name(path: str, number: int) -> str:
    return RECORD + sha256(cbor.encode([path, number])).digest()[:_NAME_BYTES].hex()


def put(row: Own, changes: Changes) -> None:
    """Put a version among the changes of a store that is restored. Raises Violation."""
    if row.value is None:
        raise shape("a version that is taken away")
    path, number, value, at, source = fixed(cbor.decode_list(row.value), 5)
    if read_path(path).fact is not None or _name(path, unsigned(number, 1)) != row.key:
        raise shape("a version under another name")
    if value is not None and (len(raw(value)) > VALUE_BYTES_MAX or cbor.decode(value) is None):
        raise shape("a value of a record")
    version = Version(path, number, value, unsigned(at), text(source, SOURCE_BYTES_MAX))
    changes.versions[path, number] = version
