"""`disclosure.handback`: a taker gives back the data that arose with it (spec 09 §8)."""

from dataclasses import dataclass
from typing import ClassVar

from pcloud.features.disclosure.fields import FIELDS, Field, check_items
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, required
from pcloud.kernel.thread import Thread
from pcloud.limits import DISCLOSED_MAX


@dataclass(frozen=True, slots=True)
class DisclosureHandback(Message):
    """Receipts, history, balances, at the paths where their owner keeps such. Neutral: they are its own."""

    NAME: ClassVar[str] = "disclosure.handback"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.NEUTRAL
    ITEMS_MAX: ClassVar[int] = DISCLOSED_MAX

    fields: tuple[Field, ...] = required(1, FIELDS)


def check(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the items. Raises Violation `body-form`."""
    body = act.message
    assert isinstance(body, DisclosureHandback)
    check_items(act, body.fields)


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("disclosure.returned", thread.id),)
