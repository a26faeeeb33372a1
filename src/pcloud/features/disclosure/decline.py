"""`disclosure.decline`: nothing of what was asked for is given (spec 09 §5)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.errors import Code, Violation
from pcloud.features.disclosure.fields import DECLINED, REASONS, Declined
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.machine import Step
from pcloud.kernel.message import Message, optional, text
from pcloud.kernel.thread import Thread
from pcloud.limits import REASON_BYTES_MAX


@dataclass(frozen=True, slots=True)
class DisclosureDecline(Message):
    """No, with a reason for all or one for each field. Restricts: it passes in any weather."""

    NAME: ClassVar[str] = "disclosure.decline"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.RESTRICTS

    reason: str | None = optional(1, text(REASON_BYTES_MAX, choices=REASONS))
    declined: tuple[Declined, ...] | None = optional(2, DECLINED)


def check(act: Act, thread: Thread, _ctx: Context) -> None:
    """Judge the fields. Raises Violation `not-asked`."""
    body = act.message
    assert isinstance(body, DisclosureDecline)
    if any(each.path not in thread.data["wanted"] for each in body.declined or ()):
        raise Violation(Code.NOT_ASKED, "declined field")


def then(_act: Act, _thread: Thread) -> Step:
    """Hold nothing."""
    return Step({})


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("disclosure.declined", thread.id),)
