"""`relay.end`: no more vouchers are asked for or given (spec 20 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread


@dataclass(frozen=True, slots=True)
class RelayEnd(Message):
    """The end by either side. Restricts. Mailboxes last until their lease ends: the relay knows not whose."""

    NAME: ClassVar[str] = "relay.end"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS


def then(_act: Act, _thread: Thread) -> Step:
    """Hold nothing: a grant that crosses the end finds the same."""
    return Step({})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("relay.ended", thread.id),)
