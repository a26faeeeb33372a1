"""Data of a peer that arose here: given back, at the paths where their owner keeps such (spec 09 §8)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from pcloud.engine.compose import Command
from pcloud.features.disclosure.fields import Field
from pcloud.features.disclosure.handback import DisclosureHandback
from pcloud.features.disclosure.machine import MACHINE, RETURNED
from pcloud.limits import DISCLOSED_MAX
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.runtime.owning import speaking
from pcloud.runtime.surface import OwnerError
from pcloud.wire import cbor

_KEYS: Final = frozenset({"path", "value", "version"})


class Record(NamedTuple):
    """One record that arose here."""

    path: str
    version: int
    item: bytes


def read(records: Sequence[Mapping[str, Any]], now: int) -> list[Record]:
    """What the owner, or its systems, give: `path`, `value`, and a `version` that rises where values change.

    Without a version it is the time in seconds. Raises OwnerError, UsageError.
    """
    if not 0 < len(records) <= DISCLOSED_MAX:
        raise OwnerError("invalid", f"Give back 1 to {DISCLOSED_MAX} records at once.")
    return [_read(record, now) for record in records]


def _read(record: Mapping[str, Any], now: int) -> Record:
    path, value, version = record.get("path"), record.get("value"), record.get("version", now)
    formed = isinstance(path, str) and value is not None and type(version) is int
    if not formed or not record.keys() <= _KEYS:
        raise OwnerError("invalid", "A record has `path` and `value`, perhaps `version`, and nothing else.")
    return Record(str(path), version, cbor.encode(value))


def hand_back(batch: Batch, scope: Scope, records: Sequence[Record]) -> bytes:
    """Give them to the peer; one thread holds all that is ever given back. Raises UsageError."""
    mine = scope.relationship.me.log.persona
    threads = [
        thread.id for thread in batch.store.threads(scope.id, MACHINE.name, RETURNED) if thread.opener == mine
    ]
    message = DisclosureHandback(tuple(Field(record.path, record.version) for record in records))
    items = tuple(record.item for record in records)
    said = speaking.speak(batch, scope, Command(message, threads[-1] if threads else None, items))
    return threads[-1] if threads else said
