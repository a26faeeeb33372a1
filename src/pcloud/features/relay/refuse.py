"""`relay.refuse`: no mailboxes, or no more of them (spec 20 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional, text
from pcloud.kernel.thread import Thread
from pcloud.limits import REASON_BYTES_MAX


@dataclass(frozen=True, slots=True)
class RelayRefuse(Message):
    """No. Restricts: it must reach the other side in any weather."""

    NAME: ClassVar[str] = "relay.refuse"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    reason: str | None = optional(1, text(REASON_BYTES_MAX, choices=("not-wanted", "no-room", "not-now")))


def then(_act: Act, thread: Thread) -> Step:
    """Drop the wish. What was granted before stands."""
    return Step({key: value for key, value in thread.data.items() if key != "asked"})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("relay.refused", thread.id),)
