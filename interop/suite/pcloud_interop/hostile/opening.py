"""What the hostile peer knows of the node, and how it opens what comes from it.

It holds the node to what matters here: what does not open, or is not signed, is a fault of the node.
"""

from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from pcloud_interop.hostile.lines import FIELDS, Got
from pcloud_interop.hostile.wire.cbor import Value, dec, enc
from pcloud_interop.hostile.wire.frames import Session, opened, session_info
from pcloud_interop.hostile.wire.secrets import Box, InvalidTag, sha
from pcloud_interop.hostile.wire.signing import Read, read1
from pcloud_interop.live.node import MismatchError

START_BLOCK_FIELDS = 3


@dataclass
class Other:
    """The node, as its peer knows it."""

    id: bytes = b""
    """Its persona now."""
    founding: bytes = b""
    event: bytes = b""
    """Id of its last key event."""
    log: list[bytes] = field(default_factory=list)
    public: bytes = b""
    """Its signing key."""
    contact: bytes = b""
    endpoint: str = ""
    mailbox: bytes = b""
    key: tuple[int, bytes] | None = None
    """The newest receiving key that it announced, and its number."""
    unused: bool = False
    """Whether nothing was started to it yet."""
    invited: bool = False
    """Whether it is the inviting side."""
    sessions: dict[bytes, Session] = field(default_factory=dict)

    def first_prev(self, own: bytes) -> bytes:
        """What number 1 of a line to it follows."""
        return sha(own, self.event)

    def known_by(self, log: list[bytes]) -> None:
        """Take its key log."""
        events = [read1(each) for each in log]
        self.id, self.event = events[0].id, events[-1].id
        self.public, self.contact = events[-1].payload[3], events[-1].payload[4]
        self.founding, self.log = self.founding or self.id, log

    def take(self, content: Value, session: Session) -> None:
        """Take what a content introduces, and its session."""
        self.sessions[session.id] = session
        introduction = content[1]
        if introduction is not None and read1(introduction[0][0]).id != self.id:
            self.known_by(introduction[0])

    def signed_of(self, content: Value) -> Read | None:
        """The signed element, verified. Raises MismatchError."""
        if content[2] is None:
            return None
        read = read1(content[2])
        protected, _, payload, signature = dec(content[2]).value
        try:
            Ed25519PublicKey.from_public_bytes(read.kid).verify(
                signature, enc(["Signature1", protected, b"", payload])
            )
        except InvalidSignature:
            raise MismatchError("a signature of the node does not verify") from None
        return read

    def message(self, signed: Read, parts: list[Any]) -> Got:
        """A message of it."""
        fields = dict(zip(FIELDS, signed.payload, strict=True))
        present = [part and part[1] for part in parts]
        body = dec(present[0]) if present and present[0] is not None else None
        head = fields["number"], signed.id, fields["name"], fields["thread"], fields
        return Got(*head, body, present[1:], signed.data)

    def placed(self, got: Got) -> None:
        """Take the place that a message names, and its receiving key."""
        key, mailbox, endpoints = {
            "relationship.request": (2, 3, 4),
            "relationship.accept": (1, 2, 3),
            "relationship.move": (0, 1, 2),
        }[got.name]
        self.mailbox, self.endpoint = got.body[mailbox], got.body[endpoints][0]
        if key:
            self.announced(got.body[key])

    def announced(self, key: Value) -> None:
        """Take a receiving key that is newer."""
        if self.key is None or key[0] > self.key[0]:
            self.key, self.unused = (key[0], key[1]), True


def read_frame(
    data: bytes, boxes: dict[int, Box], other: Other, own: bytes
) -> tuple[Session, bool, Value] | None:
    """Session, whether the frame carries its start, and content; None where it does not open."""
    try:
        fields = dec(data)
        block = fields[2]
        if block is not None and sha(block)[:16] not in other.sessions:
            session = _started(block, boxes, other.founding, own)
        else:
            session = other.sessions[fields[1]]
        return session, block is not None, opened(data, session)
    except (InvalidTag, ValueError, KeyError, IndexError, TypeError):
        return None


def _started(block: bytes, boxes: dict[int, Box], sender: bytes, own: bytes) -> Session:
    number, key_number, sealed = dec(block)
    founding = None if key_number == 0 else sender
    secret = boxes[key_number].open(sealed, session_info(founding, own, number, key_number))
    return Session(number, key_number, secret, block, answered=True)
