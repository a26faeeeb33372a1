"""relationship.move: a new mailbox or new endpoints (spec 07 §6)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import ENDPOINTS, MAILBOX
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required


@dataclass(frozen=True, slots=True)
class RelationshipMove(Message):
    """Says where the sender is reached from now on; a new session follows."""

    NAME: ClassVar[str] = "relationship.move"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    mailbox: bytes = required(1, MAILBOX)
    endpoints: tuple[str, ...] = required(2, ENDPOINTS)
