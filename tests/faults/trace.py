"""A short life of three nodes, in which one operation of one disk fails, or all from there on.

The node of that disk goes on where it may, and ends where nobody knows any more what reached the disk;
then it is started again, as a supervisor does, on what a kill has left or a power cut. In the end
everything has to hold that holds in a world without faults.
"""

import asyncio
import errno
import random
from contextlib import suppress
from enum import StrEnum
from typing import Final, NamedTuple

from tests.power.trace import VICTIM, calm

from pcloud.errors import PcloudError
from pcloud.store.port import FullError, StoreError
from pcloud.testing.disks.access import Operation
from pcloud.testing.disks.disk import MemoryDisk
from pcloud.testing.simulation.loop import outside, run_virtually, virtual
from pcloud.testing.simulation.machine import DownError, Machine
from pcloud.testing.simulation.running import CHECKERS
from pcloud.testing.simulation.world import World

LOOK_S: Final = 1.0
"""How soon a node that is broken ends (`pcloud up` looks as often)."""
CODES: Final = (errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT)
NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)


class Ended(StrEnum):
    """What the fault led to."""

    UNSEEN = "unseen"
    """It was met by nobody, or harmed nothing."""
    FULL = "said that the disk is full, and went on"
    STOPPED = "stopped"
    REFUSED = "did not start"


class Fault(NamedTuple):
    """Which operation of the disk fails, with which error, and how often."""

    operation: int
    code: int
    lasts: bool = False
    """Whether all operations fail from there on, until the node is started again."""
    power: bool = False
    """Whether the power is cut when the node ends."""

    def __str__(self) -> str:
        """As the command line takes it."""
        return f"--only {self.operation} {self.code} {self.lasts:d} {self.power:d}"

    @classmethod
    def named(cls, operation: int, code: int, lasts: int, power: int) -> "Fault":
        """The one that was named so."""
        return cls(operation, code, bool(lasts), bool(power))


class Injector:
    """Counts what is done to a disk, and lets some of it fail."""

    def __init__(self, fault: Fault | None) -> None:
        self.seen: list[Operation] = []
        self.failed: Operation | None = None
        self.failed_at_end = False
        """Whether it failed while the node was stopped by its owner."""
        self.ending = False
        self._fault = fault
        self._over = self._once = False

    def watch(self, operation: Operation, _name: str) -> None:
        """One operation."""
        fault, at = self._fault, len(self.seen)
        self.seen.append(operation)
        if fault is None or self._over:
            return
        lasts = fault.lasts and not self._once
        if at == fault.operation or (lasts and at > fault.operation and _lasts(fault.code, operation)):
            if self.failed is None:
                self.failed, self.failed_at_end = operation, self.ending
            raise OSError(fault.code, "")

    def ease(self) -> None:
        """From now on nothing fails for longer than once."""
        self._once = True

    def over(self) -> None:
        """The disk works again."""
        self._over = True


class Outcome(NamedTuple):
    """What came of one fault."""

    ended: Ended
    failed: Operation | None
    at_end: bool
    """Whether it failed while the node was stopped by its owner."""
    violations: list[str]


FULL: Final = "store-failed"
"""What its log says of a node that found no room while no owner waited."""


class Keeper:
    """Starts a machine, ends its node where that is broken, and starts it again."""

    def __init__(self, machine: Machine, fault: Fault | None) -> None:
        self._machine, self._fault = machine, fault
        self.injector = Injector(fault)
        self.ended = Ended.UNSEEN
        self._watch(machine.disk)

    def _watch(self, disk: MemoryDisk) -> None:
        disk.watch = self.injector.watch

    async def start(self) -> None:
        """Switch it on, again where it does not start."""
        try:
            await self._machine.up()
        except StoreError:
            self.ended = Ended.REFUSED
            self._off()
            await self._machine.up()

    def _off(self) -> None:
        self.injector.over()
        before = self._machine.disk
        self._machine.crash()
        if self._fault is not None and self._fault.power:
            self._machine.disk = before.image()
        before.watch = None
        self._watch(self._machine.disk)

    @property
    def log(self) -> str:
        """What its node has told."""
        return self._machine.log.getvalue()

    async def restart(self, after_s: float) -> None:
        """Stop it once and start it again, as an owner does."""
        await asyncio.sleep(after_s)
        self.injector.ending = True
        if self._broke():
            self.ended = Ended.STOPPED  # its owner was sooner than who looks
        with suppress(DownError):
            try:
                stop = self._machine.node.stop
                await self._machine.owner(lambda _: stop())
                self._machine.crash()
            except StoreError:
                self.ended = Ended.STOPPED
                self._off()
        self.injector.ending = False
        self._watch(self._machine.disk)
        await self.start()
        await asyncio.sleep(after_s / 2)
        self.injector.ease()  # there is room again, before it is looked whether everything has come

    async def look(self) -> None:
        """End it once it is broken."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._broke():
                self.ended = Ended.STOPPED
                self._off()
                await self._machine.up()

    def _broke(self) -> bool:
        """Whether its node says that it can keep nothing any more."""
        broken = self._machine.node.broken if self._machine.is_up else None
        assert not isinstance(broken, FullError)
        return broken is not None


def run(seed: int, deeds: int, fault: Fault | None) -> tuple[Outcome, list[Operation]]:
    """Live through the trace with one fault, or none; gives what came of it, and all operations."""
    return run_virtually(_live(seed, deeds, fault), random.Random(f"order/{seed}"))


async def _live(seed: int, deeds: int, fault: Fault | None) -> tuple[Outcome, list[Operation]]:
    plan = calm(seed, deeds)
    world = World(plan, [each() for each in CHECKERS])
    keeper = Keeper(world.machines[VICTIM], fault)
    await keeper.start()
    restart = virtual().create_task(keeper.restart(plan.span_s / 2), context=outside())
    look = virtual().create_task(keeper.look(), context=outside())
    violations = []
    try:
        await world.live()
    except PcloudError as refused:
        violations.append(f"a node did not start again: {refused}")
    violations += world.violations
    for task in (restart, look):
        if task.done() and not task.cancelled() and task.exception() is not None:
            violations.append(f"the keeper failed: {task.exception()!r}")
    ended, injector = keeper.ended, keeper.injector
    if ended is Ended.UNSEEN and (FULL in keeper.log or any(map(_says_full, world.journal.lines))):
        ended = Ended.FULL
    return Outcome(ended, injector.failed, injector.failed_at_end, violations), injector.seen


def _lasts(code: int, operation: Operation) -> bool:
    """Whether such a disk goes on to fail so: one that is full syncs and cuts what it has."""
    return code not in NO_ROOM or operation in (Operation.WRITE, Operation.OPEN)


def _says_full(line: str) -> bool:
    """Whether an owner was told so."""
    return line.endswith(": full")
