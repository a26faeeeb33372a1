"""The table of a disclosure (spec 09 §10)."""

from pcloud.features.disclosure import (
    acknowledge,
    answer,
    decline,
    erase,
    erased,
    handback,
    present,
    request,
    revoke,
    rights,
    update,
)
from pcloud.kernel.machine import By, Machine, Row
from pcloud.kernel.thread import START

ASKED = "asked"
DECLINED = "declined"
GRANTED = "granted"
"""An answer to a request: the giver is the other."""
GIVEN = "given"
"""Given unasked: the giver is the opener."""
RETURNED = "returned"
CLAIMED = "claimed"


def _unheard(state: str) -> tuple[Row, ...]:
    """What follows a disclosure that was refused: there is nothing to take back, and no refusal of it."""
    return (
        Row(
            state,
            revoke.DisclosureRevoke,
            By.OTHER,
            DECLINED,
            "what is taken back never came",
            then=decline.then,
            reply=revoke.reply,
        ),
        Row(
            state,
            erase.DisclosureErase,
            By.OTHER,
            DECLINED,
            "what is to be erased never came",
            then=decline.then,
            reply=erase.reply,
        ),
    )


def _acknowledge(state: str, by: By) -> Row:
    return Row(
        state,
        acknowledge.DisclosureAcknowledge,
        by,
        state,
        "it says what became of the fields",
        reply=acknowledge.reply,
    )


def _grant(state: str, giver: By, taker: By) -> tuple[Row, ...]:
    """What is said under a grant; no row depends on what the other side said."""
    return (
        Row(
            state,
            update.DisclosureUpdate,
            giver,
            state,
            "the giver brings fields to a newer version",
            update.check,
            update.then,
            update.reply,
        ),
        _acknowledge(state, taker),
        Row(
            state,
            revoke.DisclosureRevoke,
            giver,
            state,
            "the giver takes fields back, or all",
            then=revoke.then,
            reply=revoke.reply,
        ),
        Row(
            state,
            revoke.DisclosureRevoke,
            taker,
            state,
            "the taker needs nothing of it any more",
            revoke.check_taker,
            revoke.give_up,
            revoke.reply,
        ),
        Row(
            state,
            erase.DisclosureErase,
            giver,
            state,
            "the giver orders fields to be deleted, or all",
            erase.check,
            erase.then,
            erase.reply,
        ),
        Row(
            state,
            erased.DisclosureErased,
            taker,
            state,
            "the taker signs what it deleted",
            erased.check,
            erased.then,
            erased.reply,
        ),
    )


def _handback(state: str, why: str) -> Row:
    return Row(
        state,
        handback.DisclosureHandback,
        By.OPENER,
        RETURNED,
        why,
        handback.check,
        reply=handback.reply,
    )


MACHINE = Machine(
    "disclosure",
    (
        Row(
            START,
            request.DisclosureRequest,
            By.OPENER,
            ASKED,
            "somebody asks for data of the other",
            request.check,
            request.then,
            request.reply,
        ),
        Row(
            ASKED,
            present.DisclosurePresent,
            By.OTHER,
            GRANTED,
            "the giver gives what was asked for, or part of it",
            present.check_asked,
            present.then,
            present.reply,
        ),
        Row(
            ASKED,
            decline.DisclosureDecline,
            By.OTHER,
            DECLINED,
            "the giver gives nothing",
            decline.check,
            decline.then,
            decline.reply,
        ),
        *_unheard(ASKED),
        *_unheard(DECLINED),
        *_grant(GRANTED, By.OTHER, By.OPENER),
        Row(
            START,
            present.DisclosurePresent,
            By.OPENER,
            GIVEN,
            "somebody gives data unasked",
            present.check,
            present.then,
            present.reply,
        ),
        *_grant(GIVEN, By.OPENER, By.OTHER),
        _handback(START, "somebody gives back data that arose with it"),
        _handback(RETURNED, "more of them"),
        _acknowledge(RETURNED, By.OTHER),
        Row(
            START,
            rights.DisclosureRights,
            By.OPENER,
            CLAIMED,
            "somebody claims a right over its data",
            rights.check,
            rights.then,
            rights.reply,
        ),
        Row(
            CLAIMED,
            answer.DisclosureAnswer,
            By.OTHER,
            CLAIMED,
            "the other says what became of it",
            answer.check,
            answer.then,
            answer.reply,
        ),
    ),
)
