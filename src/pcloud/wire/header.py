"""The signed header of a message: a positional array of sixteen (spec 05 §1)."""

import hashlib
from functools import cache
from typing import Any, NamedTuple

from pcloud.limits import KEY_EVENTS_MAX, NAME_BYTES_MAX, PARTS_MAX, PROTOCOL_VERSION
from pcloud.wire import cbor, cose
from pcloud.wire.keys import SigningKey
from pcloud.wire.shape import fixed, persona, shape, unsigned, versioned

_ID_BYTES = 32
_LENGTH = 16


class First(NamedTuple):
    """How a reissued message was first sent: its id, its rank, and what its sender knew (spec 06 §4)."""

    id: bytes
    generation: int
    number: int
    highest: int


class Header(NamedTuple):
    """What the sender signs of a message; field for field the array on the wire, without the version."""

    sender: bytes
    recipient: bytes
    sender_epoch: int
    recipient_epoch: int
    name: str
    number: int
    prev: bytes
    thread: bytes | None
    time: int
    expiry: int | None
    highest: int
    highest_id: bytes | None
    agreement: bytes | None
    digests: tuple[bytes, ...]
    first: "First | None" = None

    @property
    def generation(self) -> int:
        """Sum of both epochs: grows with every recovery of either side."""
        return self.sender_epoch + self.recipient_epoch


class SignedHeader(NamedTuple):
    """A header with its exact signed bytes and its id (hash of the Sig_structure)."""

    header: Header
    id: bytes
    signer: bytes
    data: bytes

    @property
    def first_id(self) -> bytes:
        """The id under which the message was first sent; a reissue keeps it (spec 06 §4)."""
        return self.id if self.header.first is None else self.header.first.id

    @property
    def rank(self) -> tuple[int, int]:
        """Its place among its sender's messages; a reissue keeps the first (spec 05 §10)."""
        first, header = self.header.first, self.header
        return (header.generation, header.number) if first is None else (first.generation, first.number)

    @property
    def knew(self) -> tuple[int, int]:
        """The rank of the last message of the other side that its sender had judged."""
        first, header = self.header.first, self.header
        return (header.generation, header.highest) if first is None else (first.generation, first.highest)

    @property
    def thread_id(self) -> bytes:
        """The thread it belongs to; an opening message names its thread by its own first id."""
        return self.header.thread or self.first_id

    def is_again(self, newer: "SignedHeader") -> bool:
        """Whether `newer` is this message sent again: changed in nothing but its place (spec 06 §4)."""
        new = newer.header
        kept = self.header._replace(
            recipient=new.recipient,
            sender_epoch=new.sender_epoch,
            recipient_epoch=new.recipient_epoch,
            number=new.number,
            prev=new.prev,
            highest=new.highest,
            highest_id=new.highest_id,
            first=new.first,
        )
        origins = (self.first_id, self.rank, self.knew), (newer.first_id, newer.rank, newer.knew)
        return kept == new and origins[0] == origins[1]


def sign_header(key: SigningKey, header: Header) -> SignedHeader:
    """Sign; the result carries the bytes that travel."""
    data, id_ = cose.sign1_with_id(key, cose.HEADER, _write(header))
    return SignedHeader(header, id_, key.public, data)


def _write(header: Header) -> bytes:
    """The payload. Written piece by piece: the general encoder takes as long as the signature."""
    h = header
    last = b"\xf6" if h.first is None else cbor.encode(list(h.first))
    return b"".join(
        (
            _PREFIX,
            h.sender,
            _ID_HEAD,
            h.recipient,
            _uint(h.sender_epoch),
            _uint(h.recipient_epoch),
            _name(h.name),
            _uint(h.number),
            _ID_HEAD,
            h.prev,
            _id(h.thread),
            _uint(h.time),
            b"\xf6" if h.expiry is None else _uint(h.expiry),
            _uint(h.highest),
            _id(h.highest_id),
            _id(h.agreement),
            _digests(h.digests),
            last,
        )
    )


_ID_HEAD = cbor.head(2, _ID_BYTES)
_PREFIX = cbor.head(4, _LENGTH) + bytes([PROTOCOL_VERSION]) + _ID_HEAD


def _uint(value: int) -> bytes:
    return _TINY_HEADS[value] if value <= _TINY else cbor.head(0, value)


@cache  # own names only, and those are few
def _name(name: str) -> bytes:
    return cbor.encode(name)


def _digests(digests: tuple[bytes, ...]) -> bytes:
    return _ID_HEAD.join((cbor.head(4, len(digests)), *digests))


def _id(value: bytes | None) -> bytes:
    return b"\xf6" if value is None else _ID_HEAD + value


def read_header(payload: bytes) -> Header:
    """Read a payload whose signature the caller checks. Raises Violation at stage form."""
    return _read_plainly(payload) or _read_slowly(payload)


