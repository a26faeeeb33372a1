"""What the owner sees of its own data: plain data, as in `runtime.views`. Values are JSON (spec 09 §2.3)."""

from dataclasses import dataclass, field
from typing import Any, Literal

Outcome = Literal["new", "changed", "same", "refused"]


@dataclass(frozen=True, slots=True)
class Record:
    """What stands at a path, or stood there: one version."""

    path: str
    kind: str | None
    """What such a record is, for people; None where nobody has registered it."""
    version: int
    value: Any
    """None where it was deleted, or let go of since."""
    at: int
    source: str
    """Where it is from: `owner`, `import:<kind>`, `peer:<scope in hex>`, `example`."""
    holders: int = 0
    """How many peers may hold some version of it, or a fact of it."""
    following: int = 0
    """How many of them get each newer version by themselves."""
    warnings: list[str] = field(default_factory=list)
    """What is unusual about the value, where it was set just now."""
    changed: bool = False
    """Whether it is what was asked for just now that made this version."""


@dataclass(frozen=True, slots=True)
class Carried:
    """One version of a record as an archive of the whole node holds it."""

    path: str
    version: int
    value: Any
    """None where it was deleted, or let go of since."""
    at: int
    """In seconds since 1970."""
    source: str


@dataclass(frozen=True, slots=True)
class Put:
    """A value that is to stand at a path."""

    path: str
    value: Any
    label: str | None = None
    """With it the path is a collection, and the node names the record: the same label, the same record."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a value that was to stand somewhere."""

    path: str
    outcome: Outcome
    version: int = 0
    """That stands there now; 0 where it was refused and nothing did."""
    following: int = 0
    """How many peers get it by themselves."""
    reason: str | None = None
    """Why it was refused, or what is unusual about it."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a record."""

    name: str
    takes: str
    needed: bool


@dataclass(frozen=True, slots=True)
class Kind:
    """What stands at a place and below it."""

    place: str
    name: str
    many: bool
    """Whether it is a collection: each record has a name of its own behind a slash."""
    takes: str
    properties: list[Property]
