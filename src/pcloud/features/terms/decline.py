"""`terms.decline`: no to a proffer, or no to a counter (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, optional, text
from pcloud.kernel.thread import Thread
from pcloud.limits import REASON_BYTES_MAX


@dataclass(frozen=True, slots=True)
class TermsDecline(Message):
    """The end of a negotiation by the party asked. Restricts: it must reach the other side in any weather."""

    NAME: ClassVar[str] = "terms.decline"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    reason: str | None = optional(
        1, text(REASON_BYTES_MAX, choices=("not-these-terms", "not-now", "not-needed"))
    )


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("terms.declined", thread.id),)
