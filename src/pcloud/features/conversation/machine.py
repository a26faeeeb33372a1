"""The table of a conversation (spec 18 §3)."""

from pcloud.features.conversation import say
from pcloud.kernel.machine import By, Machine, Row
from pcloud.kernel.thread import START

OPEN = "open"


def _say(state: str, by: By, why: str) -> Row:
    return Row(state, say.ConversationSay, by, OPEN, why, check=say.check, reply=say.reply)


MACHINE = Machine(
    "conversation",
    (
        _say(START, By.OPENER, "somebody speaks first"),
        _say(OPEN, By.EITHER, "either side says more"),
    ),
)
