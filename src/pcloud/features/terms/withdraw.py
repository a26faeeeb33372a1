"""`terms.withdraw`: the first party takes its proffer back, before it has sealed (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread


@dataclass(frozen=True, slots=True)
class TermsWithdraw(Message):
    """The end of a negotiation by the party that proffered. Restricts: nothing can be accepted after it."""

    NAME: ClassVar[str] = "terms.withdraw"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("terms.withdrawn", thread.id),)
