"""What still waits in a world, and for how long it may."""

from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from pcloud.engine.snapshot import Relationship
from pcloud.net.endpoint import NOWHERE
from pcloud.runtime.deciding.scope import is_greeted
from pcloud.store.port import Contact, Delivery
from pcloud.testing.simulation.machine import Machine

WAIT_S_MAX: Final = 32_400
"""The longest wait between two tries: six hours and their jitter."""
CONTACTS_MAX: Final = 1_000
"""More than a machine of a world has."""


class _Half(NamedTuple):
    """One side of a relationship."""

    machine: Machine
    contact: Contact
    relationship: Relationship
    delivery: Delivery | None


def waiting(machines: Sequence[Machine], lost: Collection[str]) -> list[str]:
    """What is still to come. With a machine that was `lost`, only what somebody is there to take.

    What had only begun when a copy was made is not in it, or cannot be gone on with: its other side tries on,
    and nobody is there any more (spec 06 §1).
    """
    found = []
    for half, other in _pairs(machines):
        over = _is_over(half, other, lost) or _is_left(half, other)
        if half.delivery is not None and not over:
            found.append(f"{half.machine.name} has frames to send")
    found += [f"{each.name} has something due" for each in machines if _is_due(each)]
    return found


def _is_left(half: _Half, other: _Half | None) -> bool:
    """Whether the other side has no address, and nothing more to call for (TRANSPORT-39)."""
    hidden = half.relationship.peer.endpoints == (NOWHERE,)
    return hidden and other is not None and not is_greeted(other.contact)


def _is_over(half: _Half, other: _Half | None, lost: Collection[str]) -> bool:
    """Whether a loss has left one side without it, or with a persona that ends with the invitation."""
    if other is None:
        return bool(lost)
    sides = (half, other)
    begun = any(side.relationship.peer.log.events[0].commitment is None for side in sides)
    return begun and any(side.machine.name in lost for side in sides)


def is_left(machines: Sequence[Machine]) -> bool:
    """Whether somebody has messages for a peer that has closed and calls no more: the two never agree."""
    return any(
        half.relationship.outgoing.pending and _is_left(half, other) for half, other in _pairs(machines)
    )


def is_outdated(machine: Machine) -> bool:
    """Whether a peer has shown its owner that there was a newer copy of it."""
    return any(half.relationship.stopped for half in _halves(machine))


def longest_wait_s(machines: Sequence[Machine]) -> int:
    """How long the longest wait still lasts that began while somebody could not be reached."""
    waits = [
        half.delivery.next_try - machine.clock.now()
        for machine in machines
        for half in _halves(machine)
        if half.delivery is not None
    ]
    return min(max(0, *waits, 0), WAIT_S_MAX)


def _is_due(machine: Machine) -> bool:
    return bool(machine.store.timers_due(machine.clock.now(), 1))


def _pairs(machines: Sequence[Machine]) -> Iterator[tuple[_Half, _Half | None]]:
    """Each side of each relationship, and the other where it has it."""
    halves = {half.relationship.sealing.founding: half for machine in machines for half in _halves(machine)}
    for (mine, peers), half in halves.items():
        yield half, halves.get((peers, mine))


def _halves(machine: Machine) -> Iterator[_Half]:
    store = machine.store
    for row in store.contacts(None, CONTACTS_MAX):
        relationship = store.relationship(row.scope)
        if relationship is not None:
            yield _Half(machine, row, relationship, store.delivery(row.scope))
