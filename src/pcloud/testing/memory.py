"""A relationship's log and threads in memory: the plainest body of `History`."""

from collections.abc import Sequence

from pcloud.engine.snapshot import Decision, Entry
from pcloud.kernel.thread import Thread

Place = tuple[bool, int, int, int]


class MemoryLog:
    """Stores what decisions say, and answers as `History` does."""

    def __init__(self) -> None:
        self.by_first_id: dict[bytes, Entry] = {}
        self.threads: dict[bytes, Thread] = {}
        self._by_place: dict[Place, Entry] = {}
        self._first_ids: dict[bytes, bytes] = {}

    def commit(self, decision: Decision) -> None:
        """Write one decision's rows."""
        for entry in decision.entries:
            self.put(entry)
        for id_, verdict in decision.verdicts:
            known = self.by_first_id.get(id_)
            if known is not None:
                self.put(known._replace(verdict=verdict))
        for thread in decision.threads:
            self.threads[thread.id] = thread

    def put(self, entry: Entry) -> None:
        """Store an entry; a reissue takes the place of the message it sends again."""
        header = entry.signed.header
        place = (entry.mine, header.sender_epoch, header.recipient_epoch, header.number)
        self.by_first_id[entry.first_id] = entry
        self._by_place[place] = entry
        self._first_ids[entry.signed.id] = entry.first_id

    def thread(self, thread_id: bytes) -> Thread | None:
        """The thread as it stands."""
        return self.threads.get(thread_id)

    def entries(self, thread_id: bytes) -> Sequence[Entry]:
        """All entries of a thread."""
        return [entry for entry in self.by_first_id.values() if entry.signed.thread_id == thread_id]

    def holding(self, thread_id: bytes) -> Sequence[Entry]:
        """Those of them that still hold an item."""
        return [entry for entry in self.entries(thread_id) if any(entry.parts[1:])]

    def find(self, id_: bytes) -> Entry | None:
        """The entry of that message id or first id."""
        return self.by_first_id.get(self._first_ids.get(id_, id_))

    def at(self, *, mine: bool, epochs: tuple[int, int], number: int) -> Entry | None:
        """The entry at a place of a line."""
        return self._by_place.get((mine, *epochs, number))

    def sequence(self, *, mine: bool) -> Sequence[Entry]:
        """All entries of one side, by line and number."""
        found = [entry for entry in self.by_first_id.values() if entry.mine is mine]
        return sorted(found, key=lambda entry: (entry.signed.header.generation, entry.signed.header.number))

    def copy(self) -> "MemoryLog":
        """A snapshot, as a backup or a thief would take it."""
        twin = MemoryLog()
        twin.by_first_id = dict(self.by_first_id)
        twin.threads = dict(self.threads)
        twin._by_place = dict(self._by_place)
        twin._first_ids = dict(self._first_ids)
        return twin
