"""The table of a relay and its customer (spec 20 §3)."""

from pcloud.features.relay import ask, end, grant, refuse
from pcloud.kernel.machine import By, Machine, Row
from pcloud.kernel.thread import START

ASKED = "asked"
GRANTED = "granted"
ASKED_AGAIN = "asked-again"
REFUSED = "refused"
ENDED = "ended"


def _ask(state: str, target: str, why: str) -> Row:
    return Row(state, ask.RelayAsk, By.OPENER, target, why, then=ask.then, reply=ask.reply)


def _grant(state: str, why: str) -> Row:
    return Row(state, grant.RelayGrant, By.OTHER, GRANTED, why, grant.check, grant.then, grant.reply)


def _refuse(state: str, target: str, why: str) -> Row:
    return Row(state, refuse.RelayRefuse, By.OTHER, target, why, then=refuse.then, reply=refuse.reply)


def _end(state: str, by: By, why: str, *, crossing: bool = False) -> Row:
    return Row(state, end.RelayEnd, by, ENDED, why, then=end.then, reply=end.reply, crossing=crossing)


MACHINE = Machine(
    "relay",
    (
        _ask(START, ASKED, "somebody asks a peer for mailboxes"),
        _grant(ASKED, "the relay gives vouchers"),
        _refuse(ASKED, REFUSED, "the peer is no relay for this one"),
        _end(ASKED, By.OPENER, "they are wanted no more"),
        _ask(GRANTED, ASKED_AGAIN, "few vouchers are left"),
        _end(GRANTED, By.EITHER, "either side ends it"),
        _grant(ASKED_AGAIN, "the relay gives more vouchers"),
        _refuse(ASKED_AGAIN, GRANTED, "no more of them; those given before stand"),
        _end(ASKED_AGAIN, By.EITHER, "either side ends it in place of an answer"),
        Row(
            ENDED,
            ask.RelayAsk,
            By.OPENER,
            ENDED,
            "asked again while the end was on its way: it stays ended",
            crossing=True,
        ),
        Row(
            ENDED,
            grant.RelayGrant,
            By.OTHER,
            ENDED,
            "granted while the end was on its way: it stays ended",
            grant.check,
            crossing=True,
        ),
        Row(
            ENDED,
            refuse.RelayRefuse,
            By.OTHER,
            ENDED,
            "refused while the end was on its way: it stays ended",
            crossing=True,
        ),
        _end(ENDED, By.EITHER, "both ended it at once", crossing=True),
        _end(REFUSED, By.OPENER, "ended while the refusal was on its way", crossing=True),
    ),
)
