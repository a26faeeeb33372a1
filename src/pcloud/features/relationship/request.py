"""relationship.request: the answer to an invitation, which asks for a relationship (spec 07 §4)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import ENDPOINTS, FIRST_KEY, ID, KIND, MAILBOX
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, optional, required, text
from pcloud.limits import PURPOSE_BYTES_MAX, ROLE_BYTES_MAX
from pcloud.wire.answers import KeyOffer


@dataclass(frozen=True, slots=True)
class RelationshipRequest(Message):
    """Asks the persona of an invitation for a relationship; commits to a nonce for the short code."""

    NAME: ClassVar[str] = "relationship.request"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.PERMITS
    LASTING: ClassVar[bool] = True
    ITEMS_MAX: ClassVar[int] = 1

    invitation: bytes = required(1, ID)
    key: KeyOffer = required(2, FIRST_KEY)
    mailbox: bytes = required(3, MAILBOX)
    endpoints: tuple[str, ...] = required(4, ENDPOINTS)
    commitment: bytes = required(5, ID)
    kind: str = required(6, KIND)
    role: str | None = optional(7, text(ROLE_BYTES_MAX))
    purpose: str | None = optional(8, text(PURPOSE_BYTES_MAX))
