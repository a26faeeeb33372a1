"""What the owner sees of data of others, and of what was asked for: plain data, as in `runtime.views`.

Values are those that peers gave, made fit to be shown: control characters are taken out, bytes are hex.
"""

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class HeldField:
    """One field of a peer that this node holds."""

    peer: str
    name: str | None
    """The peer's."""
    reference: str | None
    """What the owner calls this customer, where the invitation was bound to that."""
    thread: str
    """The grant, by its thread."""
    path: str
    version: int
    value: Any
    """None where the peer has taken it out while it was on its way."""
    since: int
    """When this version was given, by the peer's clock."""
    until: int
    """The last moment of the grant."""
    standing: bool
    """Whether later versions follow by themselves."""
    action: str
    purposes: list[str]
    terms: str
    """The terms that it was given under."""
    agreement: str
    state: Literal["held", "kept", "ending"]
    """`kept`: it had to be deleted, but the owner has to keep it. `ending`: it is being deleted."""
    reason: str | None = None
    """What binds the owner."""
    said: Literal["applied", "refused", "need-more"] | None = None
    """What the peer was told of this version."""


@dataclass(frozen=True, slots=True)
class HeldPage:
    """Fields of others, and where to go on; a page may be short, or empty, and still not be the last."""

    fields: list[HeldField]
    next: str | None
    """For `after`; None after the last."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A grant of a peer whose day is near."""

    peer: str
    name: str | None
    """The peer's."""
    reference: str | None
    thread: str
    paths: list[str]
    until: int
    terms: str


@dataclass(frozen=True, slots=True)
class WantedField:
    """One thing that was asked for, and what became of it."""

    path: str
    required: bool
    outcome: Literal["open", "given", "declined"]
    reason: str | None = None
    """Why it was declined, where the peer said."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to a peer for its data."""

    id: str
    peer: str
    name: str | None
    reference: str | None
    at: int
    wanted: list[WantedField]
    action: str
    purposes: list[str]
    until: int
    standing: bool
    terms: str
    state: Literal["waiting", "open", "given", "declined", "refused", "over"]
    """`waiting`: it has not reached the peer yet. `over`: nobody can answer it any more."""
    refused: str | None = None
    """The code with which the peer's node refused it."""
    reason: str | None = None
    """Why the peer declined it as a whole, where it said."""
    given: list[str] = field(default_factory=list)
    """Paths of what was given."""


@dataclass(frozen=True, slots=True)
class AskedPage:
    """Questions, and where to go on."""

    questions: list[Asked]
    next: int | None
    """For `after`; None after the last."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Fields of a peer that the owner keeps whatever happens, because the law says so."""

    peer: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Invited:
    """The invitation of one customer."""

    reference: str
    state: Literal["new", "open", "came"]
    """`open`: it was made before. `came`: the customer is a peer already."""
    link: str | None
    expires: int | None
    invitation: str
    peer: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """Something was said to a peer about data."""

    peer: str
    thread: str
    paths: list[str]


@dataclass(frozen=True, slots=True)
class Returned:
    """Data that arose with a peer and are the owner's: they came back, and wait for the owner's word."""

    peer: str
    name: str | None
    thread: str
    path: str
    version: int
    value: Any


@dataclass(frozen=True, slots=True)
class RightAsked:
    """A right that a peer claims over its data here."""

    id: str
    peer: str
    name: str | None
    reference: str | None
    right: Literal["access", "correction", "portability", "erasure"]
    paths: list[str] | None
    """None for everything."""
    values: list[Any]
    """For a correction: what is right, for each path."""
    at: int
    due: int
    """Until when an answer is owed: the day that the peer named, at most a month."""
    late: bool
    outcome: Literal["open", "partly", "extended", "done", "refused"]
    until: int | None = None
    """Until when it was extended; or when the last copy of what was deleted is gone."""
    reason: str | None = None
