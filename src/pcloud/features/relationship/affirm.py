"""relationship.affirm: what the owner says of returned entries (spec 07 §9)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import ID
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required, several
from pcloud.limits import AFFIRMED_IDS_MAX


@dataclass(frozen=True, slots=True)
class RelationshipAffirm(Message):
    """Affirms returned entries: they are the sender's own, although its log had lost them."""

    NAME: ClassVar[str] = "relationship.affirm"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.PERMITS

    ids: tuple[bytes, ...] = required(1, several(ID, 1, AFFIRMED_IDS_MAX))
