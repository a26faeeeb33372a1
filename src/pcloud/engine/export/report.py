"""What a verified export shows: plain values, so that `dataclasses.asdict` of a report is ready for JSON.

Ids, hashes and records are lower-case hex, personas in addition in their text form. Times are seconds since
1970 UTC. Texts that a side wrote are its own claims, control characters included.
"""

from dataclasses import dataclass
from typing import Any, Literal

Who = Literal["exporter", "peer"]

Proof = Literal["both", "exporter", "none"]
"""Whose signatures prove a claim: those of both sides, only the exporter's under the file, or no such."""

Listed = Literal["matches", "differs", "not-loaded"]
"""Whether a roster has these texts under this id, where the verifier was given it."""


@dataclass(frozen=True, slots=True)
class Persona:
    """One side."""

    id: str
    text: str
    """The persona id as it is shown (spec 03 §3)."""
    epoch: int
    """How often it has recovered."""
    kind: str | None
    """`person` or `organisation`, as it signed it; None where the file does not hold that."""
    name: str | None
    """The display name that it gave itself, where the file still holds one."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """How the two met."""

    invitation: str | None
    """Id of the invitation, as the request names it."""
    founding: str
    """The persona that the request was sent to."""
    proof: Proof
    """That the inviting side is that persona: `both` where it is the same, or signed a succession."""
    purpose: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """The messages of one side in one pair of epochs."""

    sender: Who
    sender_epoch: int
    recipient_epoch: int
    headers: int
    """Numbers of which the file has a signed header."""
    last: int
    """The highest number that is known to have been."""
    acknowledged: int
    """The highest number of a header here that the other side has named by its id as judged."""
    elsewhere: int
    """Numbers without a header here, whose message was sent again and stands in a later line."""
    missing: list[list[int]]
    """First and last of each run of numbers of which the file has nothing."""
    forks: list[int]
    """Numbers at which the line does not hold; a later recovery of its sender has ended it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One message."""

    id: str
    """Its first id."""
    sender: Who
    name: str
    time: int
    thread: str
    sender_epoch: int
    recipient_epoch: int
    number: int
    verdict: str | None
    """`applied`, a code, or None while the exporter does not know what became of it."""
    proof: Proof
    """Who proves the verdict: `none` where the peer's receipt says something else."""
    receipt: str | None
    """What the peer's signed receipts say of this very message; None where they say nothing."""
    acknowledged: bool
    """Whether its receiver has signed that it judged it."""
    body: bool
    items: int
    """How many items it had when it was sent."""
    items_here: int
    """How many of them are in the file."""
    first: Literal["here", "proven", "said"]
    """`here`: not sent again. Sent again: `proven` by its first header, or `said` by its sender alone."""
    unaffirmed: bool


@dataclass(frozen=True, slots=True)
class Thread:
    """A conversation of one feature, as the messages that were applied make it."""

    id: str
    feature: str
    opener: Who
    state: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """Terms that both have signed: both signatures hold over the record."""

    id: str
    roster: str
    terms: str
    text_hash: str
    machine_hash: str
    first: Who
    """Who proffered and signed last."""
    sealed: int
    until: int | None
    replaces: str | None
    ended: list[Who]
    """Who has ended it."""
    proof: Proof
    """That it came into force: `both` where the second party has the seal, by its own signature."""
    listed: Listed
    unaffirmed: bool
    record: str
    """The co-signed record."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a side was given, as the ledger has it (spec 09 §11)."""

    path: str
    version: int
    giver: Who
    agreement: str
    until: int
    standing: bool
    state: str
    message: str
    """First id of the message that gave it: what that one proves, it proves."""
    given: int
    """When it was given, by the giver's clock."""
    shown: bool
    """Whether the value is in the file. Another value would not fit the signed digest."""
    value: Any
    """The value; None where it is not shown. Bytes are hex."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """The newest signed receipt of the peer."""

    sender_epoch: int
    recipient_epoch: int
    """Epochs of the line that it speaks of: the exporter's first."""
    number: int
    id: str | None
    refused: dict[int, str]
    """Code by number, of the last 256 numbers."""


@dataclass(frozen=True, slots=True)
class Report:
    """What an export shows. Every signature in the file has been verified; what failed was refused."""

    time: int
    """When it was made, by the exporter's clock."""
    exporter: Persona
    peer: Persona
    opener: Who | None
    """Who asked for the relationship; None before anybody has."""
    state: str | None
    code: str | None
    """The short code that both owners can compare."""
    meeting: Meeting
    digest: str
    """State digest of what the messages make (spec 05 §10)."""
    complete: bool
    """Whether nothing is missing, forked or left out. What was said last only the exporter knows."""
    items: Literal["all", "none", "some"]
    """Which of the items that it holds the exporter put in."""
    left_out: int
    """Messages that the exporter holds and left out, since no key of the logs has signed them."""
    unknown: list[str]
    """Names of applied messages that the verifier does not know; the digest is without them."""
    receipt: Receipt | None
    lines: list[Line]
    messages: list[Said]
    threads: list[Thread]
    agreements: list[Agreement]
    fields: list[Field]
