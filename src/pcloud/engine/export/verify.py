"""Verify an export offline, by nothing but its own bytes (spec 19 §4)."""

from collections.abc import Iterable
from types import MappingProxyType

from pcloud.engine.export.reading import Reading
from pcloud.engine.export.report import Report
from pcloud.engine.export.sides import Sides, read_sides
from pcloud.engine.export.telling import tell
from pcloud.engine.registry import STANDARD, Registry
from pcloud.errors import Code, Violation
from pcloud.kernel.gate import Rosters
from pcloud.wire import cose
from pcloud.wire.answers import Parties
from pcloud.wire.files.export import Closing, End, Former, Message, open_file, read_closing


def verify_export(
    data: bytes | Iterable[bytes],
    registry: Registry = STANDARD,
    rosters: Rosters = MappingProxyType({}),
) -> Report:
    """Verify a file, whole or in pieces of any length, and tell what it proves.

    It trusts nothing of the exporter but its signature, and costs one signature check for each record, plus
    one for each key event and two for each agreement. Raises Violation for the first fault; then nothing in
    the file is worth anything.
    """
    file = open_file((data,) if isinstance(data, bytes) else data)
    sides = read_sides(file.opening, file.logs)
    reading = Reading(sides, registry, file.opening.items)
    closing: Closing | None = None
    for record in file.records:
        if isinstance(record, Message):
            reading.message(record)
        elif isinstance(record, Former):
            reading.former(record)
        elif isinstance(record, End):
            closing = _read_end(sides, record)
        else:
            reading.receipt(record)
    assert closing is not None, "the end is the last record"
    reading.settle()
    return tell(reading, file.opening, closing.time, rosters)


def _read_end(sides: Sides, end: End) -> Closing:
    """Read the end and check that the exporter signed it for these records. Raises Violation."""
    signed = cose.parse_sign1(end.signed, cose.EXPORT)
    closing = read_closing(signed.payload)
    exporter, peer = sides.logs
    parties = Parties(exporter.persona, peer.persona, exporter.epoch, peer.epoch)
    if closing.parties[:2] != parties[:2]:
        raise Violation(Code.WRONG_PARTY)
    if closing.parties != parties:
        raise Violation(Code.LOG_INVALID, "epochs of the end")
    cose.verify_sign1(signed, exporter.current.signing_key)
    if (closing.records, closing.digest) != (end.records, end.digest):
        raise Violation(Code.PART_MISMATCH, "records before the end")
    return closing
