"""What a store holds, and the one way to change it: a commit of rows that all stand or none (D14)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from pcloud.engine.asks import Inbound, Outbound
from pcloud.engine.invitations import InvitationScope
from pcloud.engine.snapshot import Entry, History, Relationship
from pcloud.errors import PcloudError
from pcloud.kernel.thread import Thread
from pcloud.store.personal import PersonalTables, Version
from pcloud.wire.header import SignedHeader
from pcloud.wire.keys import HybridKey


class StoreError(PcloudError):
    """The store cannot do it; the text is one sentence for the owner, with what to do."""


class WrongKeyError(StoreError):
    """The file does not open under this key: another vault's, or no store at all."""


class DamagedError(StoreError):
    """The file is not whole."""


class NewerSchemaError(StoreError):
    """A later version of this program has written it."""


class InUseError(StoreError):
    """Another node has it open."""


class ExposedError(StoreError):
    """Others on this machine can read or write it."""


class FullError(StoreError):
    """There is no room. Nothing of the commit stands."""


FOUND_BY_ID: Final = frozenset({"disclosure", "terms"})
"""Features whose threads are found by the beginning of an id, in whatever relationship they are."""


class ScopeKind(StrEnum):
    """What a mailbox leads to."""

    RELATIONSHIP = "relationship"
    INVITATION = "invitation"


class Route(NamedTuple):
    """Where frames for a mailbox go. Old mailboxes of a relationship keep theirs."""

    mailbox: bytes
    scope: bytes
    kind: ScopeKind


class Direction(StrEnum):
    """Who asked whom."""

    OUT = "out"
    IN = "in"


class Contact(NamedTuple):
    """What a list shows of a relationship, without loading its scope. Texts are the peer's own claims."""

    scope: bytes
    direction: Direction
    state: str
    """`pending` before anything was sent or accepted, then the state of the relationship's thread."""
    name: str | None
    purpose: str
    kind: str
    """Of the peer: `person` or `organisation`."""
    role: str | None
    invitation: bytes
    """Id of the invitation by which the two met."""
    created: int
    heard: int
    """When a valid frame of the peer last came; 0 for never."""


class Offer(NamedTuple):
    """An invitation of one's own: its scope, and what its link needs."""

    scope: bytes
    state: InvitationScope
    blob_mailbox: bytes
    blob_key: bytes
    withdrawn: bool = False


class Delivery(NamedTuple):
    """When a relationship's waiting messages, or its unanswered start, are tried again (spec 05 §5)."""

    first_try: int
    tries: int
    next_try: int


class Desk(NamedTuple):
    """A scope's asks, both ends (spec 05 §9)."""

    outbound: Outbound = Outbound()
    inbound: Inbound = Inbound()


class RelayState(StrEnum):
    """How far it has come with a relay that the owner wants to use."""

    WANTED = "wanted"
    """The owner has said so; it is no peer yet, or was not asked."""
    ASKED = "asked"
    GRANTED = "granted"
    FULL = "full"
    """It gives no more for now; what it has given stands."""
    REFUSED = "refused"
    ENDED = "ended"


class Relay(NamedTuple):
    """A peer that keeps mailboxes for this node."""

    scope: bytes
    """Of the relationship with it."""
    state: RelayState
    since: int
    endpoints: tuple[str, ...] = ()
    """Where its mailboxes are reached."""
    lease_s: int = 0
    """How long a mailbox is kept for one voucher."""
    frames: int = 0
    """How many frames one mailbox holds at most."""
    octets: int = 0
    """How many bytes of them."""


class BerthState(StrEnum):
    """What a mailbox at a relay is for."""

    OPENING = "opening"
    """The relay is asked for it."""
    SPARE = "spare"
    """Open, and nobody knows of it."""
    USED = "used"
    """A peer, or an invitation, names it."""
    BLOB = "blob"
    """A sealed invitation is to stand there."""
    SHOWN = "shown"
    """It does."""
    LEFT = "left"
    """No longer named, and collected until everybody has followed."""
    LOST = "lost"
    """The relay has it no more: what led there has to move."""


class Berth(NamedTuple):
    """One mailbox of one's own at a relay."""

    mailbox: bytes
    pickup: bytes
    """The permission to collect from it."""
    relay: bytes
    """Scope of the relationship with the relay."""
    state: BerthState
    since: int
    until: int
    """When its lease ends; 0 while it is being opened."""
    voucher: bytes
    """What it is being opened with; empty once it is."""


