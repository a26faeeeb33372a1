"""What a decision loads, and what it gives back: one scope in, one commit out (spec 05 §9)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from pcloud.kernel.effects import Effect
from pcloud.kernel.gate import Agreement, Grant
from pcloud.kernel.thread import Thread
from pcloud.wire.answers import KeyOffer, Refusal
from pcloud.wire.content import Introduction
from pcloud.wire.header import SignedHeader
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.parts import Part
from pcloud.wire.session import FrameKey

APPLIED = "applied"
REJECTED = "rejected"
"""Verdict of a returned entry that its owner does not own up to (spec 06 §6)."""


class Entry(NamedTuple):
    """One message in a log, with the verdict its receiver gave; None while that is not known."""

    signed: SignedHeader
    parts: tuple[Part | None, ...]
    verdict: str | None
    mine: bool
    first_signer: bytes | None = None
    """Of a message sent again after a recovery: the key that signed it at first, where that is known."""

    @property
    def signer(self) -> bytes | None:
        """The key that signed the message when it was first sent; records name it (spec 08 §4).

        None of one that this side has had only as it was sent again.
        """
        if self.first_signer is None and self.signed.header.first is None:
            return self.signed.signer
        return self.first_signer

    @property
    def first_id(self) -> bytes:
        """The id it was first sent under, which is its key in a log."""
        return self.signed.first_id


class History(Protocol):
    """Read access to one relationship's threads and log, loaded for the decision."""

    def thread(self, thread_id: bytes) -> Thread | None:
        """The thread as it stands."""

    def entries(self, thread_id: bytes) -> Sequence[Entry]:
        """All entries of a thread, each side's in its own order."""

    def holding(self, thread_id: bytes) -> Sequence[Entry]:
        """Those of them that still hold an item, in any order; nothing else of the thread is read."""

    def find(self, id_: bytes) -> Entry | None:
        """The entry of that message id or first id."""

    def at(self, *, mine: bool, epochs: tuple[int, int], number: int) -> Entry | None:
        """The entry at a place of a line; epochs are the sender's and the recipient's.

        A message that was reissued is found at its earlier places too, as it was signed there.
        """

    def sequence(self, *, mine: bool) -> Sequence[Entry]:
        """All entries of one side in their order (spec 05 §10)."""


class Receiving(NamedTuple):
    """One's own one-time receiving keys: the announced one, and the next, made in advance."""

    number: int
    current: HybridKey
    spare: HybridKey


class OutSession(NamedTuple):
    """The session one seals under; its start block travels until the peer names the session."""

    frame_key: FrameKey
    number: int
    block: bytes | None
    start: bytes | None
    began: int
    frames: int


class InSession(NamedTuple):
    """A session the peer seals under."""

    frame_key: FrameKey
    number: int
    began: int


class Sealing(NamedTuple):
    """Everything a relationship needs to seal and to open."""

    founding: tuple[bytes, bytes]
    """Own and the peer's founding persona (spec 04 §2)."""
    receiving: Receiving
    offered: KeyOffer | None
    """An unused receiving key of the peer."""
    offered_number: int
    """Number of the newest key the peer announced; only higher ones are taken."""
    out: OutSession | None = None
    sessions: tuple[InSession, ...] = ()
    """The peer's, oldest first."""
    started: int = 0
    """Number of the last session begun with the present pair of epochs."""
    due: bool = False
    peer_start: bytes | None = None
    """The peer's newest signed start, to give back to an older copy of it (spec 06 §10)."""
    moved: bool = False
    """The peer has a new mailbox, so even an answer begins a new session (spec 04 §9)."""


class Side(NamedTuple):
    """This side of a relationship."""

    log: KeyLog
    key: SigningKey
    kind: str
    mailbox: bytes
    endpoints: tuple[str, ...]
    nonce: bytes = b""
    introduction: Introduction | None = None
    """Goes with every frame until the peer has judged the accept (spec 07 §4)."""
    invitation: bytes = b""
    """Id of the invitation by which the two met."""

    def __repr__(self) -> str:
        """Without keys and nonce: what is printed ends in logs."""
        return f"Side({self.log.persona.hex()}, epoch {self.log.epoch})"


class Peer(NamedTuple):
    """The other side as known."""

    log: KeyLog
    kind: str
    mailbox: bytes
    endpoints: tuple[str, ...]
    succession: bytes | None = None
    """What ties its persona to the one that the invitation was made by (spec 03 §5)."""


class Sent(NamedTuple):
    """An own message without receipt."""

    number: int
    id: bytes
    first_id: bytes


