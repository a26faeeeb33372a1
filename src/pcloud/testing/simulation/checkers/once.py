"""Each message is judged once, with one verdict for ever; each ask acts once (spec 05 §9; promise R03)."""

from pcloud.engine.asks import Taken
from pcloud.store.port import Desk
from pcloud.testing.simulation.checkers.port import Checker, Commit

_Key = tuple[str, bytes, bytes]
"""Machine, scope and first id."""


class Once(Checker):
    """Remembers every verdict and every answer to an ask, and the line behind which each was given."""

    promise = "A message and an ask have one verdict, and act once."

    def __init__(self) -> None:
        super().__init__()
        self._reissued = False
        self._verdicts: dict[_Key, str] = {}
        self._heads: dict[tuple[str, bytes], tuple[tuple[int, int], int, int]] = {}
        """By machine and scope: the epochs, the last number judged, the last number acknowledged."""
        self._answers: dict[tuple[str, bytes, str, int], str] = {}
        self._asked: dict[tuple[str, bytes, str], int] = {}

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""
        for (scope, first_id), entry in commit.changes.entries.items():
            if entry.verdict is not None:
                self._judge((commit.machine, scope, first_id), entry.verdict)
        for (scope, first_id), verdict in commit.changes.verdicts.items():
            self._judge((commit.machine, scope, first_id), verdict)
        self._advance(commit)
        for scope, desk in commit.changes.desks.items():
            self._desk(commit.machine, scope, desk)

    def _judge(self, key: _Key, verdict: str) -> None:
        if self._reissued:
            return  # a verdict of the side that came back replaces an earlier one (spec 06 §4)
        if self._verdicts.setdefault(key, verdict) != verdict:
            self.violated(f"{key[0]}: a message has had two verdicts: {self._verdicts[key]}, then {verdict}")

    def _advance(self, commit: Commit) -> None:
        """A line moves by as many numbers as messages of it were judged for the first time."""
        for scope, relationship in commit.changes.relationships.items():
            epochs = (relationship.peer.log.epoch, relationship.me.log.epoch)
            receipted = relationship.outgoing.receipted
            before_epochs, before, receipted_before = self._heads.get((commit.machine, scope), (epochs, 0, 0))
            self._heads[commit.machine, scope] = epochs, relationship.incoming.number, receipted
            if epochs != before_epochs:
                continue
            if receipted < receipted_before:
                self.violated(f"{commit.machine}: what was acknowledged is so no more")
            new = [
                entry
                for (where, _), entry in commit.changes.entries.items()
                if where == scope and not entry.mine and entry.signed.header.number > before
            ]
            if not self._reissued and relationship.incoming.number - before != len(new):
                self.violated(f"{commit.machine}: a line moved on without a message, or stood with one")

    def _desk(self, machine: str, scope: bytes, desk: Desk) -> None:
        for source, taken in desk.inbound.taken.items():
            self._taken(machine, scope, source, taken, desk.inbound.forgotten.get(source, 0))
        for target, number in desk.outbound.numbers.items():
            before = self._asked.get((machine, scope, target), 0)
            if number < before:
                self.violated(f"{machine}: asks of one source were numbered again")
            self._asked[machine, scope, target] = number

    def _taken(
        self, machine: str, scope: bytes, source: str, taken: tuple[Taken, ...], forgotten: int
    ) -> None:
        numbers = [each.number for each in taken]
        if numbers != list(range(forgotten + 1, forgotten + 1 + len(numbers))):
            self.violated(f"{machine}: asks of one source were applied twice, or out of order")
        for each in taken:
            key = (machine, scope, source, each.number)
            if self._answers.setdefault(key, each.answer) != each.answer:
                self.violated(f"{machine}: an ask has had two answers")

    def restored(self, machine: str) -> None:
        """It may judge again what it has forgotten, and what it sends again has its entries already."""
        self._reissued = True
        self._verdicts = {key: one for key, one in self._verdicts.items() if key[0] != machine}
        self._heads = {key: one for key, one in self._heads.items() if key[0] != machine}
        self._answers = {key: one for key, one in self._answers.items() if key[0] != machine}
        self._asked = {key: one for key, one in self._asked.items() if key[0] != machine}
