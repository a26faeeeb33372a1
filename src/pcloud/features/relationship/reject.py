"""relationship.reject: what the owner says of returned entries (spec 07 §9)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import ID
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required, several
from pcloud.limits import AFFIRMED_IDS_MAX


@dataclass(frozen=True, slots=True)
class RelationshipReject(Message):
    """Rejects returned entries: another made them with a stolen copy."""

    NAME: ClassVar[str] = "relationship.reject"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    ids: tuple[bytes, ...] = required(1, several(ID, 1, AFFIRMED_IDS_MAX))
