"""relationship.returned: entries of the recipient's own that its log has lost (spec 06 §4).

The body holds headers, bodies and verdicts. The items of the entries travel as items of this message, so
that no body ever holds a personal value and each can be erased by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from pcloud.errors import Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Keep
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Kind, Message, octets, record, refuse, required, several, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import CODE_BYTES_MAX, PARTS_MAX, RETURN_BYTES_MAX, RETURNED_ENTRIES_MAX, SALT_BYTES
from pcloud.wire import cbor
from pcloud.wire.parts import Part


def _read_bytes(value: Any) -> bytes:
    if type(value) is not bytes:
        raise refuse("bytes")
    return value


_BYTES = Kind(_read_bytes)
_SALT = octets(SALT_BYTES)


class ReturnedBody(NamedTuple):
    """What the body says of one message: its signed header, its own body with the salt, its verdict."""

    signed: bytes
    salt: bytes
    body: bytes
    verdict: str


class ReturnedItem(NamedTuple):
    """One item of a returned message: of which entry, at which place, with its salt."""

    entry: int
    part: int
    salt: bytes
    data: bytes


class ReturnedEntry(NamedTuple):
    """A returned message put together again; items that did not travel are None or missing at the end."""

    signed: bytes
    parts: tuple[Part | None, ...]
    verdict: str


_ENTRY = record(ReturnedBody, _BYTES, _SALT, _BYTES, text(CODE_BYTES_MAX))
_ITEM = record(ReturnedItem, unsigned(), unsigned(1), _SALT, _BYTES)


@dataclass(frozen=True, slots=True)
class RelationshipReturned(Message):
    """Gives a recovering side back what it sent and lost, with the verdicts it got."""

    NAME: ClassVar[str] = "relationship.returned"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.NEUTRAL
    ITEMS_MAX: ClassVar[int] = PARTS_MAX - 1
    BYTES_MAX: ClassVar[int] = RETURN_BYTES_MAX
    RESTORES: ClassVar[bool] = True

    entries: tuple[ReturnedBody, ...] = required(1, several(_ENTRY, 1, RETURNED_ENTRIES_MAX))

    @classmethod
    def pack(cls, entries: Sequence[ReturnedEntry]) -> tuple[Self, tuple[bytes, ...]]:
        """Make the message and its items. Part 0 of each entry is there: it is never erased."""
        bodies, items = [], []
        for index, (signed, parts, verdict) in enumerate(entries):
            for place, part in enumerate(parts):
                if place == 0 and part is not None:
                    bodies.append(ReturnedBody(signed, part.salt, part.data, verdict))
                elif part is not None:
                    items.append(cbor.encode([index, place, part.salt, part.data]))
        return cls(tuple(bodies)), tuple(items)


def _read_item(message: RelationshipReturned, data: bytes) -> ReturnedItem:
    try:
        item: ReturnedItem = _ITEM.read(cbor.decode(data))
    except Violation as violation:
        raise refuse("returned item") from violation
    if item.entry >= len(message.entries) or item.part >= PARTS_MAX:
        raise refuse("place of a returned item")
    return item


def check(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the items. Raises Violation `body-form`."""
    assert isinstance(act.message, RelationshipReturned)
    items = [_read_item(act.message, data) for data in act.items if data is not None]
    if len({(item.entry, item.part) for item in items}) != len(items):
        raise refuse("two items for one place")


def then(act: Act, thread: Thread) -> Step:
    """Give the entries back to the log (spec 06 §4)."""
    message = act.message
    assert isinstance(message, RelationshipReturned)
    parts: list[dict[int, Part]] = [{0: Part(entry.salt, entry.body)} for entry in message.entries]
    for data in act.items:
        if data is not None:
            item = _read_item(message, data)
            parts[item.entry][item.part] = Part(item.salt, item.data)
    entries = tuple(
        ReturnedEntry(entry.signed, tuple(found.get(place) for place in range(max(found) + 1)), entry.verdict)
        for entry, found in zip(message.entries, parts, strict=True)
    )
    return Step(thread.data, (Keep("returned", act.id, entries),))
