"""What the messages of a relationship are called for its owner, wherever a time line is shown."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pcloud.home.marking import mark as _


class Told(NamedTuple):
    """One kind of message, from either side."""

    mine: str
    """As a sentence about "you"."""
    theirs: str
    """What comes behind the peer's name."""


SAID: Final[Mapping[str, Told]] = MappingProxyType(
    {
        "conversation.say": Told(_("You said"), _("said")),
        "custody.ask": Told(
            _("You asked them to keep sealed copies of your cloud"),
            _("asked you to keep sealed copies of their cloud"),
        ),
        "custody.end": Told(_("You ended the keeping of copies"), _("ended the keeping of copies")),
        "custody.grant": Told(_("You agreed to keep their copies"), _("agreed to keep your copies")),
        "custody.refuse": Told(_("You said no to keeping their copies"), _("said no to keeping your copies")),
        "disclosure.acknowledge": Told(_("You confirmed their data"), _("confirmed your data")),
        "disclosure.answer": Told(_("You answered their claim"), _("answered your claim")),
        "disclosure.decline": Told(_("You gave nothing"), _("gave you nothing")),
        "disclosure.erase": Told(_("You ordered them to delete"), _("ordered you to delete")),
        "disclosure.erased": Told(_("You signed that you deleted"), _("signed that they deleted")),
        "disclosure.handback": Told(_("You gave data back"), _("gave you data back")),
        "disclosure.present": Told(_("You gave data"), _("gave you data")),
        "disclosure.request": Told(_("You asked for data"), _("asked you for data")),
        "disclosure.revoke": Told(_("You took data back"), _("took data back")),
        "disclosure.rights": Told(_("You claimed a right"), _("claimed a right")),
        "disclosure.update": Told(_("You brought your data up to date"), _("brought their data up to date")),
        "relationship.accept": Told(_("You let them in"), _("let you in")),
        "relationship.affirm": Told(_("You confirmed earlier words"), _("confirmed earlier words")),
        "relationship.close": Told(_("You ended the relationship"), _("ended the relationship")),
        "relationship.confirm": Told(_("The relationship began"), _("confirmed: the relationship began")),
        "relationship.decline": Told(_("You did not let them in"), _("did not let you in")),
        "relationship.move": Told(_("You told where you are found"), _("told where they are found")),
        "relationship.pause": Told(
            _("You asked them to send nothing for now"), _("asked you to send nothing for now")
        ),
        "relationship.reject": Told(_("You disowned earlier words"), _("disowned earlier words")),
        "relationship.request": Told(_("You asked to be let in"), _("asked to be let in")),
        "relationship.resume": Told(_("You went on"), _("went on")),
        "relationship.returned": Told(
            _("You gave back what they had said"), _("gave back what you had said before your recovery")
        ),
        "relationship.rotate": Told(_("You made new keys"), _("made new keys")),
        "relay.ask": Told(_("You asked for mailboxes"), _("asked for mailboxes")),
        "relay.end": Told(_("You ended the mailboxes"), _("ended the mailboxes")),
        "relay.grant": Told(_("You gave mailboxes"), _("gave you mailboxes")),
        "relay.refuse": Told(_("You gave no mailboxes"), _("gave you no mailboxes")),
        "terms.accept": Told(_("You accepted their terms"), _("accepted your terms")),
        "terms.counter": Told(_("You named other terms"), _("named other terms")),
        "terms.decline": Told(_("You said no to terms"), _("said no to terms")),
        "terms.proffer": Told(_("You proffered terms"), _("proffered terms")),
        "terms.replace": Told(_("You replaced the terms"), _("replaced the terms")),
        "terms.seal": Told(_("You signed: the terms are in force"), _("signed: the terms are in force")),
        "terms.terminate": Told(_("You ended the terms"), _("ended the terms")),
        "terms.withdraw": Told(_("You took your terms back"), _("took their terms back")),
    }
)
"""By the name of the message (`spec/registry/names.csv`)."""

UNSEEN: Final = frozenset({"relationship.confirm", "relationship.move", "relationship.rotate", "relay.grant"})
"""What nodes settle among themselves: it stands in the time line, and is no news to an owner."""
