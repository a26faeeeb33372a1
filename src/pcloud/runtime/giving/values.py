"""From what is kept at a path to the item of a disclosure: a value, or a fact of it (spec 09 §2)."""

from collections.abc import Collection, Iterable
from typing import Any, Final, NamedTuple

from pcloud.features.disclosure.path import ANY, Path, read_path
from pcloud.home import deriving
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.store.personal import Version
from pcloud.wire import cbor

PAGE: Final = 256
"""Records that are read at once."""
LOOKED_THROUGH_MAX: Final = 4_096
"""Records of a collection that are compared with an example, in the order of their paths."""


class Valued(NamedTuple):
    """A field as it can be given: its path, the version of its record, its item."""

    path: str
    version: int
    item: bytes


def record_of(path: str) -> str:
    """The path of the record that a value or a fact is taken from."""
    return path.partition(":")[0]


def newest(batch: Batch, path: str) -> Version | None:
    """The newest version of a record, as this batch leaves it; None where there is none or it was deleted."""
    found = batch.newest(path)
    return None if found is None or found.value is None else found


def valued(batch: Batch, path: str, sought: bytes | None = None) -> Valued | None:
    """What can be given at a path now; None where nothing is there, or the fact cannot be told from it.

    `sought` is the item with which `equal` compares.
    """
    version = newest(batch, record_of(path))
    return None if version is None else valued_of(version, path, sought, batch.now)


def valued_of(version: Version, path: str, sought: bytes | None, now: int) -> Valued | None:
    """The same of one version of a record."""
    if version.value is None:
        return None
    if read_path(path).fact is None:
        return Valued(path, version.number, version.value)
    other = None if sought is None else cbor.decode(sought)
    fact = deriving.derive(path, cbor.decode(version.value), other, now)
    return None if fact is None else Valued(path, version.number, cbor.encode(fact))


def is_held(
    batch: Batch,
    scope: Scope,
    path: str,
    until: int,
    *,
    standing: bool,
    purposes: Collection[str] = (),
) -> bool:
    """Whether a peer holds the newest version, for all these purposes and until then; as far as is known."""
    record, tables = record_of(path), batch.store.personal
    version = newest(batch, record)
    for row in tables.given(mine=True, scope=scope.id, prefix=record, after=None, limit=PAGE):
        if row.path != path or not row.held or row.until < until or row.follows < standing:
            continue
        thread = scope.log.thread(row.thread)
        same = thread is not None and set(purposes) <= set(thread.data["purposes"])
        if same and version is not None and row.version >= version.number:
            return True
    return False


def matching(batch: Batch, pattern: str, example: bytes | None = None) -> list[str]:
    """The paths that a pattern stands for here, and an example fits; a plain path where something is there.

    The first in the order of their paths, at most one more than a message can give: so it shows that there
    are too many to be given together.
    """
    wanted = read_path(pattern, pattern=True)
    if wanted.record != ANY:
        return [pattern] if newest(batch, record_of(pattern)) is not None else []
    like = {} if example is None else cbor.decode_map(example)
    encoded = [cbor.encode(key) + cbor.encode(value) for key, value in like.items()]
    found: list[str] = []
    for version in _records(batch, wanted):
        if _has(version, encoded) and (example is None or _is_like(version, like)):
            found.append(version.path if wanted.fact is None else f"{version.path}:{wanted.fact}")
            if len(found) > DISCLOSED_MAX:
                break
    return found


def _records(batch: Batch, wanted: Path) -> Iterable[Version]:
    """The newest of each record of a collection."""
    after: str | None = None
    for _ in range(LOOKED_THROUGH_MAX // PAGE):
        page = batch.store.personal.list(wanted.place, after, PAGE)
        yield from (each for each in page if _is_in(each.path, wanted))
        if len(page) < PAGE:
            return
        after = page[-1].path


def _is_in(path: str, wanted: Path) -> bool:
    """Whether it is a record of the very collection, and not of one below it."""
    found = read_path(path)
    return found.place == wanted.place and found.record is not None


def _has(version: Version, encoded: list[bytes]) -> bool:
    """Whether these fields stand in a record at all: tells most records apart without decoding them."""
    return version.value is not None and all(each in version.value for each in encoded)


def _is_like(version: Version, like: dict[Any, Any]) -> bool:
    """Whether a record has these fields with these values (spec 09 §2.3)."""
    value = None if version.value is None else cbor.decode(version.value)
    return isinstance(value, dict) and all(key in value and value[key] == each for key, each in like.items())
