"""Nodes that start on what a power cut has left, go on until nothing waits, and have to agree."""

import random
from dataclasses import replace

from tests.power.trace import Kept, calm

from pcloud.errors import PcloudError
from pcloud.testing.simulation.checkers.once import Once
from pcloud.testing.simulation.checkers.order import Order
from pcloud.testing.simulation.loop import run_virtually, virtual
from pcloud.testing.simulation.running import CHECKERS
from pcloud.testing.simulation.world import World

SPAN_S = 1
"""Before it is looked whether all is quiet."""
WATCHING = tuple(each for each in CHECKERS if each not in (Once, Order))
"""All but those that follow every line from its first message on: here worlds begin in the middle."""


def go_on(kept: Kept, seed: int) -> list[str]:
    """Start them; gives what does not hold. `seed` is not the trace's: no randomness may come twice."""
    return run_virtually(_live(kept, seed), random.Random(f"after/{seed}"))


async def _live(kept: Kept, seed: int) -> list[str]:
    virtual().moment = kept.moment
    world = World(replace(calm(seed, 0), events=(), span_s=SPAN_S), [each() for each in WATCHING])
    for machine, disk in zip(world.machines, kept.disks, strict=True):
        machine.disk = disk
    try:
        await world.live()
    except PcloudError as refused:
        return [*world.violations, f"a node did not start: {refused}"]
    return world.violations
