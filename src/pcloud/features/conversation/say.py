"""`conversation.say`: a text from one owner to the other (spec 18 §2).

The text is a personal value, so it is the message's one item; the body says at most what it answers.
"""

from dataclasses import dataclass
from typing import ClassVar, Self

from pcloud.errors import Violation
from pcloud.kernel.context import Act, Context
from pcloud.kernel.effects import Tell
from pcloud.kernel.gate import Gate, Mark
from pcloud.kernel.message import Message, octets, optional, refuse, text
from pcloud.kernel.thread import Thread
from pcloud.limits import SAY_BYTES_MAX
from pcloud.wire import cbor

_ID = octets(32)
_TEXT = text(SAY_BYTES_MAX)


@dataclass(frozen=True, slots=True)
class ConversationSay(Message):
    """Says something; `answers` is the first id of a message that it answers. Neutral: it binds nobody."""

    NAME: ClassVar[str] = "conversation.say"
    GATE: ClassVar[Gate] = Gate.RELATED
    MARK: ClassVar[Mark] = Mark.NEUTRAL
    ITEMS_MAX: ClassVar[int] = 1

    answers: bytes | None = optional(1, _ID)

    @classmethod
    def pack(cls, said: str, answers: bytes | None = None) -> tuple[Self, tuple[bytes]]:
        """Make the message and its item. The row's check judges the text, as it does a peer's.

        Raises UsageError `cbor-type` for half a surrogate pair, which no encoding has.
        """
        return cls(answers), (cbor.encode(said),)


def read_text(item: bytes) -> str:
    """What an item says, as its sender wrote it: who shows it takes control characters out (spec 18 §5).

    Raises Violation `body-form`.
    """
    try:
        said: str = _TEXT.read(cbor.decode(item))
    except Violation as violation:
        raise refuse("said text") from violation
    return said


def check(act: Act, _thread: Thread, _ctx: Context) -> None:
    """Judge the item. Raises Violation `body-form`; a text that is gone is no fault (spec 18 §2)."""
    if not act.items:
        raise refuse("no text")
    item = act.items[0]
    if item is not None:
        read_text(item)


def reply(_act: Act, thread: Thread, _ctx: Context) -> tuple[Tell]:
    """Tell the owner."""
    return (Tell("conversation.said", thread.id),)
