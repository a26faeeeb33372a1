"""relationship.rotate: new sessions, now (spec 07 §5)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import KEY
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required
from pcloud.wire.answers import KeyOffer


@dataclass(frozen=True, slots=True)
class RelationshipRotate(Message):
    """New sessions both ways, which spend the receiving keys; signing keys change only by recovery."""

    NAME: ClassVar[str] = "relationship.rotate"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    key: KeyOffer = required(1, KEY)
