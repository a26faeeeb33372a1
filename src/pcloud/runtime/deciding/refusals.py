"""What peers asked or sent beyond the terms: refused at the gate, kept with the clause (spec 05 §6).

Of such a message only its header is kept. The newest refusals of each peer stay in places that are used in
turn, so that nobody fills a store by asking; how many there were altogether the relationship counts.
"""

from typing import Final, NamedTuple, cast

from pcloud.engine.snapshot import Decision
from pcloud.errors import Code
from pcloud.runtime.deciding.batch import Batch
from pcloud.runtime.deciding.scope import Scope
from pcloud.wire import cbor

KEPT_MAX: Final = 64
"""Refusals of one peer that are kept, the newest."""
PREFIX: Final = "kept/beyond/"
"""With the id of a relationship in hex and a place: one refusal."""


class Refusal(NamedTuple):
    """One message that the terms forbade. No value and no path: of what was refused nothing is kept."""

    id: bytes
    """First id of the message."""
    at: int
    """When this node refused it."""
    message: str
    """Its name, such as `disclosure.request`."""
    clause: str
    """What forbade it, in the words of the terms; or what exceeded them."""
    agreement: bytes


def total(scope: Scope) -> int:
    """How often the peer went beyond its terms."""
    return sum(scope.relationship.beyond_terms.values())


def note(batch: Batch, scope: Scope, decision: Decision) -> None:
    """Keep the clause of a decision that refused for it, in the same commit; any other leaves no trace."""
    if not decision.detail or not decision.entries or decision.entries[0].verdict != Code.TERMS_FORBID:
        return
    entry = decision.entries[0]
    header = entry.signed.header
    row = [entry.first_id, batch.now, header.name, decision.detail, header.agreement]
    batch.changes.facts[_key(scope, (total(scope) - 1) % KEPT_MAX)] = cbor.encode(row)


def of(batch: Batch, scope: Scope) -> list[Refusal]:
    """The newest refusals of a peer, the last first."""
    count = total(scope)
    rows = (batch.fact(_key(scope, (place - 1) % KEPT_MAX)) for place in range(count, 0, -1)[:KEPT_MAX])
    return [_read(row) for row in rows if row is not None]


def peers(batch: Batch) -> list[bytes]:
    """Relationships whose peer went beyond its terms, by their ids."""
    named = {key.removeprefix(PREFIX).partition("/")[0] for key in batch.facts(PREFIX)}
    return sorted(bytes.fromhex(each) for each in named)


def _read(row: bytes) -> Refusal:
    id_, at, message, clause, agreement = cast("tuple[bytes, int, str, str, bytes]", cbor.decode_list(row))
    return Refusal(id_, at, message, clause, agreement)


def _key(scope: Scope, place: int) -> str:
    return f"{PREFIX}{scope.id.hex()}/{place}"
