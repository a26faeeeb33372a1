"""relationship.resume: the end of a rest (spec 07 §5)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message


@dataclass(frozen=True, slots=True)
class RelationshipResume(Message):
    """Ends the sender's own pause."""

    NAME: ClassVar[str] = "relationship.resume"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.PERMITS
