"""relationship.returned: entries of the recipient's own that its log has lost (spec 06 §4)."""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Kind, Message, nullable, octets, record, refuse, required, several, text
from pcloud.limits import CODE_BYTES_MAX, PARTS_MAX, RETURNED_ENTRIES_MAX, SALT_BYTES
from pcloud.wire.parts import Part


def _read_bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise refuse("bytes")
    return value


_BYTES = Kind(_read_bytes)
_PART = nullable(record(Part, octets(SALT_BYTES), _BYTES))


class ReturnedEntry(NamedTuple):
    """A message as it was sent: its signed header, its parts, and the verdict it got."""

    signed: bytes
    parts: tuple[Part | None, ...]
    verdict: str


_ENTRY = record(ReturnedEntry, _BYTES, several(_PART, 1, PARTS_MAX), text(CODE_BYTES_MAX))


@dataclass(frozen=True, slots=True)
class RelationshipReturned(Message):
    """Gives a recovering side back what it sent and lost, with the verdicts it got."""

    NAME: ClassVar[str] = "relationship.returned"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    entries: tuple[ReturnedEntry, ...] = required(1, several(_ENTRY, 1, RETURNED_ENTRIES_MAX))
