"""`custody.ask`: one owner asks a peer to keep its sealed volumes (spec 22 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, required, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import LOCATOR_BYTES


@dataclass(frozen=True, slots=True)
class CustodyAsk(Message):
    """Under which address, how many bytes, for how many days. Neutral: nobody is bound yet."""

    NAME: ClassVar[str] = "custody.ask"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    address: bytes = required(1, octets(LOCATOR_BYTES))
    bytes_max: int = required(2, unsigned(1))
    days: int = required(3, unsigned(1))


def then(act: Act, _thread: Thread) -> Step:
    """Hold what is wished for."""
    body = act.message
    assert isinstance(body, CustodyAsk)
    return Step({"address": body.address, "bytes": body.bytes_max, "days": body.days})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, who grants or refuses."""
    return (Tell("custody.asked", thread.id),)
