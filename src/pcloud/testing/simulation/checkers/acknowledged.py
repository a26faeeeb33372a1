"""No message that was acknowledged is lost, at either side (promise R01)."""

from collections.abc import Sequence
from typing import Final

from pcloud.engine.snapshot import APPLIED
from pcloud.features.relationship.returned import RelationshipReturned
from pcloud.store.port import Contact, Store
from pcloud.testing.simulation.checkers.port import Checker, Commit, Healed

CONTACTS_MAX: Final = 1_000
"""More than a machine of a world has."""


class Acknowledged(Checker):
    """Remembers what each owner's node had a receipt for, and what each had stored of its owner's."""

    promise = "No acknowledged message is lost."

    def __init__(self) -> None:
        super().__init__()
        self._receipted: set[bytes] = set()
        """First ids of messages with a verdict of their receiver."""
        self._said: dict[bytes, tuple[str, bytes]] = {}
        """Who stored a message of its own, and in which relationship, by first id."""
        self._restored: set[str] = set()

    def committed(self, commit: Commit) -> None:
        """A commit stands; nothing has followed from it yet."""
        for (scope, _), entry in commit.changes.entries.items():
            if entry.mine and entry.signed.header.name != RelationshipReturned.NAME:
                self._said[entry.first_id] = commit.machine, scope
                if entry.verdict == APPLIED:
                    self._receipted.add(entry.first_id)
        for (scope, first_id), verdict in commit.changes.verdicts.items():
            if verdict == APPLIED and self._said.get(first_id) == (commit.machine, scope):
                self._receipted.add(first_id)

    def restored(self, machine: str) -> None:
        """What only this machine had said, and nobody had acknowledged, may be gone with its disk."""
        self._restored.add(machine)
        self._said = {
            id_: place for id_, place in self._said.items() if place[0] != machine or id_ in self._receipted
        }

    def healed(self, world: Healed) -> None:
        """Chaos is over, and every queue is empty."""
        held: dict[bytes, set[str]] = {}
        for name, store in world.stores.items():
            for fed in store.feed(0, 1 << 40):
                held.setdefault(fed.entry.first_id, set()).add(name)
        known = {_parties(store, row.scope) for store in world.stores.values() for row in _rows(store)}
        for id_, (whose, scope) in self._said.items():
            if whose not in world.stores:
                continue
            mine, peers = _parties(world.stores[whose], scope)
            if self._restored and not {(mine, peers), (peers, mine)} <= known:
                continue  # the copy was made before there was a relationship
            if whose not in held.get(id_, ()):
                self.violated(f"{whose} lost a message of its own")
            if id_ in self._receipted and len(held.get(id_, ())) < 2:
                self.violated(f"a message of {whose} was acknowledged and is nowhere else")


def _rows(store: Store) -> Sequence[Contact]:
    return store.contacts(None, CONTACTS_MAX)


def _parties(store: Store, scope: bytes) -> tuple[bytes, bytes]:
    """The founding personas of a relationship; what nobody has, where it is unknown or cannot recover."""
    relationship = store.relationship(scope)
    if relationship is None or relationship.peer.log.events[0].commitment is None:
        return b"", scope
    return relationship.sealing.founding
