"""What each operation takes beside the id in its path: the body of a POST, the query of a GET.

The fields, their types and their defaults are the parameters of `Surface`; a test compares. Bounds stand here
only for numbers. Texts are judged by the node, whose refusals explain more; the whole body is bounded.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from pcloud.limits import INTEGER_MAX, USES_MAX

PAGE_MAX: Final = 100
"""Entries of a list that are given at once."""

LOOK_S_MAX: Final = 30
"""Seconds that one look for nodes nearby may take."""

DAYS_MAX: Final = 3_660
"""Days that older copies may be kept: ten years."""

Count = Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
Moment = Annotated[int, Meta(ge=0, le=INTEGER_MAX, description="Seconds since 1970 UTC.")]
Seconds = Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
Page = Annotated[int, Meta(ge=1, le=PAGE_MAX)]
Room = Annotated[int, Meta(ge=1, le=INTEGER_MAX, description="Bytes.")]
Days = Annotated[int, Meta(ge=1, le=DAYS_MAX)]
Uses = Annotated[int, Meta(ge=1, le=USES_MAX)]
LookSeconds = Annotated[float, Meta(gt=0, le=LOOK_S_MAX)]
Held = Annotated[str, Meta(pattern="^(erased|kept|none)$")]


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked. A field that is not listed is refused, never ignored."""


class Nothing(Request, frozen=True):
    """Nothing is asked beside what the path says; a POST sends `{}`."""


class Invite(Request, frozen=True):
    """An invitation to be made."""

    purpose: str
    role: str | None = None
    uses: Uses = 1
    expires_s: Seconds | None = 86_400
    title: str | None = None
    terms: list[str] | None = None


class Connect(Request, frozen=True):
    """The link of an invitation."""

    link: str


class Accept(Request, frozen=True):
    """The name to be shown to the other side."""

    name: str | None = None


class Reason(Request, frozen=True):
    """Why something is refused or ended; the other side reads it."""

    reason: str | None = None


class PeersPage(Request, frozen=True):
    """Which part of the relationships; `after` is the id of the last one seen."""

    after: str | None = None
    limit: Page = 100


class PeopleFind(Request, frozen=True):
    """Whom to look for; `after` is the id of the last one seen."""

    find: str | None = None
    after: str | None = None
    ended: bool = False
    limit: Page = 100


class Pause(Request, frozen=True):
    """How long nothing is to be sent."""

    until: Moment | None = None


class Close(Request, frozen=True):
    """What happens to the data that the other side disclosed."""

    held: Held = "none"
    until: Moment | None = None


class Say(Request, frozen=True):
    """Something to be said, in a thread of its own or in one that is there."""

    text: str
    thread: str | None = None


class LogPage(Request, frozen=True):
    """Which part of the log; `before` is the number of the last entry seen."""

    before: Count | None = None
    limit: Page = 50


class OfPeer(Request, frozen=True):
    """Only what concerns one peer."""

    peer: str | None = None


class OfState(Request, frozen=True):
    """Negotiations that wait, or agreements; `after` is what the page before gave."""

    state: Literal["waiting", "agreed"] = "waiting"
    after: Count = 0
    limit: Page = 30


class Proffer(Request, frozen=True):
    """Terms of a roster, and to whom they are proffered."""

    peer: str
    terms: str
    expires_s: Seconds = 604_800
    until: Moment | None = None
    replaces: str | None = None


class Counter(Request, frozen=True):
    """Other terms of the same roster."""

    terms: str


class HolderAsk(Request, frozen=True):
    """Whom to ask to keep copies, how many bytes of them, and for how many days the older ones."""

    peer: str
    bytes_max: Room = 2**30
    days: Days = 90


class HolderRemove(Request, frozen=True):
    """Who is to keep copies no more; or, `theirs`, for whom none are kept any more."""

    peer: str
    theirs: bool = False


class HolderGrant(Request, frozen=True):
    """How much to keep for a peer; by default what it asked for."""

    bytes_max: Room | None = None
    days: Days | None = None


class HolderServe(Request, frozen=True):
    """Whether to keep copies for peers, for whom, and how much for each."""

    on: bool
    anyone: bool = False
    bytes_max: Room = 2**30
    days: Days = 90


class ReviewPage(Request, frozen=True):
    """Only what one peer gave back, and how much of it."""

    peer: str | None = None
    limit: Page = 100


class Decide(Request, frozen=True):
    """Ids of entries, or beginnings of them; none for all."""

    entries: list[str] | None = None


class Export(Request, frozen=True):
    """Which fields are to show their values; none given: all."""

    show: list[str] | None = None


class RelayServe(Request, frozen=True):
    """Whether to be a relay, and for whom."""

    on: bool
    anyone: bool = False


class RelayInvite(Request, frozen=True):
    """An invitation for customers of this relay."""

    uses: Uses = 1
    expires_s: Seconds | None = 86_400


class RelayUse(Request, frozen=True):
    """A relay: the link of its invitation, or a peer. And whether the peers of now are told, too."""

    relay: str
    move: bool = False


class MoveTo(Request, frozen=True):
    """The relay by which peers are to reach this node; without one, the node itself."""

    relay: str | None = None


class After(Request, frozen=True):
    """The number of the last happening seen; without it, only what happens from now on."""

    after: Count | None = None


class Look(Request, frozen=True):
    """How long to look for nodes nearby."""

    seconds: LookSeconds = 3.0


class Announce(Request, frozen=True):
    """Whether this node announces itself on this network."""

    on: bool
