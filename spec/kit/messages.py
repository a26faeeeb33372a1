"""Headers, parts and answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spec.kit.cbor import Value, enc
from spec.kit.cose import Signed, sign1
from spec.kit.keys import fixed, sha

if TYPE_CHECKING:
    from spec.kit.identity import Persona

FIELDS = ["version", "sender", "recipient", "sender_epoch", "recipient_epoch", "name", "number", "prev"]
FIELDS += ["thread", "time", "expiry", "received_number", "received_id", "agreement", "parts", "first"]


@dataclass
class Header:
    """The sixteen fields of a header."""

    sender: bytes
    recipient: bytes
    name: str
    number: int
    prev: bytes
    time: int
    digests: list[bytes]
    sender_epoch: int = 0
    recipient_epoch: int = 0
    thread: bytes | None = None
    expiry: int | None = None
    received: tuple[int, bytes | None] = field(default=(0, None))
    agreement: bytes | None = None
    first: tuple[bytes, int, int, int] | None = None

    def payload(self) -> list[Value]:
        """The array that is signed."""
        front: list[Value] = [
            1,
            self.sender,
            self.recipient,
            self.sender_epoch,
            self.recipient_epoch,
            self.name,
        ]
        middle: list[Value] = [self.number, self.prev, self.thread, self.time, self.expiry, *self.received]
        return [*front, *middle, self.agreement, list(self.digests), self.first]


def part(name: str, data: bytes) -> tuple[bytes, bytes]:
    """Salt and data of a part."""
    return fixed("salt of " + name, 16), data


def digest(one: tuple[bytes, bytes]) -> bytes:
    """The digest of a part."""
    return sha(*one)


def first_prev(sender: Persona, recipient: Persona) -> bytes:
    """What number 1 of a line follows."""
    return sha(sender.events[-1].id, recipient.events[-1].id)


def header(by: Persona, fields: Header) -> Signed:
    """A signed header."""
    return sign1(by.key, "pcloud-header", fields.payload())


def answer_front(
    sender: Persona, recipient: Persona, session: bytes | None = None, key: Value = None
) -> list[Value]:
    """The seven elements every answer begins with."""
    return [1, sender.id, recipient.id, sender.epoch, recipient.epoch, session, key]


def answer(by: Persona, kind: str, payload: Value) -> Signed:
    """A signed answer."""
    return sign1(by.key, f"pcloud-{kind}", payload)


def body(value: Value) -> bytes:
    """The data of part 0."""
    return enc(value)
