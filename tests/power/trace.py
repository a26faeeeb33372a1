"""One long life of three nodes, in which the power of one is cut at every instant that is asked for.

The nodes run on: an image is taken, looked over, and thrown away. It is right only where it holds, to the
last row, what the last commit had left that stood, or what the one was to leave that was just being made.
"""

import random
import shlex
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

from tests.power.content import digest

from pcloud.errors import PcloudError
from pcloud.store.sqlite import SqliteStore
from pcloud.testing.disks.access import Operation
from pcloud.testing.disks.disk import MemoryDisk
from pcloud.testing.disks.file import Tear
from pcloud.testing.simulation import plan as plans
from pcloud.testing.simulation.checkers.port import Checker, Commit
from pcloud.testing.simulation.deeds import DEEDS
from pcloud.testing.simulation.loop import run_virtually, virtual
from pcloud.testing.simulation.machine import KEY, STORE, Machine
from pcloud.testing.simulation.plan import PACKET_FAULTS, PEOPLE, Event, Plan
from pcloud.testing.simulation.world import World

ROLES: Final = PEOPLE[:3]
VICTIM: Final = 0
EACH_S: Final = 3
"""Seconds of the trace for each thing that its owners do."""
WEIGHTS: Final = {"meet": 0, "close": 0, "pause": 1, "resume": 8}
"""They meet once, at the beginning, and part never; pauses are short, so that there is something to say."""


def calm(seed: int, deeds: int) -> Plan:
    """A world without weather, in which owners do so much."""
    draw = random.Random(f"power/{seed}")
    names = {name: WEIGHTS.get(name, weight) for name, (_, weight) in DEEDS.items()}
    span_s = (deeds + 20) * EACH_S
    drawn = [(0.1 * who, "meet", who) for who in range(len(ROLES))]
    drawn += [
        (
            draw.uniform(10 * EACH_S, span_s),
            draw.choices(list(names), list(names.values()))[0],
            draw.randrange(len(ROLES)),
        )
        for _ in range(deeds)
    ]
    events = tuple(Event(number, *each, f"{seed}/{number}") for number, each in enumerate(sorted(drawn)))
    drawn_plan = plans.draw(seed, names).without((), PACKET_FAULTS)
    return replace(drawn_plan, roles=ROLES, relay="none", span_s=span_s, events=events)


NOTHING_LOST: Final = "nothing"
"""In place of a tear: all that was written is there, synced or not, as after a kill."""


class Cut(NamedTuple):
    """A power cut: in front of which operation of the disk, and how what was not synced is torn."""

    operation: int
    tear: str
    """A seed, or `NOTHING_LOST`; none where all that was not synced is lost."""

    def __str__(self) -> str:
        """As the command line takes it."""
        return f"--cut {self.operation} {shlex.quote(self.tear)}"

    def image(self, disk: MemoryDisk) -> MemoryDisk:
        """What it leaves."""
        if self.tear == NOTHING_LOST:
            return disk.killed()
        return disk.image(Tear(random.Random(self.tear)) if self.tear else None)


class Kept(NamedTuple):
    """Disks as a cut has left them, to start nodes upon."""

    cut: Cut
    moment: float
    disks: tuple[MemoryDisk, ...]


class Cutter(Checker):
    """Cuts the power of the victim, and looks over what is left."""

    promise = "A power cut loses nothing that was acknowledged."

    def __init__(self, cuts: Collection[Cut], kept: Collection[Cut]) -> None:
        super().__init__()
        self._cuts: dict[int, list[Cut]] = {}
        for cut in cuts:
            self._cuts.setdefault(cut.operation, []).append(cut)
        self._kept = frozenset(kept)
        self.counts: Counter[str] = Counter()
        self.boundaries: list[int] = []
        """Operations that are syncs."""
        self.operations = 0
        self.images: list[Kept] = []
        self._machines: list[Machine] = []
        self._state = ""
        self._doubtful: list[tuple[Cut, str]] = []
        """Images that hold what the last commit has not left: the next one must."""

    def watch(self, machines: list[Machine]) -> None:
        """Begin, before any of them is switched on."""
        self._machines = machines
        disk = machines[VICTIM].disk
        self._state, _ = self._look(disk.image())
        disk.watch = partial(self._operation, disk)

    def committed(self, commit: Commit) -> None:
        """A commit stands: what was in doubt before has to be this."""
        if commit.machine != ROLES[VICTIM].name or not commit.changes:
            return
        self.counts["commits"] += 1
        if self._cuts:
            self._state = digest(commit.store)
            self._settle()

    def _settle(self) -> None:
        for cut, found in self._doubtful:
            if found != self._state:
                self.violated(f"{cut} left what no commit had left")
        self._doubtful.clear()

    def end(self) -> None:
        """The trace is over."""
        self._settle()

    def _operation(self, disk: MemoryDisk, operation: Operation, _name: str) -> None:
        if operation is Operation.SYNC:
            self.boundaries.append(self.operations)
        for cut in self._cuts.get(self.operations, ()):
            disk.watch = None  # an image is a disk of its own, and to look at it is none of ours
            self._cut(disk, cut)
            disk.watch = partial(self._operation, disk)
        self.operations += 1
        self.counts[operation] += 1

    def _cut(self, disk: MemoryDisk, cut: Cut) -> None:
        image = cut.image(disk)
        if cut in self._kept:
            others = [each.disk.killed() for each in self._machines]
            others[VICTIM] = image.killed()
            self.images.append(Kept(cut, virtual().moment, tuple(others)))
        try:
            found, faults = self._look(image)
        except PcloudError as refused:
            self.violated(f"{cut} left a store that does not open: {refused}")
            return
        for fault in faults:
            self.violated(f"{cut} left a store that is not whole: {fault}")
        self.counts["images"] += 1
        if found == self._state:
            self.counts["images as the last commit had left it"] += 1
        else:
            self.counts["images with the commit that was being made"] += 1
            self._doubtful.append((cut, found))

    def _look(self, image: MemoryDisk) -> tuple[str, list[str]]:
        """What is in the store, and what is wrong with it. Raises PcloudError."""
        store = SqliteStore.open(STORE, KEY, disk=image)
        try:
            return digest(store), list(store.check())
        finally:
            store.close()


def live(plan: Plan, cutter: Cutter) -> World:
    """Run the trace."""
    return run_virtually(_live(plan, cutter), random.Random(f"order/{plan.seed}"))


async def _live(plan: Plan, cutter: Cutter) -> World:
    world = World(plan, [cutter])
    cutter.watch(world.machines)
    await world.live()
    cutter.end()
    return world
