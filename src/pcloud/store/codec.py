"""A relationship's scope as three rows of parts that change together, and back.

A part that is no plain column is deterministic CBOR: a positional array that begins with its version, so that
a later schema can tell old from new. What is read here are a node's own bytes, which nobody else could have
changed: nothing is verified again, and no public key is computed. Waiting messages are not among the parts:
they are rows of the log.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

from pcloud.engine.snapshot import (
    Incoming,
    InSession,
    Notices,
    Outgoing,
    OutSession,
    Peer,
    Receiving,
    Relationship,
    Sealing,
    Side,
)
from pcloud.errors import Violation
from pcloud.kernel.gate import Agreement, Ended, Grant
from pcloud.kernel.thread import Seen, Thread
from pcloud.store.port import DamagedError
from pcloud.wire import cbor
from pcloud.wire.answers import KeyOffer, Refusal
from pcloud.wire.content import Introduction
from pcloud.wire.keylog import stored_log
from pcloud.wire.keys import HybridKey, SigningKey
from pcloud.wire.session import FrameKey

P = ParamSpec("P")
T = TypeVar("T")

VERSION = 1
"""Of every part."""
ITEMS_MAX = 1 << 40
"""A node's own state is as large as it is; the protocol's bound is for what is received."""

UNREADABLE = "A row of the store cannot be read. Stop the node and restore it from its newest backup."


class Identity(NamedTuple):
    """What names both sides; it changes when one of them recovers or moves."""

    founding_own: bytes
    founding_peer: bytes
    me: bytes
    peer: bytes
    recovered: bytes


class Keys(NamedTuple):
    """The receiving keys: one's own two, and the peer's unused one; they change with every session start.

    A public key that was not needed yet is not there: its seed gives it.
    """

    number: int
    current_seed: bytes
    current_public: bytes | None
    spare_seed: bytes
    spare_public: bytes | None
    offered_number: int | None
    offered_public: bytes | None


class Line(NamedTuple):
    """What nearly every commit changes: both lines, and beside them the small parts."""

    out_number: int
    out_head: bytes
    receipted: int
    in_number: int
    in_head: bytes
    halted: int
    clock: int
    recovering: int
    stopped: str
    closed: int
    refusals: bytes | None
    sessions: bytes
    thread: bytes | None
    proofs: bytes | None
    notices: bytes | None


# Writing


def identity_changed(now: Relationship, before: Relationship) -> bool:
    """Whether the row of `identity` is another. Tuples compare their elements by identity first."""
    return _identity_parts(now) != _identity_parts(before)


def _identity_parts(scope: Relationship) -> tuple[object, ...]:
    return scope.sealing.founding, scope.me, scope.peer, scope.recovered


def identity(scope: Relationship) -> Identity:
    """The row of who the two are."""
    me, peer = scope.me, scope.peer
    introduction = me.introduction
    return Identity(
        *scope.sealing.founding,
        encode(
            [event.data for event in me.log.events],
            me.key.seed,
            me.key.public,
            me.kind,
            me.mailbox,
            me.endpoints,
            me.nonce,
            None if introduction is None else [introduction.events, introduction.succession],
            me.invitation,
        ),
        _encode_peer(peer),
        scope.recovered,
    )


def keys_changed(now: Relationship, before: Relationship) -> bool:
    """Whether the row of `keys` is another."""
    new, old = now.sealing, before.sealing
    return (new.receiving, new.offered) != (old.receiving, old.offered)


def keys(scope: Relationship) -> Keys:
    """The row of the receiving keys."""
    number, current, spare = scope.sealing.receiving
    offered = scope.sealing.offered or (None, None)
    return Keys(number, current.seed, current.known_public, spare.seed, spare.known_public, *offered)


def line(scope: Relationship, before: Relationship | None = None, row: Line | None = None) -> Line:
    """The row of the lines. Parts that are those of `before` are taken from its row."""
    outgoing, incoming = scope.outgoing, scope.incoming
    refusals, sessions, thread, proofs, notices = _small_parts(scope)
    if before is None or row is None:
        old: tuple[Any, ...] = (None,) * 5
        kept: tuple[Any, ...] = (None,) * 5
    else:
        old, kept = _small_parts(before), row[-5:]
    return Line(
        outgoing.number,
        outgoing.head,
        outgoing.receipted,
        incoming.number,
        incoming.head,
        int(incoming.halted),
        scope.clock,
        int(scope.recovering),
        scope.stopped,
        scope.closed,
        kept[0] if refusals == old[0] else _refusals(refusals),
        kept[1] if sessions == old[1] else _sessions(scope.sealing),
        kept[2] if (thread,) == (old[2],) else _thread(thread),
        kept[3] if proofs == old[3] else _proofs(scope),
        kept[4] if (notices,) == (old[4],) else _notices(notices),
    )


def _small_parts(scope: Relationship) -> tuple[Any, ...]:
    keys_ = scope.sealing
    return (
        scope.incoming.refusals,
        (
            keys_.offered_number,
            keys_.out,
            keys_.sessions,
            keys_.started,
            keys_.due,
            keys_.moved,
            keys_.peer_start,
        ),
        scope.thread,
        (scope.agreements, scope.grants, scope.origins, scope.unaffirmed, scope.beyond_terms),
        scope.notices,
    )


def reader(read: Callable[P, T]) -> Callable[P, T]:
    """Let a function that reads rows raise DamagedError for all that no commit has written."""

    @wraps(read)
    def reading(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return read(*args, **kwargs)
        except (Violation, TypeError, ValueError, LookupError) as error:
            raise DamagedError(UNREADABLE) from error

    return reading


def encode(*values: Any) -> bytes:
    """One part."""
    return cbor.encode([VERSION, *values], items_max=ITEMS_MAX)


def decode(data: bytes, length: int | None = None) -> list[Any]:
    """The values of one part. Raises Violation or ValueError for another version or number of values."""
    values = cbor.decode(data, items_max=ITEMS_MAX)
    if type(values) is not list or values[:1] != [VERSION] or length not in (None, len(values) - 1):
        raise ValueError("a part of another form")
    return values[1:]


def _refusals(refusals: tuple[Refusal, ...]) -> bytes | None:
    return encode([list(refusal) for refusal in refusals]) if refusals else None


def _sessions(sealing: Sealing) -> bytes:
    out = sealing.out
    begun = None if out is None else [*out.frame_key, out.number, out.block, out.start, out.began, out.frames]
    theirs = [[*each.frame_key, each.number, each.began] for each in sealing.sessions]
    return encode(
        sealing.offered_number,
        begun,
        theirs,
        sealing.started,
        sealing.due,
        sealing.moved,
        sealing.peer_start,
    )


def _thread(thread: Thread | None) -> bytes | None:
    if thread is None:
        return None
    return encode(
        thread.id,
        thread.machine,
        thread.opener,
        thread.state,
        thread_data(thread.data),
        list(thread.seen.opener),
        list(thread.seen.other),
    )


def thread_data(data: Mapping[str, Any]) -> bytes:
    """What a thread holds, encoded by itself, so that it may nest as deeply as a body."""
    return cbor.encode(dict(data), items_max=ITEMS_MAX)


def _proofs(scope: Relationship) -> bytes | None:
    if not (scope.agreements or scope.grants or scope.origins or scope.unaffirmed or scope.beyond_terms):
        return None
    return encode(
        [[key, _with_ends(value)] for key, value in scope.agreements.items()],
        [[key, _with_ends(value)] for key, value in scope.grants.items()],
        [list(pair) for pair in scope.origins.items()],
        sorted(scope.unaffirmed),
        [list(pair) for pair in scope.beyond_terms.items()],
    )


def _with_ends(value: Agreement | Grant) -> list[Any]:
    *plain, entries, ended = value
    return [*plain, entries, [list(end) for end in ended]]


def _notices(notices: Notices) -> bytes | None:
    if not notices.sent_at and notices.peer_receipt is None:
        return None
    return encode(dict(notices.sent_at), notices.peer_receipt)


# Reading


@reader
def relationship(identity_: Identity, keys_: Keys, row: Line) -> Relationship:
    """The scope of three rows, still without the messages that wait. Raises DamagedError."""
    founding = identity_.founding_own, identity_.founding_peer
    refusals = () if row.refusals is None else tuple(Refusal(*each) for each in decode(row.refusals, 1)[0])
    agreements, grants, origins, unaffirmed, beyond_terms = (
        ([], [], [], [], []) if row.proofs is None else decode(row.proofs, 5)
    )
    return Relationship(
        _side(identity_.me),
        _peer(identity_.peer),
        _sealing(founding, keys_, row.sessions),
        Outgoing(row.out_number, row.out_head, row.receipted),
        Incoming(row.in_number, row.in_head, refusals, bool(row.halted)),
        None if row.thread is None else _read_thread(row.thread),
        {key: Agreement(*_ended(value)) for key, value in agreements},
        {key: Grant(*_ended(value)) for key, value in grants},
        dict(origins),
        frozenset(unaffirmed),
        dict(beyond_terms),
        Notices() if row.notices is None else Notices(*decode(row.notices, 2)),
        row.clock,
        bool(row.recovering),
        row.stopped,
        row.closed,
        identity_.recovered,
    )


def _side(data: bytes) -> Side:
    events, seed, public, kind, mailbox, endpoints, nonce, introduction, invitation = decode(data, 9)
    introduced = None if introduction is None else Introduction(tuple(introduction[0]), introduction[1])
    key = SigningKey.stored(seed, public)
    return Side(stored_log(events), key, kind, mailbox, tuple(endpoints), nonce, introduced, invitation)


def _encode_peer(peer: Peer) -> bytes:
    events = [event.data for event in peer.log.events]
    return encode(events, peer.kind, peer.mailbox, peer.endpoints, peer.succession)


def _peer(data: bytes) -> Peer:
    events, kind, mailbox, endpoints, succession = decode(data, 5)
    return Peer(stored_log(events), kind, mailbox, tuple(endpoints), succession)


def _sealing(founding: tuple[bytes, bytes], keys_: Keys, data: bytes) -> Sealing:
    highest, begun, theirs, started, due, moved, peer_start = decode(data, 7)
    offered = None
    if keys_.offered_number is not None and keys_.offered_public is not None:
        offered = KeyOffer(keys_.offered_number, keys_.offered_public)
    return Sealing(
        founding,
        Receiving(
            keys_.number,
            HybridKey.stored(keys_.current_seed, keys_.current_public),
            HybridKey.stored(keys_.spare_seed, keys_.spare_public),
        ),
        offered,
        highest,
        out=None if begun is None else OutSession(FrameKey(*begun[:2]), *begun[2:]),
        sessions=tuple(InSession(FrameKey(*each[:2]), *each[2:]) for each in theirs),
        started=started,
        due=due,
        moved=moved,
        peer_start=peer_start,
    )


def _read_thread(data: bytes) -> Thread:
    id_, machine, opener, state, held, opened, other = decode(data, 7)
    return Thread(id_, machine, opener, state, read_thread_data(held), Seen(tuple(opened), tuple(other)))


def read_thread_data(data: bytes) -> dict[str, Any]:
    """What a thread holds. Raises Violation for bytes that `thread_data` did not write."""
    held: Any = cbor.decode(data, items_max=ITEMS_MAX)
    return dict(held)


def _ended(value: list[Any]) -> list[Any]:
    *plain, entries, ended = value
    return [*plain, tuple(entries), tuple(Ended(*end) for end in ended)]
