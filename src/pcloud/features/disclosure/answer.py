"""`disclosure.answer`: what became of a right that was claimed (spec 09 §9)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import FIELDS, Field, check_items
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional, refuse, required, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX, REASON_BYTES_MAX

DONE, PARTLY, EXTENDED, REFUSED = "done", "partly", "extended", "refused"
_FINAL = (DONE, REFUSED)
_REASON = text(
    REASON_BYTES_MAX, choices=("legal-duty", "legal-claim", "not-identified", "not-held", "excessive")
)


@dataclass(frozen=True, slots=True)
class DisclosureAnswer(Message):
    """Done, partly (more follows), extended to a day, or refused; fields are what was asked to be given.

    `until` is in seconds since 1970: the day of an extension, or when the last backup of it is gone.
    Restricts: it passes in any weather.
    """

    NAME: ClassVar[str] = "disclosure.answer"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS
    ITEMS_MAX: ClassVar[int] = DISCLOSED_MAX

    outcome: str = required(1, text(REASON_BYTES_MAX, choices=(DONE, PARTLY, EXTENDED, REFUSED)))
    reason: str | None = optional(2, _REASON)
    until: int | None = optional(3, unsigned())
    fields: tuple[Field, ...] | None = optional(4, FIELDS)


def check(act: Act, thread: Thread, _ctx: Context) -> None:
    """Judge the answer. Raises Violation `not-in-state` after a last one, `body-form`."""
    body = act.message
    assert isinstance(body, DisclosureAnswer)
    if thread.data.get("outcome") in _FINAL:
        raise Violation(Code.NOT_IN_STATE, "it was answered")
    if body.outcome == EXTENDED and body.until is None:
        raise refuse("extended to no day")
    check_items(act, body.fields or ())


def then(act: Act, thread: Thread) -> Step:
    """Hold the outcome."""
    body = act.message
    assert isinstance(body, DisclosureAnswer)
    return Step({**thread.data, "outcome": body.outcome})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("disclosure.answered", thread.id),)
