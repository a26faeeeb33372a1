"""relationship.pause: a rest, by either side (spec 07 §5)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, optional, unsigned


@dataclass(frozen=True, slots=True)
class RelationshipPause(Message):
    """Asks the other side to send nothing but what restricts, until resume."""

    NAME: ClassVar[str] = "relationship.pause"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    until: int | None = optional(1, unsigned())
