"""What a persona publishes: a signed map that carries the key log it is verified by (spec 07 §1, §8)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pcloud.limits import KEY_EVENTS_MAX, PROTOCOL_VERSION, TERMS_ID_BYTES_MAX, TERMS_LISTED_MAX
from pcloud.wire import cbor, cose, keylog
from pcloud.wire.cose import Signed
from pcloud.wire.keylog import KeyLog
from pcloud.wire.keys import SigningKey
from pcloud.wire.shape import array, raw, shape, text, version

KINDS = ("person", "organisation")
_VERSION, _LOG = 1, 2


class Published(NamedTuple):
    """A map as read, with all required and none but known keys; nothing is verified yet."""

    value: Mapping[int, Any]
    signed: Signed

    def verified_log(self) -> KeyLog:
        """Read the log inside, and verify the map by it. The caller reads the other fields first (ERR-1).

        Raises Violation at stages form and authentic.
        """
        log = keylog.read_log(self.events())
        cose.verify_sign1(self.signed, log.current.signing_key)
        return log

    def stored_log(self) -> KeyLog:
        """The log inside what one's own store kept, and verified before. Raises Violation at stage form."""
        return keylog.stored_log(self.events())

    def events(self) -> list[bytes]:
        """The events of the log as they stand there, not verified. Raises Violation `shape`."""
        return [raw(event) for event in array(self.value[_LOG], 1, KEY_EVENTS_MAX)]


def sign_published(key: SigningKey, typ: str, fields: Mapping[int, Any]) -> bytes:
    """Sign a payload map; the version is added."""
    return cose.sign1(key, typ, cbor.encode({_VERSION: PROTOCOL_VERSION, **fields}))


def read_published(data: bytes, typ: str, required: frozenset[int], known: frozenset[int]) -> Published:
    """Read a map with all the required and none but the known keys. Raises Violation at stage form."""
    signed = cose.parse_sign1(data, typ)
    value: dict[Any, Any] = cbor.decode_map(signed.payload)
    version(value.get(_VERSION, PROTOCOL_VERSION))
    if not required <= value.keys() <= known or None in value.values():
        raise shape("keys of the map")
    return Published(value, signed)


def read_kind(value: Any) -> str:
    """Person or organisation."""
    if type(value) is not str or value not in KINDS:
        raise shape("kind")
    return value


def read_terms(value: Any) -> tuple[str, ...]:
    """Ids of the terms a party accepts when they are proffered to it."""
    return tuple(text(item, TERMS_ID_BYTES_MAX) for item in array(value, 0, TERMS_LISTED_MAX))


def optional_text(value: Any, bytes_max: int) -> str | None:
    """Text, or None where the key is absent."""
    return None if value is None else text(value, bytes_max)