def _read_plainly(payload: bytes) -> Header | None:
    """Read a header whose numbers are small, as nearly all are, field by field; None for any other.

    It accepts nothing that `_read_slowly` refuses (a property test says so) and takes a third of the time.
    """
    try:
        if not payload.startswith(_PREFIX) or payload[36:38] != _ID_HEAD:
            return None
        sender_epoch, recipient_epoch, named = payload[70], payload[71], payload[72] - 0x60
        at = 73 + named
        number = payload[at]
        if max(sender_epoch, recipient_epoch, named) > _TINY or min(named, number) < 1:
            return None
        number, at = _small(payload, at)
        if payload[at : at + 2] != _ID_HEAD:
            return None
        prev, at = payload[at + 2 : at + 34], at + 34
        thread, at = _maybe_id(payload, at)
        time, at = _small(payload, at)
        expiry, at = (None, at + 1) if payload[at] == _NULL else _small(payload, at)
        highest, at = _small(payload, at)
        highest_id, at = _maybe_id(payload, at)
        agreement, at = _maybe_id(payload, at)
        count = payload[at] - 0x80
        places = range(at + 1, at + 1 + 34 * count, 34)
        if not 1 <= count <= _TINY or payload[places.stop :] != b"\xf6":
            return None
        if (highest == 0) is not (highest_id is None):
            return None
        if [payload[i : i + 2] for i in places] != [_ID_HEAD] * count:
            return None
        digests = tuple([payload[i + 2 : i + 34] for i in places])
        name = payload[73 : 73 + named].decode()
    except (LookupError, ValueError):
        return None
    return Header(
        payload[4:36],
        payload[38:70],
        sender_epoch,
        recipient_epoch,
        name,
        number,
        prev,
        thread,
        time,
        expiry,
        highest,
        highest_id,
        agreement,
        digests,
    )


_TINY_HEADS = tuple(bytes([number]) for number in range(24))
_TINY = 23
"""The largest number, or count, that stands in its head."""
_NULL = 0xF6


def _small(payload: bytes, at: int) -> tuple[int, int]:
    """A number of up to four bytes in its shortest form, and where it ends. Raises ValueError for others."""
    first = payload[at]
    if first <= _TINY:
        return first, at + 1
    size = _SIZES[first]
    end = at + 1 + size
    number = int.from_bytes(payload[at + 1 : end], "big")
    if number < _LEAST[size] or end > len(payload):
        raise ValueError(first)
    return number, end


_SIZES = {0x18: 1, 0x19: 2, 0x1A: 4}
_LEAST = {1: 24, 2: 2**8, 4: 2**16}


def _maybe_id(payload: bytes, at: int) -> tuple[bytes | None, int]:
    """An id or null, and where it ends. Raises ValueError for others."""
    if payload[at] == _NULL:
        return None, at + 1
    if payload[at : at + 2] != _ID_HEAD or at + 34 > len(payload):
        raise ValueError(at)
    return payload[at + 2 : at + 34], at + 34


def _read_slowly(payload: bytes) -> Header:
    """Read by the general decoder, which defines what is accepted."""
    values: list[Any] = versioned(cbor.decode_list(payload), _LENGTH)
    _check_types(values)
    _, *fields = values
    digests = values[14]
    if not 0 < len(digests) <= PARTS_MAX:
        raise shape("digests")
    for digest in digests:
        if type(digest) is not bytes or len(digest) != _ID_BYTES:
            raise shape("digest")
    if (values[11] == 0) is not (values[12] is None):
        raise shape("highest received")
    if values[3] >= KEY_EVENTS_MAX or values[4] >= KEY_EVENTS_MAX:
        raise shape("epoch")
    if values[6] == 0 or not 0 < len(values[5].encode()) <= NAME_BYTES_MAX:
        raise shape("number or name")
    fields[13] = tuple(digests)
    if values[15] is not None:
        id_, generation, number, highest = fixed(values[15], 4)
        if unsigned(generation) > 2 * (KEY_EVENTS_MAX - 1):
            raise shape("generation")
        fields[14] = First(persona(id_), generation, unsigned(number, 1), unsigned(highest))
    return Header(*fields)


_ID, _ID_OR_NULL, _UINT, _UINT_OR_NULL, _TEXT, _LIST = range(6)
_KINDS = (
    _UINT, _ID, _ID, _UINT, _UINT, _TEXT, _UINT, _ID, _ID_OR_NULL,
    _UINT, _UINT_OR_NULL, _UINT, _ID_OR_NULL, _ID_OR_NULL, _LIST,
)  # fmt: skip


def _check_types(values: list[Any]) -> None:
    for value, kind in zip(values, _KINDS, strict=False):
        if kind <= _ID_OR_NULL:
            if type(value) is bytes:
                if len(value) == _ID_BYTES:
                    continue
            elif kind == _ID_OR_NULL and value is None:
                continue
        elif kind <= _UINT_OR_NULL:
            if type(value) is int:
                if value >= 0:
                    continue
            elif kind == _UINT_OR_NULL and value is None:
                continue
        elif type(value) is (str if kind == _TEXT else list):
            continue
        raise shape("header field")


def genesis(sender_event: bytes, recipient_event: bytes) -> bytes:
    """`prev` of the first message of a line, from the current key-event ids of both sides (spec 05 §4)."""
    return hashlib.sha256(sender_event + recipient_event).digest()
