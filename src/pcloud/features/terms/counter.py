"""`terms.counter`: the second party names other terms of the same roster, once (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, required, text
from pcloud.kernel.thread import Thread
from pcloud.limits import TERMS_ID_BYTES_MAX


@dataclass(frozen=True, slots=True)
class TermsCounter(Message):
    """An id and nothing else. Neutral: nobody is bound by it, and it takes nothing away."""

    NAME: ClassVar[str] = "terms.counter"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    terms: str = required(1, text(TERMS_ID_BYTES_MAX))


def check(act: Act, thread: Thread, ctx: Context) -> None:
    """Judge a counter. Raises Violation(counter-invalid) for the proffered id or one not in the roster."""
    body = act.message
    assert isinstance(body, TermsCounter)
    known = (thread.data["roster"], body.terms) in ctx.evidence.rosters
    if body.terms == thread.data["terms"] or not known:
        raise Violation(Code.COUNTER_INVALID)


def then(act: Act, thread: Thread) -> Step:
    """Hold the id that is wished for."""
    body = act.message
    assert isinstance(body, TermsCounter)
    return Step({**thread.data, "counter": body.terms})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner, who proffers again or declines."""
    return (Tell("terms.countered", thread.id),)
