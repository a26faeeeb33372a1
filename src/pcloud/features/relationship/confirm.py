"""relationship.confirm: the requester's last word of the handshake (spec 07 §4)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.relationship.fields import ID, NONCE
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required


@dataclass(frozen=True, slots=True)
class RelationshipConfirm(Message):
    """Opens the nonce that the request committed to, so both sides can show the short code."""

    NAME: ClassVar[str] = "relationship.confirm"
    GATE: ClassVar[Gate] = Gate.OPEN
    MARK: ClassVar[Mark] = Mark.PERMITS
    LASTING: ClassVar[bool] = True

    nonce: bytes = required(1, NONCE)
    accept: bytes = required(2, ID)
