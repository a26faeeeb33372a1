"""No message that was acknowledged is lost, at either side (promise R01)."""

from pcloud.engine.snapshot import APPLIED
from pcloud.features.relationship.returned import RelationshipReturned
from pcloud.testing.simulation.checkers.port import Checker, Commit, Healed


class Acknowledged(Checker):
    """Remembers what each owner's node had a receipt for, and what each had stored of its owner's."""

    promise = "No acknowledged message is lost."

    def __init__(self) -> None:
        super().__init__()
        self._receipted: dict[bytes, str] = {}
        """First ids of messages with a verdict of their receiver, and who sent them."""
        self._said: dict[bytes, str] = {}
        """First ids of messages of one's own that were stored."""

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""
        for entry in commit.changes.entries.values():
            if entry.mine and entry.signed.header.name != RelationshipReturned.NAME:
                self._said[entry.first_id] = commit.machine
                if entry.verdict == APPLIED:
                    self._receipted[entry.first_id] = commit.machine
        for (_, first_id), verdict in commit.changes.verdicts.items():
            if verdict == APPLIED and self._said.get(first_id) == commit.machine:
                self._receipted[first_id] = commit.machine

    def restored(self, machine: str) -> None:
        """What only this machine had said, and nobody had acknowledged, may be gone with its disk."""
        self._said = {
            id_: whose for id_, whose in self._said.items() if whose != machine or id_ in self._receipted
        }

    def healed(self, world: Healed) -> None:
        """Chaos is over, and every queue is empty."""
        held: dict[bytes, set[str]] = {}
        for name, store in world.stores.items():
            for fed in store.feed(0, 1 << 40):
                held.setdefault(fed.entry.first_id, set()).add(name)
        for id_, whose in self._said.items():
            if whose in world.stores and whose not in held.get(id_, ()):
                self.violated(f"{whose} lost a message of its own")
        for id_, whose in self._receipted.items():
            if len(held.get(id_, ())) < len(set(world.stores) & {whose}) + 1:
                self.violated(f"a message of {whose} was acknowledged and is nowhere else")
