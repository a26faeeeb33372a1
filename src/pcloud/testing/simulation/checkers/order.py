"""Every line is judged in order, without gaps, and no place of it is written twice (spec 05 §4; R04)."""

from typing import NamedTuple

from pcloud.engine.snapshot import Entry
from pcloud.testing.simulation.checkers.port import Checker, Commit

Line = tuple[bytes, int, int]
"""Sender, and the epochs of both sides."""


class _Last(NamedTuple):
    """The last message of a line as one side has it."""

    number: int
    id: bytes


class Order(Checker):
    """Follows each line at its sender and at its receiver, commit by commit."""

    promise = "Each line is judged in its order, without gaps, and no place of it is written twice."

    def __init__(self) -> None:
        super().__init__()
        self._places: dict[tuple[Line, bytes, int], bytes] = {}
        """Which message has a place, whoever says so."""
        self._judged: dict[tuple[str, bytes, Line], _Last] = {}
        """By receiving machine and scope."""
        self._before: dict[tuple[str, bytes, Line], int] = {}
        """What a machine that came back from a copy had judged before: the last number of each line."""

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""
        placed = sorted(
            (entry.signed.header.number, scope, entry) for (scope, _), entry in commit.changes.entries.items()
        )
        for _, scope, entry in placed:
            self._look(commit.machine, scope, entry)

    def _look(self, machine: str, scope: bytes, entry: Entry) -> None:
        header = entry.signed.header
        line = (header.sender, header.sender_epoch, header.recipient_epoch)
        place = (line, header.recipient, header.number)
        if self._places.setdefault(place, entry.signed.id) != entry.signed.id:
            self.violated(f"{machine}: a place of a line has two messages")
        if entry.mine:
            return
        last = self._judged.get((machine, scope, line))
        if last is None and header.number <= self._before.get((machine, scope, line), 0):
            return  # the copy had it, or the peer has returned it: a line of before goes on no more
        if last is not None and header.number <= last.number:
            return  # written again, such as without its items
        if last is not None and header.prev != last.id:
            self.violated(f"{machine}: a message does not follow the one that it names")
        if header.number != (last.number if last is not None else 0) + 1:
            self.violated(f"{machine}: a {header.name} was judged behind a gap")
        self._judged[machine, scope, line] = _Last(header.number, entry.signed.id)

    def restored(self, machine: str) -> None:
        """What it had judged since its copy, it may have forgotten."""
        own = {key: last.number for key, last in self._judged.items() if key[0] == machine}
        self._before |= own
        self._judged = {key: last for key, last in self._judged.items() if key not in own}
