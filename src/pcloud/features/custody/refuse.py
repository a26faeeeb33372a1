"""`custody.refuse`: the peer does not keep volumes (spec 22 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, optional, text
from pcloud.kernel.thread import Thread
from pcloud.limits import REASON_BYTES_MAX


@dataclass(frozen=True, slots=True)
class CustodyRefuse(Message):
    """No. Restricts: it must reach the other side in any weather."""

    NAME: ClassVar[str] = "custody.refuse"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    reason: str | None = optional(1, text(REASON_BYTES_MAX, choices=("not-wanted", "no-room", "not-now")))


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("custody.refused", thread.id),)
