"""Key logs (spec 03 §2): a persona is the chain of its key events, and its id is the id of the first.

An event is a COSE_Sign1 whose payload is the map {1: seq, 2: id of the event before or null, 3: signing key,
4: contact key, 5: commitment or null}. Event 0 is signed by its own signing key; each later one by the key
that the event before committed to, as SHA-256(label ‖ public key), and it names a new signing key. So who
holds the current key cannot rotate: only who can derive the next one from the rotation secret, which no
running node keeps.
"""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from pcloud.errors import Code, UsageError, Violation
from pcloud.limits import INTEGER_MAX, KEY_EVENTS_MAX
from pcloud.wire import cbor, cose, labels
from pcloud.wire.keys import SigningKey, check_hybrid_public, check_public, hkdf

ID_BYTES: Final = 32
COMMITMENT_BYTES: Final = 32

_SEQ, _PREV, _SIGNING, _CONTACT, _COMMITMENT = range(1, 6)


class KeyEvent(NamedTuple):
    """One event. commitment is None for a one-time persona, which ends there; data is the signed object."""

    seq: int
    prev: bytes | None
    signing_key: bytes
    contact_key: bytes
    commitment: bytes | None
    id: bytes
    data: bytes


class KeyLog(NamedTuple):
    """A chain that holds, from event 0 on; made by `read_log`, `first_event` and `next_event`."""

    events: tuple[KeyEvent, ...]

    @property
    def persona(self) -> bytes:
        """The persona id (32 bytes): the id of event 0."""
        return self.events[0].id

    @property
    def current(self) -> KeyEvent:
        """The event whose keys are in force."""
        return self.events[-1]

    @property
    def epoch(self) -> int:
        """The sequence number of the current event, which everything signed names (spec 05 §1)."""
        return self.events[-1].seq


class Relation(StrEnum):
    """How a log that was shown stands to the log that is known."""

    SAME = "same"
    EXTENDS = "extends"
    OUTDATED = "outdated"
    CONFLICT = "conflict"


class Comparison(NamedTuple):
    """The relation and, where it is a conflict, the first event shown that differs: the evidence."""

    relation: Relation
    event: KeyEvent | None


# Making events


def first_event(signing: SigningKey, contact_public: bytes, next_commitment: bytes | None) -> KeyEvent:
    """Found a persona, one-time without a commitment. Raises UsageError for unusable keys."""
    return _make((), signing, signing.public, contact_public, next_commitment)


def next_event(
    log: KeyLog,
    signer: SigningKey,
    signing_public: bytes,
    contact_public: bytes,
    next_commitment: bytes | None,
) -> KeyEvent:
    """Extend `log` with the key it committed to. Raises UsageError where `read_log` would refuse it."""
    return _make(log.events, signer, signing_public, contact_public, next_commitment)


def _make(
    before: tuple[KeyEvent, ...],
    signer: SigningKey,
    signing_public: bytes,
    contact_public: bytes,
    next_commitment: bytes | None,
) -> KeyEvent:
    payload = cbor.encode(
        {
            _SEQ: len(before),
            _PREV: before[-1].id if before else None,
            _SIGNING: signing_public,
            _CONTACT: contact_public,
            _COMMITMENT: next_commitment,
        }
    )
    try:
        event, _ = _read_event(cose.sign1(signer, cose.KEY_EVENT, payload))
        _check_link(before, event, signer.public)
    except Violation as broken:
        raise UsageError(broken) from None
    return event


# Judging events


def read_log(datas: Sequence[bytes]) -> KeyLog:
    """Read and verify a whole chain, oldest first; 60 µs and a little for each event.

    Raises Violation: cbor-*, cose-*, type-mismatch, shape, key-encoding, key-small-order (form);
    log-invalid, bad-signature (authentic).
    """
    if not 0 < len(datas) <= KEY_EVENTS_MAX:
        raise Violation(Code.SHAPE, "number of events")
    events: tuple[KeyEvent, ...] = ()
    for data in datas:
        event, signed = _read_event(data)
        _check_link(events, event, signed.kid)
        cose.verify_sign1(signed, signed.kid)
        events += (event,)
    return KeyLog(events)


