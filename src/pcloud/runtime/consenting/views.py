"""What the owner sees of rules, receipts, rights and letters: plain data, as in `runtime.views`."""

from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pcloud.home.receipts import Receipt

PREFERENCES_MAX: Final = 32
"""Terms that can be chosen in advance, and as many that are accepted at once."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the owner has said in advance."""

    id: str
    answer: Literal["yes", "no", "ask"] | None
    """None where it cannot be read any more."""
    state: Literal["active", "over", "unconfirmed", "unreadable"]
    """`unconfirmed`: it came out of a copy, and gives nothing until the owner has looked at it.

    While one is unreadable nothing is given by rule: it might have been a no.
    """
    peer: str | None = None
    """Id of the relationship that is meant; with kind, role and terms: all that is named has to fit."""
    name: str | None = None
    """The peer's."""
    kind: str | None = None
    role: str | None = None
    terms: str | None = None
    purposes: list[str] = field(default_factory=list)
    """None named is any."""
    paths: list[str] = field(default_factory=list)
    """None named is anything."""
    days_max: int | None = None
    standing: bool = False
    """Whether later versions may follow."""
    onward: bool = False
    yearly_max: int | None = None
    """How often a year a compared fact is given to one peer."""
    ends: int | None = None
    reason: str | None = None
    """What a no says."""
    note: str = ""
    made: int = 0


@dataclass(frozen=True, slots=True)
class Preference:
    """Terms that are proffered to some peers."""

    terms: str
    kind: str | None = None
    """Of the peers that are meant; None for any."""
    role: str | None = None
    at_once: bool = False
    """Whether it is done as soon as a relationship begins; else it is only what is suggested."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """Terms that were chosen in advance."""

    proffer: list[Preference]
    accept: list[str]
    """Terms that are accepted at once from whoever proffers them."""
    confirmed: bool = True
    """False where they came out of a copy: nothing is done by itself until the owner has looked at them."""


@dataclass(frozen=True, slots=True)
class RuledItem:
    """What the rules say of one thing that is asked for."""

    path: str
    label: str
    required: bool
    answer: Literal["yes", "no", "ask"]
    why: Literal["rule", "silent", "terms", "rate", "restored"]
    rule: str | None
    """Id of the rule that gave the answer, or would have."""
    clause: str
    """What of the terms forbids it."""
    have: bool
    """Whether there is anything to give."""


@dataclass(frozen=True, slots=True)
class RuleTest:
    """What the rules would answer; nothing is sent."""

    outcome: Literal["give", "decline", "wait"]
    items: list[RuledItem]
    until: int
    standing: bool
    onward: str | None
    text: str
    """The same in one sentence."""


@dataclass(frozen=True, slots=True)
class Receipts:
    """A page of receipts."""

    rows: list[Receipt]
    next: str | None = None
    """To ask for the next page with; None after the last."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A right that you have claimed of a peer."""

    id: str
    peer: str
    name: str | None
    right: str
    paths: list[str]
    """None named is all that they have."""
    said: int
    due: int
    """By when they have to answer; later where they asked for more time."""
    state: Literal["sent", "failed", "taken", "partly", "extended", "done", "refused"]
    """`sent`: their node has not taken it yet. `taken`: it has, and nobody has answered."""
    overdue: bool
    reason: str | None
    """Why it was refused."""
    until: int | None
    """When the last copy is gone, where that was said."""
    brought: int
    """How many records the answers brought."""


@dataclass(frozen=True, slots=True)
class Claims:
    """A page of claims."""

    rows: list[Claim]
    unsent: int
    """Of how many peers something is still to be claimed, which is done one by one."""
    next: int | None = None
    """To ask for the next page with; None after the last."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What was claimed."""

    ids: list[str]
    """Of the claims that were made at once."""
    later: int
    """Of how many peers it is claimed one by one from now on."""


@dataclass(frozen=True, slots=True)
class Brought:
    """One record that an answer brought: what they have of you."""

    path: str
    label: str
    version: int
    value: Any
    """None where it was deleted here since."""


@dataclass(frozen=True, slots=True)
class ClaimShown:
    """A claim with all that its answers brought."""

    claim: Claim
    brought: list[Brought]


@dataclass(frozen=True, slots=True)
class PaperHolder:
    """Somebody without a node who holds data of yours."""

    id: str
    name: str
    address: str
    mail: str
    holds: list[str]
    since: int
    until: int | None
    over: bool
    """Whether that day is past: ask for erasure."""
    letter: Literal["none", "due", "printed", "sent", "answered"]
    """How far the newest letter is."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to a holder without a node."""

    id: str
    holder: str
    name: str
    right: Literal["access", "correction", "erasure"]
    state: Literal["due", "printed", "sent", "answered"]
    due: int
    """When there was a reason to write it."""
    printed: int | None
    sent: int | None
    answered: int | None
    overdue: bool
    """Whether it was sent more than a month ago, and not answered."""
    changes: list[str]
    """Paths of what has changed since they were told."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Holders without a node, and letters to them, the newest first."""

    holders: list[PaperHolder]
    letters: list[Letter]


@dataclass(frozen=True, slots=True)
class LetterText:
    """A letter as it is to be sent."""

    id: str
    text: str
