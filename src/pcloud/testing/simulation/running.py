"""Run the world of a seed, and say what did not hold."""

import gc
import random
import sys
from collections.abc import Collection
from dataclasses import dataclass

import apsw

from pcloud.testing.simulation import plan as plans
from pcloud.testing.simulation.checkers.acknowledged import Acknowledged
from pcloud.testing.simulation.checkers.convergence import Convergence
from pcloud.testing.simulation.checkers.gates import Gates
from pcloud.testing.simulation.checkers.holdings import Holdings
from pcloud.testing.simulation.checkers.nonces import Nonces
from pcloud.testing.simulation.checkers.once import Once
from pcloud.testing.simulation.checkers.order import Order
from pcloud.testing.simulation.checkers.port import Checker
from pcloud.testing.simulation.checkers.timers import Timers
from pcloud.testing.simulation.deeds import DEEDS
from pcloud.testing.simulation.loop import StuckError, run_virtually
from pcloud.testing.simulation.plan import Plan
from pcloud.testing.simulation.world import World

CHECKERS: tuple[type[Checker], ...] = (
    Acknowledged,
    Nonces,
    Convergence,
    Gates,
    Holdings,
    Once,
    Order,
    Timers,
)
"""Every one of them watches every world."""


@dataclass(frozen=True, slots=True)
class Case:
    """A world to be run: a seed, and what is left out of it."""

    seed: int
    without: tuple[int, ...] = ()
    """Numbers of events that do not happen."""
    calm: tuple[str, ...] = ()
    """Faults of packets that are off."""
    whole: Plan | None = None
    """The world itself, where it does not come from the seed."""
    file: str = ""
    """Where that is kept."""

    def plan(self) -> Plan:
        """What happens in it."""
        if self.whole is not None:
            return self.whole.without(self.without, self.calm)
        drawn = plans.draw(self.seed, {name: weight for name, (_, weight) in DEEDS.items()})
        return drawn.without(self.without, self.calm)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a world."""

    case: Case
    violations: tuple[str, ...]
    journal: tuple[str, ...]
    digest: str
    """Of the journal."""


def run(case: Case, checkers: Collection[type[Checker]] = CHECKERS) -> Result:
    """One world from its beginning to its end. Raises nothing of what goes wrong in it."""
    gc.disable()  # what nobody has heard of is found when it is let go: always at the same moment, so
    hook, sys.unraisablehook = sys.unraisablehook, _unheard
    try:
        return run_virtually(_live(case, [each() for each in checkers]), random.Random(f"order/{case.seed}"))
    finally:
        sys.unraisablehook = hook
        gc.enable()


def _unheard(told: "sys.UnraisableHookArgs") -> None:
    """SQLite has an earlier failure of a disk to report already; anything else is told as ever."""
    if not isinstance(told.exc_value, apsw.Error):
        sys.__unraisablehook__(told)


async def _live(case: Case, checkers: list[Checker]) -> Result:
    world = World(case.plan(), checkers)
    try:
        await world.live()
    except StuckError as error:
        world.violations.append(f"stuck: {error}")
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told of this world, and others are run
        world.violations.append(f"world: {error!r}")
    journal = world.journal
    return Result(case, tuple(world.violations), tuple(journal.lines), journal.digest())
