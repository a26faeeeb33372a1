"""What the owner sees of what peers ask for and hold (spec 09 §11): plain data, as in `runtime.views`."""

from dataclasses import dataclass, field
from typing import Any, Literal

from pcloud.home.receipts import What

State = Literal[
    "queued",
    "sent",
    "applied",
    "confirmed",
    "refused",
    "need-more",
    "revoked",
    "erasing",
    "erased",
    "kept",
    "over",
]
"""As the log says (spec 09 §11), and `over` where the day of the grant is past."""


@dataclass(frozen=True, slots=True)
class WantedField:
    """One thing that somebody asks for."""

    path: str
    label: str
    required: bool
    """Whether they cannot do without it; what is not required need not be given."""
    have: bool
    """Whether there is anything to give; in a list of questions, whether anything stands at that place."""
    held: bool
    """In the view of one question: whether they hold its newest version already, as long as they ask."""
    known: bool
    """False for a path of nobody's registry: look at it before you give it."""
    value: Any = None
    """What would be given, in the view of one question."""
    records: list[str] = field(default_factory=list)
    """In the view of one question, where they ask for records of a collection: those that would be given."""
    example: Any = None
    """What such records are to be like, or what a fact is compared with."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question of a peer that waits for an answer."""

    id: str
    peer: str
    name: str | None
    kind: str
    role: str | None
    terms: str
    """Id of the terms it is asked under."""
    summary: str
    """Those terms in our own words."""
    action: str
    purposes: list[str]
    why: str
    """Action and purposes in plain words."""
    asked: int
    ends: int
    """Until when it can be answered."""
    until: int
    """How long they want to keep it."""
    standing: bool
    """Whether they want later versions too."""
    onward: str | None
    """Who else is to get it."""
    over_asked: int
    """How often this peer went beyond its terms."""
    wanted: list[WantedField]
    circumstances: Any = None
    """Where they say they stand, so that you may find what is relevant to them."""


@dataclass(frozen=True, slots=True)
class RefusedAsk:
    """Something that a peer asked or sent beyond the terms: it was refused before you were bothered."""

    id: str
    peer: str
    name: str | None
    at: int
    what: str
    """The message's name, such as `disclosure.request`."""
    clause: str
    """What of the terms forbade it."""
    terms: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One field that somebody was given."""

    path: str
    label: str
    peer: str
    name: str | None
    grant: str
    """Of the thread in which it was given."""
    version: int
    """The newest that was given."""
    has: int
    """The newest that their node is known to have; 0 for none."""
    newest: int | None
    """Version of your record now; None where it was deleted."""
    lagging: bool
    """Whether they should have a newer version, or this one, and have not said that they do."""
    state: State
    since: int
    """When the version was given."""
    until: int
    ending: bool
    """Whether it ends soon."""
    standing: bool
    """Whether later versions follow."""
    purposes: list[str]
    terms: str
    onward: str | None
    backups: int | None
    """When the last copy of what was deleted is gone."""


@dataclass(frozen=True, slots=True)
class PaperRow:
    """Something of yours that somebody without a node holds: letters tell them what changes."""

    holder: str
    name: str
    path: str
    label: str
    since: int
    until: int | None
    letter: Literal["none", "due", "printed", "sent", "answered"]
    """How far the newest letter to them is."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """A page of the ledger."""

    rows: list[LedgerRow]
    next: str | None = None
    """To ask for the next page with; None after the last."""
    paper: list[PaperRow] = field(default_factory=list)
    """Who holds what without a node, on the first page of a ledger of all peers."""


@dataclass(frozen=True, slots=True)
class Known:
    """What one peer was given."""

    peer: str
    rows: list[LedgerRow]
    """The first of them; also those that ended."""
    more: bool
    """Whether there are others: the ledger of this peer has them."""


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One thing that was said about the owner's data: asked for, given, taken back, deleted."""

    number: int
    """Of the entry in this node's log."""
    at: int
    """By the clock of who said it."""
    peer: str
    name: str | None
    what: What
    mine: bool
    """Whether the owner's node said it."""
    paths: list[str]
    """None where it is about everything."""
    labels: list[str]
    backups: int | None
    """When the last copy of what was deleted is gone."""


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A page of the time line."""

    rows: list[Disclosure]
    next: int | None
    """For `before`; None after the last. A page may be short, or empty, and still not be the last."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of an answer, or of sharing."""

    grant: str | None
    """None where nothing was given."""
    peer: str
    given: list[str]
    declined: dict[str, str]
    """Why not, by what was asked for."""
    until: int | None
    standing: bool
