"""What was disclosed, as an export shows it: all of it, or what its exporter has chosen (spec 19 §5)."""

from collections.abc import Collection
from typing import Any, Final

from pcloud.engine.export import report
from pcloud.engine.export.reading import Reading
from pcloud.engine.fold import State
from pcloud.engine.ledger.holding import Holding
from pcloud.engine.ledger.projection import ledger
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import Entry
from pcloud.errors import Code, Violation
from pcloud.features.disclosure.answer import DisclosureAnswer
from pcloud.features.disclosure.handback import DisclosureHandback
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.features.terms.agreement import agreement_of
from pcloud.features.terms.machine import MACHINE as TERMS
from pcloud.kernel.thread import Thread
from pcloud.wire import cbor

_GIVE: Final = (DisclosurePresent, DisclosureUpdate, DisclosureHandback, DisclosureAnswer)


def places_of(entry: Entry, paths: Collection[str]) -> Collection[int]:
    """Which items of a message hold a value of these paths: 1 is the first."""
    known, body = STANDARD.messages.get(entry.signed.header.name), entry.parts[:1]
    if known not in _GIVE or not body or body[0] is None:
        return ()
    message = known.read(body[0].data)  # of what was refused no body is kept
    assert isinstance(message, _GIVE)
    return [place for place, field in enumerate(message.fields or (), 1) if field.path in paths]


def fields_of(reading: Reading, state: State) -> list[report.Field]:
    """The ledger that the file makes, with the values in it. Raises Violation for one that is none."""
    made = (agreement_of(each) for each in state.threads.values() if _is_made(each))
    entries, unaffirmed = reading.entries.values(), frozenset(reading.unaffirmed)
    rows = ledger(entries, reading.registry, unaffirmed, {each.id: each for each in made})
    return [_field(reading, row) for row in rows]


def _is_made(thread: Thread) -> bool:
    return thread.machine == TERMS.name and "agreement" in thread.data


def _field(reading: Reading, row: Holding) -> report.Field:
    parts = reading.disclosed[row.message]
    if row.item >= len(parts):
        raise Violation(Code.PART_MISMATCH, "a field without an item")
    part = parts[row.item]
    exporter = reading.sides.log(mine=True).persona
    return report.Field(
        path=row.path,
        version=row.version,
        giver="exporter" if row.giver == exporter else "peer",
        agreement=row.agreement.hex(),
        until=row.until,
        standing=row.standing,
        state=str(row.state),
        message=row.message.hex(),
        given=reading.entries[row.message].signed.header.time,
        shown=part is not None,
        value=None if part is None else _plain(cbor.decode(part.data)),
    )


def _plain(value: Any) -> Any:
    """A value for JSON."""
    match value:
        case bytes():
            return value.hex()
        case list():
            return [_plain(each) for each in value]
        case dict():
            return {str(key): _plain(each) for key, each in value.items()}
        case _:
            return value
