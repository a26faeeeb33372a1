"""One relationship's log in memory, as rows: the plainest body of `History`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pcloud.engine.snapshot import Entry, Outgoing, Sent
from pcloud.kernel.thread import Thread
from pcloud.store.log import chain, own_order
from pcloud.store.records import (
    EntryRow,
    ItemRow,
    ThreadRow,
    entry_row,
    item_rows,
    read_entry,
    read_signed,
    read_thread,
)

Place = tuple[bool, int, int, int]
"""Side, epochs of sender and recipient, number."""


class Held(NamedTuple):
    """An entry as rows, with its number in the feed and what it is looked up by."""

    number: int
    place: Place
    thread: bytes
    row: EntryRow
    items: tuple[ItemRow, ...]

    @classmethod
    def of(cls, number: int, entry: Entry) -> "Held":
        """Take an entry apart."""
        header = entry.signed.header
        place = (entry.mine, header.sender_epoch, header.recipient_epoch, header.number)
        return cls(number, place, entry.signed.thread_id, entry_row(entry), tuple(item_rows(entry)))

    def entry(self) -> Entry:
        """Put it together."""
        return read_entry(self.row, read_signed(self.row.signed), self.items)


@dataclass(slots=True)
class ScopeLog:
    """Log and threads."""

    by_first_id: dict[bytes, Held] = field(default_factory=dict)
    first_ids: dict[bytes, bytes] = field(default_factory=dict)
    """Of every other id that an entry has or had."""
    places: dict[Place, Held] = field(default_factory=dict)
    """What was put there last, as it was signed there."""
    threads_by_id: dict[bytes, ThreadRow] = field(default_factory=dict)

    def put(self, held: Held) -> Held | None:
        """Add an entry; gives the one with its first id, which it replaces."""
        first_id = held.row.first_id
        before = self.by_first_id.get(first_id)
        self.by_first_id[first_id] = held
        self.places[held.place] = held
        if held.row.id is not None:
            self.first_ids[held.row.id] = first_id
        return before

    def judge(self, first_id: bytes, verdict: str) -> None:
        """Set the verdict of an entry, where it is held."""
        held = self.by_first_id.get(first_id)
        if held is None:
            return
        judged = held._replace(row=held.row._replace(verdict=verdict))
        self.by_first_id[first_id] = judged
        if self.places[held.place] is held:
            self.places[held.place] = judged

    def thread(self, thread_id: bytes) -> Thread | None:
        """The thread as it stands."""
        row = self.threads_by_id.get(thread_id)
        return None if row is None else read_thread(row)

    def entries(self, thread_id: bytes) -> Sequence[Entry]:
        """All entries of a thread, each side's in its own order."""
        return _in_order(held for held in self.by_first_id.values() if held.thread == thread_id)

    def holding(self, thread_id: bytes) -> Sequence[Entry]:
        """Those of them that still hold an item."""
        of_thread = (held for held in self.by_first_id.values() if held.thread == thread_id)
        return [held.entry() for held in of_thread if held.items]

    def find(self, id_: bytes) -> Entry | None:
        """The entry of that message id or first id."""
        held = self.by_first_id.get(self.first_ids.get(id_, id_))
        return None if held is None else held.entry()

    def at(self, *, mine: bool, epochs: tuple[int, int], number: int) -> Entry | None:
        """The entry at a place of a line, with the parts it has now."""
        held = self.places.get((mine, *epochs, number))
        if held is None:
            return None
        return held.entry()._replace(parts=self.by_first_id[held.row.first_id].entry().parts)

    def sequence(self, *, mine: bool) -> Sequence[Entry]:
        """All entries of one side in their order."""
        return _in_order(held for held in self.by_first_id.values() if held.place[0] is mine)

    def pending(self, line: Outgoing) -> tuple[Sent, ...]:
        """Own messages of the present pair of epochs without a receipt, in order."""
        return chain(line, self.find)


def _in_order(found: Iterable[Held]) -> list[Entry]:
    return sorted((held.entry() for held in found), key=own_order)
