"""The co-signed record of an agreement as somebody reads it who holds nothing else (spec 08 §4)."""

from typing import Any, NamedTuple

from pcloud.limits import PROTOCOL_VERSION, TERMS_ID_BYTES_MAX
from pcloud.wire import cbor, cose
from pcloud.wire.shape import persona, shape, text, unsigned, version

_REQUIRED = frozenset(range(1, 10))
_UNTIL, _REPLACES = 10, 11
_KNOWN = _REQUIRED | {_UNTIL, _REPLACES}


class Record(NamedTuple):
    """What two parties signed; times in seconds since 1970 UTC."""

    id: bytes
    roster: bytes
    terms: str
    text_hash: bytes
    machine_hash: bytes
    first: bytes
    second: bytes
    proffer: bytes
    seal_by: int
    until: int | None
    replaces: bytes | None


def read_record(data: bytes, publics: tuple[bytes, bytes]) -> Record:
    """Read and verify a record against the signing keys of the first and the second party.

    Raises Violation: cbor-*, cose-*, type-mismatch, shape, version-unknown (form); key-mismatch,
    bad-signature (authentic).
    """
    signed = cose.parse_sign2(data, cose.AGREEMENT)
    value: dict[Any, Any] = cbor.decode_map(signed.payload)
    version(value.get(1, PROTOCOL_VERSION))
    if not _REQUIRED <= value.keys() <= _KNOWN:
        raise shape("agreement keys")
    record = Record(
        id=signed.id,
        roster=persona(value[2]),
        terms=text(value[3], TERMS_ID_BYTES_MAX),
        text_hash=persona(value[4]),
        machine_hash=persona(value[5]),
        first=persona(value[6]),
        second=persona(value[7]),
        proffer=persona(value[8]),
        seal_by=unsigned(value[9]),
        until=unsigned(value[_UNTIL]) if _UNTIL in value else None,
        replaces=persona(value[_REPLACES]) if _REPLACES in value else None,
    )
    cose.verify_sign2(signed, publics)
    return record
