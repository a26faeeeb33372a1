"""`terms.replace`: the first party ends an agreement in favour of a newer one (spec 08 §3)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.terms.agreement import end, in_force
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, octets, required
from pcloud.kernel.thread import Thread
from pcloud.limits import PERSONA_ID_BYTES


@dataclass(frozen=True, slots=True)
class TermsReplace(Message):
    """The end of an agreement, and which one holds instead.

    Permits, although it ends something: what holds afterwards is the other agreement. So it waits, as all
    that permits, while the relationship is paused or what it builds on is in doubt after a recovery.
    """

    NAME: ClassVar[str] = "terms.replace"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.PERMITS

    agreement: bytes = required(1, octets(PERSONA_ID_BYTES))
    by: bytes = required(2, octets(PERSONA_ID_BYTES))


def check(act: Act, thread: Thread, ctx: Context) -> None:
    """Judge a replacement: by an agreement of the same two in the same roles, no older, and in force.

    Raises Violation: reference-mismatch, replaced-by-unknown.
    """
    body = act.message
    assert isinstance(body, TermsReplace)
    if body.agreement != thread.data.get("agreement"):
        raise Violation(Code.REFERENCE_MISMATCH, "agreement")
    newer = ctx.evidence.agreements.get(body.by)
    if (
        newer is None
        or newer.id == body.agreement
        or (newer.first, newer.second) != (thread.opener, thread.data["second"])
        or newer.sealed < thread.data["sealed"]
        or not in_force(newer, act)
    ):
        raise Violation(Code.REPLACED_BY_UNKNOWN)


def then(act: Act, thread: Thread) -> Step:
    """Keep the agreement as ended by the sender, and by which one it is replaced."""
    body = act.message
    assert isinstance(body, TermsReplace)
    return end(act, thread, {"by": body.by})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("terms.replaced", thread.data["agreement"]),)
