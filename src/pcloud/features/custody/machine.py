"""The table of a custody (spec 22 §4)."""

from pcloud.features.custody import ask, end, grant, refuse
from pcloud.kernel.machine import By, Machine, Row
from pcloud.kernel.thread import START

ASKED = "asked"
KEPT = "kept"
REFUSED = "refused"
ENDED = "ended"


def _grant(state: str, why: str) -> Row:
    return Row(state, grant.CustodyGrant, By.OTHER, KEPT, why, grant.check, grant.then, grant.reply)


def _refuse(state: str, why: str, *, crossing: bool = False) -> Row:
    return Row(
        state,
        refuse.CustodyRefuse,
        By.OTHER,
        REFUSED,
        why,
        then=end.then,
        reply=refuse.reply,
        crossing=crossing,
    )


def _end(state: str, by: By, why: str, *, target: str = ENDED, crossing: bool = False) -> Row:
    return Row(state, end.CustodyEnd, by, target, why, then=end.then, reply=end.reply, crossing=crossing)


MACHINE = Machine(
    "custody",
    (
        Row(
            START,
            ask.CustodyAsk,
            By.OPENER,
            ASKED,
            "somebody asks a peer to keep volumes",
            then=ask.then,
            reply=ask.reply,
        ),
        _grant(ASKED, "the holder keeps them"),
        _refuse(ASKED, "the peer does not keep them"),
        _end(ASKED, By.OPENER, "it is wanted no more"),
        _grant(KEPT, "the holder says anew how much, how long and where"),
        _end(KEPT, By.EITHER, "either side ends it"),
        Row(
            ENDED,
            grant.CustodyGrant,
            By.OTHER,
            ENDED,
            "granted while the end was on its way: it stays ended",
            grant.check,
            crossing=True,
        ),
        _refuse(ENDED, "refused while the end was on its way", crossing=True),
        _end(ENDED, By.EITHER, "both ended it at once", crossing=True),
        _end(
            REFUSED,
            By.OPENER,
            "ended while the refusal was on its way: it stays refused",
            target=REFUSED,
            crossing=True,
        ),
    ),
)
