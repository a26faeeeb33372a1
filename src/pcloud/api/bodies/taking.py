"""What the operations about data of others take beside the id in their path (`api.requests`)."""

from typing import Annotated, Any

from msgspec import Meta

from pcloud.api.bodies.giving import Paths, Purposes
from pcloud.api.requests import PAGE_MAX, Count, Moment, Page, Request, Seconds
from pcloud.limits import DISCLOSED_MAX

Rows = Annotated[list[dict[str, Any]], Meta(min_length=1, max_length=DISCLOSED_MAX)]


class AskPeer(Request, frozen=True):
    """What is asked of a peer, for what, and until when; without a day as long as the terms allow."""

    peer: str
    wanted: Paths
    purposes: Purposes
    until: Moment | None = None
    standing: bool = False
    required: Paths | None = None
    action: str = "dpv:Use"
    example: dict[str, dict[str, Any]] | None = None
    equal: dict[str, Any] | None = None
    circumstances: dict[str, Any] | None = None
    terms: str | None = None


class AskedOf(Request, frozen=True):
    """Questions to one peer, or those in one state; `after` is the `next` of the page before."""

    peer: str | None = None
    state: str = "open"
    after: Count = 0
    limit: Page = 100


class EndingWithin(Request, frozen=True):
    """What ends within so many seconds."""

    within_s: Seconds = 2_592_000
    limit: Page = 50


class HeldOf(Request, frozen=True):
    """Data of one peer, or at one path and below it; `after` is the `next` of the page before."""

    peer: str | None = None
    path: str = ""
    after: str | None = None
    limit: Page = 100


class Confirm(Request, frozen=True):
    """What became of fields of one grant: rows of `path`, `version` and `outcome`."""

    thread: str
    outcomes: Rows


class GiveUp(Request, frozen=True):
    """A grant that is needed no more, by its thread."""

    thread: str


class DeleteHeld(Request, frozen=True):
    """Paths, or patterns for all records of a collection, that are to be deleted."""

    paths: Paths


class Keep(Request, frozen=True):
    """A path that is kept, and why; without a reason no longer."""

    path: str
    reason: str | None = None


class Handback(Request, frozen=True):
    """Records that arose here: rows of `path` and `value`, perhaps `version`."""

    records: Rows


class InviteCustomers(Request, frozen=True):
    """What customers are called, and what their invitations say."""

    references: Annotated[list[str], Meta(min_length=1, max_length=PAGE_MAX)]
    purpose: str
    role: str | None = None
    expires_s: Seconds | None = 2_592_000
    title: str | None = None
    terms: list[str] | None = None
    let_in: bool = False


class ReturnedOf(Request, frozen=True):
    """What one peer gave back, or all."""

    peer: str | None = None
    limit: Page = 100


class TakeReturned(Request, frozen=True):
    """Paths, or patterns, of what becomes a record of the owner, or is dropped."""

    paths: Paths
    drop: bool = False


class RightsAsked(Request, frozen=True):
    """Claims of one peer or of all; those that are answered too."""

    peer: str | None = None
    answered: bool = False
    limit: Page = 100


class AnswerRight(Request, frozen=True):
    """What became of a claim."""

    outcome: str
    reason: str | None = None
    until: Moment | None = None
