"""What the owner sees, in the owner's words: plain data for the page, the command line and scripts.

Ids of relationships, invitations, threads and messages are lower-case hex. Times are seconds since 1970 UTC.
Texts that a peer wrote are its own claims; control characters are taken out of them here, once.
"""

from dataclasses import dataclass, field
from typing import Literal

Side = Literal["active", "paused", "closed", "waiting"]
"""One half of the r-button: ⊂ mine, ⊃ theirs."""


@dataclass(frozen=True, slots=True)
class Status:
    """The node at a glance."""

    name: str
    kind: str
    version: str
    started: int
    listening: str
    endpoints: list[str]
    peers: int
    contacts: int
    """Pending ones, which wait for the owner or the other side."""
    waiting: int
    """Relationships with messages that the other side has not acknowledged."""
    store_bytes: int
    copied: int | None = None
    """When the newest copy was made that is kept outside this node's folder; None for never."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation of one's own. `link` opens it: whoever has the link may ask to be let in."""

    id: str
    link: str
    purpose: str
    role: str | None
    uses: int
    used: int
    created: int
    expires: int | None
    state: Literal["open", "used", "expired", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who asks to be let in, or whom the owner may ask: not a relationship yet."""

    id: str
    direction: Literal["in", "out"]
    name: str | None
    purpose: str
    state: Literal["pending", "requested", "accepted", "declined", "closed"]
    """`pending`: nothing sent. `requested`: the other side, or with direction in the owner, has to answer."""
    kind: str
    role: str | None
    created: int
    words: str
    """The other persona's id as words that two people can compare."""
    terms: list[str] = field(default_factory=list)
    """Ids of the terms that the other side says it accepts."""
    host: str | None = None
    """Where a request would go."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A relationship."""

    id: str
    name: str | None
    state: Literal["active", "paused", "closed", "recovering", "stopped"]
    terms: list[str]
    """Ids of the terms in force."""
    mine: Side
    theirs: Side
    last_contact: int | None
    kind: str
    purpose: str
    role: str | None
    code: str | None
    """The short code that both sides show."""
    waiting: int
    """Own messages that the other side has not acknowledged."""
    advice: str | None = None
    """What to do, where the relationship needs the owner."""
    over_asked: int = 0
    """How often the peer asked for more than its terms allow, or sent it: refused each time."""
    reference: str | None = None
    """What the owner calls this customer, where the invitation was bound to that."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message in the log of a relationship."""

    number: int
    """Its place in this node's log."""
    id: str
    at: int
    mine: bool
    what: str
    """The message's name, such as `terms.proffer`."""
    thread: str
    verdict: str | None
    """`applied`, or the code of its refusal; None while the other side has not acknowledged it."""
    text: str | None = None
    """What was said, where it is a conversation and the text is still kept."""


@dataclass(frozen=True, slots=True)
class People:
    """A page of relationships, in the order of names."""

    rows: list[Peer]
    total: int
    """How many there are altogether, of those that were looked for."""
    next: str | None = None
    """To ask for the next page with; None after the last."""


@dataclass(frozen=True, slots=True)
class News:
    """One message of any relationship."""

    peer: str
    name: str | None
    """The peer's."""
    entry: Entry


@dataclass(frozen=True, slots=True)
class Unaffirmed:
    """A message of one's own that a peer gave back after a recovery: made by the owner, or by a thief."""

    peer: str
    name: str | None
    """The peer's."""
    id: str
    at: int
    """The time that it says; a thief may have chosen it."""
    what: str
    thread: str
    restricts: bool
    """It revokes, ends or closes something, and is in force until it is rejected, unless it is suspended."""
    suspended: bool
    """It does not act before it is affirmed."""
    rejectable: bool
    """False for what began the relationship: without it nothing would be left."""
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """How many entries were affirmed or rejected."""

    entries: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who keeps copies of this node, and where they can be asked for."""

    name: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Recovery:
    """This copy of the node: how far its last recovery has come, and where another copy has shown itself."""

    generation: int
    """How often the node was recovered with the words, this copy's recoveries included."""
    created: int | None
    recovered: int | None
    """When this copy was recovered; None where it never was."""
    held_until: int | None
    """The time of the newest message that it held then: look at what was given back since."""
    unfinished: bool
    """The recovery was interrupted: do it again with the same words."""
    unanswered: list[str]
    """Relationships whose peer has not followed yet."""
    stopped: list[str]
    """Relationships in which another copy of this node has proved to be newer."""
    unaffirmed: int
    """Own entries that wait for the owner's word."""
    holders: list[Holder] = field(default_factory=list)
    """Who can be asked for a copy, after a loss, with nothing but the words."""


@dataclass(frozen=True, slots=True)
class Terms:
    """One entry of a roster."""

    id: str
    title: str
    summary: str
    """Our own plain words; not part of what is signed."""
    roster: str
    url: str | None
    allows: list[str] = field(default_factory=list)
    """Names of clauses that allow something, such as `service-delivery`."""
    forbids: list[str] = field(default_factory=list)
    """Names of clauses that forbid something, such as `no-sale`."""
    duties: list[str] = field(default_factory=list)
    """What the other party has to do, as DPV names it."""
    days: int | None = None
    """How long data may be kept; None for as long as the agreement lasts."""
    onward: bool = False
    """Whether personal data may be handed on."""


@dataclass(frozen=True, slots=True)
class Negotiation:
    """Terms with one peer: what was proffered, and what became of it."""

    id: str
    peer: str
    terms: str
    summary: str
    state: str
    mine: bool
    """Whether this side is the first party, who proffers and signs last."""
    turn: Literal["mine", "theirs", "none"]
    expires: int | None
    until: int | None
    sealed: int | None
    agreement: str | None
    """Id of the agreement, once both have signed."""
    ended: int | None
    record: str | None = None
    """The co-signed record as hex, in the view of a single negotiation."""
    name: str | None = None
    """The peer's."""


@dataclass(frozen=True, slots=True)
class Negotiations:
    """A page of negotiations with all peers."""

    rows: list[Negotiation]
    next: int | None = None
    """To ask for the next page with; None after the last."""


@dataclass(frozen=True, slots=True)
class Relay:
    """A relay that the owner uses, wants to use, or has used."""

    id: str
    """Of the relationship with it."""
    name: str | None
    state: Literal["wanted", "asked", "granted", "full", "refused", "ended"]
    """`full`: it gives no more mailboxes for now; those that are open stay."""
    chosen: bool
    """Whether it keeps what new peers send."""
    connected: bool
    """Whether what it keeps is being collected now."""
    endpoints: list[str]
    used: int
    """Mailboxes that a peer or an invitation knows."""
    spare: int
    """Open ones that nobody knows yet."""
    left: int
    """Those that were left, and are collected until everybody has followed."""
    collected: int
    """Frames that came since the node was started."""


@dataclass(frozen=True, slots=True)
class RelayStats:
    """What this node does for others as a relay."""

    serving: Literal["off", "granted", "anyone"]
    mailboxes: int
    frames: int
    """Kept and not collected yet."""
    bytes: int
    vouchers: int
    """Given and not spent; each opens or renews one mailbox."""
    kept: int
    """Frames taken since the node was started."""
    full: int
    """Frames dropped since then, because their mailbox or the relay was full."""
    asking: list[str]
    """Peers that ask for mailboxes and wait for the owner's word."""


@dataclass(frozen=True, slots=True)
class Laggard:
    """A peer that does not know yet where this node is found now."""

    id: str
    name: str | None
    told: int | None
    """When it was told; None where nothing could be said to it yet."""


@dataclass(frozen=True, slots=True)
class Move:
    """Where peers are told to send, and who has not followed."""

    relay: str | None
    """Id of the relay; None where they reach this node itself."""
    endpoints: list[str]
    moving: bool
    """Whether somebody is still to be told."""
    followed: int
    """Peers that know."""
    laggards: list[Laggard]


@dataclass(frozen=True, slots=True)
class Holding:
    """A place where sealed copies of this node are kept, or what this node keeps for a peer."""

    place: Literal["here", "folder", "peer", "for-peer"]
    """The node's own folder; the folder that the owner named; a peer; here, for a peer."""
    id: str
    peer: str | None
    name: str | None
    state: Literal["asked", "kept", "ended"]
    bytes_max: int | None = None
    """Room that was asked for or given."""
    days: int | None = None
    """How long older versions are kept."""
    newest: int | None = None
    """When the newest copy there was made."""
    current: bool | None = None
    """Whether everything that this node has is there."""
    checked: int | None = None
    """When a holder last showed that it has what it took."""
    failed: int | None = None
    """When it last could not."""
    bytes: int | None = None
    """Room that is used, where this node keeps it."""
    volumes: int | None = None
    endpoints: list[str] | None = None
    """Where a holder is found: worth writing down beside the words."""
    problem: str | None = None
    """One word for what keeps it from being up to date."""
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class HolderStats:
    """What this node keeps for peers, and by which rule."""

    on: bool
    anyone: bool
    """Whether every related peer that asks is let in; else the owner decides."""
    bytes_max: int
    days: int
    peers: int
    bytes: int
    volumes: int


@dataclass(frozen=True, slots=True)
class Nearby:
    """A node that announces itself on this network. Nothing of it is proven."""

    address: str
    port: int
    token: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that `doctor` looked at."""

    name: str
    ok: bool
    detail: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that the owner's page or a script may want to know at once. No personal values."""

    number: int | None
    """To go on after it; None for what is not part of the log, such as an acknowledgement."""
    what: str
    peer: str | None
    id: str | None = None
    verdict: str | None = None
