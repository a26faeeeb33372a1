"""The two halves of each relationship of a world: what one machine holds of it, and what the other does."""

from typing import NamedTuple

from pcloud.engine.snapshot import Entry, Relationship
from pcloud.store.port import Store
from pcloud.testing.simulation.checkers.port import Healed

_CONTACTS_MAX = 1_000
"""A simulated node has far fewer."""
_ALL = 1 << 40


class Half(NamedTuple):
    """One side's copy of a relationship."""

    machine: str
    store: Store
    scope: bytes
    relationship: Relationship
    entries: dict[bytes, Entry]
    """By first id."""


def relationships(world: Healed) -> list[tuple[Half, Half]]:
    """Both halves of every relationship that two machines have with each other."""
    found: dict[tuple[bytes, bytes], Half] = {}
    for machine, store in world.stores.items():
        for half in _halves(machine, store):
            me, peer = half.relationship.me.log.persona, half.relationship.peer.log.persona
            found[me, peer] = half
    return [
        (half, found[peer, me])
        for (me, peer), half in sorted(found.items())
        if me < peer and (peer, me) in found
    ]


def _halves(machine: str, store: Store) -> list[Half]:
    by_scope: dict[bytes, dict[bytes, Entry]] = {}
    for fed in store.feed(0, _ALL):
        by_scope.setdefault(fed.scope, {})[fed.entry.first_id] = fed.entry
    halves = []
    for contact in store.contacts(None, _CONTACTS_MAX):
        relationship = store.relationship(contact.scope)
        if relationship is not None:
            entries = by_scope.get(contact.scope, {})
            halves.append(Half(machine, store, contact.scope, relationship, entries))
    return halves
