"""What a holder is asked on a service line, and what it keeps of a secret (spec 22 §2, §5)."""

from collections.abc import Callable
from functools import partial
from hashlib import sha256
from itertools import pairwise
from typing import Any, Final, NamedTuple

from pcloud.limits import (
    CUSTODY_CHUNK_BYTES_MAX,
    CUSTODY_LISTED_MAX,
    CUSTODY_TOKEN_BYTES,
    LOCATOR_BYTES,
    LOCATORS,
)
from pcloud.wire import cbor, labels
from pcloud.wire.keys import hkdf
from pcloud.wire.services.service import Form, Service
from pcloud.wire.shape import array, fixed, octets, raw, shape, unsigned

DIGEST_BYTES: Final = 32
"""SHA-256, of a volume or of a proof; a nonce is as long."""
FULL: Final = 0
INCREMENT: Final = 1
"""Kinds of volumes."""


class Begin(NamedTuple):
    """Put a volume. Gives how many bytes of it are here."""

    token: bytes
    kind: int
    size: int
    digest: bytes


class Chunk(NamedTuple):
    """The next bytes of a volume that was begun. Gives how many are here."""

    token: bytes
    digest: bytes
    offset: int
    data: bytes


class Finish(NamedTuple):
    """Keep a volume of which all bytes are here."""

    token: bytes
    digest: bytes


class List(NamedTuple):
    """Which volumes are kept, in the order in which they came. Gives rows."""

    locator: bytes
    after: int


class Fetch(NamedTuple):
    """The bytes of a volume from an offset on; empty at its end."""

    locator: bytes
    digest: bytes
    offset: int


class Challenge(NamedTuple):
    """Show that a volume is there. Gives the proof."""

    token: bytes
    digest: bytes
    nonce: bytes


class Kept(NamedTuple):
    """One row of a list: the place counts all volumes of an address from 1."""

    place: int
    kind: int
    size: int
    digest: bytes
    came: int
    """By the holder's clock: seconds since 1970 UTC."""


def _kind(value: Any) -> int:
    if unsigned(value) > INCREMENT:
        raise shape("kind of a volume")
    return int(value)


def _data(value: Any, least: int) -> bytes:
    if not least <= len(raw(value)) <= CUSTODY_CHUNK_BYTES_MAX:
        raise shape("chunk")
    return bytes(value)


_positive = partial(unsigned, minimum=1)
_token = partial(octets, size=CUSTODY_TOKEN_BYTES)
_locator = partial(octets, size=LOCATOR_BYTES)
_digest = partial(octets, size=DIGEST_BYTES)


def _rows(value: Any) -> tuple[Kept, ...]:
    """Places rise, so that a list comes to its end."""
    reads: tuple[Callable[[Any], Any], ...] = (_positive, _kind, _positive, _digest, unsigned)
    rows = []
    for item in array(value, 0, CUSTODY_LISTED_MAX):
        fields = fixed(item, len(reads))
        rows.append(Kept(*(read(field) for read, field in zip(reads, fields, strict=True))))
    if any(row.place >= following.place for row, following in pairwise(rows)):
        raise shape("order of places")
    return tuple(rows)


CUSTODY: Final = Service(
    (
        Form(16, Begin, (_token, _kind, _positive, _digest), (unsigned,)),
        Form(17, Chunk, (_token, _digest, unsigned, partial(_data, least=1)), (unsigned,)),
        Form(18, Finish, (_token, _digest)),
        Form(19, List, (_locator, unsigned), (_rows,)),
        Form(20, Fetch, (_locator, _digest, unsigned), (partial(_data, least=0),)),
        Form(21, Challenge, (_token, _digest, _digest), (_digest,)),
    )
)
"""Operations 16 to 31 of service lines; spec 22 §5 has their table."""

# Secrets, and what is kept of them


def locator(rotation_secret: bytes, index: int) -> bytes:
    """One of the 16 locators of the words."""
    assert 0 <= index < LOCATORS
    return hkdf(rotation_secret, cbor.encode([labels.LOCATOR, index]))


def address_of(locator_: bytes) -> bytes:
    """What a holder keeps of a locator: who reads it cannot fetch by it."""
    return sha256(labels.LOCATOR_ADDRESS + locator_).digest()


def addresses(rotation_secret: bytes) -> tuple[bytes, ...]:
    """The addresses of all locators: what a node keeps of them while it has the words."""
    return tuple(address_of(locator(rotation_secret, index)) for index in range(LOCATORS))


def token_hash(token: bytes) -> bytes:
    """What a holder keeps of a put token."""
    return sha256(labels.CUSTODY_TOKEN + token).digest()


def proof_prefix(nonce: bytes) -> bytes:
    """What stands in front of a volume in the hash that proves it."""
    return labels.CUSTODY_PROOF + nonce
