"""Key events, key logs, successions and ids in text."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from spec.kit.cbor import Value, enc
from spec.kit.cose import Signed, sign1, sign2
from spec.kit.keys import Signer, box, hkdf, sha, signer

SECRET = bytes(range(32))
NEXT_LABEL = "pcloud/1 next key"
COMMITMENT_LABEL = b"pcloud/1 next-key commitment"
ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def next_key(generation: int, index: int, secret: bytes = SECRET) -> Signer:
    """The next key of a generation and an index."""
    return Signer(hkdf(secret, enc([NEXT_LABEL, generation, index])))


def commitment(public: bytes) -> bytes:
    """What an event names instead of the next key."""
    return sha(COMMITMENT_LABEL, public)


def event_payload(
    seq: int, prev: bytes | None, key: bytes, contact: bytes, promise: bytes | None
) -> dict[Value, Value]:
    """The map of a key event."""
    return {1: seq, 2: prev, 3: key, 4: contact, 5: promise}


def event(by: Signer, payload: Value) -> Signed:
    """A key event."""
    return sign1(by, "pcloud-key-event", payload)


@dataclass(frozen=True)
class Persona:
    """A persona with its log as far as it has grown."""

    name: str
    events: tuple[Signed, ...]
    pool: int | None

    @property
    def id(self) -> bytes:
        """The persona id."""
        return self.events[0].id

    @property
    def epoch(self) -> int:
        """The number of the last event."""
        return len(self.events) - 1

    @property
    def key(self) -> Signer:
        """The signing key of the last epoch."""
        return signer(f"{self.name} {self.epoch}")

    @property
    def contact(self) -> bytes:
        """The seed of the contact key of the last epoch."""
        return box(f"{self.name} contact {self.epoch}")[0]

    @property
    def log(self) -> list[bytes]:
        """The events as bytes."""
        return [one.data for one in self.events]


def promise_of(pool: int | None, epoch: int) -> bytes | None:
    """The commitment in the event of that number."""
    return None if pool is None else commitment(next_key(epoch, pool).public)


def persona(name: str, pool: int | None = None) -> Persona:
    """A new persona; with a place in the pool it can grow."""
    own = signer(f"{name} 0")
    payload = event_payload(0, None, own.public, box(f"{name} contact 0")[1], promise_of(pool, 0))
    return Persona(name, (event(own, payload),), pool)


def grown(one: Persona, mark: str = "") -> Persona:
    """The persona one event later; with another mark, another event of that number."""
    assert one.pool is not None
    number = one.epoch + 1
    own = signer(f"{one.name} {number}{mark}")
    contact = box(f"{one.name} contact {number}")[1]
    payload = event_payload(number, one.events[-1].id, own.public, contact, promise_of(one.pool, number))
    made = event(next_key(number - 1, one.pool), payload)
    return Persona(one.name, (*one.events, made), one.pool)


def succession(invitation: Persona, successor: Persona, peer: bytes) -> Signed:
    """What ties a successor to the persona of an invitation."""
    payload: Value = [1, invitation.id, successor.id, peer]
    return sign2([invitation.key, successor.key], "pcloud-succession", payload)


def id_text(identifier: bytes) -> str:
    """An id as people see it."""
    return "b" + base64.b32encode(b"\x01\x51\x12\x20" + identifier).decode().rstrip("=").lower()


def did_key(public: bytes) -> str:
    """The text form of one Ed25519 key."""
    number, text = int.from_bytes(b"\xed\x01" + public, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        text = ALPHABET[digit] + text
    return "did:key:z" + text