def stored_log(datas: Sequence[bytes]) -> KeyLog:
    """The log as one's own store kept it, oldest first; 12 µs for each event.

    Only for bytes that `read_log` or `next_event` once gave and nobody else can have changed: neither keys
    nor links nor signatures are checked again. Raises Violation at stage form.
    """
    return KeyLog(tuple(_parse_event(data)[0] for data in datas))


def compare(known: KeyLog, seen: KeyLog) -> Comparison:
    """Compare two logs that were read. Another persona's log is a conflict at event 0."""
    for mine, shown in zip(known.events, seen.events, strict=False):
        if mine.id != shown.id:
            return Comparison(Relation.CONFLICT, shown)
    if len(known.events) == len(seen.events):
        return Comparison(Relation.SAME, None)
    longer = len(seen.events) > len(known.events)
    return Comparison(Relation.EXTENDS if longer else Relation.OUTDATED, None)


def _read_event(data: bytes) -> tuple[KeyEvent, cose.Signed]:
    """Read one event's form and keys; the link and the signature are the callers' business."""
    event, signed = _parse_event(data)
    check_public(event.signing_key)
    check_hybrid_public(event.contact_key)
    return event, signed


def _parse_event(data: bytes) -> tuple[KeyEvent, cose.Signed]:
    signed = cose.parse_sign1(data, cose.KEY_EVENT)
    fields = cbor.decode_map(signed.payload)
    if fields.keys() != {_SEQ, _PREV, _SIGNING, _CONTACT, _COMMITMENT}:
        raise Violation(Code.SHAPE, "key event fields")
    seq, prev, signing, contact, committed = fields.values()
    if type(seq) is not int or not 0 <= seq < KEY_EVENTS_MAX:
        raise Violation(Code.SHAPE, "key event number")
    if type(signing) is not bytes or type(contact) is not bytes:
        raise Violation(Code.SHAPE, "key event keys")
    links = _digest_or_none(prev), _digest_or_none(committed)
    return KeyEvent(seq, links[0], signing, contact, links[1], signed.id, data), signed


def _digest_or_none(value: cbor.Value) -> bytes | None:
    if value is None:
        return None
    if type(value) is not bytes or len(value) != ID_BYTES:
        raise Violation(Code.SHAPE, "key event digest")
    return value


def _check_link(before: tuple[KeyEvent, ...], event: KeyEvent, kid: bytes) -> None:
    """Check that `event`, signed by `kid`, may follow `before`. Raises Violation(log-invalid)."""
    if event.seq != len(before) or event.prev != (before[-1].id if before else None):
        raise Violation(Code.LOG_INVALID, "number or link")
    if not before:
        if kid != event.signing_key:
            raise Violation(Code.LOG_INVALID, "event 0 is signed by its own key")
        return
    last = before[-1]
    if last.commitment is None:
        raise Violation(Code.LOG_INVALID, "a one-time persona has one event")
    if commitment(kid) != last.commitment:
        raise Violation(Code.LOG_INVALID, "not the committed key")
    # A key that was replaced, perhaps because it was stolen, must not come back.
    if any(event.signing_key == earlier.signing_key for earlier in before):
        raise Violation(Code.LOG_INVALID, "signing key used before")


# Keys that only the rotation secret gives


def commitment(public: bytes) -> bytes:
    """Give the next-key commitment for a public key: SHA-256(label ‖ key), 32 bytes."""
    return sha256(labels.COMMITMENT + public).digest()


def next_key(rotation_secret: bytes, generation: int, index: int) -> SigningKey:
    """Derive a next key: HKDF-SHA256, info = CBOR [label, generation, index]; one generation per recovery."""
    if not (0 <= generation <= INTEGER_MAX and 0 <= index <= INTEGER_MAX):
        raise UsageError(Code.SHAPE, "generation and index count from 0")
    return SigningKey.from_seed(hkdf(rotation_secret, cbor.encode([labels.NEXT_KEY, generation, index])))


def pool(rotation_secret: bytes, generation: int, start: int, count: int) -> tuple[bytes, ...]:
    """Pre-compute the commitments of `count` next keys from index `start`, to be kept without the secret."""
    return tuple(
        commitment(next_key(rotation_secret, generation, index).public)
        for index in range(start, start + count)
    )


def manifest_seed(rotation_secret: bytes) -> bytes:
    """Derive the seed of the X-Wing key that manifests are sealed to (spec 04 §13): info = CBOR [label]."""
    return hkdf(rotation_secret, cbor.encode([labels.MANIFEST_KEY]))
