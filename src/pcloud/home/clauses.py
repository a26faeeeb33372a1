"""What clauses of standard terms say, in plain words (spec 08 §7). Nobody signs or agrees to these words.

Each text is marked for translation by `_`, which changes nothing here: whoever shows it translates it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from pcloud.home.marking import mark as _


class Topic(NamedTuple):
    """One thing that terms may allow or forbid; what none of their clauses allows is forbidden."""

    text: str
    """What the other side would do with the data."""
    allows: str | None
    """Name of the clause that allows it."""
    forbids: str | None


TOPICS: Final = (
    Topic(_("deliver the service that was asked for"), "service-delivery", None),
    Topic(_("see how their own service is used"), "analytics-by-second-party", "no-analytics"),
    Topic(_("follow what somebody does there over time"), "tracking-by-second-party", "no-tracking"),
    Topic(_("build a profile"), "profiling-by-second-party", "no-profiling"),
    Topic(_("shape the service to the person"), "personalisation", "no-personalisation"),
    Topic(_("pass on figures in which nobody can be recognised"), "anonymised-data-to-third-parties", None),
    Topic(_("find what is looked for, and make an offer"), "finding-what-is-sought", None),
    Topic(_("train and develop AI"), "research-and-development-of-ai", None),
    Topic(_("serve the public good"), "public-good", None),
    Topic(_("advertise"), None, "no-marketing"),
    Topic(_("sell the data"), None, "no-sale"),
)

DUTIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "p7012:DataDeletionOnRequest": _("delete it when asked"),
        "p7012:DataDeletionRequired": _("delete it without being asked"),
        "p7012:PortabilityRequiredOnRequest": _(
            "give the data back, in a form that others can read, when asked"
        ),
    }
)
"""What the other side has to do."""

STATE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "proffered": _("proffered"),
        "countered": _("other terms were named"),
        "proffered-again": _("proffered again"),
        "accepted": _("accepted, to be sealed"),
        "agreed": _("in force"),
        "declined": _("declined"),
        "withdrawn": _("taken back"),
        "terminated": _("ended"),
        "replaced": _("replaced by newer ones"),
    }
)
"""How a negotiation stands: the states of the table of terms."""
