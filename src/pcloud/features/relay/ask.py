"""`relay.ask`: a wish for mailboxes at the peer's, or for more of them (spec 20 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, required, unsigned
from pcloud.kernel.thread import Thread


@dataclass(frozen=True, slots=True)
class RelayAsk(Message):
    """How many vouchers are wished for; the relay gives as many as it likes. Neutral: nobody is bound yet."""

    NAME: ClassVar[str] = "relay.ask"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    vouchers: int = required(1, unsigned(1))


def then(act: Act, thread: Thread) -> Step:
    """Hold the wish beside what was granted before."""
    body = act.message
    assert isinstance(body, RelayAsk)
    return Step({**thread.data, "asked": body.vouchers})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, who grants or refuses."""
    return (Tell("relay.asked", thread.id),)
