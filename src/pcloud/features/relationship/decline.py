"""relationship.decline: the inviting side's no (spec 07 §4)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, optional, text


@dataclass(frozen=True, slots=True)
class RelationshipDecline(Message):
    """Declines a request."""

    NAME: ClassVar[str] = "relationship.decline"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    reason: str | None = optional(1, text(16, choices=("not-wanted", "unknown", "later")))
