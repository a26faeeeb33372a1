"""`disclosure.acknowledge`: what became of the fields where they are used (spec 09 §6)."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from pcloud.features.disclosure.fields import once
from pcloud.features.disclosure.path import PATH
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, record, required, text, unsigned
from pcloud.kernel.thread import Thread
from pcloud.limits import REASON_BYTES_MAX

TAKEN, REFUSED, NEED_MORE = "applied", "refused", "need-more"


class Outcome(NamedTuple):
    """What became of one version of a field."""

    path: str
    version: int
    outcome: str


_OUTCOME = text(REASON_BYTES_MAX, choices=(TAKEN, REFUSED, NEED_MORE))


@dataclass(frozen=True, slots=True)
class DisclosureAcknowledge(Message):
    """For each field: applied, refused, or that more is needed. Neutral; it changes nothing in the thread."""

    NAME: ClassVar[str] = "disclosure.acknowledge"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.NEUTRAL

    outcomes: tuple[Outcome, ...] = required(1, once(record(Outcome, PATH, unsigned(1), _OUTCOME)))


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("disclosure.acknowledged", thread.id),)
