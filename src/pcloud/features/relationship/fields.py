"""Fields that several messages of a relationship share."""

from collections.abc import Sequence
from typing import Any

from pcloud.errors import Violation
from pcloud.kernel.message import Kind, octets, record, refuse, several, text, unsigned
from pcloud.limits import DISPLAY_NAME_BYTES_MAX, ENDPOINT_BYTES_MAX, ENDPOINTS_MAX, MAILBOX_BYTES
from pcloud.wire import cbor
from pcloud.wire.answers import KeyOffer
from pcloud.wire.keys import check_hybrid_public
from pcloud.wire.parts import Part


def _read_public(value: Any) -> bytes:
    if type(value) is not bytes:
        raise refuse("key")
    try:
        check_hybrid_public(value)
    except Violation as violation:
        raise refuse(str(violation.code)) from violation
    return value


KEY = record(KeyOffer, unsigned(1), Kind(_read_public))
"""The announcement of a receiving key: its number, and the X-Wing public key."""


def _read_first(value: Any) -> KeyOffer:
    offer: KeyOffer = KEY.read(value)
    if offer.number != 1:
        raise refuse("first key")
    return offer


FIRST_KEY = Kind(_read_first, KEY.write)
"""As KEY, in a request: nothing was announced before it."""

MAILBOX = octets(MAILBOX_BYTES)
ENDPOINTS = several(text(ENDPOINT_BYTES_MAX), 1, ENDPOINTS_MAX)
ID = octets(32)
NONCE = octets(32)
KIND = text(16, choices=("person", "organisation"))


def read_name(parts: Sequence[Part | None]) -> str | None:
    """The display name among the parts of a request or an accept; None where it is none (spec 07 §3)."""
    item = parts[1] if len(parts) > 1 else None
    if item is None:
        return None
    try:
        name = cbor.decode(item.data)
    except Violation:
        return None
    return name if isinstance(name, str) and 0 < len(name.encode()) <= DISPLAY_NAME_BYTES_MAX else None
