"""What the operations about rules, receipts, rights and letters take beside the id in their path."""

from typing import Annotated, Literal

from msgspec import Meta

from pcloud.api.bodies.giving import Paths
from pcloud.api.requests import Count, Moment, Page, Request
from pcloud.limits import DISCLOSURE_PURPOSES_MAX
from pcloud.runtime.consenting.views import PREFERENCES_MAX, Preference

PEERS_MAX = 32
"""Peers that are named at once; of more a right is claimed one by one."""
TIMES_MAX = 366
DAYS_MAX = 36_500

Purposes = Annotated[list[str], Meta(max_length=DISCLOSURE_PURPOSES_MAX)]
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]
Times = Annotated[int, Meta(ge=1, le=TIMES_MAX)]
Right = Literal["access", "correction", "portability", "erasure"]


class RuleAdd(Request, frozen=True):
    """What is answered to whom, for what, of which data, how long and how often."""

    answer: Literal["yes", "no", "ask"]
    paths: Paths | None = None
    peer: str | None = None
    kind: str | None = None
    role: str | None = None
    terms: str | None = None
    purposes: Purposes | None = None
    days_max: Days | None = None
    standing: bool = False
    onward: bool = False
    yearly_max: Times | None = None
    ends: Moment | None = None
    reason: str | None = None
    note: str = ""


class Prefer(Request, frozen=True):
    """What is proffered to whom, and what is accepted at once."""

    proffer: Annotated[list[Preference], Meta(max_length=PREFERENCES_MAX)]
    accept: Annotated[list[str], Meta(max_length=PREFERENCES_MAX)]


class RuleOn(Request, frozen=True):
    """A question that waits; or a peer, and what it might ask for."""

    ask: str | None = None
    peer: str | None = None
    paths: Paths | None = None
    purposes: Purposes | None = None


class ReceiptsPage(Request, frozen=True):
    """Only those of one peer; or about so many of all, after what the page before gave as `next`."""

    peer: str | None = None
    after: str | None = None
    limit: Page = 100


class ClaimsPage(Request, frozen=True):
    """Which part of the claims; `after` is what the page before gave as `next`."""

    after: Count = 0


class ClaimRight(Request, frozen=True):
    """A right, of whom it is claimed, about what, and until when they are to answer."""

    right: Right
    peers: Annotated[list[str], Meta(max_length=PEERS_MAX)] | None = None
    everybody: bool = False
    laggards: bool = False
    paths: Paths | None = None
    due: Moment | None = None


class LetterAdd(Request, frozen=True):
    """Somebody without a node, and what they hold until when."""

    name: str
    holds: Paths
    address: str = ""
    mail: str = ""
    until: Moment | None = None


class LetterWrite(Request, frozen=True):
    """What a letter is to ask for."""

    right: Literal["access", "correction", "erasure"]


class LetterFill(Request, frozen=True):
    """Whether values stand in it, and what stands above it as its sender, in lines."""

    values: bool = False
    sender: str | None = None


class LetterDay(Request, frozen=True):
    """When it was; by default now."""

    at: Moment | None = None
