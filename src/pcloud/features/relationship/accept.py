"""relationship.accept: the inviting side's yes, from the persona it will keep (spec 07 §4)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import ENDPOINTS, KEY, MAILBOX, NONCE
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required
from pcloud.wire.answers import KeyOffer


@dataclass(frozen=True, slots=True)
class RelationshipAccept(Message):
    """Accepts a request; its nonce comes after the requester committed to its own."""

    NAME: ClassVar[str] = "relationship.accept"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.PERMITS
    LASTING: ClassVar[bool] = True
    ITEMS_MAX: ClassVar[int] = 1

    key: KeyOffer = required(1, KEY)
    mailbox: bytes = required(2, MAILBOX)
    endpoints: tuple[str, ...] = required(3, ENDPOINTS)
    nonce: bytes = required(4, NONCE)
