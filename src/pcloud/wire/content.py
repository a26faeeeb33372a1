"""What a frame seals: a start, an introduction, one signed object and its parts (spec 04 §5)."""

from typing import Any, NamedTuple

from pcloud.errors import Code, UsageError, Violation
from pcloud.limits import CONTENT_BYTES_MAX, KEY_EVENTS_MAX, PARTS_MAX, PROTOCOL_VERSION, SALT_BYTES
from pcloud.wire import cbor, cose, keylog
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import SigningKey
from pcloud.wire.parts import Part
from pcloud.wire.shape import array, epoch, fixed, octets, persona, raw, shape, unsigned, versioned


class Introduction(NamedTuple):
    """Who an unknown sender is: its key log, and the succession that ties it to an invitation."""

    events: tuple[bytes, ...]
    succession: bytes | None


class Succession(NamedTuple):
    """Who follows the persona of an invitation: that persona, its successor, and the peer it holds for."""

    personas: tuple[bytes, bytes, bytes]
    signed: cose.CoSigned


class Content(NamedTuple):
    """The four items of a frame's content, inner encodings still as bytes."""

    start: bytes | None
    introduction: Introduction | None
    signed: bytes | None
    parts: tuple[Part | None, ...]


class Start(NamedTuple):
    """The signed start: who opens which session to whom, with which receiving key."""

    sender: bytes
    recipient: bytes
    sender_epoch: int
    recipient_epoch: int
    session: bytes
    number: int
    key_number: int


def read_parts(value: Any) -> tuple[Part | None, ...]:
    """Read parts. Raises Violation `shape`."""
    return tuple(
        None if item is None else Part(octets(fixed(item, 2)[0], SALT_BYTES), raw(item[1]))
        for item in array(value, 0, PARTS_MAX)
    )


def write_content(content: Content) -> bytes:
    """Write content. Raises UsageError `content-too-large` where no frame could carry it."""
    introduction = _NULL
    if content.introduction is not None:
        introduction = cbor.encode([list(content.introduction.events), content.introduction.succession])
    pieces = [_CONTENT_HEAD, _octets(content.start), introduction, _octets(content.signed)]
    pieces.append(cbor.head(4, len(content.parts)))
    pieces.extend(
        _NULL if part is None else _PART_HEAD + part.salt + _octets(part.data) for part in content.parts
    )
    data = b"".join(pieces)
    if len(data) > CONTENT_BYTES_MAX:
        raise UsageError(Code.CONTENT_TOO_LARGE)
    return data


_NULL = b"\xf6"
_CONTENT_HEAD = cbor.head(4, 4)
_PART_HEAD = cbor.head(4, 2) + cbor.head(2, SALT_BYTES)


def _octets(value: bytes | None) -> bytes:
    return _NULL if value is None else cbor.head(2, len(value)) + value


def read_content(data: bytes) -> Content:
    """Read content. Raises Violation at stages size and form."""
    if len(data) > CONTENT_BYTES_MAX:
        raise Violation(Code.CONTENT_TOO_LARGE)
    return _read_plainly(data) or _read_slowly(data)


def _read_plainly(data: bytes) -> Content | None:
    """Read a message without introduction whose parts are all there, as nearly all are; None for any other.

    It accepts nothing that `_read_slowly` refuses (a property test says so) and takes a third of the time.
    """
    if not data.startswith(_CONTENT_HEAD):
        return None
    try:
        start, at = (None, 2) if data[1] == _NULL_BYTE else cbor.octets_at(data, 1)
        if data[at] != _NULL_BYTE:
            return None
        signed, at = cbor.octets_at(data, at + 1)
        count = data[at] - _ARRAY_HEAD
        if not 0 <= count <= PARTS_MAX:
            return None
        parts = []
        at += 1
        for _ in range(count):
            data_at = at + _PART_HEAD_BYTES + SALT_BYTES
            if not data.startswith(_PART_HEAD, at):
                return None
            value, end = cbor.octets_at(data, data_at)
            parts.append(Part(data[at + _PART_HEAD_BYTES : data_at], value))
            at = end
    except (IndexError, ValueError):
        return None
    return Content(start, None, signed, tuple(parts)) if at == len(data) else None


_PART_HEAD_BYTES = len(_PART_HEAD)
_NULL_BYTE, _ARRAY_HEAD = 0xF6, 0x80


def _read_slowly(data: bytes) -> Content:
    """Read by the general decoder, which defines what is accepted."""
    start, introduction, signed, parts = fixed(cbor.decode_list(data), 4)
    if start is None and signed is None:
        raise shape("empty content")
    if parts and signed is None:
        raise shape("parts without header")
    return Content(
        None if start is None else raw(start),
        None if introduction is None else _read_introduction(introduction),
        None if signed is None else raw(signed),
        read_parts(parts),
    )


def _read_introduction(value: Any) -> Introduction:
    events, succession = fixed(value, 2)
    return Introduction(
        tuple(raw(event) for event in array(events, 1, KEY_EVENTS_MAX)),
        None if succession is None else raw(succession),
    )


def sign_start(key: SigningKey, start: Start) -> bytes:
    """Sign a start; the same bytes travel with every frame that carries its start block."""
    return cose.sign1(key, cose.START, cbor.encode([PROTOCOL_VERSION, *start]))


def read_start(payload: bytes) -> Start:
    """Read the payload of a signed start. Raises Violation `shape`."""
    values: list[Any] = versioned(cbor.decode_list(payload), 8)
    return Start(
        persona(values[1]),
        persona(values[2]),
        epoch(values[3]),
        epoch(values[4]),
        octets(values[5], 16),
        unsigned(values[6], 1),
        unsigned(values[7]),
    )


def make_succession(
    invitation: SigningKey, successor: SigningKey, personas: tuple[bytes, bytes, bytes]
) -> bytes:
    """Tie an invitation persona to its successor, for one peer; both sign (spec 07 §4)."""
    payload = cbor.encode([PROTOCOL_VERSION, *personas])
    first, second = (cose.sign_part(key, cose.SUCCESSION, payload) for key in (invitation, successor))
    return cose.assemble(cose.SUCCESSION, payload, (invitation.public, first), (successor.public, second))


def read_introduced(introduction: Introduction, *, known: bytes, known_key: bytes, peer: bytes) -> KeyLog:
    """The key log of a sender that introduces itself to `peer`.

    `known` is the persona the peer knows, an invitation's, with its signing key: a sender of another id
    proves to be its successor. Raises Violation `log-invalid`, `wrong-party`, `bad-signature` and others.
    """
    log = keylog.read_log(introduction.events)
    if log.persona == known:
        return log
    if introduction.succession is None:
        raise Violation(Code.WRONG_PARTY)
    succession = read_succession(introduction.succession)
    verify_succession(succession, (known, log.persona, peer), (known_key, log.events[0].signing_key))
    return log


def read_succession(data: bytes) -> Succession:
    """Read a succession, not verified. Raises Violation at stage form."""
    signed = cose.parse_sign2(data, cose.SUCCESSION)
    values: list[Any] = versioned(cbor.decode_list(signed.payload), 4)
    invitation, successor, peer = map(persona, values[1:])
    return Succession((invitation, successor, peer), signed)


def verify_succession(
    succession: Succession, personas: tuple[bytes, bytes, bytes], publics: tuple[bytes, bytes]
) -> None:
    """Check whom it ties, and both signatures. Raises Violation: wrong-party, key-mismatch, bad-signature."""
    if succession.personas != personas:
        raise Violation(Code.WRONG_PARTY)
    cose.verify_sign2(succession.signed, publics)