class Outgoing(NamedTuple):
    """One's own line: its head, and what has been receipted."""

    number: int
    head: bytes
    receipted: int = 0
    pending: tuple[Sent, ...] = ()


class Incoming(NamedTuple):
    """The peer's line as judged."""

    number: int
    head: bytes
    refusals: tuple[Refusal, ...] = ()
    halted: bool = False


class Notices(NamedTuple):
    """When limited answers last went out, and what rule 29 would return."""

    sent_at: Mapping[str, int] = MappingProxyType({})
    """Time of the last one, by kind."""
    peer_receipt: bytes | None = None
    """The peer's newest signed receipt."""


class Relationship(NamedTuple):
    """The scope of a relationship. Threads and log are beside it, read through `History`."""

    me: Side
    peer: Peer
    sealing: Sealing
    outgoing: Outgoing
    incoming: Incoming
    thread: Thread | None = None
    agreements: Mapping[bytes, Agreement] = {}
    grants: Mapping[bytes, Grant] = {}
    origins: Mapping[bytes, bytes] = {}
    """Which thread an agreement or grant came from."""
    unaffirmed: frozenset[bytes] = frozenset()
    beyond_terms: Mapping[bytes, int] = {}
    """How often the peer asked for more than an agreement allows."""
    notices: Notices = Notices()
    clock: int = 0
    """Time of the last committed decision; none is made at an earlier one."""
    recovering: bool = False
    """`recover` was sent and not yet answered: nothing is numbered and nothing judged."""
    stopped: str = ""
    """Why this copy may not go on without `recover` (spec 06 §10)."""
    closed: int = 0
    """When this side took the relationship to be closed; 0 while it is not."""
    recovered: bytes = b""
    """The signed answer to the peer's `recover`: the same for every repeat (spec 06 §3)."""

    @property
    def logs(self) -> tuple[KeyLog, KeyLog]:
        """The key logs of both sides, one's own first."""
        return self.me.log, self.peer.log


class Due(NamedTuple):
    """An answer that is owed once the decision is committed."""

    kind: str
    session: bytes | None
    number: int = 0
    id: bytes | None = None


class Decision(NamedTuple):
    """One commit: the scope after it, rows to write, and what happens next. Nothing goes out before."""

    relationship: Relationship
    entries: tuple[Entry, ...] = ()
    threads: tuple[Thread, ...] = ()
    verdicts: tuple[tuple[bytes, str], ...] = ()
    """First ids of entries whose verdict became known or changed."""
    effects: tuple[Effect, ...] = ()
    due: Due | None = None
    resend_from: int | None = None
    refused: str | None = None
    """Code of a refusal that consumed no number (stage order)."""
    detail: str = ""
    """What a refusal was about, such as the clause of `terms-forbid`; for one's own log, never sent."""
    error: Exception | None = None
    """Our own fault behind the verdict `internal`, for the log."""
    evidence: SignedHeader | None = None
    """The second header of a fork: kept as proof, since its sender signed both."""


class Overlay(NamedTuple):
    """A history as it will be once a decision is committed."""

    base: History
    decision: "Decision"

    def thread(self, thread_id: bytes) -> Thread | None:
        """The thread after the decision."""
        known = {thread.id: thread for thread in self.decision.threads}
        return known[thread_id] if thread_id in known else self.base.thread(thread_id)

    def entries(self, thread_id: bytes) -> Sequence[Entry]:
        """Stored entries of a thread with their new verdicts, then those of the decision."""
        found = {entry.first_id: entry for entry in self.base.entries(thread_id)}
        for entry in self.decision.entries:
            if entry.signed.thread_id == thread_id:
                found.pop(entry.first_id, None)
                found[entry.first_id] = entry
        for id_, verdict in self.decision.verdicts:
            if id_ in found:
                found[id_] = found[id_]._replace(verdict=verdict)
        return list(found.values())

    def holding(self, thread_id: bytes) -> Sequence[Entry]:
        """Those of them that still hold an item."""
        return [entry for entry in self.entries(thread_id) if any(entry.parts[1:])]

    def find(self, id_: bytes) -> Entry | None:
        """The entry of that message id or first id."""
        for entry in self.decision.entries:
            if id_ in (entry.signed.id, entry.first_id):
                return entry
        return self.base.find(id_)

    def at(self, *, mine: bool, epochs: tuple[int, int], number: int) -> Entry | None:
        """The entry at a place of a line, as stored."""
        return self.base.at(mine=mine, epochs=epochs, number=number)

    def sequence(self, *, mine: bool) -> Sequence[Entry]:
        """All entries of one side, as stored."""
        return self.base.sequence(mine=mine)
