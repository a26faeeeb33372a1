"""The table of a negotiation and of the agreement that comes of it (spec 08 §5)."""

from pcloud.features.terms import accept, counter, decline, proffer, replace, seal, terminate, withdraw
from pcloud.features.terms.agreement import give_up
from pcloud.kernel.machine import By, Machine, Row
from pcloud.kernel.thread import START

PROFFERED = "proffered"
COUNTERED = "countered"
PROFFERED_AGAIN = "proffered-again"
ACCEPTED = "accepted"
AGREED = "agreed"
DECLINED = "declined"
WITHDRAWN = "withdrawn"
TERMINATED = "terminated"
REPLACED = "replaced"


def _proffer(state: str, target: str, why: str) -> Row:
    return Row(
        state, proffer.TermsProffer, By.OPENER, target, why, proffer.check, proffer.then, proffer.reply
    )


def _accept(state: str, why: str) -> Row:
    return Row(state, accept.TermsAccept, By.OTHER, ACCEPTED, why, accept.check, accept.then, accept.reply)


def _decline(state: str, by: By, why: str, *, crossing: bool = False) -> Row:
    return Row(
        state,
        decline.TermsDecline,
        by,
        DECLINED,
        why,
        then=give_up,
        reply=decline.reply,
        crossing=crossing,
    )


def _withdraw(state: str, why: str, *, target: str = WITHDRAWN, crossing: bool = False) -> Row:
    return Row(
        state,
        withdraw.TermsWithdraw,
        By.OPENER,
        target,
        why,
        then=give_up,
        reply=withdraw.reply,
        crossing=crossing,
    )


def _terminate(state: str, by: By, why: str, *, crossing: bool = False) -> Row:
    return Row(
        state,
        terminate.TermsTerminate,
        by,
        TERMINATED,
        why,
        terminate.check,
        terminate.then,
        terminate.reply,
        crossing,
    )


def _replace(state: str, target: str, why: str, *, crossing: bool = False) -> Row:
    return Row(
        state,
        replace.TermsReplace,
        By.OPENER,
        target,
        why,
        replace.check,
        replace.then,
        replace.reply,
        crossing,
    )


MACHINE = Machine(
    "terms",
    (
        _proffer(START, PROFFERED, "the first party offers terms of a roster"),
        _accept(PROFFERED, "the second party agrees and signs"),
        Row(
            PROFFERED,
            counter.TermsCounter,
            By.OTHER,
            COUNTERED,
            "the second party names other terms of the roster, once",
            counter.check,
            counter.then,
            counter.reply,
        ),
        _decline(PROFFERED, By.OTHER, "the second party says no"),
        _withdraw(PROFFERED, "the first party thinks better of it"),
        _proffer(COUNTERED, PROFFERED_AGAIN, "the first party answers the counter with a new proffer"),
        _decline(COUNTERED, By.OPENER, "the first party says no to the counter"),
        _withdraw(COUNTERED, "withdrawn while the counter was on its way", crossing=True),
        _accept(PROFFERED_AGAIN, "the second party agrees to the new proffer and signs"),
        _decline(PROFFERED_AGAIN, By.OTHER, "the second party says no to the new proffer"),
        _withdraw(PROFFERED_AGAIN, "the first party takes the new proffer back"),
        Row(
            ACCEPTED,
            seal.TermsSeal,
            By.OPENER,
            AGREED,
            "the first party signs last: in force",
            seal.check,
            seal.then,
            seal.reply,
        ),
        _withdraw(ACCEPTED, "withdrawn before the acceptance came, or too late to seal"),
        _terminate(AGREED, By.EITHER, "either party ends the agreement"),
        _replace(AGREED, REPLACED, "the first party ends it in favour of a newer agreement"),
        Row(
            WITHDRAWN,
            accept.TermsAccept,
            By.OTHER,
            WITHDRAWN,
            "accepted while the withdrawal was on its way: it stays withdrawn",
            crossing=True,
        ),
        Row(
            WITHDRAWN,
            counter.TermsCounter,
            By.OTHER,
            WITHDRAWN,
            "countered while the withdrawal was on its way: it stays withdrawn",
            crossing=True,
        ),
        _decline(WITHDRAWN, By.OTHER, "declined while the withdrawal was on its way", crossing=True),
        _withdraw(
            DECLINED,
            "withdrawn while the refusal was on its way: it stays declined",
            target=DECLINED,
            crossing=True,
        ),
        _terminate(TERMINATED, By.EITHER, "both ended it at once", crossing=True),
        _replace(
            TERMINATED,
            TERMINATED,
            "replaced while the termination was on its way: it stays terminated",
            crossing=True,
        ),
        _terminate(REPLACED, By.OTHER, "terminated while the replacement was on its way", crossing=True),
    ),
)
