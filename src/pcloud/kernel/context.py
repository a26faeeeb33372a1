"""What a check may know: the time, the parties, the proof of the gate, and the act itself."""

from collections.abc import Callable
from typing import NamedTuple

from pcloud.kernel.gate import Evidence
from pcloud.kernel.message import Message
from pcloud.wire.keys import SigningKey

Draw = Callable[[int], bytes]
"""Entropy as an argument: gives that many random bytes (D17)."""


class Me(NamedTuple):
    """This side as a feature sees it."""

    persona: bytes
    kind: str
    key: SigningKey
    nonce: bytes = b""
    """What this side committed to in its request, or gave in its accept (spec 07 §4)."""
    invitation: bytes = b""
    """Id of the invitation by which the two met."""


class They(NamedTuple):
    """The other side as a feature sees it."""

    persona: bytes
    kind: str
    public: bytes


class Context(NamedTuple):
    """Arguments of a decision that are not the message: frozen, five fields."""

    now: int
    draw: Draw
    me: Me
    peer: They
    evidence: Evidence


class Act(NamedTuple):
    """A message together with what its signed header says of it."""

    message: Message
    id: bytes
    """The first id: stays the same when the message is reissued after a recovery."""
    sender: bytes
    signers: tuple[bytes, ...]
    """The key that signed it when it was first sent; those that may have, where only a reissue is known."""
    time: int
    generation: int
    number: int
    highest: int
    """Number of the last message of the other side that the sender had judged."""
    items: tuple[bytes | None, ...] = ()
