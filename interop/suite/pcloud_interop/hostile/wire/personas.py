"""Personas (chapter 03): key logs that grow, and what ties a successor to an invitation."""

from dataclasses import dataclass, field

from pcloud_interop.hostile.wire.cbor import Value
from pcloud_interop.hostile.wire.secrets import Box, Signer, sha
from pcloud_interop.hostile.wire.signing import Signed, sign1, sign2


def commitment(public: bytes) -> bytes:
    """What an event names instead of the next key."""
    return sha(b"pcloud/1 next-key commitment", public)


def event(by: Signer, number: int, before: bytes | None, key: bytes, contact: bytes, to: Value) -> Signed:
    """A key event."""
    return sign1(by, "pcloud-key-event", {1: number, 2: before, 3: key, 4: contact, 5: to})


@dataclass
class Persona:
    """One's own persona, whose log can grow unless it is for one time."""

    one_time: bool = False
    key: Signer = field(default_factory=Signer)
    contact: Box = field(default_factory=Box)
    next: Signer = field(default_factory=Signer)
    events: list[Signed] = field(default_factory=list)

    def __post_init__(self) -> None:
        to = None if self.one_time else commitment(self.next.public)
        self.events.append(event(self.key, 0, None, self.key.public, self.contact.public, to))

    @property
    def id(self) -> bytes:
        """The persona id."""
        return self.events[0].id

    @property
    def epoch(self) -> int:
        """The number of the last event."""
        return len(self.events) - 1

    @property
    def log(self) -> list[bytes]:
        """The events as bytes."""
        return [each.data for each in self.events]

    def grown(self, by: Signer | None = None) -> list[bytes]:
        """The log with one event more, signed by the next key or by another; nothing changes here."""
        contact, to = Box().public, commitment(Signer().public)
        more = event(by or self.next, self.epoch + 1, self.events[-1].id, Signer().public, contact, to)
        return [*self.log, more.data]


def succession(invitation: Persona, successor: Persona, peer: bytes, *, by: Signer | None = None) -> Signed:
    """What ties a successor to the persona of an invitation; another signer than it bends it."""
    payload = [1, invitation.id, successor.id, peer]
    return sign2([by or invitation.key, successor.key], "pcloud-succession", payload)
