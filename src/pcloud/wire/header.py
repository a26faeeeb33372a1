"""The signed header of a message: a positional array of sixteen (spec 05 §1)."""

import hashlib
from typing import Any, NamedTuple

from pcloud.limits import NAME_BYTES_MAX, PARTS_MAX, PROTOCOL_VERSION
from pcloud.wire import cbor, cose
from pcloud.wire.keys import SigningKey
from pcloud.wire.shape import fixed, persona, shape, unsigned, versioned

_ID_BYTES = 32
_LENGTH = 16


class First(NamedTuple):
    """Where a reissued message was first sent: its id, and its place (spec 06 §4)."""

    id: bytes
    generation: int
    number: int


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
    def position(self) -> tuple[int, int]:
        """Its place among its sender's messages; a reissue keeps the first (spec 05 §10)."""
        first, header = self.header.first, self.header
        return (header.generation, header.number) if first is None else (first.generation, first.number)

    @property
    def thread_id(self) -> bytes:
        """The thread it belongs to; an opening message names its thread by its own first id."""
        return self.header.thread or self.first_id


def sign_header(key: SigningKey, header: Header) -> SignedHeader:
    """Sign; the result carries the bytes that travel."""
    values: list[Any] = [PROTOCOL_VERSION, *header]
    values[14] = list(header.digests)
    if header.first is not None:
        values[15] = list(header.first)
    data = cose.sign1(key, cose.HEADER, cbor.encode(values))
    return SignedHeader(header, cose.parse_sign1(data, cose.HEADER).id, key.public, data)


def read_header(payload: bytes) -> Header:
    """Read a payload whose signature the caller checks. Raises Violation at stage form."""
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
    if values[6] == 0 or not 0 < len(values[5].encode()) <= NAME_BYTES_MAX:
        raise shape("number or name")
    fields[13] = tuple(digests)
    if values[15] is not None:
        id_, generation, number = fixed(values[15], 3)
        fields[14] = First(persona(id_), unsigned(generation), unsigned(number, 1))
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
