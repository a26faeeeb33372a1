"""What a relay is asked on a service line, and what it keeps of a secret (spec 20 §4, §5)."""

from collections.abc import Iterable
from functools import partial
from hashlib import sha256
from typing import Any, Final, NamedTuple

from pcloud.limits import FRAME_BYTES_MAX, PICKUP_BYTES, RELAY_BLOB_BYTES_MAX, VOUCHER_BYTES
from pcloud.wire import labels
from pcloud.wire.services.service import Form, Service
from pcloud.wire.shape import octets, raw, shape, unsigned

DIGEST_BYTES: Final = 32
"""SHA-256."""


class Open(NamedTuple):
    """Take a mailbox: a voucher, its address, and the hash of its pickup token. Gives until when."""

    voucher: bytes
    address: bytes
    pickup_hash: bytes


class Renew(NamedTuple):
    """Keep a mailbox for another lease. Gives until when."""

    voucher: bytes
    pickup: bytes


class Publish(NamedTuple):
    """Serve a sealed invitation under the mailbox, until a time; an empty one takes it away."""

    pickup: bytes
    blob: bytes
    until: int


class Watch(NamedTuple):
    """Give what comes for a mailbox on this line from now on, what waits first. Gives a handle."""

    pickup: bytes


class Taken(NamedTuple):
    """What came under this handle, up to and with this number, is the customer's: it is deleted."""

    handle: int
    number: int


class Close(NamedTuple):
    """End a mailbox, with everything in it."""

    pickup: bytes


class Frame(NamedTuple):
    """Push: one frame, under the handle that the watch gave. Numbers rise by one in each mailbox."""

    handle: int
    number: int
    frame: bytes


def _sized(value: Any, least: int, most: int) -> bytes:
    if not least <= len(raw(value)) <= most:
        raise shape("length")
    return bytes(value)


_positive = partial(unsigned, minimum=1)
_digest = partial(octets, size=DIGEST_BYTES)
_voucher = partial(octets, size=VOUCHER_BYTES)
_pickup = partial(octets, size=PICKUP_BYTES)
_frame = partial(_sized, least=1, most=FRAME_BYTES_MAX)
_blob = partial(_sized, least=0, most=RELAY_BLOB_BYTES_MAX)

RELAY: Final = Service(
    (
        Form(1, Open, (_voucher, _digest, _digest), (_positive,)),
        Form(2, Renew, (_voucher, _pickup), (_positive,)),
        Form(3, Publish, (_pickup, _blob, unsigned)),
        Form(4, Watch, (_pickup,), (_positive,)),
        Form(5, Taken, (_positive, _positive)),
        Form(6, Close, (_pickup,)),
    ),
    (Form(7, Frame, (_positive, _positive, _frame)),),
)
"""Operations 1 to 15 of service lines; spec 20 §5 has their table."""


def address_of(mailbox: bytes) -> bytes:
    """What the relay keeps of a mailbox: who reads it cannot send to one."""
    return sha256(labels.RELAY_ADDRESS + mailbox).digest()


def pickup_hash(pickup: bytes) -> bytes:
    """What the relay keeps of a pickup token."""
    return sha256(labels.RELAY_PICKUP + pickup).digest()


def voucher_hash(voucher: bytes) -> bytes:
    """What the relay keeps of a voucher until it is spent."""
    return sha256(labels.RELAY_VOUCHER + voucher).digest()


def voucher_hashes(vouchers: Iterable[bytes]) -> tuple[bytes, ...]:
    """The same of several."""
    return tuple(map(voucher_hash, vouchers))
