"""Refusals in the owner's words: what happened, and what to do next."""

from pcloud.errors import Code, UsageError, Violation
from pcloud.runtime.surface import OwnerError

_WORDS = {
    Code.NOT_IN_STATE: "That cannot be done as things stand now. Look at the state first.",
    Code.NOT_YOUR_TURN: "It is the other side's turn.",
    Code.NOT_RELATED: "You are not related yet: the handshake is not over.",
    Code.PAUSED: "The relationship is paused. Resume it, or wait for the other side to.",
    Code.CLOSED: "The relationship is closed.",
    Code.INVITATION_USED: "The invitation is used up, withdrawn or expired. Make a new one.",
    Code.INVITATION_MISMATCH: "This is not the invitation that was asked for.",
    Code.OUTDATED: "Another copy of your node is newer than this one. See: pcloud devices.",
    Code.RECOVERING: "The relationship is being recovered. Try again when the other side has answered.",
    Code.CONTENT_TOO_LARGE: "That is too long for one message.",
    Code.BODY_FORM: "That is not a form this message can have: too long, empty, or not allowed there.",
    Code.ROSTER_UNKNOWN: "These terms are in no roster that this node has loaded.",
    Code.COUNTER_INVALID: "Only other terms of the same roster can be named.",
    Code.PROFFER_BY_ORGANISATION: "An organisation proffers no terms to a person: the person goes first.",
    Code.PROFFER_EXPIRED: "The proffer has expired.",
    Code.SEAL_LATE: "It is too late to sign this agreement.",
    Code.REPLACES_UNKNOWN: "The agreement to be replaced is not in force between you two.",
    Code.UNKNOWN_THREAD: "There is no such conversation with this peer.",
    Code.EXPIRED: "Its time is over.",
    Code.LINK_TEXT: "This is not a pcloud link. Copy it whole: it begins with pcloud:contact/1/.",
    Code.NOT_OPENED: "What the host gave does not belong to this link. Ask for a new one.",
    Code.SHAPE: "That cannot be put into this message: a text is too long or an address is not one.",
    Code.TERMS_FORBID: "Your terms with this peer forbid that, so nothing was sent.",
    Code.AGREEMENT_ENDED: "The agreement with this peer has ended. Agree anew: pcloud terms proffer",
    Code.UNKNOWN_AGREEMENT: "There is no such agreement with this peer. See: pcloud terms list",
    Code.NOT_ASKED: "That is more than they asked for, so nothing was sent.",
    Code.NOT_GRANTED: "They hold nothing of that. See what they hold: pcloud ledger",
    Code.ALREADY_ERASED: "That was ordered to be deleted before. See: pcloud ledger",
    Code.UNAFFIRMED: "After a recovery this first needs to be looked at by the other side.",
}


def told(error: UsageError | Violation) -> OwnerError:
    """The refusal for the owner, with its code."""
    words = _WORDS.get(error.code, "The protocol does not allow that now.")
    detail = f" ({error.detail})" if isinstance(error, UsageError) and error.detail else ""
    return OwnerError(error.code.value, f"{words}{detail}")
