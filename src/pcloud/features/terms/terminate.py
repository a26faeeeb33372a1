"""`terms.terminate`: either party ends the agreement (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import end
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, optional, required, text
from pcloud.kernel.thread import Thread
from pcloud.limits import PERSONA_ID_BYTES, REASON_BYTES_MAX


@dataclass(frozen=True, slots=True)
class TermsTerminate(Message):
    """The end of an agreement. Restricts: it holds in a paused relationship and through every recovery."""

    NAME: ClassVar[str] = "terms.terminate"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    ENDS: ClassVar[bool] = True

    agreement: bytes = required(1, octets(PERSONA_ID_BYTES))
    reason: str | None = optional(2, text(REASON_BYTES_MAX, choices=("not-needed", "breach", "other")))


def check(act: Act, thread: Thread, _ctx: Context) -> None:
    """Judge a termination. Raises Violation(reference-mismatch) for another agreement than the thread's."""
    body = act.message
    assert isinstance(body, TermsTerminate)
    if body.agreement != thread.data.get("agreement"):
        raise Violation(Code.REFERENCE_MISMATCH, "agreement")


def then(act: Act, thread: Thread) -> Step:
    """Keep the agreement as ended by the sender."""
    return end(act, thread, {})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("terms.terminated", thread.data["agreement"]),)
