"""relationship.close: the end, by either side (spec 07 §7)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, optional, refuse, required, text, unsigned


@dataclass(frozen=True, slots=True)
class RelationshipClose(Message):
    """Ends the relationship and states what happens to data held."""

    NAME: ClassVar[str] = "relationship.close"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    SUSPENDED: ClassVar[bool] = True
    ENDS: ClassVar[bool] = True

    held: str = required(1, text(8, choices=("erased", "kept", "none")))
    until: int | None = optional(2, unsigned())

    def __post_init__(self) -> None:
        """A day goes with data that is kept, and with nothing else. Raises Violation `body-form`."""
        if self.until is not None and self.held != "kept":
            raise refuse("until without kept")
