"""What the owner sees of rules, receipts, rights and letters: plain data, as in `runtime.views`."""

from dataclasses import dataclass, field
from typing import Literal


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
