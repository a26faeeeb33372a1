"""The operation of the vectors on the ledger (spec 09 §11)."""

from collections.abc import Mapping

from pcloud.engine.ledger.projection import ledger
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Entry
from pcloud.kernel.gate import Agreement
from pcloud.testing.vectors_input import Input, malformed
from pcloud.testing.vectors_wire import Operation, Result
from pcloud.wire import cbor, cose
from pcloud.wire.header import SignedHeader, read_header
from pcloud.wire.parts import Part
from pcloud.wire.shape import fixed, flag, persona, raw


def _entry(data: bytes) -> Entry:
    """Read `[signed header, body, verdict or null, own]`: no item is there, and none is needed."""
    header, body, verdict, own = fixed(cbor.decode(data), 4)
    signed = cose.parse_sign1(raw(header), cose.HEADER)
    known = SignedHeader(read_header(signed.payload), signed.id, signed.kid, header)
    if verdict is not None and type(verdict) is not str:
        raise malformed("a verdict")
    return Entry(known, (Part(b"", raw(body)),), verdict, mine=flag(own))


def _ledger_make(given: Input) -> Result:
    entries = [_entry(data) for data in given.several("entries")]
    nobody = bytes(32)
    in_force = {
        persona(id_): Agreement(id_, nobody, nobody, nobody, "", 0, None, ())
        for id_ in given.several("agreements")
    }
    rows = ledger(entries, STANDARD, frozenset(), in_force, given.several("sent"))
    return {"rows": [[*row[:-2], str(row.state), row.backups] for row in rows]}


LEDGER: Mapping[str, Operation] = {"ledger.make": _ledger_make}
"""The operation of chapter 09 that computes."""
