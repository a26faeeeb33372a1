"""The giver's ledger is what the taker holds, and what was deleted is gone (spec 09 §7 and §11)."""

from collections.abc import Iterator
from typing import NamedTuple

from pcloud.engine.ledger.index import Given
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.disclosure.erase import DisclosureErase
from pcloud.features.disclosure.erased import DisclosureErased
from pcloud.features.disclosure.grant import ERASE, GRANTED, REVOKED
from pcloud.features.disclosure.present import DisclosurePresent
from pcloud.features.disclosure.revoke import DisclosureRevoke
from pcloud.features.disclosure.update import DisclosureUpdate
from pcloud.kernel.message import Message
from pcloud.testing.simulation.checkers.halves import Half, relationships
from pcloud.testing.simulation.checkers.port import Checker, Healed

_ROWS_MAX = 10_000
_DAY_S = 86_400

_Field = tuple[bytes, str]
"""Thread and path."""


class _Said(NamedTuple):
    """What the messages of one relationship say of one side's fields, counted by hand."""

    versions: dict[_Field, int]
    """The newest that was given and taken."""
    standing: dict[_Field, int]
    kept: set[_Field]
    """What the taker says it has to keep."""


class Holdings(Checker):
    """Compares the two ledgers of a relationship with each other, with what was said and what is held."""

    promise = "The giver's ledger is what the taker holds; what was deleted is gone."

    def healed(self, world: Healed) -> None:
        """Chaos is over, and every queue is empty."""
        for one, other in relationships(world):
            for giver, taker in ((one, other), (other, one)):
                self._compare(giver, taker)

    def _compare(self, giver: Half, taker: Half) -> None:
        given, taken = _rows(giver, mine=True), _rows(taker, mine=False)
        names = f"{giver.machine} and {taker.machine}"
        for field in given.keys() | taken.keys():
            here, there = given.get(field), taken.get(field)
            if here is None or there is None:
                self.violated(f"{names}: a field stands in the ledger of one of them alone")
            elif here._replace(scope=b"", mine=True) != there._replace(scope=b"", mine=True):
                self.violated(f"{names}: the ledgers differ on a field")
        said = _counted(giver)
        for field, version in said.versions.items():
            row = given.get(field)
            if row is None:
                self.violated(f"{giver.machine}: what was given does not stand in its ledger")
            elif row.version != version:
                self.violated(f"{giver.machine}: its ledger has another version than was given last")
            elif row.standing < said.standing.get(field, GRANTED):
                self.violated(f"{giver.machine}: what was taken back stands in its ledger as given")
            else:
                self._gone(taker, field, row, said)
                self._newest(giver, row)

    def _newest(self, giver: Half, row: Given) -> None:
        """Who holds a standing grant in force has the newest version, where the two are related."""
        thread, now = giver.relationship.thread, giver.relationship.clock
        if ":" in row.path or not (row.follows and row.held and row.until > now + _DAY_S):
            return
        version = giver.store.personal.newest(row.path)
        agreement = giver.relationship.agreements[row.agreement]
        lasts = agreement.until is None or agreement.until > now + _DAY_S
        active = thread is not None and thread.state == "active"
        newer = version is not None and version.value is not None and version.number > row.version
        if newer and active and lasts:
            self.violated(f"{giver.machine}: a holder was not brought to a change")

    def _gone(self, taker: Half, field: _Field, row: Given, said: _Said) -> None:
        """What the taker has signed to have deleted is gone, and what it was ordered to delete is so."""
        if row.standing == ERASE and row.erased < row.version and field not in said.kept:
            self.violated(f"{taker.machine}: a field that is to be deleted is not")
        thread, path = field
        for body, entry in _disclosing(taker):
            if entry.signed.thread_id != thread:
                continue
            for place, (named, version) in enumerate(body.fields, 1):
                if named == path and version <= row.erased and entry.parts[place] is not None:
                    self.violated(f"{taker.machine}: a value is there that it signed to have deleted")


def _rows(half: Half, *, mine: bool) -> dict[_Field, Given]:
    rows = half.store.personal.given(mine=mine, scope=half.scope, prefix="", after=None, limit=_ROWS_MAX)
    return {(row.thread, row.path): row for row in rows}


def _disclosing(half: Half) -> Iterator[tuple[DisclosurePresent | DisclosureUpdate, Entry]]:
    for entry in half.entries.values():
        message = _read(entry)
        if isinstance(message, DisclosurePresent | DisclosureUpdate) and entry.verdict == APPLIED:
            yield message, entry


def _counted(giver: Half) -> _Said:
    """Count what the giver has said and what was taken of it, without the tables."""
    said = _Said({}, {}, set())
    for body, entry in _disclosing(giver):
        for path, version in body.fields if entry.mine else ():
            field = entry.signed.thread_id, path
            said.versions[field] = max(version, said.versions.get(field, 0))
    for entry in giver.entries.values():
        message, thread = _read(entry), entry.signed.thread_id
        if entry.verdict != APPLIED:
            continue
        if isinstance(message, DisclosureErased) and not entry.mine:
            said.kept.update((thread, each.path) for each in message.kept or ())
        if (
            isinstance(message, DisclosureRevoke | DisclosureErase)
            and entry.mine
            and message.paths is not None
        ):
            low = ERASE if isinstance(message, DisclosureErase) else REVOKED
            for path in message.paths:
                said.standing[thread, path] = max(low, said.standing.get((thread, path), GRANTED))
    return said


def _read(entry: Entry) -> Message | None:
    body, kind = entry.parts[0], STANDARD.messages.get(entry.signed.header.name)
    return None if body is None or kind is None or entry.verdict != APPLIED else kind.read(body.data)