class Timer(NamedTuple):
    """A command that the clock asks of a scope. One for each scope, command and key."""

    scope: bytes
    command: str
    key: bytes
    at: int


class Fed(NamedTuple):
    """One entry in the order in which this node committed it, for what follows along."""

    number: int
    scope: bytes
    entry: Entry


@dataclass(slots=True)
class Changes:
    """The rows of one commit. Filled while deciding; nothing of it counts before `Store.commit` returns."""

    facts: dict[str, bytes | None] = field(default_factory=dict)
    relationships: dict[bytes, Relationship] = field(default_factory=dict)
    offers: dict[bytes, Offer | None] = field(default_factory=dict)
    contacts: dict[bytes, Contact | None] = field(default_factory=dict)
    entries: dict[tuple[bytes, bytes], Entry] = field(default_factory=dict)
    """By scope and first id; what one replaces is still found at its earlier places and ids."""
    verdicts: dict[tuple[bytes, bytes], str] = field(default_factory=dict)
    """By scope and first id, of stored entries."""
    threads: dict[tuple[bytes, bytes], Thread] = field(default_factory=dict)
    """By scope and thread id."""
    routes: dict[bytes, Route | None] = field(default_factory=dict)
    sessions: dict[bytes, bytes | None] = field(default_factory=dict)
    """Session id to scope, for frames that come to an invitation's mailbox before the accept."""
    contact_keys: dict[bytes, tuple[bytes, HybridKey] | None] = field(default_factory=dict)
    """By contact tag: the scope, and the key."""
    deliveries: dict[bytes, Delivery | None] = field(default_factory=dict)
    desks: dict[bytes, Desk] = field(default_factory=dict)
    timers: dict[tuple[bytes, str, bytes], Timer | None] = field(default_factory=dict)
    evidence: list[tuple[bytes, SignedHeader]] = field(default_factory=list)
    """Second headers of forks, kept as proof."""
    commitments: dict[int, bytes | None] = field(default_factory=dict)
    """Next-key commitments by index; None once used."""
    relays: dict[bytes, Relay | None] = field(default_factory=dict)
    berths: dict[bytes, Berth | None] = field(default_factory=dict)
    """By mailbox."""
    vouchers: dict[bytes, bytes | None] = field(default_factory=dict)
    """Secrets of vouchers and the scope of the relay that gave them; None once spent."""
    versions: dict[tuple[str, int], Version] = field(default_factory=dict)
    """Of records, by path and number. One without a value lets the value that is there go without a trace."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return any(getattr(self, name) for name in self.__slots__)


class RelayTables(Protocol):
    """The relays that this node uses, and what it has there."""

    def all(self) -> Sequence[Relay]:
        """Every relay that is or was in use, in the order of scope ids."""

    def berth(self, mailbox: bytes) -> Berth | None:
        """One mailbox at a relay."""

    def berths(self, relay: bytes, state: BerthState, after: bytes | None, limit: int) -> Sequence[Berth]:
        """Those of one relay in one state, in the order of mailbox ids, after the given one."""

    def ending(self, relay: bytes, before: int, limit: int) -> Sequence[Berth]:
        """Open ones of a relay whose lease ends before that time, the next to end first."""

    def vouchers(self, relay: bytes, limit: int) -> Sequence[bytes]:
        """Unspent vouchers of a relay."""

    def counts(self, relay: bytes) -> Mapping[BerthState, int]:
        """How many mailboxes are in each state; none where there is none."""


class CopyTables(Protocol):
    """What only a copy of the whole node reads (spec 21)."""

    def facts(self, prefix: str) -> Mapping[str, bytes]:
        """All whose key begins so."""

    def mailboxes(self, scope: bytes) -> Sequence[bytes]:
        """All that lead to a scope, present and old ones."""

    def timers(self, scope: bytes) -> Sequence[Timer]:
        """All of a scope, by command and key."""

    def earlier(self, after: int, limit: int) -> Sequence[Fed]:
        """Headers of messages that were sent again, as each stood in the feed, without parts.

        Those with numbers above `after`, in order.
        """


class Store(Protocol):
    """One node's state. Reads see every commit before them; only one thread may write."""

    @property
    def relays(self) -> RelayTables:
        """The relays that this node uses."""

    @property
    def personal(self) -> PersonalTables:
        """Personal data, and who holds it."""

    @property
    def copying(self) -> CopyTables:
        """What only a copy of the whole node reads."""

    def fact(self, key: str) -> bytes | None:
        """A small value of the node itself."""

    def relationship(self, scope: bytes) -> Relationship | None:
        """A scope as committed, with its waiting messages."""

    def history(self, scope: bytes) -> History:
        """Its log and threads as committed."""

    def evidence(self, scope: bytes) -> Sequence[SignedHeader]:
        """The second headers of forks that were kept for a scope, oldest first."""

    def offer(self, scope: bytes) -> Offer | None:
        """An invitation of one's own."""

    def offer_of_blob(self, mailbox: bytes) -> Offer | None:
        """The invitation whose sealed form is kept under this mailbox."""

    def offers(self) -> Sequence[Offer]:
        """All that are not withdrawn, oldest first."""

    def contact(self, scope: bytes) -> Contact | None:
        """One row of the list."""

    def contacts(self, after: bytes | None, limit: int) -> Sequence[Contact]:
        """Rows in the order of scope ids, after the given one."""

    def find_contacts(self, text: str, limit: int) -> Sequence[Contact]:
        """Rows whose name is `text`, whatever the case, or whose scope id in hex begins with it."""

    def pending(self, invitation: bytes) -> Sequence[bytes]:
        """Scopes of who asked by an invitation id and has not confirmed yet, newest first."""

    def declined(self, invitation: bytes, limit: int) -> Sequence[bytes]:
        """Scopes of who asked by an invitation id and was declined, newest first."""

    def route(self, mailbox: bytes) -> Route | None:
        """Where frames for a mailbox go."""

    def session(self, session: bytes) -> bytes | None:
        """The scope of a session that came to an invitation's mailbox."""

    def contact_key(self, tag: bytes) -> tuple[bytes, HybridKey] | None:
        """The scope and key of a contact tag."""

    def contact_keys(self, scope: bytes) -> Sequence[HybridKey]:
        """All contact keys kept for a scope."""

    def delivery(self, scope: bytes) -> Delivery | None:
        """When it is tried again."""

    def deliveries_due(self, now: int, limit: int) -> Sequence[bytes]:
        """Scopes whose next try is not later than now, the most overdue first."""

    def timers_due(self, now: int, limit: int) -> Sequence[Timer]:
        """Timers not later than now, the earliest first."""

    def next_due(self) -> int | None:
        """The earliest time of any delivery or timer."""

    def desk(self, scope: bytes) -> Desk:
        """A scope's asks; an empty desk where it has none."""

    def commitment(self, above: int = -1) -> tuple[int, bytes] | None:
        """The lowest unused next-key commitment with an index above that; None where the pool is used up."""

    def commitments_left(self) -> int:
        """How many are unused."""

    def threads(self, scope: bytes, machine: str, state: str | None = None) -> Sequence[Thread]:
        """A scope's threads of one feature, oldest first: all, or those in one state."""

    def find_threads(self, machine: str, text: str, limit: int) -> Sequence[tuple[bytes, Thread]]:
        """Scopes and threads of all relationships whose thread id in hex begins with `text`, by id.

        Only of the features of `FOUND_BY_ID`.
        """

    def log(self, scope: bytes, before: int | None, limit: int) -> Sequence[Fed]:
        """A scope's entries, newest commit first, with numbers below `before`."""

    def feed(self, after: int, limit: int) -> Sequence[Fed]:
        """Entries of all scopes with numbers above `after`, in order."""

    def feed_end(self) -> int:
        """The number of the newest entry; 0 before the first."""

    def counts(self) -> Mapping[str, int]:
        """For metrics and status: rows of `contacts`, `entries`, `threads`, `deliveries`, and `bytes`."""

    def contact_states(self) -> Mapping[str, int]:
        """How many contacts are in each state; none where there is none."""

    def commit(self, changes: Changes) -> None:
        """Write everything or nothing, durably. Raises FullError, DamagedError, StoreError."""

    def release(self) -> None:
        """Nothing is written for what was read since the last commit: keep no more of it than after one."""

    def check(self) -> Sequence[str]:
        """Look the whole store over; one sentence for each fault, none where it is whole."""

    def close(self) -> None:
        """Let go of the file."""
