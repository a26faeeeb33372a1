"""What the operations about giving take beside the id in their path (`api.requests`)."""

from typing import Annotated

from msgspec import Meta

from pcloud.api.requests import Moment, Page, Request
from pcloud.limits import DISCLOSED_MAX, DISCLOSURE_PURPOSES_MAX

Paths = Annotated[list[str], Meta(max_length=DISCLOSED_MAX)]
Purposes = Annotated[list[str], Meta(min_length=1, max_length=DISCLOSURE_PURPOSES_MAX)]


class AsksPage(Request, frozen=True):
    """Only questions of one peer, and how many of them."""

    peer: str | None = None
    limit: Page = 100


class AnswerAsk(Request, frozen=True):
    """What of a question is given, what not and why, until when, and whether it may be passed on."""

    only: Paths | None = None
    decline: Annotated[dict[str, str], Meta(max_length=DISCLOSED_MAX)] | None = None
    reason: str | None = None
    until: Moment | None = None
    once: bool = False
    onward: bool = False


class Share(Request, frozen=True):
    """What is given unasked, for what, until when, and under which terms."""

    paths: Paths
    purposes: Purposes | None = None
    until: Moment | None = None
    once: bool = False
    terms: str | None = None


class LedgerPage(Request, frozen=True):
    """Which rows; `after` is what the page before gave as `next`."""

    peer: str | None = None
    path: str | None = None
    lagging: bool = False
    after: str | None = None
    limit: Page = 100


class KnownOf(Request, frozen=True):
    """Whom to look at."""

    peers: Annotated[list[str], Meta(max_length=100)]


class TakeBack(Request, frozen=True):
    """What is taken back; without paths everything."""

    paths: Paths | None = None
