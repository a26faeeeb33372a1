"""Both sides end with the same record, and each holds what its record says (spec 05 §10; promise R05)."""

from pcloud.engine.fold import State, fold
from pcloud.engine.registry import STANDARD
from pcloud.engine.snapshot import APPLIED, Entry
from pcloud.features.relationship.returned import RelationshipReturned
from pcloud.testing.simulation.checkers.halves import Half, relationships
from pcloud.testing.simulation.checkers.port import Checker, Healed


class Convergence(Checker):
    """Folds both logs of every relationship once all is quiet, and compares them and what is stored."""

    promise = "Both sides have the same record, and hold what it says."

    def __init__(self) -> None:
        super().__init__()
        self._lost: set[str] = set()
        """Machines that came back from a copy."""

    def restored(self, machine: str) -> None:
        """What had only begun when its copy was made cannot be gone on with (spec 06 §1)."""
        self._lost.add(machine)

    def healed(self, world: Healed) -> None:
        """Chaos is over, and every queue is empty."""
        for one, other in relationships(world):
            if self._lost & {one.machine, other.machine} and (_only_begun(one) or _only_begun(other)):
                continue
            self._compare(one, other)
            states = [_fold(half) for half in (one, other)]
            if states[0].digest() != states[1].digest():
                self.violated(f"the logs of {one.machine} and {other.machine} fold to different states")
            for half, state in zip((one, other), states, strict=True):
                self._hold(half, state)
                relationship = half.relationship
                if relationship.outgoing.pending and not relationship.stopped:
                    self.violated(f"{half.machine} waits for receipts, and does not try any more")

    def _compare(self, one: Half, other: Half) -> None:
        """What was applied stands at both, signed by the same bytes; verdicts are known to both."""
        names = f"{one.machine} and {other.machine}"
        for id_ in one.entries.keys() | other.entries.keys():
            mine, theirs = one.entries.get(id_), other.entries.get(id_)
            if mine is None or theirs is None:
                known, without = mine or theirs, one if mine is None else other
                if known is not None and known.verdict is not None and not self._stays_lost(known, without):
                    self.violated(f"{names}: a judged {known.signed.header.name} stands at one of them alone")
            elif mine.signed.data != theirs.signed.data:
                self.violated(f"{names}: a {mine.signed.header.name} differs from its copy")
            elif mine.verdict != theirs.verdict:
                verdicts = f"{mine.verdict} to one, {theirs.verdict} to the other"
                self.violated(f"{names}: a {mine.signed.header.name} is {verdicts}")
            elif mine.mine == theirs.mine:
                self.violated(f"{names}: both or neither sent a {mine.signed.header.name}")
            elif mine.verdict == APPLIED and not _same_parts(mine.parts, theirs.parts):
                self.violated(f"{names}: a {mine.signed.header.name} has another text at one of them")

    def _stays_lost(self, known: Entry, without: Half) -> bool:
        """Whether a side has lost what is not brought back: what was refused, or gave back (REC-21)."""
        name = known.signed.header.name
        return without.machine in self._lost and (
            known.verdict != APPLIED or name == RelationshipReturned.NAME
        )

    def _hold(self, half: Half, state: State) -> None:
        """The threads and agreements that are stored are those that the log makes."""
        history = half.store.history(half.scope)
        for id_, thread in state.threads.items():
            kept = history.thread(id_)
            if kept is None or (kept.machine, kept.opener, kept.state, kept.data) != (
                thread.machine,
                thread.opener,
                thread.state,
                thread.data,
            ):
                self.violated(f"{half.machine}: a thread of {thread.machine} is not what its log says")
        if dict(half.relationship.agreements) != dict(state.agreements):
            self.violated(f"{half.machine}: the agreements in force are not those of its log")


def _only_begun(half: Half) -> bool:
    """Whether this side knows the other by a persona that ends with the invitation."""
    return half.relationship.peer.log.events[0].commitment is None


def _fold(half: Half) -> State:
    relationship = half.relationship
    return fold(half.entries.values(), STANDARD, relationship.unaffirmed, relationship.logs)


def _same_parts(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Parts that both still hold are the same; either side may have erased items."""
    return len(one) == len(other) and all(
        a == b for a, b in zip(one, other, strict=True) if a is not None and b is not None
    )
