"""`custody.end`: nothing more is put there; what is kept stays for its days (spec 22 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message
from pcloud.kernel.thread import Thread


@dataclass(frozen=True, slots=True)
class CustodyEnd(Message):
    """The end of a custody by either side. Restricts. It erases nothing: a thief may send it too."""

    NAME: ClassVar[str] = "custody.end"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS


def then(_act: Act, thread: Thread) -> Step:
    """Hold the address alone: a grant that crosses the end finds the same."""
    return Step({"address": thread.data["address"]})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("custody.ended", thread.id),)
