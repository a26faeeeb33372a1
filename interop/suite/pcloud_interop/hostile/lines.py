"""One direction of a relationship as the hostile peer keeps it: numbers, ids, verdicts (chapter 05)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from pcloud_interop.hostile.wire.cbor import Value, enc
from pcloud_interop.hostile.wire.secrets import fresh, sha
from pcloud_interop.hostile.wire.signing import Signed

FIELDS: Final = (
    "version",
    "sender",
    "recipient",
    "sender_epoch",
    "recipient_epoch",
    "name",
    "number",
    "prev",
    "thread",
    "time",
    "expiry",
    "known",
    "known_id",
    "agreement",
    "digests",
    "first",
)
"""Of a header, in their order."""

Part = tuple[bytes, bytes]
"""Salt and data."""


class Sent(NamedTuple):
    """A message of one's own as it was made."""

    number: int
    id: bytes
    signed: Signed
    parts: list[list[bytes] | None]
    fields: dict[str, Any]


class Got(NamedTuple):
    """A message of the node."""

    number: int
    id: bytes
    name: str
    thread: bytes | None
    fields: dict[str, Any]
    body: Value
    items: list[bytes | None]
    data: bytes


@dataclass
class Outgoing:
    """What was sent, and what the node said of it."""

    sent: list[Sent] = field(default_factory=list)
    receipted: int = 0
    refused: dict[int, str] = field(default_factory=dict)

    def verdict(self, number: int) -> str | None:
        """What the node said of a number; None before its receipt."""
        return None if number > self.receipted else self.refused.get(number, "applied")


@dataclass
class Incoming:
    """What came from the node and was judged."""

    got: list[Got] = field(default_factory=list)

    @property
    def last(self) -> tuple[int, bytes | None]:
        """Number and id of the last message that was judged."""
        return (self.got[-1].number, self.got[-1].id) if self.got else (0, None)


def salted(*data: bytes) -> list[Part]:
    """Parts with fresh salts."""
    return [(fresh(16), one) for one in data]


def digests(parts: Sequence[Part]) -> list[bytes]:
    """What a header says of parts."""
    return [sha(*part) for part in parts]


def payload(fields: dict[str, Any]) -> list[Any]:
    """A header as it is signed."""
    return [fields[name] for name in FIELDS]


def body_of(value: Value) -> bytes:
    """Part 0."""
    return enc(value)
