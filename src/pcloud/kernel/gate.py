"""Who may say what: gates, marks, claims, and the evidence that proves a gate (spec 05 §6)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Gate(StrEnum):
    """What must be proven from stored state before a message is looked at."""

    OPEN = "open"
    """The feature's own table decides alone."""
    RELATED = "related"
    """The relationship is active."""
    AGREED = "agreed"
    """The header names an agreement in force, and its policy allows every claim."""
    GRANTED = "granted"
    """As AGREED, and the body names a grant in force."""


class Mark(StrEnum):
    """What a message does to authority; recovery and closing treat the three differently (spec 06)."""

    PERMITS = "permits"
    RESTRICTS = "restricts"
    NEUTRAL = "neutral"


class Claims(NamedTuple):
    """What a message claims to do, in the vocabulary the gatekeeper judges. No personal value."""

    action: str = ""
    categories: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    until: int | None = None
    onward: str | None = None
    grant: bytes | None = None


NO_CLAIMS = Claims()


class Clause(NamedTuple):
    """One sentence of an agreement in machine form, named so that a refusal can cite it."""

    name: str
    allowed: bool
    actions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()


class Policy(NamedTuple):
    """An agreement compiled for judging: default deny, a prohibition wins (spec 08 §6)."""

    clauses: tuple[Clause, ...]
    retention_s_max: int | None = None
    onward: bool = False


class StandardTerms(NamedTuple):
    """One entry of a roster: the hashes of both texts, and the compiled machine form."""

    roster: bytes
    terms: str
    text_hash: bytes
    machine_hash: bytes
    policy: Policy


class Ended(NamedTuple):
    """By which message an agreement ended: its sender, the line's epochs, its number, its first id."""

    sender: bytes
    generation: int
    number: int
    id: bytes


class Agreement(NamedTuple):
    """A co-signed agreement as the gatekeeper sees it."""

    id: bytes
    first: bytes
    second: bytes
    roster: bytes
    terms: str
    sealed: int
    until: int | None
    entries: tuple[bytes, ...]
    """First ids of the messages that made it; one of them unaffirmed makes the whole unaffirmed."""
    ended: tuple[Ended, ...] = ()
    """At most one per party, in order of persona id, so that both copies hold the same."""


class Grant(NamedTuple):
    """A permission given inside an agreement, until a day."""

    id: bytes
    agreement: bytes
    until: int
    entries: tuple[bytes, ...]
    ended: tuple[Ended, ...] = ()


Rosters = Mapping[tuple[bytes, str], StandardTerms]
"""The rosters a node has loaded, by roster id and terms id."""


class Evidence(NamedTuple):
    """What was proven before the feature ran, and what it may look up."""

    agreement: Agreement | None = None
    grant: Grant | None = None
    agreements: Mapping[bytes, Agreement] = MappingProxyType({})
    rosters: Rosters = MappingProxyType({})
