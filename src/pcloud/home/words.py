"""What stands are called for their owner, in one place for the page and the command line.

Each text is marked for translation by `_`, which changes nothing here: whoever shows it translates it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from pcloud.home.marking import mark as _

HELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "queued": _("not sent yet"),
        "sent": _("on its way: they may have it"),
        "applied": _("they have it"),
        "confirmed": _("in use"),
        "refused": _("they refused it"),
        "need-more": _("they need more"),
        "revoked": _("taken back"),
        "erasing": _("to be deleted"),
        "erased": _("deleted"),
        "kept": _("they have to keep it"),
        "over": _("its day is over"),
    }
)
"""How something that was given stands: the states of the ledger (spec 09 §11)."""

RECEIPT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asked": _("waits for an answer"),
        "given": _("given"),
        "declined": _("not given"),
        "refused": _("beyond the terms: refused"),
        "withdrawn": _("taken back"),
        "expired": _("its day is over"),
    }
)
"""What became of a question."""

LEFT_OPEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asked": _("not answered yet"),
        "given": _("left open: give it with pcloud share"),
        "declined": _("not given"),
        "refused": _("not given"),
        "withdrawn": _("not held any more"),
        "expired": _("not held any more"),
    }
)
"""What became of something that was neither given nor declined, by the state of its receipt."""

SAID: Final[Mapping[str, str]] = MappingProxyType(
    {
        "asked": _("asked for"),
        "given": _("gave"),
        "declined": _("did not give"),
        "refused": _("refused it, because the terms forbid it"),
        "updated": _("brought up to date"),
        "withdrawn": _("took back"),
        "given-up": _("gave up"),
        "erase": _("took back and ordered to delete"),
        "erased": _("signed to have deleted"),
    }
)
"""What somebody did, behind who it was: "you", or the name of a peer."""

SOURCE: Final[Mapping[str, str]] = MappingProxyType(
    {"owner": _("you"), "example": _("an example"), "import": _("a file"), "peer": _("a peer")}
)
"""Where a value is from: what stands before the colon of its source."""

LETTER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "none": _("none"),
        "due": _("to be written"),
        "printed": _("printed, not sent yet"),
        "sent": _("sent"),
        "answered": _("answered"),
    }
)
"""How far a letter to a holder without a node is."""

NOT_GIVEN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "not-now": _("not now"),
        "not-needed": _("they do not need it"),
        "not-held": _("you have none"),
        "not-for-this": _("not for this"),
        "not-you": _("not them"),
    }
)
"""Why something was not given (spec 09 §4)."""

CLAIM: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sent": _("on its way"),
        "failed": _("could not be said"),
        "taken": _("they have it"),
        "partly": _("answered in part"),
        "extended": _("they need more time"),
        "done": _("done"),
        "refused": _("refused"),
    }
)
"""How a right that was claimed stands."""

WHY_NOT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "legal-duty": _("a law says that it is kept"),
        "legal-claim": _("it is needed for a claim before a court"),
        "not-identified": _("it is not sure who asks"),
        "not-held": _("there is nothing of it"),
        "excessive": _("it was asked for too often"),
    }
)
"""Why somebody does not do what a right asks for (spec 09 §8)."""

RIGHT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "access": _("tell what they have"),
        "correction": _("correct what they have"),
        "portability": _("hand over what they have, to be used elsewhere"),
        "erasure": _("delete what they have"),
    }
)
"""What somebody has to do of whom a right is claimed."""
