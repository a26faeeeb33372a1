"""Rows as deterministic CBOR, and back: an array that begins with the kind of the row (spec 21 §3)."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, assert_never

from pcloud.engine.archive.rows import (
    SCOPE_BYTES,
    End,
    Fork,
    Former,
    InScope,
    Judged,
    Kept,
    Lines,
    Marked,
    Met,
    Mine,
    Node,
    Own,
    Proofs,
    Row,
    Said,
    Timed,
)
from pcloud.engine.snapshot import Entry, Peer
from pcloud.limits import (
    ARCHIVE_IDS_MAX,
    ARCHIVE_MAILBOXES_MAX,
    CODE_BYTES_MAX,
    ENDPOINT_BYTES_MAX,
    ENDPOINTS_MAX,
    KEY_EVENTS_MAX,
    MAILBOX_BYTES,
    NAME_BYTES_MAX,
    PURPOSE_BYTES_MAX,
    ROLE_BYTES_MAX,
    TITLE_BYTES_MAX,
)
from pcloud.wire import cbor, cose
from pcloud.wire.content import read_parts
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.keylog import read_log
from pcloud.wire.keys import SEED_BYTES
from pcloud.wire.published import read_kind
from pcloud.wire.shape import (
    array,
    fixed,
    flag,
    octets,
    optional_id,
    persona,
    raw,
    shape,
    text,
    unsigned,
)

_NODE, _OWN, _KEPT, _MARKED, _SAID, _FORMER, _JUDGED, _FORK, _TIMED, _END = range(10)
"""Kinds of rows, the first element of each."""

KEY_BYTES_MAX: Final = 128
"""A name of something that a node keeps for itself, and the key of a timer."""


# Writing


def encode(row: Row | End) -> bytes:
    """A row as bytes."""
    return cbor.encode(_fields(row))


def _fields(row: Row | End) -> list[Any]:
    match row:
        case Node():
            return [_NODE, *row]
        case Own():
            return [_OWN, *row]
        case Kept():
            return [_KEPT, row.scope, *_kept_fields(row)]
        case Marked():
            return [_MARKED, row.scope, list(row.ids)]
        case Said():
            entry = row.entry
            parts = [None if part is None else list(part) for part in entry.parts]
            return [_SAID, row.scope, *_entry_fields(entry), parts]
        case Former():
            return [_FORMER, row.scope, *_entry_fields(row.entry)]
        case Judged():
            return [_JUDGED, row.scope, row.first_id, str(row.verdict)]
        case Fork():
            return [_FORK, row.scope, row.signed.data]
        case Timed():
            return [_TIMED, *row]
        case End():
            return [_END, *row]
        case _ as never:
            assert_never(never)


def _entry_fields(entry: Entry) -> list[Any]:
    verdict = None if entry.verdict is None else str(entry.verdict)
    return [entry.mine, entry.signed.data, verdict, entry.first_signer]


def _kept_fields(row: Kept) -> list[Any]:
    me, peer = row.me, row.peer
    return [
        list(row.met),
        [
            me.founding,
            [event.data for event in me.log.events],
            me.kind,
            list(me.mailboxes),
            list(me.endpoints),
            me.nonce,
            list(me.contact_seeds),
        ],
        [
            row.peer_founding,
            [event.data for event in peer.log.events],
            peer.kind,
            peer.mailbox,
            list(peer.endpoints),
        ],
        list(row.proofs),
        list(row.lines),
        row.clock,
        row.closed,
    ]


# Reading


class Formed(NamedTuple):
    """A row that is right by itself. What its byte strings hold is an inner layer, read last (ERR-3)."""

    kind: type[Row | End]
    scope: bytes | None
    """The relationship that it names."""
    read: Callable[[], Row | End]
    """Gives the row, key logs verified. Raises Violation at stages form and authentic."""


def decode(data: bytes) -> Formed:
    """Read a row as far as its own elements. Raises Violation at stage form."""
    values = cbor.decode_list(data)
    kind = values[0] if values else None
    if type(kind) is not int or not 0 <= kind < len(_READERS):
        raise shape("kind of a row")
    size, read = _READERS[kind]
    return read(*fixed(values, size)[1:])


def _whole(row: Row | End) -> Formed:
    """A row without anything inside."""
    return Formed(type(row), row.scope if isinstance(row, InScope) else None, lambda: row)


def _node(name: Any, kind: Any, created: Any) -> Formed:
    return _whole(Node(text(name, TITLE_BYTES_MAX), read_kind(kind), unsigned(created)))


def _own(key: Any, value: Any) -> Formed:
    return _whole(Own(text(key, KEY_BYTES_MAX), None if value is None else raw(value)))


def _kept(*values: Any) -> Formed:
    scope, met, mine, theirs, signed, lines, clock, closed = values
    proofs = Proofs(*(None if item is None else raw(item) for item in fixed(signed, 3)))
    place, own, other = octets(scope, SCOPE_BYTES), _mine(mine), _peer(theirs)
    rest = proofs, _lines(lines), unsigned(clock), unsigned(closed)
    known = _met(met)

    def read() -> Kept:
        me, (founding, peer) = own(), other()
        if founding != peer.log.persona:
            peer = peer._replace(succession=proofs.succession)
        return Kept(place, known, me, peer, founding, *rest)

    return Formed(Kept, place, read)


def _met(value: Any) -> Met:
    asked, state, name, purpose, kind, role, invitation, created, heard = fixed(value, 9)
    return Met(
        flag(asked),
        text(state, CODE_BYTES_MAX),
        _optional_text(name, TITLE_BYTES_MAX),
        "" if purpose == "" else text(purpose, PURPOSE_BYTES_MAX),
        read_kind(kind),
        _optional_text(role, ROLE_BYTES_MAX),
        persona(invitation),
        unsigned(created),
        unsigned(heard),
    )


def _mine(value: Any) -> Callable[[], Mine]:
    founding, log, kind, mailboxes, endpoints, nonce, seeds = fixed(value, 7)
    who, events = persona(founding), _events(log)
    rest = (
        read_kind(kind),
        tuple(octets(item, MAILBOX_BYTES) for item in array(mailboxes, 1, ARCHIVE_MAILBOXES_MAX)),
        _endpoints(endpoints),
        octets(nonce, SEED_BYTES),
        tuple(octets(seed, SEED_BYTES) for seed in array(seeds, 1, KEY_EVENTS_MAX)),
    )
    return lambda: Mine(who, read_log(events), *rest)


def _peer(value: Any) -> Callable[[], tuple[bytes, Peer]]:
    """The founding persona of the peer, and the peer."""
    founding, log, kind, mailbox, endpoints = fixed(value, 5)
    who, events = persona(founding), _events(log)
    rest = read_kind(kind), octets(mailbox, MAILBOX_BYTES), _endpoints(endpoints)
    return lambda: (who, Peer(read_log(events), *rest))


def _lines(value: Any) -> Lines:
    out_number, out_head, receipted, in_number, in_head = fixed(value, 5)
    return Lines(
        unsigned(out_number), persona(out_head), unsigned(receipted), unsigned(in_number), persona(in_head)
    )


def _events(value: Any) -> list[bytes]:
    return [raw(event) for event in array(value, 1, KEY_EVENTS_MAX)]


def _endpoints(value: Any) -> tuple[str, ...]:
    """Up to three; none of a node that had no place where it is reached."""
    return tuple(text(item, ENDPOINT_BYTES_MAX) for item in array(value, 0, ENDPOINTS_MAX))


def _optional_text(value: Any, bytes_max: int) -> str | None:
    return None if value is None else text(value, bytes_max)


def _marked(scope: Any, ids: Any) -> Formed:
    place = octets(scope, SCOPE_BYTES)
    return _whole(Marked(place, tuple(persona(id_) for id_ in array(ids, 1, ARCHIVE_IDS_MAX))))


def _said(scope: Any, *values: Any) -> Formed:
    *head, held = values
    place, entry, parts = octets(scope, SCOPE_BYTES), _entry(*head), read_parts(held)
    return Formed(Said, place, lambda: Said(place, entry()._replace(parts=parts)))


def _former(scope: Any, *values: Any) -> Formed:
    place, entry = octets(scope, SCOPE_BYTES), _entry(*values)

    def read() -> Former:
        bare = entry()
        return Former(place, bare._replace(parts=(None,) * len(bare.signed.header.digests)))

    return Formed(Former, place, read)


def _entry(mine: Any, signed: Any, verdict: Any, first_signer: Any) -> Callable[[], Entry]:
    """Who said it and how it was judged; the header is read later, its parts are not here."""
    data, said = raw(signed), None if verdict is None else text(verdict, CODE_BYTES_MAX)
    side, signer = flag(mine), optional_id(first_signer)
    return lambda: Entry(_signed(data), (), said, side, signer)


def _signed(data: bytes) -> SignedHeader:
    """A signed header, not verified: `verify` knows by which key."""
    signed = cose.parse_sign1(data, cose.HEADER)
    return SignedHeader(read_header(signed.payload), signed.id, signed.kid, data)


def _judged(scope: Any, first_id: Any, verdict: Any) -> Formed:
    return _whole(Judged(octets(scope, SCOPE_BYTES), persona(first_id), text(verdict, CODE_BYTES_MAX)))


def _fork(scope: Any, signed: Any) -> Formed:
    place, data = octets(scope, SCOPE_BYTES), raw(signed)
    return Formed(Fork, place, lambda: Fork(place, _signed(data)))


def _timed(scope: Any, command: Any, key: Any, at: Any) -> Formed:
    if len(raw(key)) > KEY_BYTES_MAX:
        raise shape("key of a timer")
    return _whole(Timed(octets(scope, SCOPE_BYTES), text(command, NAME_BYTES_MAX), key, unsigned(at)))


def _end(upto: Any, rows: Any) -> Formed:
    return _whole(End(unsigned(upto), unsigned(rows)))


_READERS: Final[tuple[tuple[int, Callable[..., Formed]], ...]] = (
    (4, _node),
    (3, _own),
    (9, _kept),
    (3, _marked),
    (7, _said),
    (6, _former),
    (4, _judged),
    (3, _fork),
    (5, _timed),
    (3, _end),
)
"""Elements of each kind of row, with its kind, and who reads them."""
